"""Results of steps for a prompt: cut by value to a number of tokens, and quoted.

What a result is made of (its fields, how long its lists are) is kept before what stands in it. Small results
and small fields stay whole, and the large ones share what is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from pydantic import JsonValue

from callsheet.prompts.budget import count_tokens
from callsheet.prompts.quoting import quote

MAX_RESULTS = 100
"""Results that are shown; of more, the later ones."""
CHARACTERS = 5
"""That a token stands for, at most, in texts that are worth reading."""
MAX_NESTED = 40
"""Levels of lists and objects that are looked into."""
ROUNDS = 12
"""Tries to find how many characters are as many tokens as there may be."""

_MIN_TEXT = 60
_MIN_ITEM = 80
_MAX_NAME = 100
_STUB = 32
_NOTE = 48
"""Characters, roughly, of what is said where a value is not shown at all, and where part of it is."""


def digest(results: Mapping[str, JsonValue], tokens: int) -> str:
    """The results by their names, quoted, in order; never more than `tokens` of them.

    What was cut is said where it was: "list of 412 items, first 3 shown". Where there isn't room for every
    result the later ones are shown; where there is for none the text is empty. The work is in proportion to
    `tokens`, however large the results are.
    """
    names = list(results)[-MAX_RESULTS:]
    while True:
        text = _fitting(results, names, tokens)
        if text is not None:
            return text
        if not names:
            return ""
        names = names[(len(names) + 1) // 2 :]


def _fitting(results: Mapping[str, JsonValue], names: Sequence[str], tokens: int) -> str | None:
    """The named results, as much of them as fits; None where not even what they are made of does."""
    characters = tokens * CHARACTERS
    for _ in range(ROUNDS):
        text = _show(results, names, characters)
        used = count_tokens(text).tokens
        if used <= tokens:
            return text
        if characters <= 0:
            return None
        characters = min(characters * tokens // used, characters * 9 // 10) - _STUB
    return None


def _show(results: Mapping[str, JsonValue], names: Sequence[str], characters: int) -> str:
    sizes = [_size(results[name], characters, 0) for name in names]
    parts = [
        quote(name, _prune(results[name], room, 0), 2 * room + 2 * _NOTE, others=names)
        for name, room in zip(names, _share(sizes, characters), strict=True)
    ]
    if left_out := len(results) - len(names):
        parts.insert(0, f"[... {left_out:,} earlier results left out ...]")
    return "\n".join(parts)


def _prune(value: JsonValue, room: int, depth: int) -> JsonValue:
    """The value, cut so that as JSON it has about `room` characters, or is a few words in its place."""
    match value:
        case str():
            return value if len(value) <= room else _prune_text(value, room)
        case list() | dict() if not value or _size(value, room, depth) <= room:
            return value
        case list() | dict() if room < _STUB + _NOTE or depth >= MAX_NESTED:
            return _stub(value, room)
        case list():
            return _prune_list(value, room, depth)
        case dict():
            return _prune_object(value, room, depth)
        case int() if _size(value, room, depth) > max(room, _STUB):
            return f"[number of about {_size(value, room, depth):,} digits]"
        case _:
            return value


def _prune_text(text: str, room: int) -> str:
    about = f"text of {len(text):,} characters"
    if room < _MIN_TEXT + _NOTE:
        return f"[{about}]" if len(text) > _STUB else text
    kept = room - _NOTE
    tail = kept // 3
    return f"{text[: kept - tail]}\n[... {about}, beginning and end shown ...]\n{text[len(text) - tail :]}"


def _prune_list(items: list[JsonValue], room: int, depth: int) -> JsonValue:
    room -= _NOTE
    # Room for a few items at least, however long each of them is.
    most = max(_MIN_ITEM, room // 4)
    sizes: list[int] = []
    needed = 0
    for each in items:
        size = _size(each, room, depth + 1) + depth + 4
        needed += min(size, most)
        if needed > room:
            break
        sizes.append(size)
    if not sizes:
        return _stub(items, room)
    rooms = _share(sizes, room)
    shown = [_prune(each, given - depth - 4, depth + 1) for each, given in zip(items, rooms, strict=False)]
    part = f"first {len(shown):,} shown" if len(shown) < len(items) else "cut"
    return [*shown, f"[... list of {len(items):,} items, {part} ...]"]


def _prune_object(fields: dict[str, JsonValue], room: int, depth: int) -> JsonValue:
    room -= _NOTE
    sizes: dict[str, int] = {}
    frames = stubs = 0
    for name, each in fields.items():
        size = _size(each, room, depth + 1)
        frames += min(len(name), _MAX_NAME) + depth + 7
        stubs += min(size, _STUB)
        if frames + stubs > room:
            break
        sizes[name] = size
    if not sizes:
        return _stub(fields, room)
    rooms = _share(list(sizes.values()), room - frames)
    shown: dict[str, JsonValue] = {
        _name(name, at): _prune(fields[name], given, depth + 1)
        for at, (name, given) in enumerate(zip(sizes, rooms, strict=True), 1)
    }
    if len(sizes) < len(fields):
        others = _names(islice(fields, len(sizes), None), _MIN_TEXT)
        shown["[...]"] = f"object of {len(fields):,} fields, first {len(sizes):,} shown; left out{others}"
    return shown


def _stub(value: list[JsonValue] | dict[str, JsonValue], room: int) -> str:
    """What a list or an object is, in a few words; the first names of its fields, if there is room."""
    if isinstance(value, list):
        return f"[list of {len(value):,} items]"
    return f"[object of {len(value):,} fields{_names(value, room)}]"


def _names(names: Iterable[str], room: int) -> str:
    """The first of the names, as many as there is room for, behind a colon; nothing where there is none."""
    shown: list[str] = []
    for name in names:
        room -= len(name) + 2
        if room < 0:
            shown.append("...")
            break
        shown.append(name)
    return f": {', '.join(shown)}" if shown != ["..."] else ""


def _name(name: str, at: int) -> str:
    if len(name) <= _MAX_NAME:
        return name
    return f"{name[: _MAX_NAME // 2]}[... name of {len(name):,} characters, field {at:,} ...]"


def _size(value: JsonValue, most: int, depth: int) -> int:
    """How many characters a value has as JSON with a line for each entry, roughly; looked at no further
    than to what is more than `most`."""
    match value:
        case str():
            return len(value) + 2
        case list() | dict() if depth >= MAX_NESTED:
            return 2 if not value else most + 1
        case list():
            size = 2
            for each in value:
                size += depth + 4 + _size(each, most - size, depth + 1)
                if size > most:
                    break
            return size
        case dict():
            size = 2
            for name, each in value.items():
                size += len(name) + depth + 7 + _size(each, most - size, depth + 1)
                if size > most:
                    break
            return size
        case int() if not isinstance(value, bool):
            # Writing a number of many digits out takes time, and Python refuses it past some thousands.
            return value.bit_length() * 3 // 10 + 1
        case _:
            return len(repr(value))


def _share(sizes: Sequence[int], room: int) -> list[int]:
    """Room for each: what it needs, or an equal share of what those leave that need less."""
    rooms = [0] * len(sizes)
    left = max(0, room)
    for done, at in enumerate(sorted(range(len(sizes)), key=lambda each: (sizes[each], each))):
        rooms[at] = min(sizes[at], left // (len(sizes) - done))
        left -= rooms[at]
    return rooms
