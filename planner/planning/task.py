"""What a model is asked to plan: a goal, the capabilities shown for it, and what was said about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from callsheet.agents.contracts.capability import Capability
from callsheet.agents.models.chat import ChatModel, ChatReply, ChatRequest
from callsheet.planner.check.fixes import Fixed, fix
from callsheet.planner.formats.plan_format import Translation, WireFormat
from callsheet.planner.goals.coverage import find_doubtful_names, find_forgotten_names
from callsheet.planner.plan.policy import Policy

from .draft import FRESH_TEMPERATURE, Draft, is_stuck
from .prompt import PlanningPrompt

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
        self._grammar = wire_format.grammar(self.catalog)

    def request(self, drafts: Sequence[Draft]) -> ChatRequest:
        """What to ask next, after the drafts so far."""
        if (grammar := self._missing_line(drafts)) is not None:
            asked = (*self._messages, *self._prompt.missing(self._written(drafts), drafts[-1].forgotten[0]))
            return ChatRequest(asked, max_tokens=self._max_tokens, schema_name="plan", grammar=grammar)
        stuck = is_stuck(drafts)
        turns = self._prompt.repair(drafts[-1]) if drafts and drafts[-1].problems and not stuck else ()
        return ChatRequest(
            (*self._messages, *turns),
            self._schema,
            "plan",
            self._max_tokens,
            temperature=FRESH_TEMPERATURE if stuck else 0.0,
            seed=len(drafts),
            grammar=self._grammar,
        )

    def problems(self, drafts: Sequence[Draft]) -> tuple[str, ...]:
        """What the next request is about: a sentence for each fault of the last draft."""
        if not drafts:
            return ()
        return drafts[-1].problems or tuple(map(_FORGOTTEN.format, drafts[-1].forgotten))

    def is_settled(self, drafts: Sequence[Draft]) -> bool:
        """Whether to ask no further. Doubts are asked about once: a model that stays with its plan may well
        be right."""
        last = drafts[-1]
        if last.question is not None or (last.extends and not last.checked):
            return True
        is_lacking = self._missing_line(drafts) is not None
        asked_again = sum(not each.wanted for each in drafts) > 1
        return last.checked is not None and not is_lacking and (asked_again or not last.problems)

    def read_reply(self, reply: ChatReply, drafts: Sequence[Draft]) -> Draft:
        """The draft that a reply is, with what is wrong with it, after the drafts before."""
        if self._missing_line(drafts) is None:
            return self._read(reply, reply.text)
        try:
            text = self._with_line(self._written(drafts), reply.text, drafts[-1])
        except ValueError as error:
            return Draft(reply.text, reply.usage, (str(error),), extends=True)
        return replace(self._read(reply, text), extends=True)

    def _missing_line(self, drafts: Sequence[Draft]) -> str | None:
        """The grammar of the line that is missing in the last draft, where nothing is the matter with it but
        that: written again as a whole, a plan of a small model loses other lines. None, too, where the line
        that was asked for last was of no help."""
        last = drafts[-1] if drafts else None
        if last is None or not last.checked or not last.forgotten or (last.problems and len(drafts) == 1):
            return None
        if last.extends and len(last.forgotten) >= len(drafts[-2].forgotten):
            return None
        return self._format.missing_line(self._written(drafts), last.forgotten[0], self.catalog)

    def _written(self, drafts: Sequence[Draft]) -> str:
        """The answer of the last draft, with the lines that were asked for alone in their places."""
        text = ""
        for at, draft in enumerate(drafts):
            text = self._with_line(text, draft.answer, drafts[at - 1]) if draft.extends else draft.answer
        return text

    def _with_line(self, text: str, line: str, lacking: Draft) -> str:
        return self._format.with_line(text, line, lacking.forgotten[0], self._goal)

    def _read(self, reply: ChatReply, text: str) -> Draft:
        if reply.finish_reason == "length":
            cut = f"the answer was cut at {self._max_tokens} tokens: write a plan with fewer, shorter steps"
            return Draft(reply.text, reply.usage, (cut,))
        try:
            read = self._format.read_plan(self._format.read_answer(text), self._goal, self.catalog)
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
        forgotten = tuple(find_forgotten_names(fixed.document, self._said, self.catalog))
        if not problems:
            problems = (*read.doubts, *(self._doubts(fixed, forgotten) if self._format.reconsiders else ()))
        return Draft(
            reply.text,
            reply.usage,
            problems,
            fixed.document,
            fixed.result.diagnostics,
            (*read.notes, *fixed.notes),
            fixed.result.plan,
            forgotten,
        )

    def _doubts(self, fixed: Fixed, forgotten: Sequence[str]) -> Iterator[str]:
        """A sentence for everything in a plan that checks and yet may be a slip."""
        yield from (each.sentence for each in fixed.result.warnings if each.code == "unused-step")
        yield from find_doubtful_names(fixed.document, self._said)
        yield from map(_FORGOTTEN.format, forgotten)
