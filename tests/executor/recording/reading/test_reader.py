"""What is wrong with a file is told with its line, and with what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from callsheet.executor.recording.content.errors import RecordingInvalid
from callsheet.executor.recording.content.recording import Recording
from callsheet.executor.recording.file import load_recording
from callsheet.executor.recording.writing.document import document_of
from callsheet.planner.documents.writer import write_yaml
from tests.executor.recording.everything import everything

Edit: TypeAlias = Callable[[dict[str, Any]], object]
"""Spoils a document."""


def event(document: dict[str, Any], kind: str, at: int = 0) -> dict[str, Any]:
    """One of the events of a kind, by its place among them."""
    events: list[dict[str, Any]] = document["events"]
    return [each for each in events if each["event"] == kind][at]


def put(value: Any, *keys: str | int) -> Edit:
    """Put a value somewhere."""

    def edit(document: Any) -> None:
        for key in keys[:-1]:
            document = document[key]
        document[keys[-1]] = value

    return edit


def drop(*keys: str | int) -> Edit:
    """Take something away."""

    def edit(document: Any) -> None:
        for key in keys[:-1]:
            document = document[key]
        del document[keys[-1]]

    return edit


def of(kind: str, edit: Edit, at: int = 0) -> Edit:
    """Spoil one of the events of a kind."""
    return lambda document: edit(event(document, kind, at))


def remove(kind: str, at: int = 0) -> Edit:
    """Take away one of the events of a kind."""
    return lambda document: document["events"].remove(event(document, kind, at))


def repeat(kind: str, at: int = 0) -> Edit:
    """Have one of the events of a kind happen a second time, at 777 seconds."""

    def edit(document: dict[str, Any]) -> None:
        again = event(document, kind, at)
        document["events"].insert(document["events"].index(again) + 1, {**again, "at": 777.0})

    return edit


EDITS: dict[str, tuple[Edit, str, str]] = {
    # What is edited, a text that stands on the line which is told, and a part of the message.
    "no number": (put("one", "recording"), "recording: one", "must be the number of the format"),
    "number zero": (put(0, "recording"), "recording: 0", "must be the number of the format"),
    "yes for a number": (put(True, "recording"), "recording: true", "must be the number of the format"),
    "unknown at the top": (put(1, "evnts"), "evnts: 1", "did you mean `events`?"),
    "unknown in the run": (put(1, "run", "sead"), "sead: 1", "did you mean `seed`?"),
    "unknown in the model": (put(1, "model", "nme"), "nme: 1", "did you mean `name`?"),
    "unknown in the policy": (put(1, "policy", "mx_steps"), "mx_steps: 1", "did you mean `max_steps`?"),
    "unknown of an agent": (put(1, "agents", 0, "term"), "term: 1", "did you mean `terms`?"),
    "unknown in terms": (put(1, "agents", 0, "terms", "prize"), "prize: 1", "did you mean `price`?"),
    "unknown in a demand": (put(1, "agents", 0, "demand", "call"), "call: 1", "did you mean `calls`?"),
    "unknown in a contract": (put(1, "catalog", "send", "efect"), "efect: 1", "did you mean `effect`?"),
    "unknown in an event": (of("draft_begun", put(1, "step")), "step: 1", "unknown field 'step'"),
    "unknown in a failure": (
        of("attempt_failed", put(1, "failure", "retriable")),
        "retriable: 1",
        "did you mean `retryable`?",
    ),
    "unknown in a request": (
        of("model_called", put(1, "request", "most_tokens")),
        "most_tokens: 1",
        "did you mean `max_tokens`?",
    ),
    "unknown in a message": (
        of("model_called", put(1, "request", "messages", 0, "rolle")),
        "rolle: 1",
        "did you mean `role`?",
    ),
    "unknown in usage": (of("model_called", put(1, "usage", "tokns")), "tokns: 1", "unknown field 'tokns'"),
    "unknown in figures": (
        of("run_started", put({"attemps": 1}, "figures", 0, 2)),
        "attemps: 1",
        "did you mean `attempts`?",
    ),
    "figures of too many": (
        of("run_started", put([1, 2, {}, "x!"], "figures", 0)),
        "x!",
        "unknown field '3'",
    ),
    "no goal": (drop("goal"), "recording: 1", "missing required field `goal`"),
    "no events": (drop("events"), "recording: 1", "missing required field `events`"),
    "no seed": (drop("run", "seed"), "id: 0123456789ab", "missing required field `seed`"),
    "a seed that is a text": (put("x7", "run", "seed"), "seed: x7", "`seed`: expected `int`, got `str`"),
    "a time that nobody waits for": (
        of("run_completed", put(1e15, "at")),
        "- at: 1000000000000000.0",
        "more than a hundred years away",
    ),
    "a creation at no time": (put(1e17, "run", "created"), "created: 1.0e+17", "is out of range"),
    "a time too large": (of("hedge_due", put(10**400, "at")), "- at: 10000", "out of range"),
    "a budget of nothing": (put("a lot", "run", "budget"), "budget: a lot", "budget 'a lot'"),
    "a price that is none": (put(["1", "x", "2"], "model", "price"), "- x", "`1`: expected `str` matching"),
    "an effect that is none": (
        put(["wild"], "policy", "approval_for"),
        "- wild",
        "invalid enum value 'wild'",
    ),
    "terms below zero": (put({"price": -1.5}, "agents", 0, "terms"), "price: -1.5", "an agent's terms"),
    "a capability of nobody": (
        put(["fetsch"], "agents", 0, "capabilities"),
        "- fetsch",
        "did you mean `fetch`?",
    ),
    "a capability with a bad name": (
        put({}, "catalog", "Send It"),
        "Send It",
        "lowercase letters, digits and _",
    ),
    "an edited contract": (
        put("Send two.", "catalog", "send", "description"),
        "hash: efdc3b2c048b",
        "record the run again, or leave `hash` out",
    ),
    "a contract with another order": (
        lambda document: document["catalog"]["shout"].pop("main_output"),
        "hash: 8ecde7ee8ee5",
        "was edited",
    ),
    "an effect of a contract": (
        put("purr", "catalog", "send", "effect"),
        "effect: purr",
        "invalid enum value",
    ),
    "retries of a contract": (put(101, "catalog", "send", "max_retries"), "max_retries: 101", "<= 100"),
    "a text that is a list": (put(["!!"], "texts", "system_1"), "- '!!'", "expected `str`, got `array`"),
    "a text that is gone": (drop("texts", "system_1"), "text: system_1", "there is no text 'system_1'"),
    "a schema that is gone": (drop("schemas", "plan_1"), "schema: plan_1", "there is no schema 'plan_1'"),
    "a schema in its place": (
        of("model_called", put({"type": "object!"}, "request", "schema")),
        "type: object!",
        "write a schema here by its name, as `{schema: NAME}`",
    ),
    "a content that is a number": (
        of("model_called", put(12345, "request", "messages", 1, "content")),
        "content: 12345",
        "write a text here by its name, as `{text: NAME}`",
    ),
    "a role that is none": (
        of("model_called", put("sistem", "request", "messages", 0, "role")),
        "role: sistem",
        "`role`: invalid enum value 'sistem'",
    ),
    "an event without a kind": (
        of("draft_begun", drop("event")),
        "- at: 2.0",
        "`event` must be the name of an event",
    ),
    "an event of no kind": (
        of("draft_begun", put("draft_begin", "event")),
        "event: draft_begin",
        "`draft_begun`?",
    ),
    "an event of a number": (
        of("draft_begun", put(5, "event")),
        "event: 5",
        "`event` must be the name of an event",
    ),
    "an event that is a text": (put("nothing!", "events", 0), "- nothing!", "expected `object`, got `str`"),
    "a beginning amid the rest": (
        of("draft_begun", put("run_created", "event")),
        "event: run_created",
        "'run_created' is not an event",
    ),
    "an event without a time": (
        of("hedge_due", drop("at")),
        "- event: hedge_due",
        "missing required field `at`",
    ),
    "a time that is a text": (of("hedge_due", put("soon", "at")), "- at: soon", "`at`: expected `float`"),
    "a time that is a truth": (of("hedge_due", put(True, "at")), "- at: true", "`at`: expected `float`"),
    "equipped before the run": (put(-1.5, "run", "equipped"), "equipped: -1.5", "`equipped`: expected"),
    "a count that is none": (put(-1, "run", "events"), "events: -1", "`events`: expected `int` >= 0"),
    "an event too few": (remove("hedge_due"), "  events: ", "its end is missing"),
    "an event too many": (repeat("hedge_due"), "  events: ", "correct `events` under `run`"),
    "an event without its step": (of("person_asked", drop("question")), "- at: 17.0", "field `question`"),
    "an output that is a text": (
        of("attempt_succeeded", put("done!", "output")),
        "output: done!",
        "`output`: expected `object`, got `str`",
    ),
    "a kind of failure": (
        of("attempt_failed", put("eror", "failure", "kind")),
        "kind: eror",
        "invalid enum value 'eror'",
    ),
    "chunks of another reply": (
        of("model_called", put("short!", "reply")),
        "- - 0.1",
        "leave `chunks` out, or correct it",
    ),
    "a chunk of nothing": (
        of("model_called", put([[0.1, 0], [0.2, 36]], "chunks")),
        "- - 0.1",
        "the chunks have",
    ),
    "a chunk below nothing": (
        of("model_called", put([[0.1, -1], [0.2, 37]], "chunks")),
        "- - 0.1",
        "the chunks have",
    ),
    "a budget to go on with": (of("run_resumed", put("lots!", "budget")), "budget: lots!", "budget 'lots!'"),
    "a contract that is gone": (
        of("plan_adopted", put(["fetch", "snd"], "contracts")),
        "- snd",
        "did you mean `send`?",
    ),
    "a contract without a name": (
        of("plan_adopted", drop("contracts", 0, "name"), 1),
        "- description: Fetch a page, as it was then.",
        "missing required field `name`",
    ),
    "a contract with a hash": (
        of("plan_adopted", put("00!", "contracts", 0, "hash"), 1),
        "hash: 00!",
        "unknown field 'hash'",
    ),
    "contracts twice": (
        of("plan_adopted", put(["send", "send"], "contracts")),
        "- at: 7.0",
        "two of its contracts are called 'send'",
    ),
    "a step that is unknown": (
        of("attempt_succeeded", put("pag", "step")),
        "- at: 10.0",
        "no plan so far has a step 'pag'; did you mean `page`?",
    ),
    "an attempt that never began": (
        remove("attempt_started"),
        "- at: 5.0",
        "attempt 1 at step 'page' was never started",
    ),
    "an attempt that ends twice": (
        repeat("attempt_succeeded"),
        "- at: 777.0",
        "attempt 2 at step 'page' has ended before",
    ),
    "an attempt that begins twice": (repeat("attempt_started"), "- at: 777.0", "was started before"),
    "an item that is not there": (
        of("attempt_started", put(3, "item"), 2),
        "- at: 12.0",
        "it names item 3 of step 'each', which has 3 items",
    ),
    "an item of no list": (of("attempt_started", put(0, "item")), "- at: 4.0", "which has no items so far"),
    "items of nowhere": (remove("items_resolved"), "- at: 12.0", "step 'each', which has no items so far"),
    "a call of no attempt": (of("model_called", drop("attempt"), 2), "- at: 9.0", "but no attempt"),
    "a retry of nothing": (remove("retry_scheduled"), "- at: 7.2", "was never scheduled"),
    "a run that starts twice": (repeat("run_started"), "- at: 777.0", "the run was started before"),
    "a run that never starts": (remove("run_started"), "- at: 4.0", "before the run was started"),
    "a draft that nobody began": (remove("draft_begun"), "- at: 2.0", "started before there is a plan"),
    "a plan that is gone": (remove("plan_adopted"), "- at: 11.0", "no plan so far has a step 'each'"),
    "a step that is new": (
        of("plan_adopted", put(["each"], "afresh")),
        "- at: 7.0",
        "`afresh` does not name it",
    ),
    "a step that is not new": (
        of("plan_adopted", put(["paje"], "afresh")),
        "- at: 7.0",
        "which is not a step",
    ),
    "steps that are none": (of("plan_adopted", put("x!", "plan", "steps")), "- at: 7.0", "is not a list"),
    "a step without an id": (
        of("plan_adopted", drop("plan", "steps", 0, "id")),
        "- at: 7.0",
        "needs a string as `id`",
    ),
    "an approval of nothing": (remove("approval_requested"), "- at: 23.0", "no approval of step"),
    "a doubt of nobody": (
        remove("attempt_lost"),
        "- at: 31.0",
        "the outcome of step 'letter' is not in doubt",
    ),
    "a doubt without an end": (
        of("doubt_settled", drop("output")),
        "- at: 31.0",
        "the verdict `done` needs an output",
    ),
    "an acceptance of nothing": (remove("step_held"), "- at: 16.25", "step 'each' is not held"),
    "an acceptance without output": (
        lambda document: (
            event(document, "attempt_surprised").pop("output"),
            event(document, "step_held").pop("output"),
        ),
        "- at: 18.25",
        "gave no output that could be accepted",
    ),
    "a result of nobody": (remove("result_sought"), "- at: 40.5", "no result was looked up for step 'known'"),
    "something after the end": (repeat("run_completed"), "- at: 777.0", "after the run was completed"),
    "an end amid an attempt": (remove("attempt_lost"), "- at: 31.0", "is not in doubt"),
    "a plan that does not check": (
        of("plan_adopted", put("fetsch", "plan", "steps", 0, "capability")),
        "capability: fetsch",
        "plan 1 is invalid: error unknown-capability",
    ),
}


def spoilt(edit: Edit, tmp_path: Path) -> Path:
    """A file with the recording of everything, edited."""
    document: Any = document_of(Recording.from_events(everything()))
    edit(document)
    path = tmp_path / "run.yaml"
    path.write_text(write_yaml(document), "utf-8")
    return path


@pytest.mark.parametrize("name", EDITS)
def test_each_fault_is_told_with_its_line(name: str, tmp_path: Path) -> None:
    """Whatever is edited by hand: the file, the line, what is wrong, and what to do."""
    edit, marker, message = EDITS[name]
    path = spoilt(edit, tmp_path)
    with pytest.raises(RecordingInvalid) as caught:
        load_recording(path)
    error = caught.value
    assert message in str(error), str(error)
    assert error.source == str(path) and error.advice and "\n" not in str(error)
    lines = path.read_text("utf-8").splitlines()
    wanted = [number for number, line in enumerate(lines, 1) if marker in line]
    assert error.line == wanted[0], (error.line, lines[(error.line or 1) - 1], str(error))
    assert str(error).startswith(f"{path}, line {error.line}: ")
