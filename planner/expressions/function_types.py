"""What the functions of the language yield, and what they want."""

from __future__ import annotations

from collections.abc import Callable

from .findings import Findings, Typed
from .kinds import all_whole, element_of, some
from .types import ANYTHING, NUMBER, TEXT, TRUTH, WHOLE, List, Number, Object, Text, Truth, Type, union


def type_of_call(function: str, arguments: list[Typed], findings: Findings) -> Type:
    """The type of a call of any function but `default`, which says itself what may be absent."""
    return _RESULTS[function](findings, arguments)


def _len(findings: Findings, arguments: list[Typed]) -> Type:
    findings.require_kind(arguments[0], (Text, List, Object), "a string, a list or an object")
    return WHOLE


def _str(findings: Findings, arguments: list[Typed]) -> Type:
    return TEXT


def _round(findings: Findings, arguments: list[Typed]) -> Type:
    for argument in arguments:
        findings.require_kind(argument, (Number,), "a number")
    return WHOLE if len(arguments) == 1 else NUMBER


def _sum(findings: Findings, arguments: list[Typed]) -> Type:
    items = _items(findings, arguments[0])
    findings.require_kind(items, (Number,), "a list of numbers")
    return WHOLE if all_whole(items.type) else NUMBER


def _extreme(findings: Findings, arguments: list[Typed]) -> Type:
    if len(arguments) == 1:
        arguments = [_items(findings, arguments[0])]
    wanted = [findings.require_kind(argument, (Number, Text), "numbers or strings") for argument in arguments]
    together = union([argument.type for argument in arguments])
    if all(wanted) and some(together, Number) and some(together, Text):
        return findings.report(
            "type-mismatch", arguments[-1].tree, "numbers and strings cannot be compared in order"
        )
    return together if all(wanted) else ANYTHING


def _truths(findings: Findings, arguments: list[Typed]) -> Type:
    findings.require_kind(_items(findings, arguments[0]), (Truth,), "a list of booleans")
    return TRUTH


def _items(findings: Findings, typed: Typed) -> Typed:
    """The elements of what should be a list."""
    if not findings.require_kind(typed, (List,), "a list"):
        return typed._replace(type=ANYTHING)
    return typed._replace(type=union([element_of(kind) for kind in typed.type.kinds]))


_RESULTS: dict[str, Callable[[Findings, list[Typed]], Type]] = {
    "all": _truths,
    "any": _truths,
    "len": _len,
    "max": _extreme,
    "min": _extreme,
    "round": _round,
    "str": _str,
    "sum": _sum,
}
