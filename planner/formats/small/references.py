"""How a model writes what an input takes from earlier steps: `{s1}` in a text."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from pydantic import JsonValue

from callsheet.planner.expressions.errors import ExpressionSyntaxError
from callsheet.planner.expressions.parser import parse
from callsheet.planner.expressions.tree import Name, Tree, children
from callsheet.planner.expressions.values import display
from callsheet.planner.plan.plan import Binding, From, Literal, Template

WIRE_ID = r"s[1-9][0-9]{0,3}"
"""What a step is called in lines of calls."""

_BRACES = re.compile(r"\{([^{}]+)\}")
_REFERENCE = re.compile(rf"\s*({WIRE_ID})\b")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def read_references(value: JsonValue, ids: Collection[str]) -> Binding:
    """The binding that a value means, where `{…}` in its texts may refer to the steps in `ids`.

    A text that is one reference keeps the result's type; a text with references among other words
    makes text; a list or an object with references in it is built around them. Braces that hold
    anything but an expression over steps are text, and mean themselves. What begins like a
    reference but is none (`{s1 of}`, or `{s9}` where there is no s9) is kept as one, because the
    checker then says so, while an agent would take the braces for text.
    """
    if not _has_reference(value, ids):
        return Literal(value)
    if isinstance(value, str):
        return _read_text(value, ids)
    return From(display(value, lambda text: _text_expression(text, ids), _quoted))


def mentions(text: str) -> tuple[str, ...]:
    """The ids in a text that stand there as words, with or without braces."""
    return tuple(dict.fromkeys(re.findall(rf"\b{WIRE_ID}\b", text)))


def _read_text(text: str, ids: Collection[str]) -> Binding:
    parts = list(_parts(text, ids))
    match parts:
        case [(True, expression)]:
            return From(expression)
        case _:
            return Template("".join(_template_part(*part) for part in parts))


def _template_part(is_reference: bool, text: str) -> str:
    # A space keeps an expression that begins with a brace apart from an escaped brace.
    return "{ " + text + " }" if is_reference else text.replace("{", "{{").replace("}", "}}")


def _parts(text: str, ids: Collection[str]) -> Iterator[tuple[bool, str]]:
    """The text in pieces: references (True, the expression) and what stands between them."""
    position = 0
    for match in _BRACES.finditer(text):
        if _is_reference(match[1], ids):
            if match.start() > position:
                yield False, text[position : match.start()]
            yield True, match[1].strip()
            position = match.end()
    if position < len(text):
        yield False, text[position:]


def _is_reference(inside: str, ids: Collection[str]) -> bool:
    if _REFERENCE.match(inside):
        return True
    try:
        names = set(_names(parse(inside)))
    except ExpressionSyntaxError:
        return False
    return not names.isdisjoint(ids)


def _names(tree: Tree) -> Iterator[str]:
    if isinstance(tree, Name):
        yield tree.name
    for child in children(tree):
        yield from _names(child)


def _has_reference(value: JsonValue, ids: Collection[str]) -> bool:
    match value:
        case str():
            return any(is_reference for is_reference, _ in _parts(value, ids))
        case list():
            return any(_has_reference(each, ids) for each in value)
        case dict():
            return any(_has_reference(each, ids) for each in value.values())
        case _:
            return False


def _text_expression(text: str, ids: Collection[str]) -> str:
    parts = list(_parts(text, ids))
    match parts:
        case []:
            return '""'
        case [(True, expression)]:
            return expression
        case _:
            return " + ".join(f"str({part})" if is_ref else _quoted(part) for is_ref, part in parts)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", escaped) + '"'
