"""The contract for one kind of work."""

from __future__ import annotations

from typing import Any

import pytest

from callsheet.agents.contracts.capability import Capability
from callsheet.agents.contracts.errors import CapabilityError

SCHEMA: dict[str, Any] = {"type": "object", "properties": {"value": {"type": "integer"}}}


def capability(**changes: Any) -> Capability:
    fields: dict[str, Any] = {"description": "work", "input_schema": SCHEMA, "output_schema": SCHEMA}
    return Capability(name="work", **(fields | changes))


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("45s", 45),
        ("30m", 1800),
        ("12h", 43_200),
        ("1d", 86_400),
        ("1w", 604_800),
        ("1.5h", 5400),
        ("90", 90),
        ("1 d", 86_400),
        (7, 7),
    ],
)
def test_how_long_an_output_may_be_kept_is_written_briefly(written: str | float, seconds: float) -> None:
    """A number of seconds, or a number with a unit; a document of it is read back the same."""
    cached = capability(cache=written)
    assert cached.cache == seconds
    assert Capability.model_validate(cached.model_dump(mode="json")) == cached
    assert capability().cache is None


@pytest.mark.parametrize("written", ["", "d", "-1d", "2h 1d", "1y", "0s", 0, -3, True, float("nan"), [1]])
def test_anything_else_is_refused(written: Any) -> None:
    """With what it may be."""
    with pytest.raises(CapabilityError, match=r'number of seconds over 0, or a string such as "30m"'):
        capability(cache=written)


@pytest.mark.parametrize("effect", ["write", "irreversible"])
def test_only_what_changes_nothing_may_be_cached(effect: str) -> None:
    """An output that is reused is an effect that doesn't happen."""
    assert capability(effect="read", cache="1d").cache
    with pytest.raises(CapabilityError, match=f"its effect is {effect}, and only pure or read work"):
        capability(effect=effect, cache="1d")
