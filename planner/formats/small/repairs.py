"""Mends what small models forget when they write calls: to read a file before its text is used, and to hand a
result on. Each repair was measured alone (docs/decisions/0023-lines-of-calls.md)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

from pydantic import JsonValue

from callsheet.agents.contracts.capability import Capability, Effect, JsonObject
from callsheet.planner.goals.coverage import is_file_name

from .lines import new_id
from .references import mentions
from .steps import is_prose

_READ = "step {step}: `{name}` is the name of a file; it takes the text that {reader} reads there"
_HANDED_ON = "step {step}: the result of {other}, which no step takes, was added to `{name}`"
_HEADING = re.compile(r"subject|title|headline|heading|caption|name", re.IGNORECASE)


class Mended(NamedTuple):
    """The steps of a plan after its repairs, and a sentence for each."""

    steps: list[JsonValue]
    notes: tuple[str, ...]


class CallRepairs:
    """Repairs the steps of one plan, as they were written."""

    def __init__(self, steps: Sequence[JsonValue], catalog: Sequence[Capability]) -> None:
        self._known = {each.name: each for each in catalog}
        self._reader = _find_reader(catalog)
        self._notes: list[str] = []
        steps = [self._with_texts(step) for step in steps]
        self._ids = [str(step.get("id")) for step in steps if isinstance(step, dict)]
        self._readings: dict[str, str] = {}
        read = [each for step in steps for each in self._with_reading(step)]
        self.mended = Mended(self._handed_on(read), tuple(self._notes))

    def _capability(self, step: JsonValue) -> Capability | None:
        return self._known.get(str(step.get("capability"))) if isinstance(step, dict) else None

    def _with_texts(self, step: JsonValue) -> JsonValue:
        """The step with a text for every number that stands where only a text can."""
        capability = self._capability(step)
        if capability is None or not isinstance(step, dict) or not isinstance(step.get("inputs"), dict):
            return step
        properties = cast("Mapping[str, Any]", capability.input_schema.get("properties") or {})
        texts = {name for name, schema in properties.items() if schema == {**schema, "type": "string"}}
        inputs = {
            name: str(value) if name in texts and type(value) in (int, float) else value
            for name, value in cast("JsonObject", step["inputs"]).items()
        }
        return {**step, "inputs": inputs}

    def _with_reading(self, step: JsonValue) -> list[JsonValue]:
        """The step, behind one that reads the file that it is given the name of in place of a text: pure work
        looks nothing up."""
        capability = self._capability(step)
        if capability is None or not isinstance(step, dict) or not isinstance(step.get("inputs"), dict):
            return [step]
        inputs = cast("JsonObject", step["inputs"])
        if self._reader is not None and capability.name == self._reader.name:
            self._readings.update((str(value), str(step.get("id"))) for value in inputs.values())
        if self._reader is None or capability.effect is not Effect.PURE:
            return [step]
        before: list[JsonValue] = []
        for name, value in inputs.items():
            if isinstance(value, str) and is_file_name(value):
                inputs = {**inputs, name: f"{{{self._reading(value, before)}}}"}
                self._notes.append(_READ.format(step=step.get("id"), name=name, reader=self._readings[value]))
        return [*before, {**step, "inputs": inputs}]

    def _reading(self, path: str, before: list[JsonValue]) -> str:
        """The step that reads a file; one is put `before` where none does."""
        if path not in self._readings and self._reader is not None:
            self._ids.append(new_id(self._ids))
            self._readings[path] = self._ids[-1]
            before.append({"id": self._ids[-1], "capability": self._reader.name, "inputs": {"path": path}})
        return self._readings[path]

    def _handed_on(self, steps: Sequence[JsonValue]) -> list[JsonValue]:
        """The steps with every result that none of them takes at the end of the next text, further on, that
        says what is to be done."""
        mended = list(steps)
        for at, step in enumerate(steps):
            if not isinstance(step, dict) or not self._gives_result(step):
                continue
            id = str(step.get("id"))
            others = [each.get("inputs") for each in mended if isinstance(each, dict) and each is not step]
            if id in mentions(str(others)):
                continue
            for further in range(at + 1, len(mended)):
                if (name := self._prose_input(mended[further])) is not None:
                    mended[further] = self._given(cast("JsonObject", mended[further]), name, id)
                    break
        return mended

    def _gives_result(self, step: JsonObject) -> bool:
        capability = self._capability(step)
        return capability is not None and capability.effect in (Effect.PURE, Effect.READ)

    def _prose_input(self, step: JsonValue) -> str | None:
        """The longest text of a step that says what is to be done; what only looks something up is told a
        question, and a heading is no place for a result."""
        capability = self._capability(step)
        if capability is None or capability.effect is Effect.READ or not isinstance(step, dict):
            return None
        inputs = step.get("inputs")
        texts = inputs.items() if isinstance(inputs, dict) else ()
        told = {name: value for name, value in texts if is_prose(value) and not _HEADING.search(name)}
        return max(told, key=lambda name: len(str(told[name])), default=None)

    def _given(self, step: JsonObject, name: str, other: str) -> JsonObject:
        inputs = cast("JsonObject", step["inputs"])
        self._notes.append(_HANDED_ON.format(step=step.get("id"), other=other, name=name))
        return {**step, "inputs": {**inputs, name: f"{inputs[name]}\n\n{{{other}}}"}}


def _find_reader(catalog: Sequence[Capability]) -> Capability | None:
    """The one capability that gives the text of a file, where there is one alone."""
    readers = [each for each in catalog if each.effect is Effect.READ and _required(each) == ["path"]]
    return readers[0] if len(readers) == 1 else None


def _required(capability: Capability) -> list[str]:
    return cast("list[str]", capability.input_schema.get("required") or [])
