"""Characters that hide: what nobody sees, what reorders, and letters that pass for those of another alphabet.

One list for prompts, for terminals and for what a person approves.
"""

from __future__ import annotations

import re
import unicodedata

_HIDDEN = re.compile(
    # Controls (tabs and line feeds stay), and separators of lines that few programs know.
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029"
    # Unicode's Default_Ignorable_Code_Point and format characters that have no shape of their own; the tags
    # (U+E0000) and variation selectors can hide whole texts. The joiners are below.
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    # What is no character at all.
    "\ufdd0-\ufdef\ufffe\uffff]"
)
# Drawn as nothing, though Unicode counts them as symbols; Braille has blanks between its words.
_BLANK = re.compile("[\u2800\ufffc]")
# Joiners shape Persian, Indic scripts and emoji, one at a time, behind a letter that is not ASCII.
_JOINERS = re.compile("([^\x00-\x7f\u200c\u200d\ufe0e\ufe0f]?)([\u200c\u200d\ufe0e\ufe0f]+)")
_ONE_JOINER = re.compile("[\ufe0e\ufe0f]?[\u200c\u200d]?")

_WORDS = re.compile(r"[^\s\"'<>(),;`{}\[\]|\\]+")
_LETTERS = re.compile(r"[^\W\d_]+")
_ALIKE = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU", "DESERET")
"""Alphabets with letters that look the same in two of them; Unicode's names of letters begin with them."""
_UNITS = frozenset({"GREEK"})
"""Written beside Latin letters in plain words too, as in \u03bcm."""
_TWINS = frozenset(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0455\u0456\u0458\u04bb\u04cf\u0501\u051b\u051d\u03bf\u03bd"
)
"""Small letters that cannot be told from Latin ones, in their alphabet alone."""


def without_hidden(text: str) -> str:
    """The text without control characters but tabs and line feeds, and without what cannot be seen."""
    return _JOINERS.sub(r"\1", _HIDDEN.sub("", text))


def visible(text: str) -> str:
    """The text as `without_hidden` leaves it, with the joiners that shape a letter or an emoji."""
    return _JOINERS.sub(lambda found: found[0] if _shapes(found) else found[1], _HIDDEN.sub("", text))


def spelled(text: str) -> str:
    """The text with everything that hides escaped, such as `\\u202e`: for what a person is to approve.

    In a word, letters of two alphabets that look alike are escaped too, but for those of ASCII:
    `p\\u0430ypal.com`. So is, in an address, a place on the web or a path, a word that only looks Latin.
    """
    text = _BLANK.sub(lambda found: _escape(found[0]), _HIDDEN.sub(lambda found: _escape(found[0]), text))
    text = _JOINERS.sub(lambda found: found[0] if _shapes(found) else found[1] + _escape(found[2]), text)
    return text if text.isascii() else _WORDS.sub(_spelled_place, text)


def _shapes(found: re.Match[str]) -> bool:
    return bool(found[1] and _ONE_JOINER.fullmatch(found[2]))


def _escape(text: str) -> str:
    return "".join(f"\\u{ord(each):04x}" if each <= "\uffff" else f"\\U{ord(each):08x}" for each in text)


def _spelled_place(found: re.Match[str]) -> str:
    word = found[0]
    if word.isascii():
        return word
    if not any(mark in word for mark in "./@"):
        # Outside of places a unit may stand before a Latin letter.
        return _LETTERS.sub(_spelled_word, word)
    scheme, mark, rest = word.rpartition("://")
    if mark or "@" in word:
        # The whole of a host is in one alphabet; elsewhere, as in the names of files, each word is.
        host, slash, path = rest.partition("/")
        return scheme + mark + _spelled_piece(host) + slash + _LETTERS.sub(_spelled_letters, path)
    return _LETTERS.sub(_spelled_letters if re.search("[A-Za-z]", word) else _spelled_word, word)


def _spelled_word(found: re.Match[str]) -> str:
    return found[0] if _alphabets(found[0]) & _UNITS else _spelled_piece(found[0])


def _spelled_letters(found: re.Match[str]) -> str:
    if len(found[0]) > 2 and _TWINS.issuperset(found[0].lower()):
        return _escape(found[0])
    return _spelled_piece(found[0])


def _spelled_piece(text: str) -> str:
    if len(_alphabets(text)) < 2:
        return text
    return "".join(each if each.isascii() else _escape(each) for each in text)


def _alphabets(text: str) -> frozenset[str]:
    """Which of the alphabets that look alike a text has letters of. Full-width and other styled letters are
    taken for what they stand for."""
    letters = (each for each in unicodedata.normalize("NFKC", text) if each.isalpha())
    names = (unicodedata.name(each, "").partition(" ")[0] for each in letters)
    return frozenset(name for name in names if name in _ALIKE)
