"""What a run may use, and what it has used: tokens, money, time, attempts, revisions, model calls."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from decimal import ROUND_UP, Decimal
from typing import Any, Literal, Self, TypeAlias, TypeVar

from callsheet.agents.spending.errors import BudgetError

Quantity: TypeAlias = Literal["cost", "tokens", "seconds", "attempts", "revisions", "model_calls"]
Amount = TypeVar("Amount", int, float, Decimal)

QUANTITIES: tuple[Quantity, ...] = ("cost", "tokens", "seconds", "attempts", "revisions", "model_calls")
"""Everything that can be limited, in the order in which it is shown."""

_NOUNS = {"tokens": "token", "attempts": "attempt", "revisions": "revision", "model_calls": "model call"}
_COUNTED: dict[str, Quantity] = {
    "token": "tokens",
    "attempt": "attempts",
    "revision": "revisions",
    "call": "model_calls",
    "model call": "model_calls",
}
_SCALES = {"": 1, "k": 1_000, "m": 1_000_000}
_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}

# A comma before exactly three digits is one inside a number: 20,000.
_COMMA = re.compile(r"(?<!\d),|,(?!\d{3}(?!\d))", re.ASCII)
_PART = re.compile(r"(\$)?\s*(\d++(?:\.\d+)?+|\.\d++)\s*+([a-z ]*)\Z", re.ASCII)
_COUNT = re.compile(r"([km]?)\s*(token|attempt|revision|call|model call)s?\Z")
_MAX_CHARACTERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """What was used, or is going to be."""

    tokens: int = 0
    """Of prompts and answers together."""

    cost: Decimal = Decimal(0)
    """In US dollars, without the calls of the models in `unpriced`."""

    seconds: float = 0.0
    """The time in which a process worked on the run."""

    attempts: int = 0
    """Of all steps together."""

    revisions: int = 0
    """The plans after the first one."""

    model_calls: int = 0
    """Calls of the run's model, those of planning included."""

    unpriced: frozenset[str] = frozenset()
    """The models that were called and whose price is unknown. Their cost is never guessed."""

    def __add__(self, other: Spending) -> Spending:
        return Spending(
            tokens=self.tokens + other.tokens,
            cost=self.cost + other.cost,
            seconds=self.seconds + other.seconds,
            attempts=self.attempts + other.attempts,
            revisions=self.revisions + other.revisions,
            model_calls=self.model_calls + other.model_calls,
            unpriced=self.unpriced | other.unpriced,
        )

    def amount_of(self, quantity: Quantity) -> Decimal:
        """How much of one quantity."""
        return _exact(getattr(self, quantity))


NOTHING = Spending()


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The limits of a run, planning included; None is no limit.

    Raises BudgetError where a limit is not a number of its kind, or is below 0.
    """

    tokens: int | None = None
    """Of prompts and answers together."""

    cost: Decimal | None = None
    """In US dollars."""

    seconds: float | None = None
    """The time in which a process works on the run."""

    attempts: int | None = None
    """Of all steps together."""

    revisions: int | None = None
    """The plans after the first one."""

    model_calls: int | None = None
    """Calls of the run's model, those of planning included."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value: object = getattr(self, field.name)
            if value is not None and not _is_limit(field.name, value):
                wanted = {"cost": "a Decimal such as Decimal('0.50')", "seconds": "a number"}
                kind = wanted.get(field.name, "an integer")
                raise BudgetError(f"{field.name}={value!r}", f"{field.name} must be {kind}, 0 or more")

    @classmethod
    def of(cls, value: Budget | str | float | Decimal) -> Budget:
        """The budget that a value means: a Budget itself, a string for `parse`, or a number of US dollars.
        Raises BudgetError."""
        match value:
            case Budget():
                return value
            case str():
                return cls.parse(value)
            case int() | float() | Decimal() if not isinstance(value, bool) and math.isfinite(value):
                return cls(cost=_exact(value))
            case _:
                raise BudgetError(repr(value), "it is neither a string nor a number of dollars")

    @classmethod
    def parse(cls, text: str) -> Self:
        """The budget that a string means: `$0.50, 20k tokens, 5m, 100 attempts, 3 revisions, 40 calls`, any
        of these in any order; `none` means no limit. Raises BudgetError."""
        if len(text) > _MAX_CHARACTERS:
            raise BudgetError(text, f"it has more than {_MAX_CHARACTERS} characters")
        if text.strip().lower() == "none":
            return cls()
        limits: dict[str, Any] = {}
        for part in _COMMA.split(text):
            quantity, amount = _read_part(text, part)
            if quantity in limits:
                raise BudgetError(text, f"it limits {quantity.replace('_', ' ')} twice")
            limits[quantity] = amount
        return cls(**limits)

    def describe(self) -> str:
        """The budget in words that `parse` understands."""
        return ", ".join(amount_text(quantity, limit) for quantity, limit in self.limits()) or "none"

    def limits(self) -> Iterator[tuple[Quantity, Decimal]]:
        """The limits that there are, each with its quantity."""
        for quantity in QUANTITIES:
            limit: float | Decimal | None = getattr(self, quantity)
            if limit is not None:
                yield quantity, _exact(limit)

    def left(self, spent: Spending) -> Budget:
        """What is left of each limit, 0 at the least."""
        return Budget(
            tokens=_rest(self.tokens, spent.tokens),
            cost=_rest(self.cost, spent.cost),
            seconds=_rest(self.seconds, spent.seconds),
            attempts=_rest(self.attempts, spent.attempts),
            revisions=_rest(self.revisions, spent.revisions),
            model_calls=_rest(self.model_calls, spent.model_calls),
        )

    def broken(self, spent: Spending) -> str | None:
        """The first limit that was exceeded, in a sentence; None where none was."""
        for quantity, limit in self.limits():
            if spent.amount_of(quantity) > limit:
                return (
                    f"{used_text(quantity, spent.amount_of(quantity))} used, and {_allowed(quantity, limit)}"
                )
        return None

    # The sentences of `broken` and `refusal` are stored in events, and strict replays compare them.
    def refusal(self, spent: Spending, least: Spending, most: Spending | None = None) -> str | None:
        """Why something must not be begun, in a sentence; None where it may.

        It uses at least `least`, and at most `most` (`least`, where that is None). It is refused where
        `least` exceeds a limit, and where it may use something of which nothing is left.
        """
        most = most or least
        for quantity, limit in self.limits():
            used = spent.amount_of(quantity)
            # Whatever is begun takes time, how much is not known beforehand.
            wanted = quantity == "seconds" or most.amount_of(quantity) > 0
            if wanted and (used >= limit or used + least.amount_of(quantity) > limit):
                more = least.amount_of(quantity)
                this = (
                    f", this would take {amount_text(quantity, more)} more" if more and used < limit else ""
                )
                return f"{used_text(quantity, used)} used or reserved{this}, and {_allowed(quantity, limit)}"
        return None

    def pressure(self, spent: Spending, share: float = 0.8) -> str:
        """What is nearly used up, in a sentence: of which at least `share` is; empty where nothing is."""
        near = [
            f"{used_text(quantity, spent.amount_of(quantity))} of {amount_text(quantity, limit)}"
            for quantity, limit in self.limits()
            if limit and spent.amount_of(quantity) >= _exact(share) * limit
        ]
        return f"the budget is nearly used up: {'; '.join(near)}" if near else ""


def amount_text(quantity: Quantity, amount: float | Decimal) -> str:
    """An amount for people, exactly: `$0.50`, `20,000 tokens`, `5m`, `1 attempt`."""
    exact = _exact(amount)
    if quantity == "cost":
        whole, _, rest = f"{exact:,f}".partition(".")
        return f"${whole}.{rest.rstrip('0').ljust(2, '0')}"
    if quantity == "seconds":
        return _time_text(exact)
    return f"{exact:,f} {_NOUNS[quantity]}{'' if exact == 1 else 's'}"


def used_text(quantity: Quantity, amount: float | Decimal) -> str:
    """An amount for people, rounded up to a tenth of a second, or a hundredth of a cent."""
    places = {"cost": Decimal("0.0001"), "seconds": Decimal("0.1")}
    exact = _exact(amount)
    place = places.get(quantity)
    return amount_text(quantity, exact if place is None else exact.quantize(place, ROUND_UP))


def _time_text(seconds: Decimal) -> str:
    for unit, length in _SECONDS.items():
        if seconds >= length and seconds % length == 0:
            return f"{seconds // length:f}{unit}"
    return f"{seconds:f}s"


def _allowed(quantity: Quantity, limit: Decimal) -> str:
    return f"the budget allows {amount_text(quantity, limit)}"


def _rest(limit: Amount | None, used: Amount) -> Amount | None:
    return None if limit is None else max(limit - used, type(limit)(0))


def _exact(amount: float | Decimal) -> Decimal:
    """The number as it is written, not as a binary fraction has it."""
    return Decimal(repr(amount)) if isinstance(amount, float) else Decimal(amount)


def _read_part(text: str, part: str) -> tuple[Quantity, float | Decimal]:
    match = _PART.match(part.strip().lower().replace(",", ""))
    if match is None:
        raise BudgetError(
            text, f"{part.strip()!r:.60} is not a limit" if part.strip() else "a limit is missing"
        )
    number, unit = Decimal(match[2]), match[3].strip()
    if match[1] and not unit:
        return "cost", number
    if not match[1] and unit in _SECONDS:
        return "seconds", float(number * _SECONDS[unit])
    counted = None if match[1] else _COUNT.match(unit)
    if counted is None:
        raise BudgetError(text, f"{part.strip()!r:.60} is not a limit")
    number *= _SCALES[counted[1]]
    if number != int(number):
        raise BudgetError(text, f"{part.strip()!r:.60} is not an integer")
    return _COUNTED[counted[2]], int(number)


def _is_limit(name: str, value: object) -> bool:
    if name == "cost":
        return isinstance(value, Decimal) and value.is_finite() and value >= 0
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if name != "seconds" and not isinstance(value, int):
        return False
    return math.isfinite(value) and value >= 0
