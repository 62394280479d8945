"""The file of a recording: whatever is in it is read or refused, and what is written is whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from callsheet.executor.recording.content.errors import (
    RecordingInvalid,
    RecordingNewer,
    RecordingUnwritable,
    RunNotRecordable,
)
from callsheet.executor.recording.content.recording import Recording
from callsheet.executor.recording.file import load_recording, save_recording
from callsheet.executor.recording.reading.reader import recording_from
from callsheet.executor.run.events import AttemptSucceeded
from callsheet.planner.documents.reader import MAX_BYTES, read_yaml

from .everything import adopted, beginning, drafting, everything
from .untouched import Untouched, recording_text


@pytest.fixture
def text() -> str:
    """The text of a file."""
    return recording_text(Recording.from_events(everything()), Untouched())


def written(text: str | bytes, path: Path) -> Path:
    """A file with this in it."""
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_the_first_lines_say_what_it_is(text: str) -> None:
    """What the file is for, how it is replayed, and what came of the run."""
    first, second, third, fourth = text.splitlines()[:4]
    assert first.startswith("# ") and "`callsheet replay FILE`" in second
    assert third == "# completed: 2 plans, 6 steps, 4 model calls, 50.000 seconds"
    assert fourth == "recording: 1"


def test_pieces_of_a_reply_stand_on_a_line_and_prompts_in_blocks(text: str) -> None:
    """People read the file, and compare it line by line."""
    assert "  chunks: [[0.1, 10], [0.2, 26]]\n" in text
    assert "  system_1: |\n    You plan the work that somebody else does.\n\n    Every step" in text
    assert '  reply: |\n    {"steps": [],\n     "answer": "déjà vu"}\n' in text
    assert "- {at: 2.0, event: draft_begun}\n" in text


def test_every_truncation_is_refused(text: str, tmp_path: Path) -> None:
    """Cut off anywhere before its last event, a file is refused with a clear error."""
    data = text.encode()
    path = tmp_path / "run.yaml"
    for end in range(0, data.rindex(b"\n- "), 97):
        with pytest.raises(RecordingInvalid):
            load_recording(written(data[:end], path))


def test_a_lost_end_is_told_by_the_number_of_events(text: str, tmp_path: Path) -> None:
    """Cut between two events, with the line that says how many there were."""
    cut, count = text[: text.rindex("\n- ") + 1], len(everything()) - 2
    with pytest.raises(RecordingInvalid) as caught:
        load_recording(written(cut, tmp_path / "run.yaml"))
    error = caught.value
    assert cut.splitlines()[(error.line or 0) - 1] == f"  events: {count}"
    assert (
        error.problem == f"{count} events were recorded, but the file holds {count - 1}: its end is missing"
    )
    assert error.advice == "restore it, or record the run again"


def test_more_events_than_were_recorded_are_told(text: str, tmp_path: Path) -> None:
    """Whoever adds one by hand corrects the number, or leaves it out."""
    count = len(everything()) - 2
    told = f"  events: {count}\n"
    fewer = text.replace(told, f"  events: {count - 1}\n")
    with pytest.raises(RecordingInvalid, match=f"{count - 1} events were .* holds {count}; correct `events`"):
        load_recording(written(fewer, tmp_path / "run.yaml"))
    recording = load_recording(written(text.replace(told, ""), tmp_path / "run.yaml"))
    assert recording == Recording.from_events(everything())


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "this is not a recording; `callsheet record RUN -o FILE` makes one"),
        ("# nothing\n", "this is not a recording"),
        ("just a text\n", "this is not a recording"),
        ("- recording: 1\n", "this is not a recording"),
        ("{}", "this is not a recording"),
        ("goal: a goal\nsteps: []\nanswer: 1\n", "this is a plan, not a recording"),
        (
            "catalog: {}\nevents: []\n",
            "the line `recording:` is missing, and other lines may be too; restore it",
        ),
        ("recording: {}\n", "`recording` must be the number of the format, not {}"),
        ("recording: 1\n", "missing required field `callsheet`"),
    ],
)
def test_what_is_no_recording_is_told_what_it_is(text: str, problem: str, tmp_path: Path) -> None:
    """And how to come to one."""
    with pytest.raises(RecordingInvalid) as caught:
        load_recording(written(text, tmp_path / "run.yaml"))
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe\x00recording: 1",
        b"recording: 1\nrecording: 1\n",
        b"a: &a [x]\nb: [*a, *a]\n",
        b"recording: !!python/object/apply:os.system [id]\n",
        b"recording: " + b"[" * 200_000,
        b"recording: " + b"{a: " * 5_000,
        b"recording: [1, 2\n",
        b"recording: 1e999\n",
        b'recording: "\\ud800"\n',
        b"\x00" * 10_000,
    ],
    ids=range(10),
)
def test_what_is_no_document_is_refused(content: bytes, tmp_path: Path) -> None:
    """Bombs, tags, aliases, repeated keys, and what is no text: with what to do."""
    with pytest.raises(RecordingInvalid) as caught:
        load_recording(written(content, tmp_path / "run.yaml"))
    assert str(caught.value).endswith("; restore the file, or record the run again")


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    """Of 200 MB no more than the limit is looked at."""
    path = tmp_path / "run.yaml"
    with path.open("wb") as file:
        file.truncate(200_000_000)
    with pytest.raises(RecordingInvalid, match=f"larger than {MAX_BYTES // 1_000_000} MB"):
        load_recording(path)


def test_a_file_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    """With its name."""
    with pytest.raises(RecordingInvalid, match=r"none\.yaml: it cannot be read"):
        load_recording(tmp_path / "none.yaml")


def test_a_newer_format_asks_for_a_newer_release(text: str, tmp_path: Path) -> None:
    """With the release that wrote it, whatever else is in the file."""
    newer = text.replace("recording: 1", "recording: 7").replace("0.1.0", "3.2.0") + "whatever: 1\n"
    with pytest.raises(RecordingNewer) as caught:
        load_recording(written(newer, tmp_path / "run.yaml"))
    error = caught.value
    assert (error.found, error.known, error.callsheet) == (7, 1, "3.2.0")
    assert "upgrade Callsheet" in str(error) and "run.yaml" in str(error)


def test_a_recording_in_json_is_read(text: str, tmp_path: Path) -> None:
    """Programs write JSON."""
    path = written(json.dumps(read_yaml(text)), tmp_path / "run.json")
    assert load_recording(path) == Recording.from_events(everything())


def test_plans_are_checked_unless_that_is_not_wanted(text: str, tmp_path: Path) -> None:
    """A plan that its contracts do not carry is refused with its revision and line, or let pass."""
    spoilt = text.replace("condition: len(page) > 0", "condition: lenn(page) > 0")
    path = written(spoilt, tmp_path / "run.yaml")
    with pytest.raises(RecordingInvalid, match=r"plan 1 is invalid: error bad-expression") as caught:
        load_recording(path)
    assert "lenn(page)" in spoilt.splitlines()[(caught.value.line or 0) - 1]
    assert (
        load_recording(path, check_plans=False).plan_documents[1]["steps"][2]["condition"] == "lenn(page) > 0"
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("properties: {url: {type: string}}", "properties: {url: {type: strig}}"),
        ("main_output: text\ntexts:", "main_output: tekst\ntexts:"),
        ('version: "2"\n', 'version: "2"\n    cache: 1.5\n'),
    ],
)
def test_a_contract_that_is_none_is_refused(old: str, new: str, text: str, tmp_path: Path) -> None:
    """Though its hash was left out, and its form is right."""
    lines = [line for line in text.splitlines(keepends=True) if not line.startswith("    hash: ")]
    assert old in "".join(lines)
    path = written("".join(lines).replace(old, new), tmp_path / "run.yaml")
    with pytest.raises(RecordingInvalid):
        load_recording(path)


def test_a_hash_may_be_left_out(text: str, tmp_path: Path) -> None:
    """Whoever edits a contract takes its hash away."""
    lines = [line for line in text.splitlines(keepends=True) if not line.startswith("    hash: ")]
    edited = "".join(lines).replace("description: Send a letter.", "description: Send a parcel.")
    recording = load_recording(written(edited, tmp_path / "run.yaml"))
    assert {each.name: each.description for each in recording.capabilities}["send"] == "Send a parcel."


def test_saving_makes_the_folders(tmp_path: Path) -> None:
    """And leaves nothing else in them."""
    path = tmp_path / "deep" / "down" / "run.yaml"
    save_recording(Recording.from_events(everything()), path, Untouched())
    assert [each.name for each in path.parent.iterdir()] == ["run.yaml"]
    assert load_recording(path).source == str(path)


def test_saving_again_takes_the_place_of_the_file(tmp_path: Path) -> None:
    """There is never half a file."""
    path = written("something else", tmp_path / "run.yaml")
    save_recording(Recording.from_events(everything()), path, Untouched())
    assert load_recording(path) == Recording.from_events(everything())
    assert [each.name for each in tmp_path.iterdir()] == ["run.yaml"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """The file that it leads to is written, also where there is none yet."""
    link, target = tmp_path / "link.yaml", tmp_path / "deep" / "run.yaml"
    link.symlink_to("deep/run.yaml")
    for _ in range(2):
        save_recording(Recording.from_events(everything()), link, Untouched())
        assert link.is_symlink() and load_recording(target) == Recording.from_events(everything())
    assert [each.name for each in target.parent.iterdir()] == ["run.yaml"]


def test_where_it_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A folder in the place of the file, a file in the place of the folder; nothing is left behind."""
    recording = Recording.from_events(everything())
    (tmp_path / "folder").mkdir()
    written("a file", tmp_path / "file")
    for path in (Path("/"), tmp_path / "folder", tmp_path / "file" / "run.yaml", tmp_path / "run.json"):
        with pytest.raises(RecordingUnwritable, match="cannot be written") as caught:
            save_recording(recording, path, Untouched())
        assert caught.value.path == str(path)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file", "folder"]


def test_a_run_that_is_still_going_is_recorded_so_far(tmp_path: Path) -> None:
    """Nothing has to have ended."""
    for events in (beginning(), [*beginning(), *drafting()], [*beginning(), *drafting(), *adopted()]):
        path = tmp_path / "run.yaml"
        save_recording(Recording.from_events(events), path, Untouched())
        assert load_recording(path).events == Recording.from_events(events).events


def test_what_is_too_deep_for_a_file_is_refused() -> None:
    """What a journal keeps may be deeper than what a document may be."""
    deep: dict[str, object] = {}
    for _ in range(70):
        deep = {"deeper": deep}
    events = [*beginning(), *drafting(), *adopted()]
    place = next(at for at, event in enumerate(events) if isinstance(event, AttemptSucceeded))
    events[place] = AttemptSucceeded(events[place].at, "page", 2, deep)
    with pytest.raises(RunNotRecordable, match="nested"):
        recording_text(Recording.from_events(events), Untouched())


def test_no_line_is_looked_for_in_vain(tmp_path: Path) -> None:
    """Where the file is gone by then, the error has no line, and is told all the same."""
    with pytest.raises(RecordingInvalid) as caught:
        recording_from({"recording": "x"}, "gone.yaml", lambda _: None)
    assert caught.value.line is None and str(caught.value).startswith("gone.yaml: `recording`")
