"""The names of steps inside a step: which it refers to, and how a reference is made to mean another one.

Names are found on the parsed expressions, never by their letters: a literal, a key and what a
comprehension binds stay as they are, whatever they are called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from pydantic import JsonValue

from callsheet.agents.contracts.capability import JsonObject
from callsheet.planner.expressions.errors import ExpressionSyntaxError
from callsheet.planner.expressions.parser import parse, parse_template
from callsheet.planner.expressions.tree import Comprehension, Name, Tree, children
from callsheet.planner.plan.plan import From, Template, read_binding, write_binding

_Rename: TypeAlias = Callable[[str], str]


def repoint_step(step: JsonObject, renamed: Mapping[str, str]) -> JsonObject:
    """The step, referring to `renamed[id]` wherever it referred to `id`.

    A step is never made to refer to itself: the one that takes another's place may go on using it.
    What does not parse stays as it is, for the checker to say. A step that refers to none of them
    comes back as the same object.
    """
    others = {old: new for old, new in renamed.items() if new != step.get("id")}
    written = _rewritten(step, lambda name: others.get(name, name))
    return step if written == step else written


def repoint_binding(binding: JsonValue, renamed: Mapping[str, str]) -> JsonValue:
    """The JSON of a binding, referring to `renamed[id]` wherever it referred to `id`."""
    return _binding(binding, lambda name: renamed.get(name, name))


def steps_named_by(step: JsonObject) -> frozenset[str]:
    """What a step refers to, in its expressions and in `depends_on`; variables such as `item` too."""
    names: list[str] = []
    _rewritten(step, _noting(names))
    return frozenset(names)


def steps_named_in(binding: JsonValue) -> frozenset[str]:
    """What the JSON of a binding refers to."""
    names: list[str] = []
    _binding(binding, _noting(names))
    return frozenset(names)


def _noting(names: list[str]) -> _Rename:
    def note(name: str) -> str:
        names.append(name)
        return name

    return note


def _rewritten(step: JsonObject, rename: _Rename) -> JsonObject:
    written = dict(step)
    if isinstance(inputs := step.get("inputs"), dict):
        written["inputs"] = {name: _binding(value, rename) for name, value in inputs.items()}
    if "for_each" in step:
        written["for_each"] = _binding(step["for_each"], rename)
    if isinstance(condition := step.get("condition"), str):
        written["condition"] = _expression(condition, parse, rename)
    if isinstance(expect := step.get("expect"), list):
        written["expect"] = [
            _expression(each, parse, rename) if isinstance(each, str) else each for each in expect
        ]
    if isinstance(listed := step.get("depends_on"), list):
        written["depends_on"] = _depends_on(listed, rename)
    return written


def _depends_on(listed: list[JsonValue], rename: _Rename) -> list[JsonValue]:
    renamed: list[JsonValue] = [rename(each) if isinstance(each, str) else each for each in listed]
    # Two steps may have become one.
    return (
        renamed
        if renamed == listed
        else [each for at, each in enumerate(renamed) if each not in renamed[:at]]
    )


def _binding(value: JsonValue, rename: _Rename) -> JsonValue:
    try:
        binding = read_binding(value)
    except ValueError:
        return value
    match binding:
        case From(text):
            return write_binding(From(_expression(text, parse, rename)))
        case Template(text):
            return write_binding(Template(_expression(text, parse_template, rename)))
        case _:
            return value


def _expression(text: str, read: Callable[[str], Tree], rename: _Rename) -> str:
    try:
        names = sorted(_free_names(read(text), frozenset()), key=lambda each: each.start, reverse=True)
    except ExpressionSyntaxError:
        return text
    for name in names:
        text = text[: name.start] + rename(name.name) + text[name.start + len(name.name) :]
    return text


def _free_names(tree: Tree, bound: frozenset[str]) -> Iterator[Name]:
    """The names that a comprehension around them does not bind."""
    if isinstance(tree, Name) and tree.name not in bound:
        yield tree
    source, inside = None, bound
    if isinstance(tree, Comprehension):
        source, inside = tree.source, bound | {tree.variable}
    for each in children(tree):
        yield from _free_names(each, bound if each is source else inside)
