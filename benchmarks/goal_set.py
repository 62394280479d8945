"""Goal sets: goals with the steps that a sensible plan for each has."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from callsheet.agents.builtin import builtin_agents
from callsheet.agents.contracts.capability import Capability
from callsheet.planner.formats.examples import read_capability
from callsheet.planner.plan.checked_plan import CheckedPlan

from .judging.inputs import find_input_fault

SHIPPED = Path(__file__).parent / "goals"


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal, and what is asked of a plan for it.

    `steps` has a capability under each label; `order` the pairs of labels of which the second has
    to use the first, perhaps through others; `may_also_use` what else may be in the plan, and
    `must_mention` the words that some input has to hold, in any case, a figure in digits or as a word.
    """

    goal: str
    steps: Mapping[str, str]
    order: tuple[tuple[str, str], ...]
    may_also_use: tuple[str, ...]
    must_mention: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GoalSet:
    """Goals over one catalog."""

    name: str
    catalog: tuple[Capability, ...]
    goals: tuple[Goal, ...]


def read_goal_set(path: Path) -> GoalSet:
    """The goal set in a file. Its catalog is a list in short notation, or `builtin`."""
    document = json.loads(path.read_text("utf-8"))
    return GoalSet(path.stem, _catalog(document["catalog"]), tuple(map(_goal, document["goals"])))


def find_fault(goal: Goal, checked: CheckedPlan) -> str | None:
    """Why a plan is not sensible, or None where it is."""
    if misplaced := _misplaced(checked):
        return misplaced
    if said := find_input_fault(goal.goal, goal.must_mention, checked):
        return said
    used = {id: step.capability.name for id, step in checked.steps.items()}
    before = _before(checked)
    fault = f"its steps are {', '.join(used.values())}"
    repeated = frozenset(id for id, step in checked.steps.items() if step.for_each is not None)
    for assigned in _assignments(list(goal.steps.items()), used, repeated):
        others = [name for id, name in used.items() if id not in assigned.values()]
        if any(name not in goal.may_also_use for name in others):
            continue
        late = [pair for pair in goal.order if assigned[pair[0]] not in before[assigned[pair[1]]]]
        if not late:
            return None
        fault = "; ".join(f"{goal.steps[second]} uses no {goal.steps[first]}" for first, second in late)
    return fault


def _catalog(document: Any) -> tuple[Capability, ...]:
    if document == "builtin":
        return tuple(each for agent in builtin_agents() for each in agent.capabilities)
    return tuple(map(read_capability, document))


def _goal(document: Mapping[str, Any]) -> Goal:
    return Goal(
        document["goal"],
        document["steps"],
        tuple((first, second) for first, second in document["order"]),
        tuple(document["may_also_use"]),
        tuple(document["must_mention"]),
    )


def _misplaced(checked: CheckedPlan) -> str | None:
    seen: set[str] = set()
    for id, step in checked.steps.items():
        if later := set(step.dependencies) - seen:
            return f"step {id} names a later step: {', '.join(sorted(later))}"
        seen.add(id)
    return None


def _before(checked: CheckedPlan) -> dict[str, set[str]]:
    before: dict[str, set[str]] = {}
    for id, step in checked.steps.items():
        before[id] = {each for name in step.dependencies for each in (name, *before[name])}
    return before


def _assignments(
    wanted: list[tuple[str, str]], used: Mapping[str, str], repeated: Set[str]
) -> Iterator[dict[str, str]]:
    """Every way to say which step of the plan is which of the wanted ones. One that is done for each item of
    a list may be several of them."""
    if not wanted:
        yield {}
        return
    (label, capability), *rest = wanted
    for id, name in used.items():
        if name == capability:
            left = {other: each for other, each in used.items() if other != id or id in repeated}
            for assigned in _assignments(rest, left, repeated):
                yield {label: id, **assigned}
