"""A goal that can be planned for: validated once, where it comes in."""

from __future__ import annotations

from collections.abc import Collection
from typing import Self

from callsheet.agents.contracts.capability import Capability
from callsheet.planner.goals.errors import EmptyCatalog, GoalError

MAX_GOAL = 20_000
"""Characters. A goal says what is wanted; what is to be worked on belongs in a file."""


class Goal(str):
    """A text that says what the user wants, without the space around it.

    Events store it as a plain `str`, because msgspec encodes no subclasses.
    """

    __slots__ = ()

    @classmethod
    def from_text(cls, text: str, catalog: Collection[Capability]) -> Self:
        """The goal that a text is; a Goal is returned as it is.

        Raises GoalError where it is not a string, is empty, or has more than 20,000 characters, and
        EmptyCatalog where there is nothing to plan with.
        """
        if isinstance(text, cls):
            return text
        if not isinstance(text, str):
            raise GoalError(f"the goal is {text!r:.80}; it must be a string; a plan is given as `plan`")
        goal = text.strip()
        if not goal:
            raise GoalError("the goal is empty; say what you want done")
        if len(goal) > MAX_GOAL:
            raise GoalError(
                f"the goal has {len(goal):,} characters, and at most {MAX_GOAL:,} are allowed; put the text "
                "to be processed into a file, and name the file in the goal"
            )
        if not catalog:
            raise EmptyCatalog
        return cls(goal)
