"""Bringing a run back from its journal: its plans as they were checked, and whether there still is
agents to carry them out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from callsheet.agents.contracts.capability import Capability
from callsheet.agents.registry import Registry, differences
from callsheet.executor.run.events import DraftBegun, DraftGrown, Event, PlanAdopted, RunCreated
from callsheet.executor.run.spending import RunSpending
from callsheet.planner.check.checker import Policy, check
from callsheet.planner.plan.checked_plan import CheckedPlan, CompiledStep

from .errors import AgentsChanged
from .machine import reduce_event
from .machine_state import MachineState

_EVERYTHING = Policy(max_steps=2**31)
"""What was admitted once is not judged again."""


def revive(events: Iterable[Event], registry: Registry, spending: RunSpending | None = None) -> MachineState:
    """The state that the events of a run lead to.

    Raises PlanInvalid where a plan, from a release that did not keep the contracts, no longer checks
    against the agents that there are.
    """
    events = list(events)
    plans = {event.revision: recheck(event, registry) for event in events if isinstance(event, PlanAdopted)}
    if any(isinstance(event, DraftBegun) for event in events):
        plans[0] = drafted_plan(events)
    return reduce_event(events, plans, spending)


def drafted_plan(events: Iterable[Event]) -> CheckedPlan:
    """All that was drafted of the plan."""
    goal = next((event.goal for event in events if isinstance(event, RunCreated)), "")
    grown = [event for event in events if isinstance(event, DraftGrown)]
    contracts = {each["name"]: each for event in grown for each in event.contracts}
    catalog = [Capability.model_validate(contract) for contract in contracts.values()]
    steps = [step for event in grown for step in event.steps]
    if not steps:
        return CheckedPlan.empty(goal)
    return check({"goal": goal, "steps": steps, "answer": None}, catalog, _EVERYTHING).require()


def recheck(adopted: PlanAdopted, registry: Registry) -> CheckedPlan:
    """The checked plan of a revision, with the contracts of its time."""
    contracts = [Capability.model_validate(contract) for contract in adopted.contracts]
    return check(adopted.plan, contracts or registry.catalog, _EVERYTHING).require()


def require_agents(state: MachineState, registry: Registry) -> None:
    """See that every step that has not ended can be carried out. Raises AgentsChanged."""
    steps = state.plan.steps.values()
    require_agents_for(state.run.id, (step for step in steps if step.id in state.pending.unended), registry)


def require_agents_for(run: str, steps: Iterable[CompiledStep], registry: Registry) -> None:
    """See that these steps of a run can be carried out. Raises AgentsChanged."""
    needed = {step.capability.name: step.capability for step in steps}
    if problems := tuple(_problems(needed.values(), registry)):
        raise AgentsChanged(run, problems)


def _problems(capabilities: Iterable[Capability], registry: Registry) -> Iterator[str]:
    for capability in capabilities:
        offered = registry.capabilities.get(capability.name)
        if offered is None:
            yield f"no agent provides {capability.name!r}"
        # What the name of a step means is settled by the plan's own contracts; no agent acts on it.
        elif changed := [part for part in differences(capability, offered) if part != "main_output"]:
            yield f"{capability.name!r} has a different {' and '.join(changed).replace('_', ' ')}"
