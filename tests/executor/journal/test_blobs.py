"""Large values: stored once, beside the events, and read back exactly."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callsheet.executor.journal.blobs import LIMIT, Attachments, Entry, detach
from callsheet.executor.journal.sqlite import SqliteJournal
from callsheet.executor.run.errors import EventUnreadable
from callsheet.executor.run.events import (
    AttemptStarted,
    AttemptSucceeded,
    Event,
    ModelCalled,
    ModelMessage,
    ModelRequest,
    RunCompleted,
)
from tests.executor.journals import created, in_file, path

__all__ = ["in_file", "path"]


def started(inputs: dict[str, Any]) -> AttemptStarted:
    return AttemptStarted(2.0, "b", 1, "actor", "r:b", 60.0, inputs)


def succeeded(output: dict[str, Any]) -> AttemptSucceeded:
    return AttemptSucceeded(2.0, "a", 1, output)


def blobs(path: Path) -> list[int]:
    """The sizes of what is stored."""
    with closing(sqlite3.connect(path)) as connection:
        return [size for (size,) in connection.execute("SELECT length(body) FROM blobs ORDER BY 1")]


def whole(entry: Entry) -> Any:
    attachments = Attachments()
    for name, body in entry.blobs:
        attachments.give(name, body)
    return attachments.attach(entry)


async def test_a_large_value_is_stored_once_and_is_one_object(in_file: SqliteJournal) -> None:
    """The text that a step gave, in the inputs of two others, in a model's request and in the answer."""
    text = "Ünïcode " * 30_000
    events: list[Event] = [
        succeeded({"text": text, "words": 3}),
        started({"material": text}),
        started({"material": [{"deep": text}], "text": "short"}),
        ModelCalled(2.0, 1.5, "m", ModelRequest((ModelMessage("user", text),))),
        RunCompleted(3.0, text),
    ]
    await in_file.create(created(), *events[:2])
    await in_file.append("r", events[2:])
    read = in_file.read_events("r")[1:]
    assert read == events
    assert len(blobs(in_file.path)) == 1
    one, two, three, four, five = read
    assert isinstance(one, AttemptSucceeded) and isinstance(two, AttemptStarted)
    assert isinstance(three, AttemptStarted) and isinstance(four, ModelCalled)
    assert isinstance(five, RunCompleted)
    texts = [
        one.output["text"],
        two.inputs["material"],
        three.inputs["material"][0]["deep"],
        four.request.messages[0].content,
        five.answer,
    ]
    assert all(each is texts[0] for each in texts)


async def test_a_list_of_many_small_values_goes_whole(in_file: SqliteJournal) -> None:
    """No value in it is large, but it is."""
    rows = [{"n": number, "name": f"row {number}"} for number in range(10_000)]
    await in_file.create(created())
    await in_file.append("r", [succeeded({"rows": rows}), RunCompleted(3.0, rows)])
    assert in_file.read_events("r")[1:] == [succeeded({"rows": rows}), RunCompleted(3.0, rows)]
    assert len(blobs(in_file.path)) == 1


async def test_what_is_not_over_the_limit_stays_where_it_is(in_file: SqliteJournal) -> None:
    """To the byte, counted as JSON."""
    room = LIMIT - len(msgspec.json.encode(succeeded({"text": ""})))
    await in_file.create(created(), succeeded({"text": "x" * room}))
    assert blobs(in_file.path) == []
    await in_file.append("r", [succeeded({"text": "x" * (room + LIMIT)})])
    assert blobs(in_file.path) == [room + LIMIT + 2]
    assert in_file.read_events("r")[1:] == [
        succeeded({"text": "x" * room}),
        succeeded({"text": "x" * (room + LIMIT)}),
    ]


async def test_data_that_looks_like_a_reference_is_data(in_file: SqliteJournal) -> None:
    """References stand where no data does."""
    text = "x" * 100_000
    name = detach(msgspec.json.encode({"a": text})).blobs[0][0]
    output = {"text": text, "null": None, "parts": [[["text"], name]], "sha256": name, "$ref": name}
    await in_file.create(created(), succeeded(output))
    assert in_file.read_events("r")[1:] == [succeeded(output)]


async def test_the_list_of_runs_shows_those_whose_ends_are_large(in_file: SqliteJournal) -> None:
    """Their first and last events are put together as any other."""
    goal = "g" * 100_000
    large = created()
    large = msgspec.structs.replace(large, goal=goal)
    await in_file.create(large)
    await in_file.create(created("s"), succeeded({"text": goal}))
    await in_file.create(created("t"))
    assert [(line.run, line.status, len(line.goal)) for line in in_file.runs()] == [
        ("t", "pending", 13),
        ("s", "running", 13),
        ("r", "pending", 100_000),
    ]


async def test_a_missing_blob_is_a_clear_error(in_file: SqliteJournal) -> None:
    """It names the value, and the blob."""
    await in_file.create(created(), succeeded({"text": "x" * 100_000}))
    with closing(sqlite3.connect(in_file.path)) as connection, connection:
        ((name,),) = connection.execute("DELETE FROM blobs RETURNING sha256").fetchall()
    with pytest.raises(EventUnreadable, match=rf"output\.text is in the blob {name}"):
        in_file.read_events("r")


@pytest.mark.parametrize(
    "damage",
    [
        "parts = '{'",
        "parts = '[[[\"output\"], 7]]'",
        "parts = replace(parts, 'output', 'input')",
        "parts = replace(parts, '\"text\"', '\"text\",3')",
        "body = '[]'",
        "body = substr(body, 3)",
    ],
)
async def test_damage_is_a_clear_error(in_file: SqliteJournal, damage: str) -> None:
    """Wherever it is, and nothing else breaks by it."""
    await in_file.create(created(), succeeded({"text": "x" * 100_000}))
    with closing(sqlite3.connect(in_file.path)) as connection, connection:
        connection.execute(f"UPDATE events SET {damage} WHERE parts IS NOT NULL")
    with pytest.raises(EventUnreadable):
        in_file.read_events("r")
    await in_file.append("r", [RunCompleted(3.0, 1)])


def test_what_lies_deeper_than_anybody_looks_goes_whole() -> None:
    """Nesting of any depth that JSON has."""
    value: Any = "x" * 100_000
    for _ in range(300):
        value = [value]
    entry = detach(msgspec.json.encode({"value": value}))
    assert whole(entry) == {"value": value}
    assert len(entry.body) < LIMIT


def test_a_hole_in_one_large_value_is_not_one_in_another() -> None:
    """Two lists that differ only in a large text have the same rest, and keep their own texts."""
    rest = ["y" * 1000] * 100
    one, other = ({"rows": [signal * 100_000, *rest]} for signal in "ab")
    entries = [detach(msgspec.json.encode(each)) for each in (one, other)]
    attachments = Attachments()
    for entry in entries:
        for name, body in entry.blobs:
            attachments.give(name, body)
    assert [attachments.attach(entry) for entry in entries] == [one, other]
    assert len({name for entry in entries for name, _ in entry.blobs}) == 3


TEXTS = st.one_of(
    st.text(st.characters(codec="utf-8"), max_size=5),
    st.sampled_from(["x" * LIMIT, "é" * LIMIT, '"\\\n' * LIMIT, "x" * (LIMIT // 3)]),
)
VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-9, 9), st.floats(allow_nan=False, allow_infinity=False), TEXTS
    ),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=25,
)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from("abcde"), VALUES, max_size=5))
def test_every_value_is_put_together_again(value: dict[str, Any]) -> None:
    """For every object: exactly, and what stays in the entry is bounded by its members."""
    data = msgspec.json.encode(value)
    entry = detach(data)
    assert json.dumps(whole(entry)) == json.dumps(value)
    assert len(entry.body) <= 7 * LIMIT
    if len(data) <= LIMIT:
        assert entry == Entry(data.decode())
