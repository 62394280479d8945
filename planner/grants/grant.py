"""What the user allowed by approving a plan, and what a revision of it would do beyond that.

A revision is written by a model that has read what agents returned. So whatever it has written anew is held
against what the user said and approved, and against nothing that was read since.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Self

from pydantic import JsonValue

from callsheet.agents.contracts.capability import CHANGING, Effect
from callsheet.planner.expressions.tree import Constant, StepOutput, Tree, children
from callsheet.planner.plan.checked_plan import CheckedPlan, CompiledStep
from callsheet.planner.plan.renewal import begin_anew

from .places import named_in, places_in

MAX_SENTENCES = 20
"""About one step; how many more there are is said."""
MAX_SHOWN = 120
"""Characters of a place in a sentence."""

_EVERYTHING_NEAR = re.compile(r"(?:\./?)?|(?:\*{1,2}/)*[*?]+(?:\.[\w*?]+)*")
"""The workspace itself, and patterns that name nothing in it: they may be looked at."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What the user allowed by approving a plan."""

    named: frozenset[str] = frozenset()
    """The places that the goal, what the user said since, and the literals of the plan name."""
    reached: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    """By capability: the places that approved steps of it reached with their resolved inputs."""
    guarded: frozenset[str] = frozenset()
    """The capabilities of which an approved step waits for an approval."""
    capabilities: frozenset[str] = frozenset()
    """The capabilities of approved steps: whatever has been handed to one, the user has seen it take part."""

    @classmethod
    def from_plan(cls, goal: str, checked: CheckedPlan) -> Self:
        """What a goal and the plan that was approved for it grant."""
        named = named_in(goal)
        for step in checked.steps.values():
            named |= places_in(_constants(step))
            for tree in _taken(step):
                named |= named_in(list(_literals(tree)))
        capabilities = frozenset(step.capability.name for step in checked.steps.values())
        return cls(named, guarded=_guarded(checked), capabilities=capabilities)

    def hearing(self, words: str) -> Self:
        """The grant, and what the user has said to the run, which counts as the goal does."""
        return replace(self, named=self.named | named_in(words))

    def including(self, step: CompiledStep, inputs: Mapping[str, JsonValue]) -> Self:
        """The grant, and what the approved step reaches with these inputs, whenever its capability does."""
        name = step.capability.name
        reached = self.reached.get(name, frozenset()) | places_in(inputs)
        return replace(self, reached={**self.reached, name: reached}, capabilities=self.capabilities | {name})

    def beyond(self, step: CompiledStep, inputs: Mapping[str, JsonValue]) -> tuple[str, ...]:
        """A sentence for each place that the step would reach with these inputs and that the grant lacks.
        Work without effect reaches nothing."""
        capability = step.capability
        if capability.effect is Effect.PURE:
            return ()
        foreign = sorted(places_in(inputs) - self.named - self.reached.get(capability.name, frozenset()))
        if capability.effect is Effect.READ:
            foreign = [place for place in foreign if not _EVERYTHING_NEAR.fullmatch(place)]
        # Stored in events as the reason of an approval, and compared in strict replays.
        sentences = tuple(
            f"`{capability.name}` would reach {_shown(place)}, which neither the goal nor the approved plan "
            "names"
            for place in foreign[:MAX_SENTENCES]
        )
        left = len(foreign) - len(sentences)
        return (*sentences, f"and {left:,} more") if left else sentences

    def widened_by(self, before: CheckedPlan, after: CheckedPlan) -> Mapping[str, str]:
        """The steps of a revised plan that the user has to approve first, each with why: of those that begin
        anew, whatever writes, what reads beyond the grant, and what hands a result to a capability that no
        approved step has."""
        guarded = self.guarded | _guarded(before)
        anew = begin_anew(before, after)
        found = {id: "; ".join(self._widenings(after.steps[id], guarded)) for id in after.steps if id in anew}
        return {id: why for id, why in found.items() if why}

    def _widenings(self, step: CompiledStep, guarded: frozenset[str]) -> Iterator[str]:
        capability = step.capability
        if not step.approval and capability.name in guarded:
            yield f"`{capability.name}` was approved to wait for an approval, and this step does not wait"
        if capability.effect in CHANGING:
            does = "cannot be undone" if capability.effect is Effect.IRREVERSIBLE else "changes something"
            yield f"`{capability.name}` {does}, and was not approved like this"
        yield from self.beyond(step, _constants(step))
        if capability.name not in self.capabilities and (sources := _sources(step)):
            # Even one that is declared pure may be somebody else's server.
            taken = ", ".join(f"`{source}`" for source in sources[:MAX_SENTENCES])
            yield f"`{capability.name}` has no step in the approved plan, and would get the result of {taken}"


def _guarded(checked: CheckedPlan) -> frozenset[str]:
    return frozenset(step.capability.name for step in checked.steps.values() if step.approval)


def _constants(step: CompiledStep) -> Mapping[str, JsonValue]:
    """The inputs that stand in the plan as they are."""
    return {name: tree.value for name, tree in step.inputs.items() if isinstance(tree, Constant)}


def _taken(step: CompiledStep) -> tuple[Tree, ...]:
    """The trees from which the agents' inputs are made."""
    return (*step.inputs.values(), *([step.for_each] if step.for_each else ()))


def _sources(step: CompiledStep) -> list[str]:
    """The steps whose results the agents are given."""
    named = {id for tree in _taken(step) for id in _read_steps(tree)}
    return [id for id in step.dependencies if id in named]


def _read_steps(tree: Tree) -> Iterator[str]:
    if isinstance(tree, StepOutput):
        yield tree.step
    for child in children(tree):
        yield from _read_steps(child)


def _literals(tree: Tree) -> Iterator[JsonValue]:
    """What stands in a tree as it is, also within templates."""
    if isinstance(tree, Constant):
        yield tree.value
    for child in children(tree):
        yield from _literals(child)


def _shown(place: str) -> str:
    """Nothing hidden, nothing that reorders: the user decides by this sentence whether to approve."""
    cut = place if len(place) <= MAX_SHOWN else f"{place[: MAX_SHOWN - 1]}…"
    return "".join(each if each.isprintable() else f"\\u{ord(each):04x}" for each in cut)
