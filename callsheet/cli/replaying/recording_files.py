"""Recordings on disk: those that a person names, one by one or by the folders that they lie in."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import ClassVar

import yaml

from callsheet.errors import CallsheetError, ExitCode
from callsheet.executor.recording.file import is_recording
from callsheet.executor.recording.reading.reader import is_headless
from callsheet.planner.documents.errors import DocumentError
from callsheet.planner.documents.reader import MAX_BYTES, read_yaml

_ENDINGS = frozenset({".yaml", ".yml"})
_MARK = re.compile(r"""^(["']?)recording\1[ \t]*:""", re.MULTILINE)
_LEFT = tuple(re.compile(rf"""^(["']?){name}\1[ \t]*:""", re.MULTILINE) for name in ("catalog", "events"))
_NUMBERED = re.compile(r"""^(["']?)recording\1[ \t]*:[ \t]*[0-9]""", re.MULTILINE)


class NoRecordings(CallsheetError):
    """There is not one recording in a `folder`."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"{folder}: there is no recording in this folder; `callsheet record RUN -o FILE` makes one"
        )
        self.folder = folder


def recording_files(places: Iterable[Path]) -> list[Path]:
    """Each file that is named, and in place of each folder the recordings in it and below, sorted; none of
    them twice. Raises NoRecordings."""
    files = (file for place in places for file in (_files_in(place) if place.is_dir() else [place]))
    return list(dict.fromkeys(files))


def means_recording(file: Path) -> bool:
    """Whether a YAML file means to be a recording, broken or not. One that is so broken that nobody can tell
    what it was may be meant."""
    try:
        data = _read(file)
        # What is too large is cut off, maybe within a character.
        is_whole = len(data) < MAX_BYTES
        text = data.decode("utf-8-sig", "strict" if is_whole else "replace")
    except (OSError, UnicodeDecodeError):
        return True
    if not text.strip() or _MARK.search(text) or all(left.search(text) for left in _LEFT):
        return True
    return is_whole and (not _is_yaml(text) or _is_recording_in_braces(text))


def is_replaceable(file: Path) -> bool:
    """Whether a file is a recording, broken or not, so that another one may take its place. Raises
    OSError."""
    return file.is_file() and bool(_NUMBERED.search(_read(file).decode("utf-8-sig", "replace")))


def _files_in(folder: Path) -> list[Path]:
    found = sorted(_yaml_files(folder))
    if not found:
        raise NoRecordings(folder)
    return found


def _yaml_files(folder: Path) -> Iterator[Path]:
    for file in folder.rglob("*"):
        if file.suffix.lower() in _ENDINGS and file.is_file() and means_recording(file):
            yield file


def _read(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(MAX_BYTES)


def _is_yaml(text: str) -> bool:
    """Whether it is YAML at all, with tags and aliases too, which other programs' files may have."""
    try:
        deque(yaml.parse(text, Loader=yaml.CSafeLoader), maxlen=0)
    except (yaml.YAMLError, UnicodeEncodeError):
        return False
    return True


def _is_recording_in_braces(text: str) -> bool:
    """Whether a document in one pair of braces is one; the mark stands at no line's beginning there."""
    if not text.lstrip().startswith("{"):
        return False
    try:
        document = read_yaml(text)
    except DocumentError:
        return False
    return is_recording(document) or is_headless(document)
