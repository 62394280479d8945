"""What can go wrong in the built-in agents, apart from paths and models."""

from __future__ import annotations

from callsheet.agents.errors import Permanent


class CalculationError(Permanent):
    """A text that cannot be worked out with certainty: `expression`, and the `problem` with it."""

    def __init__(self, expression: str, problem: str) -> None:
        shown = expression if len(expression) <= 80 else f"{expression[:80]}…"
        super().__init__(
            f"cannot calculate {shown!r}: {problem}; write arithmetic, such as `17 * 23 + 4`, "
            "`12% of 4500` or `sum(3, 4, 5)`"
        )
        self.expression = expression
        self.problem = problem


class TextError(Permanent):
    """A file that isn't text: its `path`, and the `problem` with it."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path!r} {problem}")
        self.path = path
        self.problem = problem


class TableError(Permanent):
    """A file that cannot be read as a table, or a query that it cannot answer."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path!r}: {problem}")
        self.path = path
        self.problem = problem
