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

from callsheet.agents.contracts.capability import Capability, JsonObject
from callsheet.planner.expressions.values import leaves
from callsheet.planner.plan.plan import From, Literal, Template, read_binding

from .gap import Gap
from .parts import find_unmade, split_goal

_FILE = r"(?<!~)[\w/~-][\w./~-]*\.[A-Za-z][A-Za-z0-9]{0,4}(?![\w@])"
_ADDRESS = r"(?<!\+)[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
_CHANNEL = r"#[A-Za-z][\w-]*"
_NAME = re.compile(rf"(?<![\w.@/#*{{-])(?:{_ADDRESS}|{_FILE}|{_CHANNEL})")
_FIGURE = re.compile(r"(?<![\w.,:/#@-])\d[\d.,:]*\d(?![\w@]|[./-]\w)")
_QUOTED = re.compile(r"\"([^\"]{2,80})\"|“([^”]{2,80})”|(?<!\w)'([^']{2,80})'(?!\w)")
_EXPRESSION = re.compile(r"\{[^{}]*\}")
_UNMADE = "the goal says `{part}`, but {step} takes what was never given to {name}: add a step with {name}"
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


def find_forgotten_names(document: JsonObject, goal: str) -> Iterator[str]:
    """The names in the goal that no step holds. `goal` is all that the user said, answers to questions,
    too."""
    texts = _plain(json.dumps(document["steps"], ensure_ascii=False))
    return (name for name in find_names(goal) if _plain(name) not in texts)


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


def find_unmade_results(goal: str, document: JsonObject, catalog: Sequence[Capability]) -> Iterator[Gap]:
    """What a step brings to a place that the goal names, and that no step has made: the summary in `email a
    summary to ann@example.com` where no step summarizes and none is told to.

    That is looked for in the part of the goal that has the name, for a step that takes a result.
    """
    steps = [step for step in cast("list[JsonObject]", document["steps"]) if isinstance(step.get("id"), str)]
    used = {str(step.get("capability")) for step in steps}
    by_part = {part: find_names(part) for part in split_goal(goal)}
    for step in steps:
        inputs = cast("JsonObject", step.get("inputs", {}))
        named = {value for value in inputs.values() if isinstance(value, str)}
        part = next((part for part, names in by_part.items() if not named.isdisjoint(names)), None)
        if part is None or all(isinstance(value, str) for value in inputs.values()):
            continue
        told = " ".join(text for other in steps if other is not step for text in _texts(other.get("inputs")))
        for name in find_unmade(part, used, told, catalog):
            yield Gap(_UNMADE.format(part=part, name=name, step=step["id"]), name, str(step["id"]))


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
