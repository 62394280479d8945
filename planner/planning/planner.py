"""The planner: from a goal and a catalog to a checked plan, by asking a model."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from callsheet.agents.contracts.capability import Capability
from callsheet.agents.models.chat import ChatModel, Usage
from callsheet.planner.catalog.naming import find_named
from callsheet.planner.catalog.shortlist import Shortlist
from callsheet.planner.diagnostics import Diagnostic, Severity
from callsheet.planner.formats.full.plan_format import FullFormat
from callsheet.planner.formats.plan_format import WireFormat
from callsheet.planner.formats.small.plan_format import LinesFormat
from callsheet.planner.goals.goal import Goal
from callsheet.planner.plan.checked_plan import CheckedPlan
from callsheet.planner.plan.plan import Plan
from callsheet.planner.plan.policy import Policy

from .draft import Draft
from .errors import PlanningFailed
from .model_call import PlanningProgress, collect
from .task import PlanningTask

_LOG = logging.getLogger(__name__)

MAX_WIDENINGS = 2
"""How often a model may ask for capabilities that a cut catalog lacks."""

LOCAL = "local/"
"""How the names of embedded models begin."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A checked plan, and how it came about.

    `notes` are the repairs made without asking, `warnings` what the checker says of the plan all
    the same. `drafts` are all tries, in order; `usage` is what they cost together.
    """

    checked: CheckedPlan
    notes: tuple[str, ...]
    warnings: tuple[Diagnostic, ...]
    usage: Usage
    drafts: tuple[Draft, ...]

    @property
    def plan(self) -> Plan:
        """The plan itself."""
        return self.checked.plan


@dataclass(frozen=True, slots=True)
class Clarification:
    """What the model has to know before it can plan: a `question` to the user.

    Plan again with the question and its answer among `answers`.
    """

    question: str
    usage: Usage
    drafts: tuple[Draft, ...]


def default_format(model: ChatModel, *, cut: bool = False) -> WireFormat:
    """Lines of calls for an embedded model, the full one for all others; `cut` where the model
    sees only some of the catalog."""
    return LinesFormat() if model.name.startswith(LOCAL) else FullFormat(cut=cut)


class Planner:
    """Asks a model for a plan until the checker finds no errors.

    What the model writes is a wire format, translated into the plan. Repairs that are certain are made at
    once; everything else goes back to the model, at most `max_repairs` times. What is valid but looks like a
    slip (a result that a step waits for and doesn't use, a file that the goal names and no step does) is
    asked about once. With a `shortlist` the model sees the capabilities that matter for the goal, and may ask
    for more, twice; one that it names all the same counts. `max_tokens` bounds each answer.
    """

    def __init__(
        self,
        model: ChatModel,
        *,
        policy: Policy | None = None,
        wire_format: WireFormat | None = None,
        shortlist: Shortlist | None = None,
        max_repairs: int = 3,
        max_tokens: int = 2048,
    ) -> None:
        self._model = model
        self._policy = policy or Policy()
        self._format = wire_format
        self._shortlist = shortlist
        self._max_repairs = max_repairs
        self._max_tokens = max_tokens

    async def plan(
        self,
        goal: str,
        catalog: Sequence[Capability],
        *,
        answers: Sequence[tuple[str, str]] = (),
        on_progress: Callable[[PlanningProgress], None] | None = None,
    ) -> Planned | Clarification:
        """A plan without errors, or the question that the user has to answer first.

        `answers` are the questions asked before, each with the user's answer. Raises `GoalError` for a goal
        that is empty or has more than 20,000 characters, `EmptyCatalog`, `PromptTooLong`, `PlanningFailed`
        with all drafts, and what `ChatModel.stream` raises.
        """
        goal = str(Goal.from_text(goal, catalog))
        shown = self._shortlist.first(goal) if self._shortlist else catalog
        task = self._task(goal, shown, answers, cut=len(shown) < len(catalog))
        drafts: list[Draft] = []
        widenings = 0
        while len(drafts) - widenings <= self._max_repairs:
            request, problems = task.request(drafts), task.problems(drafts)
            reply = await collect(self._model, request, len(drafts) + 1, problems, on_progress)
            if named := find_named(reply.text, catalog, task.catalog):
                # It exists whatever was shown: the plan is checked with it, and it is shown from now on.
                task = self._task(goal, (*task.catalog, *named), answers, cut=True)
            last = task.read_reply(reply, drafts)
            may_widen = widenings < MAX_WIDENINGS
            more = self._more(last, task.catalog) if may_widen else ()
            if more or (named and last.wanted and may_widen):
                # To ask for more is not a mistake, and the wider prompt answers it.
                last, widenings = replace(last, problems=()), widenings + 1
                task = self._task(goal, (*task.catalog, *more), answers, cut=True)
            drafts.append(last)
            _LOG.debug("draft %d: %s", len(drafts), "; ".join(last.problems) or "nothing is wrong with it")
            if task.is_settled(drafts):
                break
        return self._chosen(goal, drafts)

    def _task(
        self,
        goal: str,
        catalog: Sequence[Capability],
        answers: Sequence[tuple[str, str]],
        *,
        cut: bool,
    ) -> PlanningTask:
        wire_format = self._format or default_format(self._model, cut=cut)
        return PlanningTask(self._model, wire_format, self._policy, self._max_tokens, goal, catalog, answers)

    def _more(self, draft: Draft, had: Sequence[Capability]) -> tuple[Capability, ...]:
        """What the shortlist has of that which a draft wants, beside what the model had."""
        if self._shortlist is None or not draft.wanted:
            return ()
        names = {each.name for each in had}
        return tuple(each for each in self._shortlist.more(draft.wanted, had) if each.name not in names)

    def _chosen(self, goal: str, drafts: Sequence[Draft]) -> Planned | Clarification:
        """The draft that checks and leaves least of the goal out, with the fewest doubts then, the earlier of
        two: one with doubts is better than none, and a question than none that checks."""
        usage = sum((each.usage for each in drafts), Usage())
        sound = [each for each in drafts if each.checked]
        best = min(sound, key=lambda each: (len(each.forgotten), len(each.problems)), default=None)
        if best is not None and best.checked is not None:
            warnings = tuple(each for each in best.diagnostics if each.severity is Severity.WARNING)
            return Planned(best.checked, best.notes, warnings, usage, tuple(drafts))
        if (question := drafts[-1].question) is not None:
            return Clarification(question, usage, tuple(drafts))
        raise PlanningFailed(self._model.name, goal, drafts)
