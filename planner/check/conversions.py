"""Conversions that are certain: nothing is lost, and the schema of the input wants just what comes of it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from pydantic import JsonValue

from callsheet.agents.contracts.capability import JsonObject
from callsheet.planner.expressions.fits import misfit
from callsheet.planner.expressions.types import (
    Anything,
    List,
    Null,
    Number,
    Object,
    Text,
    Truth,
    Type,
    TypeKind,
    list_of,
)
from callsheet.planner.plan.plan import Binding, From

from .input_texts import InputText

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
"""As JSON writes them: `007` and `+49` are codes, and would lose what they begin with."""
_SEVERAL = re.compile(r"[,;\n]|\A\s*\[")
"""What may part a text into several."""


def convert_reference(
    binding: Binding, type_: Type, wanted: Type, text: InputText
) -> tuple[JsonObject, str] | None:
    """The binding that yields what is wanted where this one yields the wrong kind, and what was done.

    A number or a boolean becomes text, a list or an object JSON where the schema asks for that, and a value
    a list of one.
    """
    if not isinstance(binding, From) or _has(type_, Null, Anything):
        return None
    if is_text(wanted.without(Null)):
        if not text.takes_json and (_has(type_, List, Object) or not text.is_free):
            return None
        return {"template": "{ " + binding.expression + " }"}, "converted the value to a string"
    if any(map(_is_told, _elements(wanted))) and not misfit(list_of(type_), wanted):
        return {"from": f"[{binding.expression}]"}, "put the value into a list"
    return None


def convert_literal(
    value: JsonValue, wanted: Type, text: InputText, accepts: Callable[[JsonValue], bool]
) -> list[JsonValue]:
    """What a literal can only have been meant to be, alone in a list; nothing where that is not certain."""
    found = [each for each in _readings(value, wanted, text) if accepts(each)]
    return found if len(found) == 1 else []


def _readings(value: JsonValue, wanted: Type, text: InputText) -> Iterator[JsonValue]:
    match value:
        case str():
            yield from _read(value.strip())
        case bool() | int() | float():
            yield json.dumps(value)
        case list() | dict() if text.takes_json:
            yield json.dumps(value, ensure_ascii=False)
        case _:
            pass
    is_one = not isinstance(value, list) and value is not None
    is_one = is_one and not (isinstance(value, str) and _SEVERAL.search(value))
    if is_one and any(map(_is_told, _elements(wanted))):
        yield [value]


def _read(text: str) -> Iterator[JsonValue]:
    """The boolean, number, list or object that a text writes out."""
    if text.lower() in ("true", "false"):
        yield text.lower() == "true"
    elif _NUMBER.fullmatch(text) and len(text) <= 400:
        number: Any = json.loads(text)
        if isinstance(number, int) or (math.isfinite(number) and Decimal(repr(number)) == Decimal(text)):
            yield number
    elif text[:1] in ("[", "{"):
        try:
            yield json.loads(text, object_pairs_hook=_object, parse_constant=_refuse)
        except (ValueError, RecursionError):
            return


def _object(pairs: list[tuple[str, JsonValue]]) -> JsonObject:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key stands there twice")
    return dict(pairs)


def _refuse(constant: str) -> JsonValue:
    raise ValueError(f"{constant} is not JSON")


def _has(type_: Type, *kinds: type[TypeKind]) -> bool:
    return any(isinstance(kind, kinds) for kind in type_.kinds)


def is_text(type_: Type) -> bool:
    """Whether every value of the type is a text, and any text may be one."""
    return bool(type_.kinds) and all(isinstance(kind, Text) and kind.choices is None for kind in type_.kinds)


def _elements(type_: Type) -> Iterator[Type]:
    return (kind.items for kind in type_.kinds if isinstance(kind, List) and not kind.first)


def _is_told(type_: Type) -> bool:
    """Whether the schema says what such a value is: an object by fields that it must have."""
    return bool(type_.kinds) and all(
        any(field.required for field in kind.fields.values())
        if isinstance(kind, Object)
        else isinstance(kind, (Null, Number, Text, Truth))
        for kind in type_.kinds
    )
