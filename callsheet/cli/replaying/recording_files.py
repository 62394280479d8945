"""Finding recordings on disk, in the files and folders that the user names."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

from callsheet.cli.replaying.errors import NoRecordings
from callsheet.executor.recording.file import is_recording
from callsheet.executor.recording.reading.reader import is_headless
from callsheet.planner.documents.errors import DocumentError
from callsheet.planner.documents.reader import MAX_BYTES, read_yaml

_ENDINGS = frozenset({".yaml", ".yml"})
_MARK = re.compile(r"""^(["']?)recording\1[ \t]*:""", re.MULTILINE)
_LEFT = tuple(re.compile(rf"""^(["']?){name}\1[ \t]*:""", re.MULTILINE) for name in ("catalog", "events"))
_NUMBERED = re.compile(r"""^(["']?)recording\1[ \t]*:[ \t]*[0-9]""", re.MULTILINE)


def recording_files(places: Iterable[Path]) -> list[Path]:
    """Each named file, and for each folder the recordings in it and below it, sorted, without duplicates.
    Raises NoRecordings."""
    files = (file for place in places for file in (_files_in(place) if place.is_dir() else [place]))
    return list(dict.fromkeys(files))


def means_recording(file: Path) -> bool:
    """Whether a YAML file is meant as a recording, damaged or not. A file that is too damaged to tell
    counts as one: its replay then fails, instead of passing unseen."""
    try:
        data = _read(file)
        # A file that is too large is cut off, maybe within a character.
        is_whole = len(data) < MAX_BYTES
        text = data.decode("utf-8-sig", "strict" if is_whole else "replace")
    except (OSError, UnicodeDecodeError):
        return True
    if not text.strip() or _MARK.search(text) or all(left.search(text) for left in _LEFT):
        return True
    return is_whole and (not _is_yaml(text) or _is_recording_in_braces(text))


def is_replaceable(file: Path) -> bool:
    """Whether a file is a recording, damaged or not, which a new one may replace. Raises OSError."""
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
    """Whether it is YAML at all; tags and aliases are allowed, because files of other programs have them."""
    try:
        deque(yaml.parse(text, Loader=yaml.CSafeLoader), maxlen=0)
    except (yaml.YAMLError, UnicodeEncodeError):
        return False
    return True


def _is_recording_in_braces(text: str) -> bool:
    """Whether a flow-style document (`{...}`) is a recording: there the key is not at the start of a line."""
    if not text.lstrip().startswith("{"):
        return False
    try:
        document = read_yaml(text)
    except DocumentError:
        return False
    return is_recording(document) or is_headless(document)
