"""Text from outside as a model is shown it: clean, bounded, and between marks that it cannot forge.

What an agent returned, a file held or a server sent is data. This is the one place where it becomes part of
a prompt.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Collection, Iterable

from pydantic import JsonValue

from .cleaning import clean
from .hidden import without_hidden

MAX_INLINE = 120
"""Characters of a value that may stand among other words without marks."""
MAX_NESTED = 60
"""Levels of lists and objects that are shown."""

_NOT_IN_A_NAME = re.compile(r"[^\w.-]+")
_NUMBER = re.compile(r"-\d+\Z")
# Brackets and slashes of several scripts, and a name; with the joiners that `clean` leaves, and nobody sees.
_TAG = re.compile(
    "[<\uff1c\ufe64\u3008\u27e8\u02c2\u1438\u16b2\u276e\u29fc\U0001d236]"
    r"(?=[\s\u200c\u200d\ufe0e\ufe0f]*+"
    r"[/\\\u1735\u2041\u2044\u2215\u2571\u27cb\u29f8\u3033\u30ce\u31d3\u4e3f\uff0f]?"
    r"[\s\u200c\u200d\ufe0e\ufe0f]*+([\w.\u200c\u200d\ufe0e\ufe0f-]{1,240}))"
)
_HARMLESS = "\u2039"
"""Looks like `<`, and is none."""
# Cyrillic and Greek small letters, and the Latin ones that they look like.
_LOOKALIKES = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u04bb\u04cf\u051b\u051d\u0442\u043c"
    "\u043d\u043a\u0433\u043f\u044c\u03b1\u03bf\u03c1\u03b5\u03b9\u03ba\u03c4\u03bd\u03c5\u03c7",
    "aeopcyxijsdhlqwtmhkrnbaopeiktvux",
)


def quote(name: str, value: JsonValue, limit: int, *, others: Collection[str] = ()) -> str:
    """The value between `<name>` and `</name>`, each on a line of its own.

    A text stands there as it is, `clean`; what isn't text, as JSON. What has more than `limit` characters is
    cut in its middle, and how much was left out is said. Anything in it that looks like the mark itself, or
    like that of one of `others`, loses its bracket to one that looks similar: between the marks there is no
    mark.
    """
    name = mark_name(name)
    text = value if isinstance(value, str) else json.dumps(_plain(value), ensure_ascii=False, indent=1)
    text = _disarm(clean(text), (name, *others))
    return f"<{name}>\n{cut(text, limit)}\n</{name}>"


def inline(name: str, value: JsonValue, limit: int, *, others: Collection[str] = ()) -> JsonValue:
    """The value as it may stand among the words of an instruction.

    Numbers, truth values and null are themselves. A text of one line and at most 120 characters is `clean`
    and unmarked; a longer one is quoted where it stands. Lists and objects keep their form, their texts shown
    in the same way.
    """
    match value:
        case str():
            short = clean(value)
            fits = len(short) <= MAX_INLINE and "\n" not in short
            harmless = fits and short == _disarm(short, (name, *others))
            return short if harmless else quote(name, value, limit, others=others)
        case list():
            return [inline(name, each, limit, others=others) for each in value]
        case dict():
            return {clean(key): inline(name, each, limit, others=others) for key, each in value.items()}
        case _:
            return value


def cut(text: str, limit: int) -> str:
    """The text, or its beginning and its end with a note between them of how much was left out.

    The result has at most `limit` characters, unless the note alone has more: then it is the note.
    """
    if len(text) <= limit:
        return text
    kept = max(0, limit - len(_note(len(text), len(text))) - 2)
    tail = kept // 3
    parts = (text[: kept - tail], _note(len(text) - kept, len(text)), text[len(text) - tail :])
    return "\n".join(part for part in parts if part)


def mark_name(name: str) -> str:
    """The name as it can stand in a mark: letters, digits, `_`, `-` and dots; 64 at most."""
    return _NOT_IN_A_NAME.sub("_", clean(name))[:64] or "material"


def _note(left_out: int, total: int) -> str:
    return f"[... {left_out:,} of {total:,} characters left out ...]"


def _plain(value: JsonValue, depth: int = 0) -> JsonValue:
    match value:
        case str():
            return clean(value)
        case list() | dict() if depth >= MAX_NESTED:
            return f"[... {len(value):,} entries, nested too deeply to be shown ...]"
        case list():
            return [_plain(each, depth + 1) for each in value]
        case dict():
            return {clean(key): _plain(each, depth + 1) for key, each in value.items()}
        case _:
            return value


def _disarm(text: str, names: Iterable[str]) -> str:
    ours = {_folded(mark_name(name)) for name in names}
    # `text-2` as well: it reads as a mark of the same kind.
    return _TAG.sub(lambda tag: _HARMLESS if ours & {_folded(tag[1]), _unnumbered(tag[1])} else tag[0], text)


def _unnumbered(word: str) -> str:
    return _NUMBER.sub("", _folded(word))


def _folded(word: str) -> str:
    """What a word looks like, whatever letters it is made of (a little of Unicode TR 39)."""
    return unicodedata.normalize("NFKC", without_hidden(word)).casefold().translate(_LOOKALIKES)
