"""What a model is asked to plan: a goal, the capabilities shown for it, and what was said about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pydantic import JsonValue

from callsheet.agents.contracts.capability import Capability, JsonObject
from callsheet.agents.models.chat import ChatModel, ChatReply, ChatRequest
from callsheet.agents.models.json_answer import read_json_answer
from callsheet.planner.check.fixes import Fixed, fix
from callsheet.planner.formats.plan_format import GapHelp, Translation, WireFormat
from callsheet.planner.formats.small.repairs import insert_before
from callsheet.planner.goals.coverage import find_doubtful_names, find_forgotten_names
from callsheet.planner.goals.gap import Gap
from callsheet.planner.plan.policy import Policy

from .draft import FRESH_TEMPERATURE, Draft, is_stuck
from .prompt import PlanningPrompt

MAX_ADDED = 3
"""Steps that are added to a plan at once."""

_FORGOTTEN = "the goal names {}, and no step does anything with it: add the step that is missing"
_NO_MORE = "there are no other capabilities: plan with those that are listed"


class PlanningTask:
    """One goal over one catalog, in one wire format: makes the requests, and drafts of the replies.

    `answers` are earlier questions, each with the user's answer. `max_tokens` bounds an answer. Raises
    `PromptTooLong` where all that does not fit the model's context.
    """

    def __init__(
        self,
        model: ChatModel,
        wire_format: WireFormat,
        policy: Policy,
        max_tokens: int,
        goal: str,
        catalog: Sequence[Capability],
        answers: Sequence[tuple[str, str]] = (),
    ) -> None:
        self._format = wire_format
        self._help = wire_format.gap_help()
        self._policy = policy
        self._max_tokens = max_tokens
        self._goal = goal
        self._said = "\n".join((goal, *(answer for _, answer in answers)))
        # In the order of names, the same capabilities make the same prompt in whatever order they were given,
        # and prompt caches hit.
        self.catalog = tuple(sorted(catalog, key=lambda capability: capability.name))
        self._prompt = PlanningPrompt(wire_format, goal, self.catalog, answers)
        self._messages = self._prompt.fitting(model, max_tokens)
        self._schema = wire_format.schema(self.catalog)

    def request(self, drafts: Sequence[Draft]) -> ChatRequest:
        """What to ask next, after the drafts so far."""
        if self._help is not None and (lacking := self.lacking(drafts)) is not None:
            return self._addition(self._help, lacking)
        stuck = is_stuck(drafts)
        turns = self._prompt.repair(drafts[-1]) if drafts and drafts[-1].problems and not stuck else ()
        return ChatRequest(
            (*self._messages, *turns),
            self._schema,
            "plan",
            self._max_tokens,
            temperature=FRESH_TEMPERATURE if stuck else 0.0,
            seed=len(drafts),
        )

    def lacking(self, drafts: Sequence[Draft]) -> Draft | None:
        """The last draft, where nothing is the matter with it but steps that are missing, and they can
        be asked for alone: written again as a whole, a plan of a small model loses others."""
        last = drafts[-1] if drafts else None
        if last is None or not last.checked or not last.gaps or len(last.gaps) < len(last.problems):
            return None
        return None if self._help is None or last.extends else last

    def _addition(self, gap_help: GapHelp, draft: Draft) -> ChatRequest:
        wanted = {gap.capability for gap in draft.gaps}
        offered = self.catalog if None in wanted else [each for each in self.catalog if each.name in wanted]
        most = min(MAX_ADDED, 1 + len(draft.gaps)) if None in wanted else len(wanted)
        ids = [str(step["id"]) for step in _steps(draft.answer)]
        return ChatRequest(
            (*self._messages, *self._prompt.missing(draft)),
            gap_help.missing_schema(offered, ids, most),
            "plan",
            self._max_tokens,
        )

    def read_reply(self, reply: ChatReply, drafts: Sequence[Draft]) -> Draft:
        """The draft that a reply is, with what is wrong with it, after the drafts before."""
        if (lacking := self.lacking(drafts)) is None:
            return self._read(reply, None)
        return replace(self._read(reply, lacking), extends=True)

    def _read(self, reply: ChatReply, lacking: Draft | None) -> Draft:
        if reply.finish_reason == "length":
            cut = f"the answer was cut at {self._max_tokens} tokens: write a plan with fewer, shorter steps"
            return Draft(reply.text, reply.usage, (cut,))
        try:
            answer = read_json_answer(reply.text) if lacking is None else _completed(lacking, reply.text)
            read = self._format.read_plan(answer, self._goal, self.catalog)
        except ValueError as error:
            return Draft(reply.text, reply.usage, (str(error),))
        if read.question is not None:
            return Draft(reply.text, reply.usage, question=read.question)
        if read.wanted:
            return Draft(reply.text, reply.usage, (_NO_MORE,), wanted=read.wanted)
        return self._checked(reply, read)

    def _checked(self, reply: ChatReply, read: Translation) -> Draft:
        fixed = fix(read.document, self.catalog, self._policy)
        problems = tuple(error.sentence for error in fixed.result.errors)
        gaps = () if problems else tuple(self._gaps(fixed))
        sentences = (gap.sentence for gap in gaps)
        unused = (each.sentence for each in fixed.result.warnings if each.code == "unused-step")
        doubts = (*read.doubts, *unused, *find_doubtful_names(fixed.document, self._said), *sentences)
        return Draft(
            reply.text,
            reply.usage,
            problems or doubts,
            fixed.document,
            fixed.result.diagnostics,
            (*read.notes, *fixed.notes),
            fixed.result.plan,
            gaps,
        )

    def _gaps(self, fixed: Fixed) -> Iterator[Gap]:
        yield from (Gap(_FORGOTTEN.format(name)) for name in find_forgotten_names(fixed.document, self._said))
        if self._help is not None and fixed.result.plan is not None:
            used = {step.capability for step in fixed.result.plan.plan.steps}
            yield from self._help.find_gaps(self._goal, used, fixed.document, self.catalog)


def _completed(draft: Draft, answer: str) -> JsonObject:
    """The steps of a draft and those that it lacked, each where its result is wanted; where the model
    wrote steps again that were there, what it wrote is the whole plan. Raises ValueError where it wrote
    no steps."""
    steps, added = _steps(draft.answer), _steps(answer)
    if not {str(step.get("id")) for step in steps}.isdisjoint(str(step.get("id")) for step in added):
        return {"steps": list[JsonValue](added)}
    places = {gap.capability: gap.into for gap in draft.gaps if gap.into is not None}
    for step in added:
        into = places.get(str(step.get("capability")))
        steps = insert_before(steps, step, into) if into else [*steps, step]
    return {"steps": list[JsonValue](steps)}


def _steps(answer: str) -> list[JsonObject]:
    """The steps of an answer in the short format. Raises ValueError where it has none."""
    match read_json_answer(answer):
        case {"steps": list(steps)}:
            return [step for step in steps if isinstance(step, dict)]
        case _:
            raise ValueError('the answer has to be an object with a list of steps: {"steps": [...]}')
