"""A JSON value taken over from other code: copied, so that it cannot be changed afterwards."""

from __future__ import annotations

from typing import Any

import msgspec

from callsheet.executor.run.errors import NotJson

MAX_BYTES = 16 * 1024 * 1024
"""Of one value, as JSON."""

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


def copy_json(value: object, max_bytes: int = MAX_BYTES) -> Any:
    """The value as a journal gives it back. Raises NotJson.

    What does not come back equal (a tuple, a set, bytes, NaN, a key that is no text) is not JSON,
    however obligingly an encoder writes it.
    """
    try:
        line = _encode(value)
        copy = _decode(line)
        same = copy == value
    except RecursionError:
        raise NotJson("it is nested too deeply") from None
    except (TypeError, ValueError, OverflowError, msgspec.MsgspecError) as error:
        raise NotJson(str(error)) from None
    if not same:
        raise NotJson("it holds what JSON cannot: NaN, a tuple, a set, bytes, or a key that is no text")
    if len(line) > max_bytes:
        raise NotJson(f"it takes {len(line):,} bytes; at most {max_bytes:,} are kept")
    return copy


def clean_text(text: str) -> str:
    """The text with what UTF-8 cannot hold (a lone surrogate) replaced by a question mark."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
