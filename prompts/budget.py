"""Counts tokens and cuts texts to a number of them, without ever touching the network."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Protocol

from .encoding import local_encoding

if TYPE_CHECKING:
    import tiktoken

SLICE_CHARACTERS = 100_000
"""Texts are encoded this much at a time: tiktoken overflows its stack on a million spaces."""

BYTES_PER_TOKEN = 4


@dataclass(frozen=True, slots=True)
class TokenCount:
    """How many tokens a text has. `estimated` where no encoding was at hand, and bytes were counted.

    Other models cut texts differently: what a provider reports afterwards is always the truth.
    """

    tokens: int
    estimated: bool


def count_tokens(text: str) -> TokenCount:
    """Count the tokens of a text, markers such as `<|endoftext|>` being text like any other."""
    tokenizer = _tokenizer()
    return TokenCount(len(tokenizer.split(text)), tokenizer.estimated)


def fit(text: str, tokens: int) -> str:
    """The text, cut in its middle to so many tokens, with a note of how much was left out.

    A text that fits comes back as it is. The result never has more tokens than asked for, unless
    the note alone has: then it is the note.
    """
    if len(text.encode(errors="replace")) <= tokens:
        return text
    tokenizer = _tokenizer()
    pieces = tokenizer.split(text)
    if len(pieces) <= tokens:
        return text
    kept = tokens
    while True:
        cut = _cut(tokenizer, pieces, max(kept, 0))
        excess = len(tokenizer.split(cut)) - tokens
        if excess <= 0 or kept <= 0:
            return cut
        # The note costs something, and so does a token torn in two.
        kept -= excess


class _Tokenizer(Protocol):
    """Splits a text into its tokens, and puts tokens together again."""

    estimated: bool

    def split(self, text: str) -> list[bytes]: ...


class _Exact:
    estimated = False

    def __init__(self, encoding: tiktoken.Encoding) -> None:
        self._encoding = encoding

    def split(self, text: str) -> list[bytes]:
        slices = (text[start : start + SLICE_CHARACTERS] for start in range(0, len(text), SLICE_CHARACTERS))
        return [token for part in slices for token in self._split(part)]

    def _split(self, part: str) -> list[bytes]:
        encoding = self._encoding
        return encoding.decode_tokens_bytes(encoding.encode_ordinary(part))


class _Estimated:
    estimated = True

    def split(self, text: str) -> list[bytes]:
        content = text.encode(errors="replace")
        starts = range(0, len(content), BYTES_PER_TOKEN)
        return [content[start : start + BYTES_PER_TOKEN] for start in starts]


@cache
def _tokenizer() -> _Tokenizer:
    encoding = local_encoding()
    return _Estimated() if encoding is None else _Exact(encoding)


def _cut(tokenizer: _Tokenizer, pieces: list[bytes], kept: int) -> str:
    tail = kept // 3
    head = kept - tail
    about = "about " if tokenizer.estimated else ""
    note = f"[... {about}{len(pieces) - kept:,} of {len(pieces):,} tokens left out ...]"
    beginning = b"".join(pieces[:head]).decode(errors="ignore")
    end = b"".join(pieces[len(pieces) - tail :]).decode(errors="ignore")
    return "\n".join(part for part in (beginning, note, end) if part)
