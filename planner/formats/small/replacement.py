"""Who takes whose place in a plan, where a model wrote new steps and hardly more.

New steps stand for the step in trouble, for those that the model leaves out, and for those behind
them that it writes once more. What used one of these uses the new step of the same capability, or
the last one that gives a result; the latter where the new steps go on to something else.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence

from pydantic import JsonValue

from callsheet.agents.contracts.capability import CHANGING, JsonObject
from callsheet.planner.plan.graph import closure
from callsheet.planner.plan.plan import From, Literal, Template, read_binding, write_binding
from callsheet.planner.plan.references import (
    repoint_binding,
    repoint_step,
    steps_named_by,
    steps_named_in,
)
from callsheet.planner.revision.revision import Revision, steps_of
from callsheet.planner.revision.situation import Situation, Standing

_SUPERSEDED = "step {old}: left out, as {new} does it now"
_ADDED = "what step {id} gives was added to the answer, as no step takes it"


class StepReplacement:
    """Works out the revision that new steps mean. `removed` are the steps that the model leaves out."""

    def __init__(self, situation: Situation, new: Sequence[JsonObject], removed: Collection[str]) -> None:
        self._plan = situation.plan
        self._documents = steps_of(situation.plan.document)
        self._standings = situation.standings
        self._effects = {each.name: each.effect for each in situation.catalog}
        self._new = {str(step["id"]): step for step in new}
        self._gone = [each for each in removed if each not in self._new]
        self._troubled = [situation.trouble.step] if situation.trouble and new else []
        self._gone += [each for each in self._troubled if each not in (*self._gone, *self._new)]
        self._notes: list[str] = []
        self._pairs = dict(self._repeated())
        for old, successor in tuple(self._superseded()):
            self._gone.append(old)
            self._pairs[old] = successor
            self._notes.append(_SUPERSEDED.format(old=old, new=successor))
        self.revision = self._revision(new)
        """What changes in the plan."""

    @property
    def notes(self) -> tuple[str, ...]:
        """A sentence for everything that the model did not say itself."""
        return tuple(self._notes)

    def _revision(self, new: Sequence[JsonObject]) -> Revision:
        there = self._plan.steps
        repoint = {
            old: successor for old in self._gone if old in there and (successor := self._successor(old))
        }
        return Revision(
            add=tuple(step for step in new if step["id"] not in there),
            replace=tuple(step for step in new if step["id"] in there),
            remove=tuple(self._gone),
            repoint=repoint,
            answer=self._answer(repoint),
        )

    def _repeated(self) -> Iterator[tuple[str, str]]:
        """What goes, with the new step that has its capability: the first with the first, and so on."""
        free = list(self._new)
        for old in self._gone:
            name = self._plan.steps[old].capability.name if old in self._plan.steps else None
            new = next((each for each in free if self._new[each].get("capability") == name), None)
            if new is not None:
                free.remove(new)
                yield old, new

    def _superseded(self) -> Iterator[tuple[str, str]]:
        """The steps behind what goes that a new step does over again: a small model that replaces a step
        likes to write the rest of the plan too, and nothing is to be done twice because of that."""
        behind = self._behind(frozenset((*self._gone, *self._troubled)))
        for id, step in self._new.items():
            same = [each for each in behind if self._does_the_same(each, step)]
            if same and id not in self._pairs.values() and self._goes_on(step):
                old = max(same, key=lambda each: self._likeness(each, step))
                behind.remove(old)
                yield old, id

    def _goes_on(self, step: JsonObject) -> bool:
        """Whether a new step can be meant for one further on: it changes something, or takes what another
        new step gives."""
        return self._acts(step) or not steps_named_by(step).isdisjoint(self._new)

    def _does_the_same(self, id: str, step: JsonObject) -> bool:
        waits = self._standings[id].standing is Standing.NOT_STARTED
        return (
            waits and id not in self._new and self._plan.steps[id].capability.name == step.get("capability")
        )

    def _likeness(self, id: str, step: JsonObject) -> int:
        """How many inputs a step of the plan and a new one have in common."""
        old, new = (each.get("inputs") for each in (self._documents[id], step))
        if not isinstance(old, dict) or not isinstance(new, dict):
            return 0
        return sum(1 for name, value in new.items() if old.get(name) == value)

    def _behind(self, these: Collection[str]) -> list[str]:
        """The steps that depend on these, near or far, in plan order."""
        dependants: dict[str, list[str]] = {}
        for id, step in self._plan.steps.items():
            for each in step.dependencies:
                dependants.setdefault(each, []).append(id)
        reached = closure(these, lambda each: dependants.get(each, ()))
        return [id for id in self._plan.steps if id in reached and id not in these]

    def _successor(self, old: str) -> str | None:
        acting = self._plan.steps[old].capability.effect in CHANGING
        fitting = [id for id, step in self._new.items() if self._acts(step) is acting]
        taken = self._taken_by_new().union(self._pairs.values())
        ends = [id for id in fitting if id not in taken]
        # What the new steps come to in the end is what they were written for.
        if ends and (old in self._troubled or old not in self._pairs):
            return ends[-1]
        return self._pairs.get(old) or next(reversed([*self._new, *fitting]), None)

    def _answer(self, repoint: Mapping[str, str]) -> JsonValue:
        """The plan's answer with the results of new steps that no step takes; None without any."""
        document = self._plan.document
        answer = repoint_binding(document["answer"], repoint)
        taken = self._taken_by_new() | steps_named_in(answer) | self._taken_by_kept(repoint)
        extra = [id for id, step in self._new.items() if id not in taken and not self._acts(step)]
        self._notes += [_ADDED.format(id=each) for each in extra]
        return _with_results(answer, extra) if extra else None

    def _taken_by_new(self) -> frozenset[str]:
        return frozenset[str]().union(*map(steps_named_by, self._new.values()))

    def _taken_by_kept(self, repoint: Mapping[str, str]) -> frozenset[str]:
        gone = {*self._gone, *self._new}
        kept = [step for id, step in self._documents.items() if id not in gone]
        return frozenset[str]().union(*(steps_named_by(repoint_step(each, repoint)) for each in kept))

    def _acts(self, step: JsonObject) -> bool:
        return self._effects.get(str(step.get("capability"))) in CHANGING


def _with_results(answer: JsonValue, ids: Sequence[str]) -> JsonValue:
    """The binding of an answer, followed by the results of these steps."""
    results = "\n\n".join(f"{{ {each} }}" for each in ids)
    match read_binding(answer):
        case From(expression):
            text = f"{{ {expression} }}"
        case Template(written):
            text = written
        case Literal(value):
            plain = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            text = plain.replace("{", "{{").replace("}", "}}")
    return write_binding(Template(f"{text}\n\n{results}"))
