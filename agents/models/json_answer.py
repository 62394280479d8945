"""Reads the one JSON value in what a model wrote, and never guesses between two."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any, Never, TypeAlias, cast

from pydantic import JsonValue

MAX_NESTING = 64
MAX_STARTS = 200
"""How many brackets in prose are tried as the beginning of a JSON value."""

_FENCE = re.compile(r"```[a-zA-Z]*[ \t]*\n(.*?)```", re.DOTALL)
_THOUGHT = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
_START = re.compile(r"[{\[]")
_INTEGERS = range(-(2**63), 2**64)
_Container: TypeAlias = "dict[str, JsonValue] | list[JsonValue]"


def read_json_answer(text: str) -> JsonValue:
    """The JSON value that the answer is, or holds: bare, in a code fence, or amid prose.

    Raises ValueError, with a sentence for the model, where there is none, where there are several,
    and for what is not portable JSON: NaN, a key twice, a number beyond 64 bits, half a surrogate
    pair, or nesting deeper than 64.
    """
    answer = _THOUGHT.sub("", text).strip().removeprefix("\ufeff")
    if not answer:
        raise ValueError("the answer is empty; a JSON value is wanted")
    try:
        return _checked(_decoder().decode(answer))
    except json.JSONDecodeError as error:
        return _checked(_only(_search(answer), error))
    except RecursionError:
        raise _too_deep() from None


def _search(answer: str) -> list[JsonValue]:
    try:
        return _embedded(answer)
    except json.JSONDecodeError as error:
        raise _not_json(error) from None


def _embedded(answer: str) -> list[JsonValue]:
    fenced = [value for block in _FENCE.findall(answer) for value in _whole(block)]
    return fenced or list(_amid_prose(answer))


def _only(values: list[JsonValue], error: json.JSONDecodeError) -> JsonValue:
    if len(values) > 1:
        raise ValueError(f"the answer holds {len(values)} JSON values; exactly one is wanted")
    if not values:
        raise _not_json(error)
    return values[0]


def _whole(block: str) -> Iterator[JsonValue]:
    try:
        yield cast(JsonValue, _decoder().decode(block.strip()))
    except json.JSONDecodeError:
        return
    except RecursionError:
        raise _too_deep() from None


def _amid_prose(answer: str) -> Iterator[JsonValue]:
    decoder, position = _decoder(), 0
    for _ in range(MAX_STARTS):
        start = _START.search(answer, position)
        if start is None:
            return
        try:
            value, position = decoder.raw_decode(answer, start.start())
        except json.JSONDecodeError as error:
            # `{name}` is prose. What goes wrong further in is a broken answer, and the values
            # inside it are not the answer.
            if answer[start.end() : error.pos].strip():
                raise
            position = start.end()
        except RecursionError:
            raise _too_deep() from None
        else:
            yield cast(JsonValue, value)


def _decoder() -> json.JSONDecoder:
    return json.JSONDecoder(
        object_pairs_hook=_object, parse_constant=_refuse_constant, parse_int=_integer, parse_float=_number
    )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {twice[:80]!r} stands twice in one object")
    return found


def _refuse_constant(name: str) -> Never:
    raise ValueError(f"{name} is not a JSON number")


def _integer(digits: str) -> int:
    if len(digits) > 20 or int(digits) not in _INTEGERS:
        raise ValueError(
            f"the number {digits[:20]}… is too large"
            if len(digits) > 20
            else f"the number {digits} is too large"
        )
    return int(digits)


def _number(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError(f"the number {digits:.24} is too large")
    return number


def _checked(value: JsonValue) -> JsonValue:
    level: list[JsonValue] = [value]
    for _ in range(MAX_NESTING):
        _refuse_half_characters(level)
        level = [child for found in level for child in _children(found)]
        if not level:
            return value
    if any(isinstance(found, (dict, list)) for found in level):
        raise _too_deep()
    _refuse_half_characters(level)
    return value


def _texts(level: list[JsonValue]) -> Iterator[str]:
    for value in level:
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            yield from value


def _children(value: JsonValue) -> list[JsonValue]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _refuse_half_characters(level: list[JsonValue]) -> None:
    for text in _texts(level):
        if text.isascii():
            continue
        try:
            text.encode()
        except UnicodeEncodeError as error:
            before = text[: error.start][-40:]
            raise ValueError(f"the text {before!r} is followed by half a character") from None


def _not_json(error: json.JSONDecodeError) -> ValueError:
    return ValueError(f"the answer is not JSON: {error.msg} (line {error.lineno}, column {error.colno})")


def _too_deep() -> ValueError:
    return ValueError(f"the answer is nested deeper than {MAX_NESTING} levels")
