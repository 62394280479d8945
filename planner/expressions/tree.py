"""What an expression is once it is parsed: a small tree of frozen nodes.

Every node knows its `start`, the offset in the text where it begins, so that a finding
about it can say where it stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf
from typing import TypeAlias

from pydantic import JsonValue

Arithmetic: TypeAlias = OneOf["+", "-", "*", "/", "//", "%", "**"]
Relation: TypeAlias = OneOf["==", "!=", "<", "<=", ">", ">=", "in", "not in"]


@dataclass(frozen=True, slots=True)
class Constant:
    """A JSON value that stands in the text, or a whole literal input."""

    value: JsonValue
    start: int = 0


@dataclass(frozen=True, slots=True)
class Name:
    """A variable: a step, `item`, `output`, or what a comprehension binds."""

    name: str
    start: int = 0


@dataclass(frozen=True, slots=True)
class Member:
    """`of.key`: the member `key` of a JSON object. Of a step: that field of its output.

    `start` is where the key begins.
    """

    of: Tree
    key: str
    start: int = 0


@dataclass(frozen=True, slots=True)
class Index:
    """`of[at]`: the element of an array or text at a number, or of an object under a text."""

    of: Tree
    at: Tree
    start: int = 0


@dataclass(frozen=True, slots=True)
class Call:
    """One of the built-in functions, applied."""

    function: str
    arguments: tuple[Tree, ...]
    start: int = 0


@dataclass(frozen=True, slots=True)
class Operation:
    """Two numbers combined, or two texts or arrays joined with `+`."""

    operator: Arithmetic
    left: Tree
    right: Tree
    start: int = 0


@dataclass(frozen=True, slots=True)
class Negative:
    """`-operand`."""

    operand: Tree
    start: int = 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """`a < b <= c`: true where every neighbouring pair compares so."""

    first: Tree
    rest: tuple[tuple[Relation, Tree], ...]
    start: int = 0


@dataclass(frozen=True, slots=True)
class Not:
    """`not operand`."""

    operand: Tree
    start: int = 0


@dataclass(frozen=True, slots=True)
class Connective:
    """`a and b and c`, or the same with `or`: stops at the first operand that decides."""

    operator: OneOf["and", "or"]
    operands: tuple[Tree, ...]
    start: int = 0


@dataclass(frozen=True, slots=True)
class ListDisplay:
    """`[a, b]`."""

    elements: tuple[Tree, ...]
    start: int = 0


@dataclass(frozen=True, slots=True)
class DictDisplay:
    """`{"a": x}`; keys are texts written out."""

    entries: tuple[tuple[str, Tree], ...]
    start: int = 0


@dataclass(frozen=True, slots=True)
class Comprehension:
    """`[element for variable in source if condition]`."""

    element: Tree
    variable: str
    source: Tree
    condition: Tree | None
    start: int = 0


@dataclass(frozen=True, slots=True)
class TemplateText:
    """A template: the text forms of its parts, joined."""

    parts: tuple[Tree, ...]
    start: int = 0


@dataclass(frozen=True, slots=True)
class StepOutput:
    """One field of what a step gave, or all of it. The checker puts this where a step's name stood.

    With `each`, the step is a `for_each` step and this is the list of that over its items.
    """

    step: str
    field: str | None
    """None for the whole output."""
    each: bool
    start: int = 0


Tree: TypeAlias = (
    Constant
    | Name
    | Member
    | Index
    | Call
    | Operation
    | Negative
    | Comparison
    | Not
    | Connective
    | ListDisplay
    | DictDisplay
    | Comprehension
    | TemplateText
    | StepOutput
)


def children(tree: Tree) -> tuple[Tree, ...]:
    """The nodes right below a node."""
    match tree:
        case Constant() | Name() | StepOutput():
            return ()
        case Member(of) | Negative(of) | Not(of):
            return (of,)
        case Index(left, right) | Operation(_, left, right):
            return (left, right)
        case Call(_, parts) | Connective(_, parts) | ListDisplay(parts) | TemplateText(parts):
            return parts
        case Comparison(first, rest):
            return (first, *(operand for _, operand in rest))
        case DictDisplay(entries):
            return tuple(value for _, value in entries)
        case Comprehension(element, _, source, condition):
            return (element, source) if condition is None else (element, source, condition)
