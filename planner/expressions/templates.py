"""A template in its parts, which can be changed one by one and put together again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from .tokens import tokenize

_BRACE = re.compile(r"\{\{|\}\}|\{")


class TemplatePart(NamedTuple):
    """A piece of text, its braces as they are meant, or an expression, as it stands in its braces."""

    text: str
    is_expression: bool


def split_template(template: str) -> Iterator[TemplatePart]:
    """The parts of a template, in order. Raises ExpressionSyntaxError where a brace is not closed."""
    literal, position = "", 0
    while match := _BRACE.search(template, position):
        literal += template[position : match.start()]
        position = match.end()
        if match[0] != "{":
            literal += match[0][0]
            continue
        if literal:
            yield TemplatePart(literal, is_expression=False)
        end = tokenize(template, position, in_braces=True)[-1].start
        yield TemplatePart(template[position:end], is_expression=True)
        literal, position = "", end + 1
    if literal := literal + template[position:]:
        yield TemplatePart(literal, is_expression=False)


def join_template(parts: Iterable[TemplatePart]) -> str:
    """The template of these parts."""
    return "".join(
        "{" + part.text + "}" if part.is_expression else part.text.replace("{", "{{").replace("}", "}}")
        for part in parts
    )
