"""Counts tokens, without ever touching the network."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .encoding import local_encoding

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
    encoding = local_encoding()
    if encoding is None:
        return TokenCount(math.ceil(len(text.encode(errors="replace")) / BYTES_PER_TOKEN), estimated=True)
    slices = (text[start : start + SLICE_CHARACTERS] for start in range(0, len(text), SLICE_CHARACTERS))
    return TokenCount(sum(len(encoding.encode_ordinary(part)) for part in slices), estimated=False)
