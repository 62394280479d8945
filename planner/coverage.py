"""Names in a goal and names in a plan: what the plan forgets, and what it makes up.

Files, addresses and channels are names. A small model that drops a part of a goal often drops a
name with it, and one that adds a part often makes one up. Either may be right, so what is found
here are doubts and no errors.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, cast

from pydantic import JsonValue

from callsheet.agents.capability import JsonObject

from .plan import From, Literal, Template, read_binding

_FILE = r"[\w/~-][\w./~-]*\.[A-Za-z][A-Za-z0-9]{0,4}(?![\w@])"
_ADDRESS = r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
_CHANNEL = r"#[A-Za-z][\w-]*"
_NAME = re.compile(rf"(?<![\w.@/#*{{-])(?:{_ADDRESS}|{_FILE}|{_CHANNEL})")
_EXPRESSION = re.compile(r"\{[^{}]*\}")
MOST_NAMES = 20
MOST_CHARACTERS = 20_000
"""Of a text that is looked through."""


def find_names(text: str) -> tuple[str, ...]:
    """The files, addresses and channels that a text names, each once."""
    found = dict.fromkeys(match[0] for match in _NAME.finditer(text[:MOST_CHARACTERS]))
    return tuple(found)[:MOST_NAMES]


def find_doubtful_names(document: JsonObject) -> Iterator[str]:
    """A sentence for each name in the goal that no step holds, and for each name in an input
    that the goal doesn't have."""
    goal = str(document["goal"])
    inputs = list(_inputs(document))
    texts = "\n".join(_texts(document["steps"])).lower()
    for name in find_names(goal):
        if name.lower() not in texts:
            yield f"the goal names {name}, and no step does anything with it: add the step that is missing"
    for step, value in inputs:
        for name in dict.fromkeys(name for text in _literals(value) for name in find_names(text)):
            if name.lower() not in goal.lower():
                yield (
                    f"step {step} is about {name}, which the goal does not name: leave it out, or use the "
                    "result of an earlier step"
                )


def _inputs(document: JsonObject) -> Iterator[tuple[str, JsonValue]]:
    for step in cast("list[Any]", document["steps"]):
        match step:
            case {"id": str(id), "inputs": dict()}:
                yield from ((id, value) for value in cast("JsonObject", step["inputs"]).values())
            case _:
                continue


def _literals(value: JsonValue) -> Iterator[str]:
    """The texts of an input, without what stands in them for a result."""
    match read_binding(value):
        case Literal(literal):
            yield from _texts(literal)
        case Template(text):
            yield _EXPRESSION.sub(" ", text)
        case From():
            return


def _texts(value: JsonValue) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for each in value:
                yield from _texts(each)
        case dict():
            for each in value.values():
                yield from _texts(each)
        case _:
            return
