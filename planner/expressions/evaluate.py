"""The value of an expression, computed within bounds, and without ever raising.

An expression is total: it yields a value or is absent. What has no value is an index out of
range, a missing key, a step that was skipped, a division by zero, a number too large, a value
of an unforeseen kind, and whatever takes more than `MAX_WORK` or grows beyond `MAX_SIZE`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import cast

from pydantic import JsonValue

from .bounds import MAX_SIZE, EvaluationBounds, NoValue, OutOfBounds, mismatch, size_of
from .comparison import are_ordered, holds
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
    TemplateText,
    Tree,
)
from .values import Absent, Value, as_whole, bounded, calculate, is_number, text_of

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
        if type(output) is dict and tree.field is not None and tree.field in output:
            return output[tree.field]
    evaluation = _Evaluation(scope)
    try:
        return evaluation.result(tree)
    except NoValue as absent:
        return Absent(absent.reason)
    except RecursionError:
        return Absent("the value is nested too deeply")


class _Evaluation(EvaluationBounds):
    def __init__(self, scope: Scope) -> None:
        super().__init__()
        self._scope = scope
        self._bound: dict[str, JsonValue] = {}
        self._built = False

    def result(self, tree: Tree) -> JsonValue:
        value = self.value(tree)
        if self._built and size_of(value, {}) > MAX_SIZE:
            raise OutOfBounds("the value grows too large")
        return value

    def value(self, tree: Tree) -> JsonValue:
        self.spend(1)
        return _VISITORS[type(tree)](self, tree)

    def constant(self, tree: Constant) -> JsonValue:
        return tree.value

    def name(self, tree: Name) -> JsonValue:
        for scope in (self._bound, self._scope):
            if tree.name in scope:
                return scope[tree.name]
        raise NoValue(f"there is no `{tree.name}`")

    def step_output(self, tree: StepOutput) -> JsonValue:
        if tree.step not in self._scope:
            raise NoValue(f"step `{tree.step}` has no result")
        output = self._scope[tree.step]
        if tree.field is None:
            return output
        if not tree.each:
            return self._member(output, tree.field, tree.step)
        outputs = output if isinstance(output, list) else mismatch(output, "a list")
        self.spend(len(outputs))
        return [self._member(each, tree.field, tree.step) for each in outputs]

    def member(self, tree: Member) -> JsonValue:
        return self._member(self.value(tree.of), tree.key, None)

    def _member(self, value: JsonValue, key: str, step: str | None) -> JsonValue:
        if isinstance(value, dict) and key in value:
            return value[key]
        if value is None:
            raise NoValue(f"`{key}` of null")
        if isinstance(value, dict):
            where = f"the output of step `{step}`" if step else "the object"
            raise NoValue(f"{where} has no `{key}`")
        return mismatch(value, "an object")

    def index(self, tree: Index) -> JsonValue:
        value, at = self.value(tree.of), self.value(tree.at)
        if isinstance(at, str):
            return self._member(value, at, None)
        position = as_whole(at)
        if position is None:
            mismatch(at, "an integer or a string")
        if value is None:
            raise NoValue(f"[{position}] of null")
        if not isinstance(value, (list, str)):
            mismatch(value, "a list or a string")
        if not -len(value) <= position < len(value):
            raise NoValue(f"index {_short(position)} is out of range: there are {len(value)}")
        return value[position]

    def negative(self, tree: Negative) -> JsonValue:
        return -self._number(self.value(tree.operand))

    def operation(self, tree: Operation) -> JsonValue:
        left, right = self.value(tree.left), self.value(tree.right)
        if tree.operator == "+":
            if isinstance(left, str) and isinstance(right, str):
                self.produce(len(left) + len(right))
                return left + right
            if isinstance(left, list) and isinstance(right, list):
                self.produce(len(left) + len(right))
                return left + right
        return _present(calculate(tree.operator, self._number(left), self._number(right)))

    def comparison(self, tree: Comparison) -> JsonValue:
        left = self.value(tree.first)
        for relation, operand in tree.rest:
            right = self.value(operand)
            if not holds(self, relation, left, right):
                return False
            left = right
        return True

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
                self.produce(1)
                yield self.value(tree.element)

    def text(self, tree: TemplateText) -> JsonValue:
        return "".join(self._text(self.value(part)) for part in tree.parts)

    def _text(self, value: JsonValue) -> str:
        if not isinstance(value, str):
            self.measure(value)
        try:
            text = text_of(value)
        except ValueError:
            raise NoValue("the number is too large to be written out") from None
        self.produce(len(text))
        return text

    def call(self, tree: Call) -> JsonValue:
        return _FUNCTIONS[tree.function](self, tree.arguments)

    def call_default(self, arguments: tuple[Tree, ...]) -> JsonValue:
        wanted, instead = arguments
        try:
            value = self.value(wanted)
        except OutOfBounds:
            raise
        except NoValue:
            value = None
        return self.value(instead) if value is None else value

    def call_len(self, arguments: tuple[Tree, ...]) -> JsonValue:
        (value,) = map(self.value, arguments)
        if not isinstance(value, (str, list, dict)):
            mismatch(value, "a string, a list or an object")
        return len(value)

    def call_str(self, arguments: tuple[Tree, ...]) -> JsonValue:
        (value,) = map(self.value, arguments)
        return self._text(value)

    def call_round(self, arguments: tuple[Tree, ...]) -> JsonValue:
        number, *places = map(self.value, arguments)
        digits = as_whole(places[0]) if places else None
        if places and (digits is None or not -300 <= digits <= 300):
            raise NoValue("round takes between -300 and 300 places")
        try:
            return _present(bounded(round(self._number(number), digits)))
        except OverflowError:
            raise NoValue("the number is too large") from None

    def call_sum(self, arguments: tuple[Tree, ...]) -> JsonValue:
        (values,) = map(self.value, arguments)
        total: int | float = 0
        for number in self._list(values):
            self.spend(1)
            total = _present(calculate("+", total, self._number(number)))
        return total

    def call_min(self, arguments: tuple[Tree, ...]) -> JsonValue:
        return self._extreme("<", arguments)

    def call_max(self, arguments: tuple[Tree, ...]) -> JsonValue:
        return self._extreme(">", arguments)

    def _extreme(self, relation: Relation, arguments: tuple[Tree, ...]) -> JsonValue:
        values = [self.value(argument) for argument in arguments]
        candidates = self._list(values[0]) if len(values) == 1 else values
        if not candidates:
            raise NoValue("an empty list has no least and no greatest element")
        best = candidates[0]
        # The first is compared with itself, which refuses a single element that has no order.
        for candidate in candidates:
            self.spend(1)
            best = candidate if are_ordered(self, relation, candidate, best) else best
        return best

    def call_any(self, arguments: tuple[Tree, ...]) -> JsonValue:
        return any(self._truths(arguments))

    def call_all(self, arguments: tuple[Tree, ...]) -> JsonValue:
        return all(self._truths(arguments))

    def _truths(self, arguments: tuple[Tree, ...]) -> list[bool]:
        (values,) = map(self.value, arguments)
        truths = self._list(values)
        self.spend(len(truths))
        return [self._truth(value) for value in truths]

    def _number(self, value: JsonValue) -> int | float:
        return value if is_number(value) else mismatch(value, "a number")

    def _truth(self, value: JsonValue) -> bool:
        return value if isinstance(value, bool) else mismatch(value, "a boolean")

    def _list(self, value: JsonValue) -> list[JsonValue]:
        return value if isinstance(value, list) else mismatch(value, "a list")


class _Unbound:
    pass


_UNBOUND = _Unbound()


def _present(value: int | float | Absent) -> int | float:
    if isinstance(value, Absent):
        raise NoValue(value.reason)
    return value


def _short(number: int) -> str:
    return str(number) if number.bit_length() < 64 else "beyond all bounds"


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
        TemplateText: _Evaluation.text,
    },
)
