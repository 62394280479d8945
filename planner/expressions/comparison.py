"""How JSON values compare: equality, order, and what holds what."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import partial
from typing import Any

from pydantic import JsonValue

from .bounds import EvaluationBounds, NoValue
from .tree import Relation
from .values import is_number, kind_of

_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def holds(bounds: EvaluationBounds, relation: Relation, left: JsonValue, right: JsonValue) -> bool:
    """Whether the relation holds. Raises NoValue for what cannot be compared so, OutOfBounds."""
    match relation:
        case "==":
            return _equal(bounds, left, right)
        case "!=":
            return not _equal(bounds, left, right)
        case "in":
            return _contains(bounds, right, left)
        case "not in":
            return not _contains(bounds, right, left)
        case _:
            return are_ordered(bounds, relation, left, right)


def are_ordered(bounds: EvaluationBounds, relation: Relation, left: JsonValue, right: JsonValue) -> bool:
    """Whether two numbers, or two texts, stand in this order. Raises NoValue, OutOfBounds."""
    if isinstance(left, str) and isinstance(right, str):
        bounds.read_texts(left, right)
    elif not (is_number(left) and is_number(right)):
        raise NoValue(f"{kind_of(left)} cannot be ordered with {kind_of(right)}")
    return _ORDER[relation](left, right)


def _equal(bounds: EvaluationBounds, left: JsonValue, right: JsonValue) -> bool:
    """Equality of JSON: 1 is 1.0 and not true, and the order of keys does not matter."""
    bounds.spend(1)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(partial(_equal, bounds), left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        bounds.spend(len(left))
        return left.keys() == right.keys() and all(_equal(bounds, left[key], right[key]) for key in left)
    if isinstance(left, str) and isinstance(right, str):
        bounds.read_texts(left, right)
    return isinstance(left, bool) == isinstance(right, bool) and left == right


def _contains(bounds: EvaluationBounds, holder: JsonValue, wanted: JsonValue) -> bool:
    if isinstance(holder, list):
        return any(_equal(bounds, element, wanted) for element in holder)
    if isinstance(holder, (str, dict)) and isinstance(wanted, str):
        bounds.read_texts(wanted, holder if isinstance(holder, str) else "")
        return wanted in holder
    raise NoValue(f"{kind_of(wanted)} cannot be looked for in {kind_of(holder)}")
