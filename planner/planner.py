"""The planner: from a goal and a catalog to a checked plan, by asking a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from callsheet.agents.capability import Capability
from callsheet.agents.models.chat import ChatModel, ChatReply, ChatRequest, FinishReason, Usage
from callsheet.agents.models.json_answer import read_json_answer

from .checker import Policy
from .compiled import CheckedPlan
from .coverage import find_doubtful_names
from .diagnostics import Diagnostic, Severity
from .draft import Draft
from .errors import EmptyCatalog, GoalError, PlanningFailed
from .fixes import fix
from .full_format import FullFormat
from .plan import Plan
from .planning_prompt import PlanningPrompt
from .short_format import ShortFormat
from .wire_format import WireFormat

MAX_GOAL = 20_000
"""Characters. A goal says what is wanted; what is to be worked on belongs in a file."""

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
class PlanningProgress:
    """Where planning stands: which try (from 1), how many characters of it are written, and what
    was wrong with the one before."""

    number: int
    characters: int
    problems: tuple[str, ...]


def default_format(model: ChatModel) -> WireFormat:
    """The short format for an embedded model, the full one for all others."""
    return ShortFormat() if model.name.startswith(LOCAL) else FullFormat()


class Planner:
    """Asks a model for a plan until one checks.

    What the model writes is a wire format, translated into the plan. Repairs that are certain are
    made at once; everything else goes back to the model, `max_repairs` times at most. What checks but
    looks like a slip (a result that a step waits for and doesn't use, a file that the goal names and
    no step does) is asked about once.
    `max_tokens` bounds each answer.
    """

    def __init__(
        self,
        model: ChatModel,
        *,
        policy: Policy | None = None,
        wire_format: WireFormat | None = None,
        max_repairs: int = 3,
        max_tokens: int = 2048,
    ) -> None:
        self._model = model
        self._policy = policy or Policy()
        self._format = wire_format or default_format(model)
        self._max_repairs = max_repairs
        self._max_tokens = max_tokens

    async def plan(
        self,
        goal: str,
        catalog: Sequence[Capability],
        *,
        on_progress: Callable[[PlanningProgress], None] | None = None,
    ) -> Planned:
        """A plan for the goal that checks.

        Raises `GoalError` for a goal that is empty or has more than 20,000 characters,
        `EmptyCatalog`, `PromptTooLong`, `PlanningFailed` with all drafts, and what
        `ChatModel.stream` raises.
        """
        goal = require_goal(goal, catalog)
        # In the order of names, the same capabilities make the same prompt whoever registered first,
        # and prompt caches hit.
        catalog = sorted(catalog, key=lambda capability: capability.name)
        prompt = PlanningPrompt(self._format, goal, catalog)
        messages = prompt.fitting(self._model, self._max_tokens)
        schema = self._format.schema(catalog)
        drafts: list[Draft] = []
        while len(drafts) <= self._max_repairs:
            # A model that gives the same wrong answer again is not helped by seeing it once more:
            # it is asked afresh, and chance does the rest.
            stuck = len(drafts) > 1 and drafts[-1].answer == drafts[-2].answer
            turns = prompt.repair(drafts[-1]) if drafts and not stuck else ()
            request = ChatRequest(
                (*messages, *turns),
                schema,
                "plan",
                self._max_tokens,
                temperature=0.7 if stuck else 0.0,
                seed=len(drafts),
            )
            reply = await self._ask(request, drafts, on_progress)
            drafts.append(self._read(reply, goal, catalog))
            if drafts[-1].checked and (not drafts[-1].problems or len(drafts) > 1):
                break
        return self._chosen(goal, drafts)

    def _chosen(self, goal: str, drafts: Sequence[Draft]) -> Planned:
        """The draft that checks with the fewest doubts, the later of two: one with doubts is better
        than none."""
        best: Draft | None = None
        for draft in drafts:
            if draft.checked and (best is None or len(draft.problems) <= len(best.problems)):
                best = draft
        if best is None or best.checked is None:
            raise PlanningFailed(self._model.name, goal, drafts)
        usage = sum((each.usage for each in drafts), Usage())
        warnings = tuple(each for each in best.diagnostics if each.severity is Severity.WARNING)
        return Planned(best.checked, best.notes, warnings, usage, tuple(drafts))

    async def _ask(
        self,
        request: ChatRequest,
        drafts: Sequence[Draft],
        on_progress: Callable[[PlanningProgress], None] | None,
    ) -> ChatReply:
        text, usage = "", Usage(estimated=True)
        finish: FinishReason = "stop"
        problems = drafts[-1].problems if drafts else ()
        async for chunk in self._model.stream(request):
            text += chunk.text
            usage = chunk.usage or usage
            finish = chunk.finish_reason or finish
            if on_progress:
                on_progress(PlanningProgress(len(drafts) + 1, len(text), problems))
        return ChatReply(text, usage, finish)

    def _read(self, reply: ChatReply, goal: str, catalog: Sequence[Capability]) -> Draft:
        if reply.finish_reason == "length":
            cut = f"the answer was cut at {self._max_tokens} tokens: write a plan with fewer, shorter steps"
            return Draft(reply.text, reply.usage, (cut,))
        try:
            document, notes, doubts = self._format.read(read_json_answer(reply.text), goal, catalog)
        except ValueError as error:
            return Draft(reply.text, reply.usage, (str(error),))
        fixed = fix(document, catalog, self._policy)
        problems = tuple(map(_sentence, fixed.result.errors))
        return Draft(
            reply.text,
            reply.usage,
            problems or (*doubts, *find_doubtful_names(fixed.document)),
            fixed.document,
            fixed.result.diagnostics,
            (*notes, *fixed.notes),
            fixed.result.plan,
        )


def require_goal(goal: str, catalog: Sequence[Capability]) -> str:
    """The goal without the space around it, if it can be planned for at all.

    Raises `GoalError` for one that is empty or has more than 20,000 characters, and `EmptyCatalog`.
    """
    goal = goal.strip()
    if not goal:
        raise GoalError("the goal is empty; say what you want done")
    if len(goal) > MAX_GOAL:
        raise GoalError(
            f"the goal has {len(goal):,} characters, and {MAX_GOAL:,} are allowed; put what is to be "
            "worked on in a file, and name the file in the goal"
        )
    if not catalog:
        raise EmptyCatalog
    return goal


def _sentence(diagnostic: Diagnostic) -> str:
    """A finding for the model: its own names for things, no pointers into a document it never saw."""
    where = f"step {diagnostic.step}: " if diagnostic.step else ""
    hint = f" ({diagnostic.hint})" if diagnostic.hint else ""
    return f"{where}{diagnostic.message}{hint}"
