"""The value of an expression, computed within bounds, and without ever raising.

An expression is total: it yields a value or is absent. What has no value is an index out of
range, a missing key, a step that was skipped, a division by zero, a number too large, a value
of an unforeseen kind, and whatever takes more than `MAX_WORK` or grows beyond `MAX_SIZE`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Never, cast

from pydantic import JsonValue

from .tree import (
    Call,
    Comparison,
    Comprehension,
    Connective,
    Constant,
    DictDisplay,
    Index,
    ListDisplay,
    Member,
    Name,
    Negative,
    Not,
    Operation,
    Relation,
    StepOutput,
    Text,
    Tree,
)
from .values import MAX_BITS, Absent, Value, as_whole, bounded, is_number, kind_of, text_of

MAX_WORK = 1_000_000
"""Nodes visited, elements compared and elements produced, in one evaluation."""
MAX_SIZE = 10_000_000
"""Characters, or elements, that one evaluation may produce, and that its value may have when it is
written out: `[[a, a] for a in …]` within itself shares its parts in memory, and nowhere else."""
_CHARACTERS = 64
"""Of a text, that are compared or searched in the time of one node."""

Scope = Mapping[str, JsonValue]
"""What the names mean: a step's output object (a list of them for a `for_each` step) under its
id, `item`, `output`. A key that is missing is absent."""


def evaluate(tree: Tree, scope: Scope) -> Value:
    """The value of a tree that the parser made, or Absent with the reason. Never raises."""
    if type(tree) is Constant:
        return tree.value
    if type(tree) is StepOutput and not tree.each:
        # What most inputs are, and nothing that could grow.
        output = scope.get(tree.step)
        if type(output) is dict and tree.field in output:
            return output[tree.field]
    evaluation = _Evaluation(scope)
    try:
        return evaluation.result(tree)
    except _NoValue as absent:
        return Absent(absent.reason)
    except RecursionError:
        return Absent("the value is nested too deeply")


class _NoValue(Exception):
    """Carries the reason out to whoever takes absence: `default`, or the caller."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _OutOfBounds(_NoValue):
    """A bound is used up: not even `default` may go on."""


class _Evaluation:
    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._bound: dict[str, JsonValue] = {}
        self._work = MAX_WORK
        self._size = MAX_SIZE
        self._built = False

    def result(self, tree: Tree) -> JsonValue:
        value = self.value(tree)
        if self._built and _size_of(value, {}) > MAX_SIZE:
            raise _OutOfBounds("the value grows too large")
        return value

    def value(self, tree: Tree) -> JsonValue:
        self._spend(1)
        return _VISITORS[type(tree)](self, tree)

    def _spend(self, work: int) -> None:
        self._work -= work
        if self._work < 0:
            raise _OutOfBounds("this takes too much work to evaluate")

    def _produce(self, size: int) -> None:
        self._size -= size
        if self._size < 0:
            raise _OutOfBounds("the value grows too large")

    def constant(self, tree: Constant) -> JsonValue:
        return tree.value

    def name(self, tree: Name) -> JsonValue:
        for scope in (self._bound, self._scope):
            if tree.name in scope:
                return scope[tree.name]
        raise _NoValue(f"there is no `{tree.name}`")

    def step_output(self, tree: StepOutput) -> JsonValue:
        if tree.step not in self._scope:
            raise _NoValue(f"step `{tree.step}` has no result")
        output = self._scope[tree.step]
        if not tree.each:
            return self._member(output, tree.field, tree.step)
        outputs = output if isinstance(output, list) else _mismatch(output, "a list")
        self._spend(len(outputs))
        return [self._member(each, tree.field, tree.step) for each in outputs]

    def member(self, tree: Member) -> JsonValue:
        return self._member(self.value(tree.of), tree.key, None)

    def _member(self, value: JsonValue, key: str, step: str | None) -> JsonValue:
        if isinstance(value, dict) and key in value:
            return value[key]
        if value is None:
            raise _NoValue(f"`{key}` of null")
        if isinstance(value, dict):
            where = f"the output of step `{step}`" if step else "the object"
            raise _NoValue(f"{where} has no `{key}`")
        return _mismatch(value, "an object")

    def index(self, tree: Index) -> JsonValue:
        value, at = self.value(tree.of), self.value(tree.at)
        if isinstance(at, str):
            return self._member(value, at, None)
        position = as_whole(at)
        if position is None:
            _mismatch(at, "a whole number or a text")
        if value is None:
            raise _NoValue(f"[{position}] of null")
        if not isinstance(value, (list, str)):
            _mismatch(value, "a list or a text")
        if not -len(value) <= position < len(value):
            raise _NoValue(f"index {_short(position)} is out of range: there are {len(value)}")
        return value[position]

    def negative(self, tree: Negative) -> JsonValue:
        return -self._number(self.value(tree.operand))

    def operation(self, tree: Operation) -> JsonValue:
        left, right = self.value(tree.left), self.value(tree.right)
        if tree.operator == "+":
            if isinstance(left, str) and isinstance(right, str):
                self._produce(len(left) + len(right))
                return left + right
            if isinstance(left, list) and isinstance(right, list):
                self._produce(len(left) + len(right))
                return left + right
        return _present(_calculate(tree.operator, self._number(left), self._number(right)))

    def comparison(self, tree: Comparison) -> JsonValue:
        left = self.value(tree.first)
        for relation, operand in tree.rest:
            right = self.value(operand)
            if not self._holds(relation, left, right):
                return False
            left = right
        return True

    def _holds(self, relation: Relation, left: JsonValue, right: JsonValue) -> bool:
        match relation:
            case "==":
                return self._equal(left, right)
            case "!=":
                return not self._equal(left, right)
            case "in":
                return self._contains(right, left)
            case "not in":
                return not self._contains(right, left)
            case _:
                return self._ordered(relation, left, right)

    def _ordered(self, relation: Relation, left: JsonValue, right: JsonValue) -> bool:
        if isinstance(left, str) and isinstance(right, str):
            self._read(left, right)
        elif not (is_number(left) and is_number(right)):
            raise _NoValue(f"{kind_of(left)} cannot be ordered with {kind_of(right)}")
        return _ORDER[relation](left, right)

    def _equal(self, left: JsonValue, right: JsonValue) -> bool:
        """Equality of JSON: 1 is 1.0 and not true, and the order of keys does not matter."""
        self._spend(1)
        if isinstance(left, list) and isinstance(right, list):
            return len(left) == len(right) and all(map(self._equal, left, right))
        if isinstance(left, dict) and isinstance(right, dict):
            self._spend(len(left))
            return left.keys() == right.keys() and all(self._equal(left[key], right[key]) for key in left)
        if isinstance(left, str) and isinstance(right, str):
            self._read(left, right)
        return isinstance(left, bool) == isinstance(right, bool) and left == right

    def _contains(self, holder: JsonValue, wanted: JsonValue) -> bool:
        if isinstance(holder, list):
            return any(self._equal(element, wanted) for element in holder)
        if isinstance(holder, (str, dict)) and isinstance(wanted, str):
            self._read(wanted, holder if isinstance(holder, str) else "")
            return wanted in holder
        raise _NoValue(f"{kind_of(wanted)} cannot be looked for in {kind_of(holder)}")

    def _read(self, one: str, other: str) -> None:
        """Pay for texts that are gone through."""
        self._spend((len(one) + len(other)) // _CHARACTERS)

    def negation(self, tree: Not) -> JsonValue:
        return not self._truth(self.value(tree.operand))

    def connective(self, tree: Connective) -> JsonValue:
        decisive = tree.operator == "or"
        for operand in tree.operands:
            if self._truth(self.value(operand)) is decisive:
                return decisive
        return not decisive

    def list_display(self, tree: ListDisplay) -> JsonValue:
        self._built = True
        return [self.value(element) for element in tree.elements]

    def dict_display(self, tree: DictDisplay) -> JsonValue:
        self._built = True
        return {key: self.value(value) for key, value in tree.entries}

    def comprehension(self, tree: Comprehension) -> JsonValue:
        self._built = True
        source = self._list(self.value(tree.source))
        hidden = self._bound.get(tree.variable, _UNBOUND)
        try:
            return list(self._elements(tree, source))
        finally:
            self._bound.pop(tree.variable, None)
            if not isinstance(hidden, _Unbound):
                self._bound[tree.variable] = hidden

    def _elements(self, tree: Comprehension, source: list[JsonValue]) -> Iterator[JsonValue]:
        for element in source:
            self._bound[tree.variable] = element
            if tree.condition is None or self._truth(self.value(tree.condition)):
                self._produce(1)
                yield self.value(tree.element)

    def text(self, tree: Text) -> JsonValue:
        return "".join(self._text(self.value(part)) for part in tree.parts)

    def _text(self, value: JsonValue) -> str:
        if not isinstance(value, str):
            self._measure(value)
        try:
            text = text_of(value)
        except ValueError:
            raise _NoValue("the number is too large to be written out") from None
        self._produce(len(text))
        return text

    def _measure(self, value: JsonValue) -> None:
        """Pay for a value before it is written out, so that the bound holds beforehand."""
        self._spend(1)
        if isinstance(value, str):
            self._produce(len(value))
        elif isinstance(value, list):
            for element in value:
                self._measure(element)
        elif isinstance(value, dict):
            for key, element in value.items():
                self._produce(len(key))
                self._measure(element)

    def call(self, tree: Call) -> JsonValue:
        return _FUNCTIONS[tree.function](self, tree.arguments)

    def call_default(self, arguments: tuple[Tree, ...]) -> JsonValue:
        wanted, instead = arguments
        try:
            value = self.value(wanted)
        except _OutOfBounds:
            raise
        except _NoValue:
            value = None
        return self.value(instead) if value is None else value

    def call_len(self, arguments: tuple[Tree, ...]) -> JsonValue:
        (value,) = map(self.value, arguments)
        if not isinstance(value, (str, list, dict)):
            _mismatch(value, "a text, a list or an object")
        return len(value)

    def call_str(self, arguments: tuple[Tree, ...]) -> JsonValue:
        (value,) = map(self.value, arguments)
        return self._text(value)

    def call_round(self, arguments: tuple[Tree, ...]) -> JsonValue:
        number, *places = map(self.value, arguments)
        digits = as_whole(places[0]) if places else None
        if places and (digits is None or not -300 <= digits <= 300):
            raise _NoValue("round takes between -300 and 300 places")
        try:
            return _present(bounded(round(self._number(number), digits)))
        except OverflowError:
            raise _NoValue("the number is too large") from None

    def call_sum(self, arguments: tuple[Tree, ...]) -> JsonValue:
        (values,) = map(self.value, arguments)
        total: int | float = 0
        for number in self._list(values):
            self._spend(1)
            total = _present(_calculate("+", total, self._number(number)))
        return total

    def call_min(self, arguments: tuple[Tree, ...]) -> JsonValue:
        return self._extreme("<", arguments)

    def call_max(self, arguments: tuple[Tree, ...]) -> JsonValue:
        return self._extreme(">", arguments)

    def _extreme(self, relation: Relation, arguments: tuple[Tree, ...]) -> JsonValue:
        values = [self.value(argument) for argument in arguments]
        candidates = self._list(values[0]) if len(values) == 1 else values
        if not candidates:
            raise _NoValue("an empty list has no least and no greatest element")
        best = candidates[0]
        # The first is compared with itself, which refuses a single element that has no order.
        for candidate in candidates:
            self._spend(1)
            best = candidate if self._ordered(relation, candidate, best) else best
        return best

    def call_any(self, arguments: tuple[Tree, ...]) -> JsonValue:
        return any(self._truths(arguments))

    def call_all(self, arguments: tuple[Tree, ...]) -> JsonValue:
        return all(self._truths(arguments))

    def _truths(self, arguments: tuple[Tree, ...]) -> list[bool]:
        (values,) = map(self.value, arguments)
        truths = self._list(values)
        self._spend(len(truths))
        return [self._truth(value) for value in truths]

    def _number(self, value: JsonValue) -> int | float:
        return value if is_number(value) else _mismatch(value, "a number")

    def _truth(self, value: JsonValue) -> bool:
        return value if isinstance(value, bool) else _mismatch(value, "a truth value")

    def _list(self, value: JsonValue) -> list[JsonValue]:
        return value if isinstance(value, list) else _mismatch(value, "a list")


class _Unbound:
    pass


_UNBOUND = _Unbound()


def _mismatch(value: JsonValue, wanted: str) -> Never:
    raise _NoValue(f"{wanted} is wanted, and this is {kind_of(value)}")


def _size_of(value: JsonValue, known: dict[int, int]) -> int:
    """Elements and characters of a value when each of its parts is written out as often as it stands
    there. `known` are the sizes of the containers seen before, by identity."""
    if isinstance(value, str):
        return len(value)
    if not isinstance(value, (list, dict)):
        return 1
    size = known.get(id(value))
    if size is None:
        parts = value if isinstance(value, list) else value.values()
        size = len(value) + sum(_size_of(part, known) for part in parts)
        known[id(value)] = size
    return size


def _present(value: int | float | Absent) -> int | float:
    if isinstance(value, Absent):
        raise _NoValue(value.reason)
    return value


def _short(number: int) -> str:
    return str(number) if number.bit_length() < 64 else "beyond all bounds"


def _calculate(symbol: str, left: int | float, right: int | float) -> int | float | Absent:
    if symbol == "**" and not _may_raise_to(left, right):
        return Absent("the number is too large")
    try:
        result = _ARITHMETIC[symbol](left, right)
    except ZeroDivisionError:
        return Absent("division by zero")
    except OverflowError:
        return Absent("the number is too large")
    # A negative number to a broken power leaves the real numbers.
    return Absent("the power is not a real number") if isinstance(result, complex) else bounded(result)


def _may_raise_to(base: int | float, power: int | float) -> bool:
    """Whether the power can be computed at all without running out of bounds on the way."""
    if isinstance(base, float) or isinstance(power, float):
        return True
    return base.bit_length() * abs(power) <= MAX_BITS


_ARITHMETIC: dict[str, Callable[[Any, Any], int | float | complex]] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right,
    "//": lambda left, right: left // right,
    "%": lambda left, right: left % right,
    "**": lambda left, right: left**right,
}
_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_FUNCTIONS: dict[str, Callable[[_Evaluation, tuple[Tree, ...]], JsonValue]] = {
    "all": _Evaluation.call_all,
    "any": _Evaluation.call_any,
    "default": _Evaluation.call_default,
    "len": _Evaluation.call_len,
    "max": _Evaluation.call_max,
    "min": _Evaluation.call_min,
    "round": _Evaluation.call_round,
    "str": _Evaluation.call_str,
    "sum": _Evaluation.call_sum,
}
_VISITORS = cast(
    "dict[type[Tree], Callable[[_Evaluation, Tree], JsonValue]]",
    {
        Call: _Evaluation.call,
        Comparison: _Evaluation.comparison,
        Comprehension: _Evaluation.comprehension,
        Connective: _Evaluation.connective,
        Constant: _Evaluation.constant,
        DictDisplay: _Evaluation.dict_display,
        Index: _Evaluation.index,
        ListDisplay: _Evaluation.list_display,
        Member: _Evaluation.member,
        Name: _Evaluation.name,
        Negative: _Evaluation.negative,
        Not: _Evaluation.negation,
        Operation: _Evaluation.operation,
        StepOutput: _Evaluation.step_output,
        Text: _Evaluation.text,
    },
)
