"""Why there is no plan for a goal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from callsheet.errors import ExitCode
from callsheet.planner.errors import PlannerError

from .draft import Draft


class GoalUnclear(PlannerError):
    """A goal that cannot be planned before the user has answered the model's `question`."""

    exit_code: ClassVar[ExitCode] = ExitCode.WAITING

    def __init__(self, question: str) -> None:
        super().__init__(f"the goal leaves a question open; answer it before a plan can be made: {question}")
        self.question = question


class PlanningTimeUp(PlannerError):
    """Planning took all the `seconds` that the whole run may take."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"there was no plan within {seconds:g} s, and the run may take no longer; allow it more time, or "
            "say the goal in smaller parts"
        )
        self.seconds = seconds


class PromptTooLong(PlannerError):
    """The goal and the catalog do not fit the model's context. All figures are tokens."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, model: str, needed: int, available: int, capabilities: int) -> None:
        super().__init__(
            f"{model}: planning with {capabilities} capabilities takes a prompt of {needed:,} tokens, and "
            f"{available:,} fit beside the answer; offer fewer capabilities, shorten the goal, or use a "
            "model with a larger context"
        )
        self.model = model
        self.needed = needed
        self.available = available
        self.capabilities = capabilities


class PlanningFailed(PlannerError):
    """The model wrote no plan without errors. `drafts` is everything that it tried, in order."""

    # The sentence is stored as the run's failure, and strict replays compare it: it stays.
    _lacking: ClassVar[str] = "plan that checks"
    _advice: ClassVar[str] = "Say the goal in smaller parts, or use a larger model."

    def __init__(self, model: str, goal: str, drafts: Sequence[Draft]) -> None:
        last = drafts[-1]
        problems = "\n".join(f"  {problem:.200}" for problem in last.problems[:8])
        more = f"\n  and {len(last.problems) - 8} more" if len(last.problems) > 8 else ""
        shown = " ".join(last.answer.split())
        shown = shown if len(shown) <= 300 else shown[:299] + "…"
        super().__init__(
            f"{model} wrote no {self._lacking}, in {len(drafts)} tries, for the goal {goal[:120]!r}.\n"
            f"What is wrong with the last one:\n{problems}{more}\n"
            f"It began: {shown or '(nothing)'}\n"
            f"{self._advice}"
        )
        self.model = model
        self.goal = goal
        self.drafts = tuple(drafts)


class DecisionFailed(PlanningFailed):
    """The model wrote no decision about a run that can be carried out; the plan stays as it is."""

    _lacking: ClassVar[str] = "decision that can be carried out"
    _advice: ClassVar[str] = "Start again with a goal that says more, or use a larger model."
