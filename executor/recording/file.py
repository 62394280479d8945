"""The file of a recording: read with every fault told by its line, and written whole or not at all."""

from __future__ import annotations

import secrets
from functools import cached_property
from os import PathLike
from os.path import realpath
from pathlib import Path

from pydantic import JsonValue

from callsheet.executor.recording.content.errors import RecordingInvalid, RecordingUnwritable
from callsheet.executor.recording.content.recording import Recording
from callsheet.executor.recording.reading.plan_check import require_sound
from callsheet.executor.recording.reading.reader import recording_from
from callsheet.executor.recording.writing.redaction import Redacts
from callsheet.executor.recording.writing.verification import proven_text
from callsheet.planner.documents.errors import DocumentError
from callsheet.planner.documents.reader import MAX_BYTES, read_document
from callsheet.planner.documents.source_lines import SourceLines

_RESTORE = "restore the file, or record the run again"


def load_recording(path: str | PathLike[str], check_plans: bool = True) -> Recording:
    """The recording in a file, its plans checked against the contracts that they were made for, and the
    contracts themselves, unless that is not wanted. Raises RecordingInvalid, RecordingNewer."""
    path = Path(path)
    lines = _Lines(path)
    recording = recording_from(_document(path), str(path), lines.line)
    if check_plans:
        require_sound(recording, lines.line)
    return recording


def is_recording(document: object) -> bool:
    """Whether a document means to be a recording, whatever is wrong with it."""
    return isinstance(document, dict) and "recording" in document


def save_recording(recording: Recording, path: str | PathLike[str], redactor: Redacts) -> None:
    """Write the file, and the folders that it lies in; there is never half a file, nor one that cannot be
    read back. A link stays one: the file that it leads to is written. Raises RecordingUnwritable,
    RunNotRecordable."""
    path = Path(path)
    if path.suffix.lower() == ".json":
        raise RecordingUnwritable(str(path), "a recording is YAML, so its name must not end in .json")
    data = proven_text(recording, redactor).encode()
    target = Path(realpath(path)) if path.is_symlink() else path
    beside = target.parent / f".{target.name}.{secrets.token_hex(4)}"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            beside.write_bytes(data)
            beside.replace(target)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise RecordingUnwritable(str(path), error.strerror or str(error)) from None


def _document(path: Path) -> JsonValue:
    try:
        return read_document(path)
    except DocumentError as error:
        raise RecordingInvalid(str(path), error.problem, error.line, _RESTORE) from None


class _Lines:
    """The lines of a file, read once more when something is wrong with it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def line(self, pointer: str) -> int | None:
        """Where the value at a JSON pointer begins."""
        return None if self._lines is None else self._lines.line(pointer)

    @cached_property
    def _lines(self) -> SourceLines | None:
        try:
            with self._path.open("rb") as file:
                return SourceLines(file.read(MAX_BYTES).decode("utf-8-sig"))
        except (OSError, UnicodeDecodeError):
            return None
