"""Makes a plan's document of the steps that a model wrote as calls."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from pydantic import JsonValue

from callsheet.agents.contracts.capability import CHANGING, Effect, JsonObject
from callsheet.planner.plan.plan import Binding, From, Literal, Template, write_binding

from .references import mentions, read_references

PROSE_WORDS = 4
"""A text of so many words says what to do, and what it is to be done with may follow it."""

PROSE_SIGNS = 8
"""The same where words have no blanks between them, as in Chinese: so many signs."""

_WORD = re.compile(r"[^\W\d_]{2,}")
_SIGN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u0e00-\u0e7f]")


class CallSteps:
    """The steps of one answer. `effects` has what each capability does to the world, `known` the same of the
    steps that are there already, which these may refer to."""

    def __init__(
        self,
        steps: Sequence[JsonValue],
        effects: Mapping[str, Effect],
        known: Mapping[str, Effect] = MappingProxyType({}),
    ) -> None:
        self._steps = steps
        self._effects = effects
        self._known = known
        self._inputs: dict[str, JsonObject] = {}
        self._acting: list[str] = []
        for step in steps:
            match step:
                case {"id": str(id), **others}:
                    inputs = others.get("inputs")
                    self._inputs[id] = inputs if isinstance(inputs, dict) else {}
                    if self._effect(step) in CHANGING:
                        self._acting.append(id)
                case _:
                    continue
        ids = {*known, *self._inputs}
        self._bound: dict[str, dict[str, Binding]] = {
            id: {name: read_references(value, ids) for name, value in inputs.items()}
            for id, inputs in self._inputs.items()
        }

    def document(self, goal: str) -> JsonObject:
        """The plan of the steps. Its answer is what they come to."""
        steps: list[JsonValue] = [self._step(step) for step in self._steps]
        return {"goal": goal, "steps": steps, "answer": self._results()}

    def _effect(self, step: JsonValue) -> Effect | None:
        return self._effects.get(str(step.get("capability"))) if isinstance(step, dict) else None

    def _step(self, step: JsonValue) -> JsonValue:
        if not isinstance(step, dict) or not isinstance(step.get("inputs"), dict):
            return step
        id = str(step.get("id"))
        bound = self._bound.get(id, {})
        written = {name: each for name, each in step.items() if name != "depends_on"}
        written["inputs"] = {name: write_binding(binding) for name, binding in bound.items()}
        order = list(dict.fromkeys(self._order(id, step)))
        return {**written, "depends_on": list[JsonValue](order)} if order else written

    def _order(self, id: str, step: JsonObject) -> Iterator[str]:
        """What a step waits for without taking its result. A step that changes something waits for the line
        before it that does; one that looks something up waits for a change that is about the same thing."""
        listed = step.get("depends_on")
        taken = set(self._taken(id))
        for each in listed if isinstance(listed, list) else ():
            # Waiting for a step that changes nothing, without its result, means nothing.
            if isinstance(each, str) and each not in taken and each != id and not self._is_idle(each):
                yield each
        before = [each for each in self._before(id) if each in self._acting and each not in taken]
        if id in self._acting:
            yield from before[-1:]
        elif self._effect(step) is Effect.READ:
            named = self._literals(id)
            yield from [each for each in before if not named.isdisjoint(self._literals(each))][-1:]

    def _is_idle(self, id: str) -> bool:
        return (id in self._inputs and id not in self._acting) or self._known.get(id) in (
            Effect.PURE,
            Effect.READ,
        )

    def _before(self, id: str) -> list[str]:
        ids = list(self._inputs)
        return ids[: ids.index(id)] if id in self._inputs else []

    def _literals(self, id: str) -> frozenset[str]:
        return frozenset(value for value in self._inputs[id].values() if isinstance(value, str))

    def _taken(self, id: str) -> Iterator[str]:
        """The steps whose results the inputs of a step take."""
        for binding in self._bound.get(id, {}).values():
            match binding:
                case From(text) | Template(text):
                    yield from mentions(text)
                case Literal():
                    continue

    def _results(self) -> JsonValue:
        """The results that no step takes, and of a last step that changes something what it was given. What
        was only read, and then not used, is no answer to a goal that ends in a change."""
        wanted = {each for id in self._inputs for each in self._taken(id)}
        ends = [each for each in self._inputs if each not in self._acting and each not in wanted]
        last = list(self._inputs)[-1:]
        given = [each for id in last if id in self._acting for each in self._taken(id)]
        if given := [each for each in given if each in self._inputs and each not in self._acting]:
            ends = [each for each in ends if each not in self._reading()] + given
        results = list(dict.fromkeys(ends)) or last
        if len(results) == 1:
            return write_binding(From(results[0]))
        return write_binding(Template("\n\n".join(f"{{{each}}}" for each in results))) if results else None

    def _reading(self) -> frozenset[str]:
        """The steps that only look something up."""
        reading = (step for step in self._steps if self._effect(step) is Effect.READ)
        return frozenset(str(step.get("id")) for step in reading if isinstance(step, dict))


def is_prose(value: JsonValue) -> bool:
    """Whether an input says what is to be done, and is not merely a name or a figure."""
    if not isinstance(value, str):
        return False
    return len(_WORD.findall(value)) >= PROSE_WORDS or len(_SIGN.findall(value)) >= PROSE_SIGNS
