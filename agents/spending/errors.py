"""What is wrong with terms, prices and budgets."""

from __future__ import annotations

from typing import ClassVar

from callsheet.agents.errors import AgentError
from callsheet.errors import ExitCode


class TermsError(AgentError):
    """Terms that mean nothing: `field` is which of them, `value` what it was."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, field: str, value: object, wanted: str) -> None:
        super().__init__(f"an agent's terms: {field} is {value!r:.80}; it must be {wanted}")
        self.field = field
        self.value = value


class PriceError(AgentError):
    """A malformed entry of a table of prices, under the name `model`; `problem` says why."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, model: str, problem: str) -> None:
        super().__init__(
            f"the price of {model!r:.80}: {problem}; write dollars for a million tokens, such as "
            "{input = 1.25, cached = 0.125, output = 10}"
        )
        self.model = model
        self.problem = problem


_EXAMPLE = "$0.50, 20k tokens, 5m, 100 attempts, 3 revisions, 40 calls"


class BudgetError(AgentError):
    """A budget that cannot be read: `text` as it was written, and the `problem` with it."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, text: str, problem: str) -> None:
        super().__init__(f"budget {text!r:.120}: {problem}; write it like: {_EXAMPLE}")
        self.text = text
        self.problem = problem
