"""What an agent asks and allows."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from callsheet.agents.models.chat import Usage
from callsheet.agents.spending.errors import TermsError
from callsheet.agents.spending.terms import FREE, Terms, terms_of


def test_an_attempt_costs_its_price_and_its_tokens() -> None:
    """Token prices are for a million; input and output are told apart."""
    terms = Terms(price=0.5, input_price=2.0, output_price=10.0)
    assert terms.cost(Usage(input_tokens=500_000, output_tokens=100_000)) == 0.5 + 1.0 + 1.0
    assert FREE.cost(Usage(input_tokens=500_000)) == 0.0


def test_an_agent_without_terms_is_free() -> None:
    """The Agent protocol does not ask for them, so an agent need not have any."""
    terms = Terms(max_concurrency=2)
    assert terms_of(SimpleNamespace(name="plain")) is FREE
    assert terms_of(SimpleNamespace(terms=None)) is FREE
    assert terms_of(SimpleNamespace(terms=terms)) is terms
    with pytest.raises(TermsError, match="must be a Terms"):
        terms_of(SimpleNamespace(terms={"price": 1}))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("price", -1),
        ("price", float("nan")),
        ("input_price", "2"),
        ("output_price", None),
        ("max_concurrency", 0),
        ("max_concurrency", 1.5),
        ("max_concurrency", True),
        ("requests_per_minute", 0),
        ("tokens_per_minute", float("inf")),
    ],
)
def test_terms_that_nobody_can_keep_are_refused(field: str, value: Any) -> None:
    """The error names the field, the value, and what it may be."""
    with pytest.raises(TermsError, match=f"{field} is .*; it must be") as caught:
        Terms(**{field: value})
    assert caught.value.field == field
