"""What a small model writes once more although it is done, and what it leaves out without a word.

A small model that mends one step likes to write the steps around it too: those before it, which are done,
and the very one that went wrong. And it likes to leave out what it does not need itself, though the goal
does. Nothing of that is meant, unless a person has asked for it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from callsheet.agents.contracts.capability import CHANGING, JsonObject
from callsheet.planner.plan.references import repoint_step, steps_named_by
from callsheet.planner.revision.revision import steps_of
from callsheet.planner.revision.situation import Situation, Standing

_ECHO = "step {new}: left out, as {old} has done it already"
_SAME = (
    "step {new} does what {old} did, with the same inputs, and would go wrong in the same way: use another "
    "capability, or give it another input"
)
_SPARED = "step {old}: stays, as no new step does it instead"
_NOTHING = "step {new}: `{value}` stands for nothing: write the value itself, or the id of a step in braces"
_BRACES = re.compile(r"\{\s*[A-Za-z_][\w.]*\s*\}")


class DuplicateSteps:
    """New steps of a revision, held against those of the plan. `written` are the new ones as the plan has
    them, of which `steps` are left; of what the model leaves out, `removed` is left: what it writes once
    more it wants to have."""

    def __init__(self, situation: Situation, written: Sequence[JsonObject], removed: Collection[str]) -> None:
        self._situation = situation
        self._documents = steps_of(situation.plan.document)
        self._effects = {each.name: each.effect for each in situation.catalog}
        # The user may want something done again.
        self._done = () if situation.words else tuple(self._find_done())
        self._renamed: dict[str, str] = {}
        self.steps = tuple(self._left(written))
        self._spared = [] if situation.words or situation.pressure else self._find_spared(removed)
        kept = {*self._renamed.values(), *self._spared}
        self.removed = [each for each in removed if each not in kept]

    @property
    def notes(self) -> tuple[str, ...]:
        """A sentence for each step that was left out, or was not."""
        left_out = (_ECHO.format(new=new, old=old) for new, old in self._renamed.items())
        return (*left_out, *(_SPARED.format(old=old) for old in self._spared))

    def doubts(self) -> Iterator[str]:
        """A sentence for each thing that the model may not have meant."""
        for step in self.steps:
            yield from (
                _NOTHING.format(new=step["id"], value=value)
                for value in _inputs(step).values()
                if isinstance(value, str) and _BRACES.fullmatch(value)
            )
        if not self._situation.words and not self._situation.pressure:
            yield from self._find_same()

    def _find_done(self) -> Iterator[str]:
        for id, step in self._situation.plan.steps.items():
            if self._situation.standings[id].standing is Standing.DONE and step.for_each is None:
                yield id

    def _left(self, written: Sequence[JsonObject]) -> Iterator[JsonObject]:
        for step in written:
            again = repoint_step(step, self._renamed)
            old = next((id for id in self._done if self._is_echo(again, id)), None)
            if old is None:
                yield again
            else:
                self._renamed[str(step["id"])] = old

    def _is_echo(self, step: JsonObject, id: str) -> bool:
        """Whether the step is one that is done: what only looks may look again, after a change."""
        alike = _is_alike(step, self._documents[id])
        return alike and (self._acts(step) or not self._follows_change(step))

    def _follows_change(self, step: JsonObject) -> bool:
        known = self._situation.plan.steps
        behind = steps_named_by(step)
        return any(id not in known or known[id].capability.effect in CHANGING for id in behind)

    def _find_spared(self, removed: Collection[str]) -> list[str]:
        """What comes right behind the step in trouble, changes nothing, and is done by no new step: with the
        new result it goes on as the plan says. Leaving out a change is doubted instead."""
        steps, trouble = self._situation.plan.steps, self._situation.trouble
        new = {str(step.get("capability")) for step in self.steps}
        return [
            id
            for id in removed
            if id in steps
            and trouble is not None
            and trouble.step in steps[id].dependencies
            and self._situation.standings[id].standing is Standing.NOT_STARTED
            and steps[id].capability.effect not in CHANGING
            and steps[id].capability.name not in new
        ]

    def _find_same(self) -> Iterator[str]:
        trouble = self._situation.trouble
        if trouble is None or self._situation.plan.steps[trouble.step].for_each is not None:
            return
        for step in self.steps:
            if _is_alike(step, self._documents[trouble.step]):
                yield _SAME.format(new=step["id"], old=trouble.step)

    def _acts(self, step: JsonObject) -> bool:
        return self._effects.get(str(step.get("capability"))) in CHANGING


def _is_alike(step: JsonObject, other: JsonObject) -> bool:
    return step.get("capability") == other.get("capability") and _inputs(step) == _inputs(other)


def _inputs(step: JsonObject) -> JsonObject:
    inputs = step.get("inputs")
    return inputs if isinstance(inputs, dict) else {}
