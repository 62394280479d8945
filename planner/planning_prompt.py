"""The messages that ask a model for a plan, in an order that lets prompt caches hit.

What never changes comes first: the rules, then the worked examples. Then the catalog, which
changes seldom, and last, marked as the user's own words, the goal.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from callsheet.agents.capability import Capability
from callsheet.agents.models.chat import ChatModel, Message
from callsheet.prompts.render import render

from .draft import Draft
from .errors import PromptTooLong
from .wire_format import WireFormat

MOST_ANSWER = 4_000
"""Characters of a wrong answer that are shown again; more of it teaches nothing."""
MOST_PROBLEMS = 12


class PlanningPrompt:
    """Renders the conversation about one goal."""

    def __init__(self, wire_format: WireFormat, goal: str, catalog: Sequence[Capability]) -> None:
        self._format = wire_format
        self._goal = goal
        # In the order of names: the same capabilities make the same prompt, whoever registered first.
        self._catalog = sorted(catalog, key=lambda capability: capability.name)

    def messages(self, *, terse: bool = False) -> tuple[Message, ...]:
        """The rules, the worked examples, and the question. `terse` cuts descriptions short."""
        examples = [
            message
            for example in self._format.examples()
            for message in (
                Message("user", self._request(example.goal, example.catalog, terse=False)),
                Message("assistant", json.dumps(example.answer, ensure_ascii=False)),
            )
        ]
        rules = Message("system", render(f"{self._format.template}_rules"))
        return (rules, *examples, Message("user", self._request(self._goal, self._catalog, terse=terse)))

    def fitting(self, model: ChatModel, max_tokens: int) -> tuple[Message, ...]:
        """The messages, tersely if need be, so that they, an answer of `max_tokens` and a repair turn
        fit the model's context. Raises PromptTooLong where they cannot."""
        available = model.context_tokens - max_tokens - min(max_tokens, model.context_tokens // 8)
        needed = 0
        for terse in (False, True):
            messages = self.messages(terse=terse)
            needed = count_messages(messages, model.name)
            if needed <= available:
                return messages
        raise PromptTooLong(model.name, needed, max(0, available), len(self._catalog))

    def repair(self, draft: Draft) -> tuple[Message, ...]:
        """The turns that ask for a better plan: the last draft alone, and what is wrong with it."""
        question = Message("user", render("planner/repair", problems=draft.problems[:MOST_PROBLEMS]))
        # Servers refuse an empty message.
        if not draft.answer.strip():
            return (question,)
        return (Message("assistant", draft.answer[:MOST_ANSWER]), question)

    def _request(self, goal: str, catalog: Sequence[Capability], *, terse: bool) -> str:
        lines = [self._format.signature(capability, terse=terse) for capability in catalog]
        return render("planner/request", capabilities=lines, goal=goal)


def count_messages(messages: Sequence[Message], model: str) -> int:
    return sum(len(message.content.encode()) // 3 + 8 for message in messages)
