"""What is wrong with a revision."""

from __future__ import annotations

from collections.abc import Sequence

from callsheet.planner.errors import PlannerError


class RevisionError(PlannerError):
    """A revision does not fit its plan. `problems` has a sentence for each fault, for the model that wrote
    it."""

    def __init__(self, problems: Sequence[str]) -> None:
        lines = "\n".join(f"  {problem}" for problem in problems)
        super().__init__(f"the revision does not fit the plan, which stays as it is:\n{lines}")
        self.problems = tuple(problems)
