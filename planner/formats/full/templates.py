"""Texts with expressions in braces, as the full format has them, and the bindings that they mean.

A text follows the plan's own templates: `{EXPRESSION}` is what the expression yields, `{{` a brace. Small
liberties make it forgiving: a text that is not a template, such as JSON or code, means itself, and so do
braces that name nothing (`[0-9]{4}`). An expression or a template that they would take for a text is written
with a mark: `{=EXPRESSION}`, and `{=}` before a template.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from typing import NamedTuple

from pydantic import JsonValue

from callsheet.agents.contracts.capability import JsonObject
from callsheet.planner.expressions.errors import ExpressionSyntaxError
from callsheet.planner.expressions.parser import MAX_TEMPLATE, parse, path_in_braces
from callsheet.planner.expressions.tokens import tokenize
from callsheet.planner.expressions.tree import Name, Tree, children
from callsheet.planner.expressions.values import display
from callsheet.planner.plan.plan import Binding, From, Literal, Template, read_binding, write_binding

_MARK = "{="
_BRACE = re.compile(r"\{\{|\}\}|\{|\}")
_ROOT = re.compile(r"\{\s*([a-z][a-z0-9_]*)\b")
_WRAPPED = re.compile(r"\s*\{(?!\{).*\}\s*\Z", re.DOTALL)


class _Part(NamedTuple):
    """A piece of a text: an expression, which may be plainly a `path`, or what stands between two of them."""

    text: str
    is_expression: bool
    is_path: bool = False


def read_braces(
    value: JsonValue, ids: Collection[str] = (), *, takes_text: bool = True, takes_object: bool = False
) -> Binding:
    """The binding that a value means.

    A text that is one expression keeps the type of what it yields; a list or an object with expressions
    in its texts is built around them. Where no text is wanted (`takes_text` is False), an expression
    need not name anything. A broken text that refers to one of the steps in `ids` stays a template,
    so that the checker says what is wrong with it. An object that the plan itself would take for a binding
    is one, unless just this object is wanted (`takes_object`).
    """
    match value:
        case dict() if _is_binding(value) and not takes_object:
            return read_binding(value)
        case str():
            return _read_text(value, ids, takes_text=takes_text)
        case list() | dict() if any(not isinstance(each, Literal) for each in _leaves(value, ids)):
            return From(display(value, lambda text: _text_expression(_read_text(text, ids, takes_text=True))))
        case list() | dict():
            return Literal(_plain(value, ids))
        case _:
            return Literal(value)


def write_braces(binding: JsonValue) -> JsonValue:
    """What `read_braces` takes for this binding of a plan, given as the plan's JSON."""
    read = read_binding(binding)
    match read:
        case From(expression):
            text = f"{{ {expression} }}" if expression.startswith("{") else f"{{{expression}}}"
            marked = f"{_MARK}{expression}}}"
        case Template(text):
            marked = f"{_MARK}}}{text}"
        case Literal(value):
            return _doubled(value)
    return next((each for each in (text, marked) if read_braces(each) == read), binding)


def bare(expression: JsonValue) -> JsonValue:
    """An expression where only one can stand, without the braces that a model may put around it."""
    match expression:
        case dict() if _is_binding(expression):
            return expression.get("from", expression)
        case str() if _WRAPPED.match(expression):
            read = read_braces(expression.strip(), takes_text=False)
            return read.expression if isinstance(read, From) else expression
        case _:
            return expression


def _is_binding(value: JsonObject) -> bool:
    """Whether the plan itself would take the object for a binding."""
    return value.keys() in ({"from"}, {"template"}) and all(isinstance(each, str) for each in value.values())


def _read_text(text: str, ids: Collection[str], *, takes_text: bool) -> Binding:
    if "{" not in text and "}" not in text:
        return Literal(text)
    if text.startswith(_MARK):
        if text.startswith(f"{_MARK}}}"):
            return Template(text.removeprefix(f"{_MARK}}}"))
        if text.endswith("}"):
            return From(text.removeprefix(_MARK).removesuffix("}"))
    try:
        parts = list(_split(text))
        named = [part.is_path or _names_something(part.text) for part in parts if part.is_expression]
    except ExpressionSyntaxError:
        refers = any(match[1] in ids for match in _ROOT.finditer(text))
        return Template(text) if refers else Literal(text)
    match parts:
        case [_Part(expression, True, _)] if named[0] or not takes_text:
            return From(expression.strip())
        case _ if any(named):
            return Template(text)
        case _ if named:
            return Literal(text)
        case _:
            return Literal("".join(part.text for part in parts))


def _split(text: str) -> Iterator[_Part]:
    """The pieces of a template. Raises ExpressionSyntaxError where it is none."""
    if len(text) > MAX_TEMPLATE:
        raise ExpressionSyntaxError(0, f"a template has {MAX_TEMPLATE:,} characters at most")
    literal, position = "", 0
    while match := _BRACE.search(text, position):
        literal += text[position : match.start()]
        position = match.end()
        if match[0] == "}":
            raise ExpressionSyntaxError(match.start(), "this } closes nothing")
        if match[0] != "{":
            literal += match[0][0]
            continue
        if literal:
            yield _Part(literal, False)
        path = path_in_braces(text, position)
        after = tokenize(text, position, in_braces=True)[-1].start + 1 if path is None else path[1]
        yield _Part(text[position : after - 1], True, path is not None)
        literal, position = "", after
    if literal + text[position:]:
        yield _Part(literal + text[position:], False)


def _names_something(expression: str) -> bool:
    return any(isinstance(each, Name) for each in _walk(parse(expression)))


def _walk(tree: Tree) -> Iterator[Tree]:
    yield tree
    for child in children(tree):
        yield from _walk(child)


def _leaves(value: JsonValue, ids: Collection[str]) -> Iterator[Binding]:
    match value:
        case str():
            yield _read_text(value, ids, takes_text=True)
        case list():
            for each in value:
                yield from _leaves(each, ids)
        case dict():
            for each in value.values():
                yield from _leaves(each, ids)
        case _:
            yield Literal(value)


def _plain(value: JsonValue, ids: Collection[str]) -> JsonValue:
    """The value with its doubled braces made single; no text in it refers to anything."""
    match value:
        case str():
            return write_binding(_read_text(value, ids, takes_text=True))
        case list():
            return [_plain(each, ids) for each in value]
        case dict():
            return {name: _plain(each, ids) for name, each in value.items()}
        case _:
            return value


def _text_expression(binding: Binding) -> str:
    match binding:
        case From(expression):
            return expression
        case Literal(value):
            return json.dumps(value)
        case Template(text):
            try:
                parts = list(_split(text))
            except ExpressionSyntaxError:
                # The checker says what is wrong with it, at the place where it stands.
                return text
            return " + ".join(
                f"str({part.text.strip()})" if part.is_expression else json.dumps(part.text) for part in parts
            )


def _doubled(value: JsonValue) -> JsonValue:
    """A literal whose texts mean themselves."""
    match value:
        case str():
            same = _read_text(value, (), takes_text=True) == Literal(value)
            return value if same else value.replace("{", "{{").replace("}", "}}")
        case list():
            return [_doubled(each) for each in value]
        case dict():
            return {name: _doubled(each) for name, each in value.items()}
        case _:
            return value
