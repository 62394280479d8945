"""What the tokens of a model cost: by the user's own table, else as published; never guessed."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from fnmatch import fnmatchcase
from typing import Self

from callsheet.agents.models.chat import Usage
from callsheet.agents.spending.errors import PriceError

from .terms import FREE, Terms

LOCAL = "local/"
"""How the names of embedded models begin. They cost nothing."""
_MILLION = 1_000_000
_REQUIRED = frozenset({"input", "output"})
_ENTRIES = _REQUIRED | {"cached"}
_OFFICIAL = "openai/"


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars for a million tokens of questions, of answers, and of what of a question the provider had
    in its cache (None: as much as any other)."""

    input: Decimal
    output: Decimal
    cached: Decimal | None = None

    def cost(self, usage: Usage) -> Decimal:
        """What these tokens cost, in dollars."""
        cached = self.input if self.cached is None else self.cached
        fresh = usage.input_tokens - usage.cached_tokens
        total = fresh * self.input + usage.cached_tokens * cached + usage.output_tokens * self.output
        return total / _MILLION


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices by the name of the model.

    `table` has the user's own, each under a name or a pattern such as `openai/gpt-5*`; with or without
    what stands before the `/`. Names come before patterns, and patterns in the order of the table.
    `server` is the address at which models called `openai/...` are asked; None is OpenAI itself.
    """

    table: Mapping[str, Price] = field(default_factory=dict[str, Price])
    server: str | None = None

    @classmethod
    def from_table(cls, table: Mapping[str, Mapping[str, object]], server: str | None = None) -> Self:
        """The prices of a table as settings have it, each with `input`, `output` and maybe `cached`.

        Raises PriceError.
        """
        return cls({model: _read(model, entry) for model, entry in table.items()}, server)

    def cost(self, model: str, usage: Usage, at: float) -> Decimal | None:
        """What a call that used these tokens costs, in dollars, at that time (seconds since the epoch:
        published prices change). None where the model's price is unknown."""
        usage = _sound(usage)
        own = self._own(model)
        if own is not None:
            return own.cost(usage)
        if model.startswith(LOCAL) or not usage.input_tokens + usage.output_tokens:
            return Decimal(0)
        return self._published(model, usage, at)

    def charge(self, model: str, usage: Usage, at: float, terms: Terms = FREE) -> Decimal | None:
        """What a call costs that an agent with these terms makes: where it names prices for tokens of its
        own, these hold; else the model's."""
        if terms.input_price or terms.output_price:
            own = Price(_exact(terms.input_price), _exact(terms.output_price))
            return own.cost(_sound(usage))
        return self.cost(model, usage, at)

    def _own(self, model: str) -> Price | None:
        names = (model, model.partition("/")[2] or model)
        for name in names:
            if name in self.table:
                return self.table[name]
        return next(
            (
                price
                for pattern, price in self.table.items()
                if any(fnmatchcase(name, pattern) for name in names)
            ),
            None,
        )

    def _published(self, model: str, usage: Usage, at: float) -> Decimal | None:
        """By genai-prices, which ships them and needs no network. Without its provider a model is not looked
        up: the same name costs something else elsewhere."""
        provider, _, name = model.partition("/")
        # Without a provider there is nothing to look up, and the import below is slow.
        if not name:
            return None
        from genai_prices import Usage as Tokens
        from genai_prices import calc_price

        tokens = Tokens(
            input_tokens=usage.input_tokens,
            cache_read_tokens=usage.cached_tokens,
            output_tokens=usage.output_tokens,
        )
        when = datetime.fromtimestamp(at, UTC)
        try:
            if model.startswith(_OFFICIAL) and self.server is not None:
                found = calc_price(tokens, name, provider_api_url=self.server, genai_request_timestamp=when)
            else:
                found = calc_price(tokens, name, provider_id=provider, genai_request_timestamp=when)
        except LookupError:
            return None
        return found.total_price


def _sound(usage: Usage) -> Usage:
    """The tokens as they can be charged for, whatever a provider says of them."""
    asked = max(0, usage.input_tokens)
    cached = min(max(0, usage.cached_tokens), asked)
    return Usage(asked, max(0, usage.output_tokens), cached)


def _read(model: str, entry: Mapping[str, object]) -> Price:
    if unknown := sorted(entry.keys() - _ENTRIES):
        raise PriceError(model, f"{unknown[0]!r:.40} is not an entry of a price")
    if missing := sorted(_REQUIRED - entry.keys()):
        raise PriceError(model, f"{missing[0]!r} is missing")
    amounts = {name: _amount(model, name, value) for name, value in entry.items()}
    return Price(amounts["input"], amounts["output"], amounts.get("cached"))


def _amount(model: str, name: str, value: object) -> Decimal:
    amount = Decimal("NaN")
    if isinstance(value, int | float | str | Decimal) and not isinstance(value, bool):
        with suppress(InvalidOperation):
            amount = _exact(value)
    if not amount.is_finite() or amount < 0:
        raise PriceError(model, f"{name} is {value!r:.40}, which is not an amount of dollars")
    return amount


def _exact(value: float | str | Decimal) -> Decimal:
    """The number as it is written, not as a binary fraction has it."""
    return value if isinstance(value, Decimal) else Decimal(str(value))
