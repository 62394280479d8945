"""Bytes as text: which encodings are read, and what is refused as no text at all."""

from __future__ import annotations

import codecs
import re
from contextlib import suppress

from .errors import TextError

# UTF-32's mark begins with UTF-16's, so it is looked for first.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

_UTF_8 = re.compile(
    rb"[\xc3-\xdf][\x80-\xbf](?![\x80-\xbf])|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_NO_TEXT = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_LETTERS_BEYOND = re.compile(rb"[\xc0-\xff]{4}")


def decode(data: bytes, path: str) -> str:
    """The text in `data`: UTF-8, or what its byte order mark says, which is left out of the text.

    Raises TextError.
    """
    mark, encoding = next(((mark, name) for mark, name in _MARKS if data.startswith(mark)), (b"", "utf-8"))
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        raise TextError(path, _refusal(data, encoding, error.start + len(mark))) from None
    if "\0" in text:
        raise TextError(path, "is a binary file (it has zero bytes); only text is read")
    return text


def decode_leniently(data: bytes, path: str) -> tuple[str, str]:
    """The text in `data`, and what was taken for granted in reading it, or nothing.

    Spreadsheets and editors save UTF-16 and the Western code page (Windows-1252, of which Latin-1 is a part)
    without a mark. Either is taken only where nothing speaks against it. Raises TextError.
    """
    try:
        return decode(data, path), ""
    except TextError:
        if any(data.startswith(mark) for mark, _ in _MARKS):
            raise
        encoding = _unmarked_utf_16(data) or _western(data)
        if encoding is None:
            raise
        name = "Windows-1252" if encoding == "cp1252" else encoding.upper()
        return data.decode(encoding), f"{path} is not UTF-8, and was read as {name}"


def _unmarked_utf_16(data: bytes) -> str | None:
    """UTF-16 without a mark: every other byte of a text that is mostly ASCII is zero, and no other."""
    zeros = data[::2].count(0), data[1::2].count(0)
    if 0 in zeros and 4 * max(zeros) > len(data) and len(data) % 2 == 0:
        encoding = "utf-16-le" if zeros[1] else "utf-16-be"
        with suppress(UnicodeDecodeError):
            data.decode(encoding)
            return encoding
    return None


def _western(data: bytes) -> str | None:
    """The Western code page, unless the bytes are UTF-8 with an error in it, no text, or of another alphabet:
    that has rows of letters beyond ASCII, which no Western word has."""
    if _UTF_8.search(data) or _NO_TEXT.search(data) or _LETTERS_BEYOND.search(data):
        return None
    with suppress(UnicodeDecodeError):
        data.decode("cp1252")
        return "cp1252"
    return None


def encode(text: str, path: str) -> bytes:
    """The text as UTF-8. Raises TextError where it has a surrogate, which is not a character."""
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise TextError(path, f"was given text that is not valid Unicode (character {error.start})") from None


def _refusal(data: bytes, encoding: str, at: int) -> str:
    if b"\0" in data[:8_192]:
        return "is a binary file (it has zero bytes); only text is read"
    return f"is not {encoding.upper()} text (byte {at} is out of place); save it as UTF-8"
