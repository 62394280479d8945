"""What is secret is in no recording, and what is left makes sense."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from pydantic import JsonValue

from callsheet.agents.models.chat import Usage
from callsheet.executor.clocks.virtual_loop import run_virtually
from callsheet.executor.recording.content.errors import RunNotRecordable
from callsheet.executor.recording.content.recording import Recording
from callsheet.executor.recording.file import load_recording, save_recording
from callsheet.executor.recording.writing.redaction import redacted
from callsheet.executor.redaction.redactor import Redactor
from callsheet.executor.run.events import AttemptSucceeded, ModelCalled, ResultSought, StepHeld
from tests.executor.recording.everything import CREATED, everything
from tests.executor.recording.real_runs import REAL_RUNS
from tests.executor.recording.untouched import recording_text

SECRET = "déjà vu"


class Replaces:
    """Replaces one text by another, in keys too."""

    def __init__(self, secret: str, placeholder: str) -> None:
        self._secret = secret
        self._placeholder = placeholder

    def redact(self, document: JsonValue) -> JsonValue:
        """The document without the secret."""
        match document:
            case str():
                return document.replace(self._secret, self._placeholder)
            case list():
                return [self.redact(each) for each in document]
            case dict():
                return {cast(str, self.redact(key)): self.redact(each) for key, each in document.items()}
            case _:
                return document


@pytest.mark.parametrize("placeholder", ["<secret-1>", "", "x" * 500, "\n- \n"])
def test_the_pieces_of_a_reply_still_add_up(placeholder: str, tmp_path: Path) -> None:
    """Whether what stands in for the secret is longer or shorter than it; and again it is the same."""
    recording = Recording.from_events(everything())
    redactor = Replaces(SECRET, placeholder)
    path = tmp_path / "run.yaml"
    save_recording(recording, path, redactor)
    assert SECRET not in path.read_text("utf-8")
    read = load_recording(path)
    call = read.events[3]
    assert isinstance(call, ModelCalled) and placeholder in call.reply
    assert sum(count for _, count in call.chunks) == len(call.reply)
    assert recording_text(read, redactor) == path.read_text("utf-8")
    assert recording_text(recording, redactor) == path.read_text("utf-8")


def test_pieces_that_are_gone_with_the_secret_are_gone() -> None:
    """Of a reply that was nothing but secret nothing may be left."""
    events = everything()
    call = events[3]
    assert isinstance(call, ModelCalled)
    events[3] = msgspec.structs.replace(call, reply=SECRET, chunks=((0.1, 3), (0.2, 4)))
    kept = redacted(Recording.from_events(events), Replaces(SECRET, "")).events[3]
    assert isinstance(kept, ModelCalled) and (kept.reply, kept.chunks) == ("", ())


def test_texts_that_differ_by_their_secret_are_one_text_then() -> None:
    """So that what is written does not depend on whether it was written before."""
    events = everything()
    for place, event in enumerate(events):
        if isinstance(event, ModelCalled):
            first = event.request.messages[0]
            message = msgspec.structs.replace(first, content=f"{first.content} secret{place} " + "x" * 200)
            request = msgspec.structs.replace(event.request, messages=(message, *event.request.messages[1:]))
            events[place] = msgspec.structs.replace(event, request=request)
    plain = recording_text(Recording.from_events(events), Replaces("nothing", "nothing"))
    assert "system_1" not in plain

    class Numbers(Replaces):
        def redact(self, document: JsonValue) -> JsonValue:
            for place in range(len(events)):
                document = Replaces(f"secret{place} ", "<secret> ").redact(document)
            return document

    text = recording_text(Recording.from_events(events), Numbers("", ""))
    assert text.count("system_1") == 4 and "system_2" not in text


def test_a_secret_in_the_goal_and_in_keys_is_replaced() -> None:
    """Nothing is left out of it."""
    recording = Recording.from_events(everything())
    text = recording_text(recording, Replaces("reached", "<secret-1>"))
    assert "to be reached" not in text and text.count("to be <secret-1>") == 3
    assert "  nothing: null" not in recording_text(recording, Replaces("nothing", "<secret-1>"))


@pytest.mark.parametrize("secret", ["system", "reply", "error", "fetch"])
def test_a_secret_that_the_run_cannot_do_without_is_told(secret: str) -> None:
    """The name of a field, of a role, of a kind of failure or of a capability, where one of them is what is
    secret."""
    with pytest.raises(RunNotRecordable) as caught:
        recording_text(Recording.from_events(everything()), Replaces(secret, "<secret-1>"))
    assert caught.value.run == "0123456789ab"


@pytest.mark.parametrize("run", REAL_RUNS)
def test_what_callsheet_makes_up_is_no_secret(run: Callable[[], Coroutine[Any, Any, Recording]]) -> None:
    """Ids, hashes and keys of a real run stay what they are, and so does everything else in it."""
    recording = run_virtually(run())
    redactor = Redactor()
    assert redacted(recording, redactor) == recording
    assert not redactor.placeholders


def test_hashes_are_no_secrets() -> None:
    """A run is found again by its keys."""
    events = everything()
    for place, event in enumerate(events):
        digest = hashlib.sha256(str(place).encode()).hexdigest()
        if isinstance(event, ResultSought):
            events[place] = msgspec.structs.replace(event, key=digest)
        elif isinstance(event, StepHeld):
            events[place] = msgspec.structs.replace(event, signature=digest[:32])
    assert redacted(Recording.from_events(events), Redactor()) == Recording.from_events(events)


def test_the_value_of_a_variable_is_in_no_recording(tmp_path: Path) -> None:
    """In no text, key or reply; the same run gives the same file, and that gives itself."""
    environment = {"SOME_API_KEY": "tr0ub4dor-and-3-more"}
    events = everything()
    for place, event in enumerate(events):
        if isinstance(event, ModelCalled):
            events[place] = msgspec.structs.replace(
                event, reply=f"it is tr0ub4dor-and-3-more {place}", chunks=()
            )
        elif isinstance(event, AttemptSucceeded) and event.step == "page":
            events[place] = msgspec.structs.replace(
                event, output={"tr0ub4dor-and-3-more": ["tr0ub4dor-and-3-more"]}
            )
    recording = Recording.from_events(events)
    path = tmp_path / "run.yaml"
    save_recording(recording, path, Redactor(environment))
    text = path.read_text("utf-8")
    assert "tr0ub4dor" not in text and text.count("<secret:SOME_API_KEY>") == 6
    assert recording_text(recording, Redactor(environment)) == text
    assert recording_text(load_recording(path), Redactor(environment)) == text


def test_times_and_counts_are_no_secrets() -> None:
    """A number that is Callsheet's own stays, whatever else has the same; one that an agent gave does not."""
    events = everything()
    for place, event in enumerate(events):
        if isinstance(event, ModelCalled):
            events[place] = msgspec.structs.replace(event, usage=Usage(input_tokens=1_200_345))
        elif isinstance(event, AttemptSucceeded) and event.step == "page":
            events[place] = msgspec.structs.replace(event, output={"text": "1200345", "n": 1_200_345})
    environment = {"A_SECRET": "1200345", "B_SECRET": str(CREATED), "C_SECRET": str(round(CREATED + 64.5))}
    kept = redacted(Recording.from_events(events), Redactor(environment)).events
    (changed,) = [after for before, after in zip(events, kept, strict=True) if before != after]
    assert isinstance(changed, AttemptSucceeded) and changed.step == "page"
    assert str(changed.output["n"]) == changed.output["text"] != "1200345"
