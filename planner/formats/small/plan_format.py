"""The lines of calls that small models plan with best, measured: `s1 = read_file(path="notes.md")`.

A line is a step. `{s1}` in a text, or `s1` in place of one, is an earlier result. There is no flow: what
changes something happens in the order of the lines, and everything else as soon as it has what it takes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache
from typing import cast

from pydantic import JsonValue

from callsheet.agents.contracts.capability import CHANGING, Capability, Effect, JsonObject
from callsheet.planner.expressions.values import leaves
from callsheet.planner.formats.examples import Example, load_examples
from callsheet.planner.formats.plan_format import Translation
from callsheet.planner.goals.copied_phrases import find_copied_phrases
from callsheet.planner.goals.coverage import find_names
from callsheet.planner.schemas.capability_text import signature

from .grammar import CallGrammar
from .lines import LineReader, new_id, read_calls, read_lines, write_call
from .references import mentions
from .repairs import CallRepairs
from .steps import CallSteps

_MATERIAL = re.compile(r"(?i)text|content|document|material|data|source|body|page|article|transcript|table")
"""In the names of inputs that hold what is worked on."""


class LinesFormat:
    """Ids, capabilities, inputs with references: a plan is a plain DAG."""

    name = "lines"
    rules = "planner/lines_rules"
    reconsiders = False
    notation = "lines"

    def __init__(self, *, max_steps: int = 20) -> None:
        self._max_steps = max_steps

    def schema(self, catalog: Sequence[Capability]) -> None:
        """None: lines are no JSON."""
        return

    def grammar(self, catalog: Sequence[Capability]) -> str:
        """One form of call for each capability. Optional inputs may be left out."""
        return CallGrammar(catalog).plan(self._max_steps)

    def missing_line(self, answer: str, name: str, catalog: Sequence[Capability]) -> str | None:
        """The grammar of one more line, for a capability that is given the name. Where a step has it as
        its material, it wants what the name stands for: the line only reads, since one that writes would
        write over it."""
        steps = read_calls(answer)
        ids = [str(step["id"]) for step in steps]
        effects = {Effect.READ, *CHANGING} if _wanting(steps, name) is None else {Effect.READ}
        return CallGrammar(catalog).line_with(new_id(ids), ids, name, effects) if ids else None

    def with_line(self, answer: str, line: str, name: str, goal: str) -> str:
        """The lines of both, the new one where its name stands in the goal: before the first line about what
        the goal names behind it, or before the one that wants what it reads. Where a line is written again,
        the second answer is the whole plan. Raises ValueError where the line is broken."""
        steps, new = read_calls(answer), read_calls(line)
        ids = [str(step["id"]) for step in steps]
        if len(new) != 1 or new[0]["id"] in ids:
            return line
        (added,) = new
        if (at := _wanting(steps, name)) is not None:
            inputs = cast("JsonObject", steps[at]["inputs"])
            given = {key: _given(value, name, str(added["id"])) for key, value in inputs.items()}
            fed: JsonObject = {**steps[at], "inputs": given}
            return "\n".join(map(write_call, (*steps[:at], added, fed, *steps[at + 1 :])))
        lines = [write_call(step) for step in steps]
        used = {at for at, id in enumerate(ids) if id in mentions(json.dumps(added["inputs"]))}
        for at in range(max(used, default=-1) + 1, len(steps)):
            behind = find_names(json.dumps(steps[at]["inputs"], ensure_ascii=False))
            if any(goal.find(each) > goal.find(name) for each in behind):
                return "\n".join((*lines[:at], write_call(added), *lines[at:]))
        return "\n".join((*lines, write_call(added)))

    def examples(self, catalog: Sequence[Capability]) -> Sequence[Example]:
        """Five of them, each over capabilities of their own, whatever the catalog: fewer, and others, were
        measured to plan worse."""
        return load_examples("lines")

    def write_answer(self, answer: JsonValue) -> str:
        """The lines, one below the other."""
        return "\n".join(cast("list[str]", answer))

    def signature(self, capability: Capability, *, terse: bool) -> str:
        """`name(inputs) -> main output: description`."""
        return signature(capability, terse=terse)

    def reader(self) -> LineReader:
        """Reads the steps of an answer while it is written."""
        return LineReader()

    def read_answer(self, text: str) -> JsonObject:
        """The steps of an answer. Raises ValueError where it has none."""
        return read_lines(text)

    def read_plan(self, answer: JsonValue, goal: str, catalog: Sequence[Capability]) -> Translation:
        """The plan's document. Raises ValueError where the answer has no list of steps, or too many."""
        match answer:
            case dict() if isinstance(steps := answer.get("steps"), list):
                if len(steps) > self._max_steps:
                    raise ValueError(f"{len(steps):,} steps are too many: {self._max_steps} are allowed")
                mended = CallRepairs(steps, catalog).mended
                effects = {each.name: each.effect for each in catalog}
                document = CallSteps(mended.steps, effects).document(goal)
                copied = find_copied_phrases(document, goal, catalog, _example_texts())
                return Translation(document, mended.notes, tuple(copied))
            case _:
                raise ValueError("the answer has no steps")


@cache
def _example_texts() -> tuple[str, ...]:
    texts = (text for each in load_examples("lines") for text in (each.goal, *leaves(each.answer)))
    return tuple(text for text in texts if isinstance(text, str))


def _wanting(steps: Sequence[JsonObject], name: str) -> int | None:
    """The first step that is given the name as its material, and has no result to work on; None where there
    is none. Instructions may name a file because something is to be saved there."""
    ids = {str(step["id"]) for step in steps}
    for at, step in enumerate(steps):
        inputs = cast("JsonObject", step["inputs"])
        if ids.isdisjoint(mentions(json.dumps(inputs, ensure_ascii=False))) and any(
            name in value for key, value in inputs.items() if isinstance(value, str) and _MATERIAL.search(key)
        ):
            return at
    return None


def _given(value: JsonValue, name: str, id: str) -> JsonValue:
    """The input with a result in the place of the name."""
    return value.replace(name, f"{{{id}}}") if isinstance(value, str) else value
