"""`callsheet record`: export a run to a file that replays."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import click

from callsheet.cli.options.command import FILE, command, secret_option, store_option
from callsheet.cli.options.errors import FileInTheWay
from callsheet.cli.options.output import Output
from callsheet.cli.options.run_name import RUN
from callsheet.cli.options.store import LAST, find_run
from callsheet.cli.replaying.recording_files import is_replaceable
from callsheet.cli.replaying.replay_session import rehearse, rehearse_text
from callsheet.cli.text.drift import drift_documents, drift_lines
from callsheet.cli.text.safe_text import counted
from callsheet.errors import ExitCode
from callsheet.executor.journal.errors import RunOwned
from callsheet.executor.journal.stored_runs import run_archive
from callsheet.executor.recording.content.errors import RecordingUnwritable
from callsheet.executor.recording.content.recording import Recording
from callsheet.executor.recording.file import save_recording
from callsheet.executor.recording.writing.verification import proven_text
from callsheet.executor.redaction.redactor import Redactor
from callsheet.executor.run.events import AttemptStarted
from callsheet.recordings.api import redactor_of
from callsheet.recordings.replay_result import Replay
from callsheet.settings.settings import Settings

_STDOUT = Path("-")


@click.command("record", short_help="Export a run to a file that replays offline.")
@click.argument("run", type=RUN, default=LAST)
@click.option("-o", "--output", "file", type=FILE, help="The file to write (default: stdout).")
@secret_option
@click.option("--no-check", is_flag=True, help="Don't replay the new recording.")
@command
@store_option
def record(
    output: Output,
    settings: Settings,
    run: str,
    file: Path | None,
    patterns: tuple[str, ...],
    no_check: bool,
) -> ExitCode:
    """Export the journal of a run, without secrets, to a file that replays. Every run can be recorded;
    nothing has to be switched on beforehand.

    The new recording is replayed at once, offline; if the replay differs, the differences are printed and
    the exit code is 5. An existing FILE is replaced only if it is a recording. RUN is an id, the beginning of
    one, or `last`.
    """
    if file == _STDOUT:
        file = None
    if file is not None:
        _require_replaceable(file)
    redactor = redactor_of(settings, patterns)
    recording = _recording_of(settings, run)
    text = _write(output, recording, file, redactor)
    replayed = None if no_check else rehearse(file) if file is not None else rehearse_text(text)
    drifts = () if replayed is None else replayed.drifts
    if output.as_json:
        document = {
            "file": None if file is None else str(file),
            "run": recording.run,
            "events": len(recording.course),
            "secrets": len(redactor.placeholders),
            "exact": None if replayed is None else not drifts,
            "drifts": drift_documents(drifts),
        }
        output.document(document if file is not None else {**document, "recording": text})
    for line in _account(recording, file, len(redactor.placeholders), replayed):
        output.note(line)
    return ExitCode.DRIFT if drifts else ExitCode.DONE


def _require_replaceable(file: Path) -> None:
    """Check that writing destroys no other file. Raises FileInTheWay, RecordingUnwritable."""
    try:
        if file.exists() and not is_replaceable(file):
            raise FileInTheWay(file)
    except OSError as error:
        raise RecordingUnwritable(str(file), error.strerror or str(error)) from None


def _recording_of(settings: Settings, name: str) -> Recording:
    """The recording of a run that no process is running. Raises RunNotFound, RunAmbiguous, RunOwned and
    RunNotRecordable."""
    with run_archive(settings.store) as journal:
        run = find_run(journal, name)
        owner = journal.owner(run)
        if owner is not None:
            raise RunOwned(run, owner.pid, owner.host)
        return Recording.from_events(journal.read_events(run))


def _write(output: Output, recording: Recording, file: Path | None, redactor: Redactor) -> str:
    """Write the recording; returns its text if it went to stdout, which cannot be read back."""
    if file is not None:
        save_recording(recording, file, redactor)
        return ""
    text = proven_text(recording, redactor)
    if not output.as_json:
        output.content(text)
    return text


def _account(recording: Recording, file: Path | None, secrets: int, replayed: Replay | None) -> Iterator[str]:
    """What was written, whether it replays exactly, and the command that replays it."""
    attempts = sum(isinstance(event, AttemptStarted) for event in recording.events)
    held = ", ".join(
        (
            counted(len(recording.course), "event"),
            counted(recording.record.model_calls, "model call"),
            counted(attempts, "attempt"),
        )
    )
    drifts = () if replayed is None else replayed.drifts
    verdict = "" if replayed is None else "; it does not replay exactly" if drifts else "; replays exactly"
    where = "" if file is None else f" in {file}"
    yield f"recorded run {recording.run}{where}: {held}; {counted(secrets, 'secret')} removed{verdict}"
    if drifts:
        yield from drift_lines(drifts, "  ")
        yield (
            "the recording was written nevertheless. If a removed secret is a value that the run depends on, "
            "record it again without removing that; otherwise please report a defect in Callsheet"
        )
    name = "FILE" if file is None else shlex.quote(str(file))
    yield f"to replay it offline: callsheet replay {name}"
