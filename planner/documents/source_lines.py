"""On which line of a document's text a part of it stands."""

from __future__ import annotations

import re
from dataclasses import dataclass

import yaml

_MAX_SIZE = 60_000_000
_OBJECT, _LIST, _SCALAR = 210, 110, 90
"""In bytes: what may be kept of a text, and what the place of a value takes."""
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a value begins, and where its key does if it has one; lines count from 1."""

    line: int
    key_line: int | None
    children: dict[str, _Place] | list[_Place] | None

    def child(self, name: str) -> _Place | None:
        if isinstance(self.children, dict):
            return self.children.get(name)
        if self.children and _INDEX.fullmatch(name) and int(name) < len(self.children):
            return self.children[int(name)]
        return None


class SourceLines:
    """The lines of a YAML or JSON text that was read before without an error.

    The text is gone through once, whatever is asked then, and nothing recurses into it. What lies behind its
    first half million values has the line of the deepest part before. Almost all JSON is YAML; of a text that
    is not, no line is known.
    """

    def __init__(self, text: str) -> None:
        try:
            self._root = _place_of(text)
        except (yaml.YAMLError, UnicodeEncodeError):
            self._root = None

    def line(self, pointer: str) -> int | None:
        """The line, from 1, where the value at a JSON pointer begins; of the deepest part that is there."""
        place, _ = self._find(pointer)
        return place.line if place else None

    def key_line(self, pointer: str, key: str) -> int | None:
        """The line, from 1, of a key in the mapping at a JSON pointer, below which its value may begin;
        None where there is no such mapping or key."""
        place, missing = self._find(pointer)
        child = place.child(key) if place and not missing else None
        return child.key_line if child else None

    def _find(self, pointer: str) -> tuple[_Place | None, bool]:
        """The deepest part of a pointer that is there, and whether any is missing."""
        place = self._root
        for part in pointer.split("/")[1:]:
            child = place.child(part.replace("~1", "/").replace("~0", "~")) if place else None
            if child is None:
                return place, True
            place = child
        return place, False


def _place_of(text: str) -> _Place | None:
    """Where the value of the text stands, and everything in it."""
    roots: list[_Place] = []
    open_: list[dict[str, _Place] | list[_Place]] = [roots]
    key: yaml.ScalarEvent | None = None
    left = _MAX_SIZE
    for event in yaml.parse(text, yaml.CSafeLoader):
        within = open_[-1]
        if isinstance(event, yaml.CollectionEndEvent):
            open_.pop()
        elif isinstance(event, yaml.ScalarEvent) and isinstance(within, dict) and key is None:
            key = event
        elif isinstance(event, yaml.NodeEvent):
            place = _Place(_line(event), _line(key) if key else None, _nothing_yet(event))
            if isinstance(within, list):
                within.append(place)
            elif key:
                within[key.value] = place
            if place.children is not None:
                open_.append(place.children)
            key = None
            left -= _size(place)
            if left < 0:
                break
    return roots[0] if roots else None


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _size(place: _Place) -> int:
    match place.children:
        case None:
            return _SCALAR
        case dict():
            return _OBJECT
        case _:
            return _LIST


def _nothing_yet(event: yaml.NodeEvent) -> dict[str, _Place] | list[_Place] | None:
    match event:
        case yaml.MappingStartEvent():
            return {}
        case yaml.SequenceStartEvent():
            return []
        case _:
            return None
