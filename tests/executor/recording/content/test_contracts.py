"""Contracts in a recording are short, and come back whole."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from callsheet.agents.contracts.capability import Capability, Effect
from callsheet.executor.recording.content.contracts import (
    DEFAULTS,
    Contract,
    NamedContract,
    brief,
    hash_of,
    terse,
    whole,
)
from tests.executor.recording.everything import FETCH, SEND, SHOUT

fields: st.SearchStrategy[dict[str, JsonValue]] = st.dictionaries(
    st.text(min_size=1, max_size=5), st.just({}), min_size=1, max_size=3
)


@st.composite
def capabilities(draw: st.DrawFn) -> Capability:
    """Any capability."""
    outputs = draw(fields)
    effect = draw(st.sampled_from(Effect))
    cached = st.none() if effect in (Effect.WRITE, Effect.IRREVERSIBLE) else st.none() | st.floats(0.1, 1e9)
    return Capability(
        name=draw(st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True)),
        description=draw(st.text(max_size=9)),
        input_schema={"type": "object", "properties": draw(fields)},
        output_schema={"type": "object", "properties": dict(outputs)},
        main_output=draw(st.sampled_from(list(outputs))),
        effect=effect,
        version=draw(st.text(max_size=3)),
        max_retries=draw(st.integers(0, 100)),
        timeout_seconds=draw(st.floats(0.1, 1e9)),
        cache=draw(cached),
    )


@given(capabilities())
def test_every_contract_comes_back(capability: Capability) -> None:
    """For every capability: its terse contract is made whole again, key by key, and means the same."""
    contract = capability.model_dump(mode="json")
    again = whole(terse(contract))
    assert list(again.items()) == list(contract.items())
    assert Capability.model_validate(again) == capability
    assert brief(contract) == capability.model_dump(mode="json", exclude_defaults=True)


def test_the_fields_are_those_of_a_capability() -> None:
    """A field that a capability gets is one that a recording has, with the same default."""
    for kind, more in ((Contract, "hash"), (NamedContract, "name")):
        declared = {field.name: field for field in msgspec.structs.fields(kind)}
        assert declared.keys() - {more} == Capability.model_fields.keys() - {"name"}
        for name, default in DEFAULTS.items():
            assert msgspec.to_builtins(declared[name].default) == default


def test_only_what_differs_from_the_usual_is_told() -> None:
    """The main output where it is not the first, and so on."""
    assert terse(SEND.model_dump(mode="json")).keys() == {
        "name",
        "description",
        "input_schema",
        "output_schema",
        "effect",
    }
    assert terse(SHOUT.model_dump(mode="json"))["main_output"] == "text"
    assert terse(FETCH.model_dump(mode="json"))["cache"] == 3600.0


@pytest.mark.parametrize(
    "change",
    [
        {"description": "Fetch two pages."},
        {"effect": "pure"},
        {"version": "3"},
        {"max_retries": 4},
        {"timeout_seconds": 61.0},
        {"cache": None},
        {"name": "fetch2"},
        {"main_output": "other"},
    ],
)
def test_every_change_shows_in_the_hash(change: dict[str, Any]) -> None:
    """Whatever is edited."""
    contract = FETCH.model_dump(mode="json")
    assert hash_of({**contract, **change}) != hash_of(contract)


def test_the_hash_knows_nothing_of_order_and_of_defaults() -> None:
    """A release that knows one more field, at its default, finds the same."""
    contract = FETCH.model_dump(mode="json")
    assert hash_of(dict(reversed(contract.items()))) == hash_of(contract)
    assert hash_of(brief(contract)) == hash_of(contract)


def test_a_whole_number_of_seconds_is_a_number_of_seconds() -> None:
    """People write 60 for 60.0."""
    contract = FETCH.model_dump(mode="json")
    edited = whole({**terse(contract), "timeout_seconds": 60, "cache": 3600})
    assert hash_of(edited) == hash_of({**contract, "timeout_seconds": 60.0})
