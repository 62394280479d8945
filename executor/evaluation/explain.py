"""Accounts of what an expression found: the values that stood in it when it failed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any

import msgspec
from pydantic import JsonValue

from callsheet.agents.contracts.validation import SchemaProblem
from callsheet.executor.run.errors import NotJson
from callsheet.executor.run.json_copy import clean_text, copy_json
from callsheet.planner.expressions.evaluate import Scope, evaluate
from callsheet.planner.expressions.tokens import member_of
from callsheet.planner.expressions.tree import Constant, Index, Member, Name, StepOutput, Tree
from callsheet.planner.expressions.values import Absent

MAX_VALUES = 10
MAX_CHARACTERS = 300
MAX_PROBLEMS = 3


def values_in(tree: Tree, scope: Scope) -> dict[str, JsonValue]:
    """What the references in an expression stand for, under their own text; those without a value
    are left out. Long values are shortened, to a text."""
    values: dict[str, JsonValue] = {}
    for label, reference in _references(tree):
        value = evaluate(reference, scope)
        if label not in values and not isinstance(value, Absent) and len(values) < MAX_VALUES:
            values[label] = shorten(value)
    return values


def shorten(value: JsonValue) -> JsonValue:
    """The value, or the beginning of its text where that is long."""
    try:
        text = msgspec.json.encode(copy_json(value)).decode()
    except NotJson:
        text = clean_text(repr(value))
    else:
        if len(text) <= MAX_CHARACTERS:
            return value
    return f"{text[:MAX_CHARACTERS]}…"


def _references(tree: Tree) -> Iterator[tuple[str, Tree]]:
    label = _label(tree)
    if label is not None:
        yield label, tree
        return
    for child in _children(tree):
        yield from _references(child)


def _label(tree: Tree) -> str | None:
    """How a reference is written, or None where the tree is more than one."""
    match tree:
        case Name(name):
            return name
        case StepOutput(step, field):
            return step if field is None else member_of(step, field)
        case Member(of, key) if (owner := _label(of)) is not None:
            return f"{owner}.{key}"
        case Index(of, Constant(at)) if (owner := _label(of)) is not None:
            return f"{owner}[{at!r}]"
        case _:
            return None


def _children(tree: Tree) -> Iterator[Tree]:
    for field in fields(tree):
        yield from _trees_in(getattr(tree, field.name))


def _trees_in(part: Tree | tuple[Any, ...] | str | None) -> Iterator[Tree]:
    if isinstance(part, Tree):
        yield part
    elif isinstance(part, tuple):
        for element in part:
            yield from _trees_in(element)


def describe(problems: Sequence[SchemaProblem]) -> str:
    """Where a value breaks its schema, in a few words."""
    shown = [f"{problem.pointer or 'the whole'}: {problem.sentence}" for problem in problems[:MAX_PROBLEMS]]
    return clean_text("; ".join(shown)[:MAX_CHARACTERS])
