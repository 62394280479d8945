"""What a plan says itself: the literal texts and figures in its inputs, without the results that it takes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from pydantic import JsonValue

from callsheet.agents.contracts.capability import CHANGING
from callsheet.planner.expressions.tree import Constant, Index, Tree, children
from callsheet.planner.expressions.values import leaves, text_of
from callsheet.planner.plan.checked_plan import CheckedPlan, CompiledStep

FOR_EACH = "for_each"
CONDITION = "condition"
_BLANKS = re.compile(r"\s+")


class Said(NamedTuple):
    """A literal text of a step."""

    step: str
    """The step's id."""
    input: str
    """The input that has it, or `for_each` or `condition`."""
    text: str
    """The text as it is written, a figure as JSON."""
    whole: bool
    """Whether it is all that the input has, or all of an element of a list."""
    changes: bool
    """Whether the step changes something."""


def find_said(checked: CheckedPlan) -> tuple[Said, ...]:
    """Every literal text of a plan's steps, in the order of the plan."""
    return tuple(said for step in checked.steps.values() for said in _of_step(step))


def plain(text: str) -> str:
    """The text as it is compared: in small letters, digits of any script as 0 to 9, blanks as one."""
    digits = (str(unicodedata.digit(each, each)) for each in unicodedata.normalize("NFKC", text))
    return _BLANKS.sub(" ", "".join(digits)).casefold().strip()


def _of_step(step: CompiledStep) -> Iterator[Said]:
    trees = [*step.inputs.items()]
    trees += [(name, tree) for name, tree in ((FOR_EACH, step.for_each), (CONDITION, step.condition)) if tree]
    for name, tree in trees:
        whole = isinstance(tree, Constant)
        for value in _constants(tree):
            yield Said(step.id, name, text_of(value), whole, step.capability.effect in CHANGING)


def _constants(tree: Tree) -> Iterator[JsonValue]:
    match tree:
        case Constant(value):
            yield from (each for each in leaves(value) if each is not None and not isinstance(each, bool))
        case Index(of):
            # What stands in brackets says where a result has something, and nothing else.
            yield from _constants(of)
        case _:
            for child in children(tree):
                yield from _constants(child)
