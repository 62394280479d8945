"""Makes a plan's document of the steps that a model wrote in the short format."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from pydantic import JsonValue

from callsheet.agents.contracts.capability import Effect, JsonObject
from callsheet.planner.formats.plan_format import Translation
from callsheet.planner.plan.graph import closure
from callsheet.planner.plan.plan import Binding, From, Literal, Template, write_binding

from .references import mentions, read_references

PROSE_WORDS = 4
"""A text of so many words says what to do, and what it is to be done with may follow it."""

_WORD = re.compile(r"[^\W\d_]{2,}")
_HEADING = re.compile(r"subject|title|headline|heading|caption|name", re.IGNORECASE)
_FORGOTTEN = "step {step}: the result of {other}, which it waits for, was added to `{name}`"
_NAMED = "step {step}: `{name}` was given what {other} is given; it takes the result of {other}"
_DOUBT = (
    "step {step} depends on {other}, but none of its inputs holds {{{other}}}: write {{{other}}} where the "
    "result of {other} goes, or leave {other} out"
)


class ShortSteps:
    """The steps of one answer. `effects` has what each capability does to the world."""

    def __init__(self, steps: Sequence[JsonValue], effects: Mapping[str, Effect]) -> None:
        self._steps = steps
        self._inputs: dict[str, JsonObject] = {}
        self._acting: set[str] = set()
        self._reading: set[str] = set()
        for step in steps:
            match step:
                case {"id": str(id), **others}:
                    inputs = others.get("inputs")
                    self._inputs[id] = inputs if isinstance(inputs, dict) else {}
                    match effects.get(str(others.get("capability"))):
                        case Effect.WRITE | Effect.IRREVERSIBLE:
                            self._acting.add(id)
                        case Effect.READ:
                            self._reading.add(id)
                        case _:
                            pass
                case _:
                    continue
        taken = frozenset[str]().union(*(_taken(self._inputs, inputs) for inputs in self._inputs.values()))
        self._idle = [each for each in self._inputs if each not in taken and each not in self._acting]
        self._place = {each: at for at, each in enumerate(self._inputs)}
        self._given = {
            value: each
            for each in reversed(self._idle)
            for value in self._inputs[each].values()
            if isinstance(value, str) and value
        }
        self._wanted: set[str] = set()
        self._orphans: dict[str, list[str]] = {}
        self._notes: list[str] = []
        self._doubts: list[str] = []

    def translate(self, goal: str, answer: JsonValue) -> Translation:
        """The plan of the steps. `answer` is what the model said it is, None where it said nothing."""
        self._orphans = self._find_orphans()
        steps: list[JsonValue] = [self._step(step) for step in self._steps]
        said = answer is not None and answer != ""
        binding = write_binding(read_references(answer, self._inputs)) if said else self._results()
        document: JsonObject = {"goal": goal, "steps": steps, "answer": binding}
        return Translation(document, tuple(self._notes), tuple(self._doubts))

    def _step(self, step: JsonValue) -> JsonValue:
        if not isinstance(step, dict):
            return step
        written = dict(step)
        id = str(step.get("id"))
        listed = [*_texts_of(written.pop("depends_on", None)), *self._orphans.get(id, ())]
        inputs = step.get("inputs")
        if isinstance(inputs, dict):
            inputs = {name: _with_braces(value, listed) for name, value in inputs.items()}
            inputs = {name: self._resolved(id, name, value) for name, value in inputs.items()}
            for other in self._forgotten(id, inputs, listed):
                inputs = self._remember(id, inputs, other)
            bound = {name: read_references(value, self._inputs) for name, value in inputs.items()}
            self._wanted.update(*map(_taken_by, bound.values()))
            written["inputs"] = {name: write_binding(binding) for name, binding in bound.items()}
            listed = [each for each in listed if not any(each in _taken_by(one) for one in bound.values())]
        self._wanted.update(listed)
        # Waiting for a step that changes nothing, without its result, means nothing.
        order = [each for each in listed if each != id and (each in self._acting or each not in self._inputs)]
        return {**written, "depends_on": list(order)} if order else written

    def _find_orphans(self) -> dict[str, list[str]]:
        """In a plan that ends in a change: the steps whose result was read for nothing, each under the
        last step that is told in prose what to do, which is who it must have been read for."""
        last = list(self._inputs)[-1:]
        if not self._acting.issuperset(last):
            return {}
        still = [each for each in self._inputs if each not in self._acting]
        tellable = [each for each in still if _prose_input(self._inputs[each])]
        waited = {each for step in self._steps for each in _depends_on(step)}
        orphans = [each for each in self._idle if each in self._reading and each not in waited]
        target = tellable[-1] if tellable else None
        kept = [each for each in orphans if target and self._place[each] < self._place[target]]
        return {target: kept} if target else {}

    def _resolved(self, id: str, name: str, value: JsonValue) -> JsonValue:
        """The result of an earlier step in place of what that step was given, where nothing else takes
        the result: `material: notes.md` behind `read_file(notes.md)` means what was read. Under the
        same name it stays, because the step goes to the same source by itself."""
        if not isinstance(value, str) or value not in self._given:
            return value
        other = self._given[value]
        if self._place[other] >= self._place.get(id, 0) or name in self._inputs[other]:
            return value
        self._notes.append(_NAMED.format(step=id, name=name, other=other))
        return f"{{{other}}}"

    def _forgotten(self, id: str, inputs: JsonObject, listed: Sequence[str]) -> list[str]:
        """The steps without effect that a step waits for although none of its inputs takes their result, nor
        that of a step that hands it on."""
        taken = self._taken_with_givers(_taken(self._inputs, inputs))
        known = (each for each in listed if each in self._inputs and each != id)
        return [each for each in known if each not in taken and each not in self._acting]

    def _taken_with_givers(self, taken: frozenset[str]) -> frozenset[str]:
        """These steps, and those whose results they take, near or far."""
        return closure(taken, lambda each: _taken(self._inputs, self._inputs[each]))

    def _remember(self, id: str, inputs: JsonObject, other: str) -> JsonObject:
        """The inputs with a forgotten result in the place where it can only belong, if there is one."""
        if any(value in inputs.values() for value in self._inputs[other].values()):
            # It goes to the same source by itself: `read_file(x)` before `analyze_table(x)`.
            return inputs
        prose = _prose_input(inputs)
        if prose is None:
            self._doubts.append(_DOUBT.format(step=id, other=other))
            return inputs
        self._notes.append(_FORGOTTEN.format(step=id, other=other, name=prose))
        return {**inputs, prose: f"{inputs[prose]}\n\n{{{other}}}"}

    def _results(self) -> JsonValue:
        """The answer where the model says none: the results that no step takes, and of a last step that
        changes something what it was given. What was only read, and then not used, is no answer to a
        goal that ends in a change."""
        ends = [each for each in self._inputs if each not in self._acting and each not in self._wanted]
        last = list(self._inputs)[-1:]
        given = [each for id in last if id in self._acting for each in self._taken_by_step(id)]
        if given:
            ends = [each for each in ends if each not in self._reading] + given
        results = list(dict.fromkeys(ends)) or last
        if len(results) == 1:
            return write_binding(From(results[0]))
        return write_binding(Template("\n\n".join(f"{{{each}}}" for each in results))) if results else None

    def _taken_by_step(self, id: str) -> list[str]:
        """The steps without effect whose results a step takes, in order."""
        taken = _taken(self._inputs, self._inputs[id])
        return [each for each in self._inputs if each in taken and each not in self._acting]


def _depends_on(step: JsonValue) -> list[str]:
    return _texts_of(step.get("depends_on")) if isinstance(step, dict) else []


def _taken_by(binding: Binding) -> tuple[str, ...]:
    match binding:
        case From(text) | Template(text):
            return mentions(text)
        case Literal():
            return ()


def _taken(known: Collection[str], inputs: JsonObject) -> frozenset[str]:
    """The steps whose results the inputs of one step take."""
    return frozenset(each for value in inputs.values() for each in _taken_by(read_references(value, known)))


def _prose_input(inputs: JsonObject) -> str | None:
    """The input that says in prose what is to be done, if there is one; a heading never is."""
    told = [name for name in inputs if not _HEADING.search(name)]
    name = max(told, key=lambda each: _prose_words(inputs[each]), default=None)
    return name if name is not None and _prose_words(inputs[name]) >= PROSE_WORDS else None


def _prose_words(value: JsonValue) -> int:
    return len(_WORD.findall(value)) if isinstance(value, str) else 0


def _with_braces(value: JsonValue, listed: Sequence[str]) -> JsonValue:
    """`the text of s2`, in a step that depends on s2, means its result."""
    match value:
        case str() if listed and "{" not in value:
            bare = rf"(?<![\w.])({'|'.join(map(re.escape, listed))})(?![\w\[]|\.\w)"
            return re.sub(bare, r"{\1}", value)
        case list():
            return [_with_braces(each, listed) for each in value]
        case dict():
            return {name: _with_braces(each, listed) for name, each in value.items()}
        case _:
            return value


def _texts_of(value: JsonValue) -> list[str]:
    """The texts of a list, without repeats; none where it is no list."""
    if not isinstance(value, list):
        return []
    return list(dict.fromkeys(each for each in value if isinstance(each, str)))
