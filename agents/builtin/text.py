"""Bytes as text: which encodings are read, and what is refused as no text at all."""

from __future__ import annotations

import codecs

from .errors import TextError

# UTF-32's mark begins with UTF-16's, so it is looked for first.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decode(data: bytes, path: str) -> str:
    """The text in `data`: UTF-8, or what its byte order mark says, which is left out of the text.

    Nothing is guessed: Latin-1 read as UTF-8, or the other way round, is wrong without a sound.
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
