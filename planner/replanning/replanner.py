"""The replanner: what to do about a run that cannot go on as planned, by asking a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from callsheet.agents.models.chat import ChatModel, ChatReply, ChatRequest
from callsheet.planner.catalog.naming import find_named
from callsheet.planner.catalog.shortlist import Shortlist
from callsheet.planner.check.checker import Policy
from callsheet.planner.formats.full.revision_format import FullRevisionFormat
from callsheet.planner.formats.plan_format import WireFormat
from callsheet.planner.formats.revision_format import Proposal, RevisionFormat
from callsheet.planner.formats.small.revision_format import LinesRevisionFormat
from callsheet.planner.planning.draft import FRESH_TEMPERATURE, Draft, is_stuck
from callsheet.planner.planning.errors import DecisionFailed
from callsheet.planner.planning.model_call import PlanningProgress, collect
from callsheet.planner.planning.planner import default_format
from callsheet.planner.revision.check import check_revision
from callsheet.planner.revision.decision import Ask, Decision, Revise
from callsheet.planner.revision.revision import Revision
from callsheet.planner.revision.situation import Situation

from .choices import answerable
from .losses import ADVICE, ask_about, find_losses
from .prompt import ReplanPrompt

_FORMATS: Mapping[str, Callable[[], RevisionFormat]] = MappingProxyType(
    {"full": FullRevisionFormat, "lines": LinesRevisionFormat}
)
"""What decisions are written in, by the format of plans that each goes with."""


@dataclass(frozen=True, slots=True)
class _Try:
    draft: Draft
    decision: Decision | None = None
    losses: tuple[str, ...] = ()

    @property
    def is_sure(self) -> bool:
        return self.decision is not None and not self.draft.problems


class Replanner:
    """Asks a model for a decision until one can be carried out.

    What the model writes is a revision format, the one that goes with `wire_format`. The revised plan is
    repaired and checked as a whole, as a first plan is; what speaks against the decision goes back to the
    model, at most `max_repairs` times. With a `shortlist` it sees the capabilities of the plan, and those
    that matter for the goal and for what the user said. `max_tokens` bounds each answer.
    """

    def __init__(
        self,
        model: ChatModel,
        *,
        policy: Policy | None = None,
        wire_format: WireFormat | None = None,
        shortlist: Shortlist | None = None,
        max_repairs: int = 2,
        max_tokens: int = 2048,
    ) -> None:
        self._model = model
        self._policy = policy or Policy()
        self._format = revision_format_for(wire_format or default_format(model))
        self._shortlist = shortlist
        self._max_repairs = max_repairs
        self._max_tokens = max_tokens

    async def decide(
        self, situation: Situation, on_progress: Callable[[PlanningProgress], None] | None = None
    ) -> Decision:
        """What to do. A revised plan in it is valid, and differs from the present one unless the user has
        said something; nothing that has changed the world is changed or left out by it.

        Raises `DecisionFailed` with all drafts, `PromptTooLong`, and what `ChatModel.stream` raises.
        """
        whole = situation.catalog
        situation = self._cut(situation)
        prompt = ReplanPrompt(self._format, situation)
        messages = prompt.fitting(self._model, self._max_tokens)
        schema, grammar = self._format.schema(situation), self._format.grammar(situation)
        tries: list[_Try] = []
        while len(tries) <= self._max_repairs:
            drafts = [each.draft for each in tries]
            stuck = is_stuck(drafts)
            request = ChatRequest(
                (*messages, *(prompt.repair(drafts[-1]) if drafts and not stuck else ())),
                schema,
                "decision",
                self._max_tokens,
                temperature=FRESH_TEMPERATURE if stuck else 0.0,
                seed=len(drafts),
                grammar=grammar,
            )
            problems = drafts[-1].problems if drafts else ()
            reply = await collect(self._model, request, len(drafts) + 1, problems, on_progress)
            if named := find_named(reply.text, whole, situation.catalog):
                situation = replace(situation, catalog=(*situation.catalog, *named))
                prompt = ReplanPrompt(self._format, situation)
                messages = prompt.fitting(self._model, self._max_tokens)
                schema, grammar = self._format.schema(situation), self._format.grammar(situation)
            tries.append(self._read(reply, situation))
            if tries[-1].is_sure or (tries[-1].decision and len(tries) > 1):
                break
        return self._chosen(situation, tries)

    def _cut(self, situation: Situation) -> Situation:
        if self._shortlist is None:
            return situation
        found = self._shortlist.first(" ".join((situation.goal, *situation.words)))
        # What the plan uses is always shown: without it the model could not write its steps again.
        shown = {step.capability.name for step in situation.plan.steps.values()}
        shown.update(each.name for each in found)
        catalog = tuple(each for each in situation.catalog if each.name in shown)
        return replace(situation, catalog=catalog)

    def _chosen(self, situation: Situation, tries: Sequence[_Try]) -> Decision:
        """The last decision that can be carried out: one with doubts is better than none. The user is asked
        before a part of the goal is left out."""
        chosen = next((each for each in reversed(tries) if each.decision), None)
        if chosen is None or chosen.decision is None:
            raise DecisionFailed(self._model.name, situation.goal, [each.draft for each in tries])
        return Ask(ask_about(chosen.losses)) if chosen.losses else chosen.decision

    def _read(self, reply: ChatReply, situation: Situation) -> _Try:
        if reply.finish_reason == "length":
            cut = f"the answer was cut at {self._max_tokens} tokens: write a shorter one"
            return _Try(Draft(reply.text, reply.usage, (cut,)))
        try:
            answer = self._format.read_answer(reply.text, situation)
            proposal = self._format.read_decision(answer, situation)
        except ValueError as error:
            return _Try(Draft(reply.text, reply.usage, (str(error),)))
        draft = Draft(reply.text, reply.usage, proposal.doubts, notes=proposal.notes)
        if isinstance(proposal.choice, Revision):
            return self._revised(draft, proposal, proposal.choice, situation)
        if isinstance(proposal.choice, Ask):
            return _Try(draft, Ask(answerable(proposal.choice.question, situation)))
        return _Try(draft, proposal.choice)

    def _revised(self, draft: Draft, proposal: Proposal, revision: Revision, situation: Situation) -> _Try:
        revised = check_revision(situation, revision, self._policy)
        losses: tuple[str, ...] = ()
        if revised.checked is not None and revised.document is not None:
            losses = tuple(find_losses(situation, revised.document))
        draft = replace(
            draft,
            problems=revised.problems or (*draft.problems, *(f"{each}{ADVICE}" for each in losses)),
            document=revised.document,
            diagnostics=revised.diagnostics,
            notes=(*draft.notes, *revised.notes),
            checked=revised.checked,
        )
        return _Try(draft, Revise(revised.checked, proposal.reason) if revised.checked else None, losses)


def revision_format_for(wire_format: WireFormat) -> RevisionFormat:
    """What a model that writes plans in this format writes decisions in."""
    return _FORMATS[wire_format.name]()
