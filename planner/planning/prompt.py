"""The messages that ask a model for a plan, in an order that lets prompt caches hit.

The rules and the catalog come first, then worked examples, and last, alone, the goal. Measured
with a small model: a catalog right above the goal makes it walk through the catalog, while
examples above the goal make it do as they do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from callsheet.agents.contracts.capability import Capability
from callsheet.agents.models.chat import ChatModel, Message
from callsheet.planner.formats.plan_format import WireFormat
from callsheet.prompts.budget import count_tokens
from callsheet.prompts.render import render

from .draft import Draft
from .errors import PromptTooLong

MAX_ANSWER = 4_000
"""Characters of a wrong answer that are shown again; more of it teaches nothing."""
MAX_PROBLEMS = 12
MAX_PROBLEM = 400

MESSAGE_TOKENS = 8
"""What a message costs beside its text: its role and its ends, in the templates of most models."""


class PlanningPrompt:
    """Renders the conversation about one goal; `answers` are the questions asked before about it, each with
    the user's answer."""

    def __init__(
        self,
        wire_format: WireFormat,
        goal: str,
        catalog: Sequence[Capability],
        answers: Sequence[tuple[str, str]] = (),
    ) -> None:
        self._format = wire_format
        self._goal = goal
        self._catalog = catalog
        self._answers = answers

    def messages(self, *, terse: bool = False) -> tuple[Message, ...]:
        """The rules with the catalog, the worked examples, the goal, and what was asked and answered
        since. `terse` cuts descriptions short."""
        lines = [self._format.signature(capability, terse=terse) for capability in self._catalog]
        rules = Message("system", render(self._format.rules, capabilities=lines))
        return (rules, *self._examples(), _goal_message(self._goal), *self._talk())

    def fitting(self, model: ChatModel, max_tokens: int) -> tuple[Message, ...]:
        """The messages, tersely if need be, so that they, an answer of `max_tokens` and a repair turn
        fit the model's context. Raises PromptTooLong where they cannot."""
        available = model.context_tokens - max_tokens - min(max_tokens, model.context_tokens // 8)
        needed = 0
        for terse in (False, True):
            messages = self.messages(terse=terse)
            needed = tokens_of(messages)
            if needed <= available:
                return messages
        raise PromptTooLong(model.name, needed, max(0, available), len(self._catalog))

    def missing(self, answer: str, name: str) -> tuple[Message, ...]:
        """The turns that ask for the line that does something with a name, and nothing else."""
        return (Message("assistant", answer), Message("user", render("planner/missing_line", name=name)))

    def repair(self, draft: Draft) -> tuple[Message, ...]:
        """The turns that ask for a better plan: the last draft alone, and what is wrong with it."""
        problems = [f"{problem:.{MAX_PROBLEM}}" for problem in draft.problems[:MAX_PROBLEMS]]
        question = Message(
            "user", render("planner/repair", problems=problems, notation=self._format.notation)
        )
        # Servers refuse an empty message.
        if not draft.answer.strip():
            return (question,)
        return (Message("assistant", draft.answer[:MAX_ANSWER]), question)

    def _talk(self) -> Iterable[Message]:
        for question, answer in self._answers:
            yield Message("assistant", question)
            yield Message("user", answer)

    def _examples(self) -> Iterable[Message]:
        for example in self._format.examples(self._catalog):
            yield _goal_message(example.goal)
            yield Message("assistant", self._format.write_answer(example.answer))


def _goal_message(goal: str) -> Message:
    return Message("user", render("planner/goal", goal=goal))


def tokens_of(messages: Sequence[Message]) -> int:
    """How many tokens a prompt takes, about: with what goes around each message."""
    return sum(count_tokens(message.content).tokens + MESSAGE_TOKENS for message in messages)
