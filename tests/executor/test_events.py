"""Events, there and back."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.executor.errors import EventUnreadable, EventUnwritable
from callsheet.executor.events import Event, RunCreated, StepSkipped, decode, encode
from callsheet.executor.json_copy import NotJson, clean_text, copy_json

KINDS = get_args(Event)
TEXT = st.text()
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=20,
)

PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXT,
    int: st.integers(-(2**62), 2**62),
    float: st.floats(0, 1e12),
    float | None: st.none() | st.floats(0, 1e12),
    str | None: st.none() | TEXT,
    int | None: st.none() | st.integers(0, 2**62),
    tuple[str, ...]: st.lists(TEXT).map(tuple),
    dict[str, Any]: st.dictionaries(TEXT, JSON),
    dict[str, Any] | None: st.none() | st.dictionaries(TEXT, JSON),
    list[Any]: st.lists(JSON),
}


def values(annotation: Any, value: Any) -> st.SearchStrategy[Any]:
    """Values of a field's type."""
    if annotation is Any:
        return st.just(value)
    return st.from_type(annotation) if annotation not in PLAIN else PLAIN[annotation]


def test_every_kind_has_a_name_of_its_own() -> None:
    """The name in the journal is the class's, in small letters."""
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


@given(st.data(), st.sampled_from(KINDS), st.floats(0, 1e12), JSON)
def test_every_event_comes_back_equal(data: st.DataObject, kind: Any, at: float, value: Any) -> None:
    """For every event that its type allows."""
    fields = {field.name: data.draw(values(field.type, value)) for field in msgspec.structs.fields(kind)}
    event = kind(**fields | {"at": at})
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
