"""Patterns that are written for another engine than the one that checks them."""

from __future__ import annotations

import re
import warnings
from functools import lru_cache

import jsonschema_rs

_LOOSE_HYPHEN = re.compile(r"(\\[wWsSdD])-|-(?=\\[wWsSdD])")
_WRITTEN_OTHERWISE = (("\\Z", "$"), ("[^]", r"[\s\S]"), ("[\\b", r"[\x08"))


@lru_cache(maxsize=4096)
def readable_pattern(pattern: str) -> str | None:
    """The pattern as this engine reads it; None where it is that of another engine: the agent checks it.

    What is no pattern anywhere comes back as it is, to be refused.
    """
    if _is_read(pattern):
        return pattern
    mended = pattern
    for theirs, ours in _WRITTEN_OTHERWISE:
        mended = mended.replace(theirs, ours)
    # `[\\w-.]` is `\\w`, a hyphen or a dot to every engine in browsers.
    mended = _LOOSE_HYPHEN.sub(lambda found: f"{found[1] or ''}\\-", mended)
    if _is_read(mended):
        return mended
    return None if _is_read_by_python(pattern) or "(?<" in pattern else pattern


def _is_read(pattern: str) -> bool:
    try:
        jsonschema_rs.Draft202012Validator({"pattern": pattern})
    except ValueError:
        return False
    return True


def _is_read_by_python(pattern: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return False
    return True
