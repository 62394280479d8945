"""Events, there and back."""

from __future__ import annotations

from enum import Enum
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callsheet.agents.models.chat import Usage
from callsheet.agents.spending.demand import Demand
from callsheet.agents.spending.terms import Terms
from callsheet.executor.run.errors import EventUnreadable, EventUnwritable, NotJson
from callsheet.executor.run.events import Event, RunCreated, StepSkipped, decode, encode
from callsheet.executor.run.json_copy import clean_text, copy_json

KINDS = get_args(Event)
TEXT = st.text()
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=20,
)

SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    Any: JSON,
    str: TEXT,
    int: st.integers(-(2**62), 2**62),
    float: st.floats(0, 1e12),
    bool: st.booleans(),
    type(None): st.none(),
    Usage: st.builds(Usage, st.integers(0, 10**9), st.integers(0, 10**9)),
    Demand: st.builds(Demand, st.integers(0, 99), st.integers(0, 10**9), st.none() | st.integers(0, 10**9)),
    Terms: st.builds(Terms, price=st.floats(0, 100), max_concurrency=st.none() | st.integers(1, 99)),
}


def values(annotation: Any) -> st.SearchStrategy[Any]:
    """What a field of this type may hold."""
    if annotation in SCALARS:
        return SCALARS[annotation]
    arguments = get_args(annotation)
    origin = get_origin(annotation)
    if origin in (Union, UnionType):
        return st.one_of([values(argument) for argument in arguments])
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is dict:
        return st.dictionaries(TEXT, values(arguments[1]), max_size=3)
    if origin is tuple and arguments[-1] is not ...:
        return st.tuples(*map(values, arguments))
    if origin in (list, tuple):
        return st.lists(values(arguments[0]), max_size=3).map(origin)
    if issubclass(annotation, Enum):
        return st.sampled_from(annotation)
    return st.builds(
        annotation, **{field.name: values(field.type) for field in msgspec.structs.fields(annotation)}
    )


def test_every_kind_has_a_name_of_its_own() -> None:
    """The name in the journal is the class's, in small signals."""
    names = {kind.__struct_config__.tag for kind in KINDS}
    assert len(names) == len(KINDS)
    assert StepSkipped.__struct_config__.tag == "step_skipped"


@pytest.mark.parametrize(
    "line", [b"", b"{}", b"[1]", b'{"event":"nobody","at":1}', b'{"event":"retry_due","at":"x"}', b"\xff"]
)
def test_what_is_no_event_is_a_clear_error(line: bytes) -> None:
    """Never anything else than EventUnreadable."""
    with pytest.raises(EventUnreadable):
        decode(line)


def test_what_json_cannot_hold_is_a_clear_error() -> None:
    """A goal with half a character in it is refused, not mangled."""
    with pytest.raises(EventUnwritable):
        encode(RunCreated(1.0, "r", "\ud800", 1))


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25, deadline=None)
@given(st.data())
def test_every_event_comes_back_equal(kind: Any, data: st.DataObject) -> None:
    """For every event that its type allows."""
    event = data.draw(values(kind))
    assert decode(encode(event)) == event


@given(JSON)
def test_json_is_copied_faithfully(value: Any) -> None:
    """For every JSON value: the copy is equal."""
    assert copy_json(value) == value


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        [float("inf")],
        {"a": (1,)},
        {1: 2},
        {1},
        b"x",
        object(),
        "\ud800",
        pytest.param(10**5000, id="long"),
        [[]],
    ],
)
def test_what_is_no_json_is_refused(value: object) -> None:
    """However deep it sits, and however an encoder would write it."""
    deep: Any = value
    if value == [[]]:
        for _ in range(100_000):
            deep = [deep]
    with pytest.raises(NotJson):
        copy_json(deep)


@given(st.text(st.characters()))
def test_cleaned_text_can_always_be_kept(text: str) -> None:
    """For every text, halves of characters included."""
    assert copy_json(clean_text(text)) == clean_text(text)
