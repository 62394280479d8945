"""Names in a goal and names in a plan: what the plan forgets, and what it makes up.

Files, addresses and channels are names. A small model that drops a part of a goal often drops a
name with it, or a figure, or what the goal has in quotation marks; and one that adds a part often
makes a name up. Either may be right, so what is found here are doubts and no errors.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, cast

from pydantic import JsonValue

from callsheet.agents.contracts.capability import Capability, Effect, JsonObject
from callsheet.planner.expressions.values import leaves
from callsheet.planner.plan.plan import From, Literal, Template, read_binding

_FILE = r"(?<!~)[\w/~-][\w./~-]*\.[A-Za-z][A-Za-z0-9]{0,4}(?![\w@])"
_ADDRESS = r"(?<!\+)[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
_CHANNEL = r"#[A-Za-z][\w-]*"
_NAME = re.compile(rf"(?<![\w.@/#*{{-])(?:{_ADDRESS}|{_FILE}|{_CHANNEL})")
_FIGURE = re.compile(r"(?<![\w.,:/#@-])\d[\d.,:]*\d(?![\w@]|[./-]\w)")
_QUOTED = re.compile(r"\"([^\"]{2,80})\"|“([^”]{2,80})”|(?<!\w)'([^']{2,80})'(?!\w)")
_EXPRESSION = re.compile(r"\{[^{}]*\}")
MAX_NAMES = 20
MAX_CHARACTERS = 20_000
"""Of a text that is looked through."""


def find_names(text: str) -> tuple[str, ...]:
    """The files, addresses and channels that a text names, each once."""
    found = dict.fromkeys(match[0] for match in _NAME.finditer(text[:MAX_CHARACTERS]))
    return tuple(found)[:MAX_NAMES]


def find_figures(text: str) -> tuple[str, ...]:
    """The numbers of two digits and more that a text has, and what it has in quotation marks, each once."""
    figures = (match[0] for match in _FIGURE.finditer(text[:MAX_CHARACTERS]))
    quoted = (next(filter(None, match.groups())) for match in _QUOTED.finditer(text[:MAX_CHARACTERS]))
    return tuple(dict.fromkeys((*figures, *quoted)))[:MAX_NAMES]


def is_file_name(text: str) -> bool:
    """Whether a text is the name of a file and nothing else."""
    return re.fullmatch(_FILE, text) is not None


def find_forgotten_names(document: JsonObject, goal: str, catalog: Sequence[Capability]) -> Iterator[str]:
    """The names in the goal that no step does anything with. `goal` is all that the user said, answers to
    questions, too.

    A file that only pure work is told of is forgotten, too, where a capability is there that could open it:
    pure work opens none.
    """
    impure = {each.name for each in catalog if each.effect is not Effect.PURE}
    steps = cast("list[Any]", document["steps"])
    reaching = [
        step for step in steps if not impure or (isinstance(step, dict) and step.get("capability") in impure)
    ]
    everywhere, reached = (_plain(json.dumps(each, ensure_ascii=False)) for each in (steps, reaching))
    for name in find_names(goal):
        if _plain(name) not in (reached if is_file_name(name) else everywhere):
            yield name


def find_doubtful_names(document: JsonObject, goal: str) -> Iterator[str]:
    """A sentence for each figure of the goal that no step holds, and for each name in an input that the
    goal doesn't have."""
    texts = _plain(json.dumps(document["steps"], ensure_ascii=False))
    for figure in find_figures(goal):
        if _plain(figure) not in texts:
            yield f"the goal says {figure}, and no input of a step has it: copy it where it belongs"
    for step, value in _inputs(document):
        for name in dict.fromkeys(name for text in _literals(value) for name in find_names(text)):
            if name.lower() not in goal.lower():
                yield (
                    f"step {step} is about {name}, which the goal does not name: leave it out, or use the "
                    "result of an earlier step"
                )


def _plain(text: str) -> str:
    """A text in small letters, without the commas in its numbers and JSON's escapes."""
    return text.lower().replace(",", "").replace("\\", "")


def _inputs(document: JsonObject) -> Iterator[tuple[str, JsonValue]]:
    for step in cast("list[Any]", document["steps"]):
        match step:
            case {"id": str(id), "inputs": dict()}:
                inputs = cast("JsonObject", step["inputs"]).values()
                yield from ((id, value) for value in inputs if isinstance(value, (str, list, dict)))
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
    return (each for each in leaves(value) if isinstance(each, str))
