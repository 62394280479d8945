"""Taking another plan in the place of the present one: what begins anew, what is in the way, and what
must be approved first. Pure."""

from __future__ import annotations

from collections.abc import Callable

from callsheet.agents.contracts.capability import CHANGING, Effect
from callsheet.executor.run.events import PlanAdopted
from callsheet.executor.run.state import AttemptStatus, RunState, StepRecord
from callsheet.planner.plan.checked_plan import CheckedPlan, CompiledStep
from callsheet.planner.plan.renewal import begin_anew, unchanged
from callsheet.planner.revision.decision import Revise

from .finished_work import CarriedResults, changed_for_good
from .grants import granted
from .machine_state import MachineState

_DONE_BEFORE = (
    "the run has done `{capability}` before, which cannot be undone, and this would be another time"
)


def adoption(
    state: MachineState, revise: Revise, at: float, needs_approval: Callable[[CompiledStep], bool]
) -> PlanAdopted | str:
    """The event by which the plan becomes the run's; or a sentence for the planner why it cannot.

    Where it is the first, and takes the place of what was drafted of it, the steps that `needs_approval`
    wait for one; a later one is held against what was granted.
    """
    before, after = state.plan, revise.checked
    afresh = begin_anew(before, after, state.replanning.step if state.replanning else None)
    drafting = state.run.drafting
    # What is drafted can be done twice without harm.
    if not drafting and (overtaken := _overtaken(state, before, after)):
        names = ", ".join(f"`{step}`" for step in overtaken)
        return f"{names} changed something meanwhile, and is done: leave it in the plan as it is"
    if not drafting and (hindered := _hindered(state, before, after, afresh)):
        names = ", ".join(f"`{step}`" for step in hindered)
        return (
            f"{names} can change something, and is under way or in doubt: leave it as it is, and whatever it "
            "depends on, until that is over"
        )
    return PlanAdopted(
        at,
        state.run.revision + 1,
        after.document,
        after.contracts,
        revise.reason,
        tuple(step for step in after.steps if step in afresh),
        dict.fromkeys((step.id for step in after.steps.values() if needs_approval(step)), "")
        if drafting
        else _approvals(state, after, afresh),
    )


def _hindered(
    state: MachineState, before: CheckedPlan, after: CheckedPlan, afresh: frozenset[str]
) -> tuple[str, ...]:
    """The steps that would be changed or dropped while they may be changing the world."""
    run = state.run
    busy = [attempt[0] for attempt in run.running if attempt not in run.obsolete]
    return tuple(
        step
        for step in dict.fromkeys((*busy, *(step for step, _ in run.doubtful)))
        if (step in afresh or step not in after.steps) and before.steps[step].capability.effect in CHANGING
    )


def _overtaken(state: MachineState, before: CheckedPlan, after: CheckedPlan) -> tuple[str, ...]:
    """The steps that changed the world while the planner was thinking, and that it would change or leave
    out: it does not know that they are done."""
    asked = state.replanning.at if state.replanning else state.run.now
    same = unchanged(before, after)
    return tuple(
        step.id
        for step in before.steps.values()
        if step.capability.effect in CHANGING
        and step.id not in same
        and _was_done_since(state.run.steps[step.id], asked)
    )


def _was_done_since(step: StepRecord, at: float) -> bool:
    return any(
        attempt.status is AttemptStatus.SUCCEEDED and attempt.ended is not None and attempt.ended > at
        for attempt in step.attempts
    )


def _approvals(state: MachineState, after: CheckedPlan, afresh: frozenset[str]) -> dict[str, str]:
    grant = state.grant or granted(state)
    wanted = dict(grant.widened_by(state.plan, after))
    done, asked = done_for_good(state.run, state.plan, state.carried), _asked_about(state)
    for step in afresh:
        capability = after.steps[step].capability
        if capability.effect is Effect.IRREVERSIBLE and capability.name in done:
            done_before = _DONE_BEFORE.format(capability=capability.name)
            wanted[step] = "; ".join(why for why in (done_before, wanted.get(step)) if why)
        if waited_for := state.pending.approvals.get(step):
            # What waits already is not freed by beginning anew.
            wanted.setdefault(step, waited_for)
        if capability.name in asked:
            wanted.setdefault(step, "")
    return wanted


def _asked_about(state: MachineState) -> frozenset[str]:
    """The capabilities about which whoever started the run wants to be asked, though no plan says so: under
    another id their work waits as well."""
    steps = state.run.steps
    return frozenset(
        steps[id].capability for id, why in state.pending.approvals.items() if not why and id in steps
    )


def done_for_good(run: RunState, plan: CheckedPlan, carried: CarriedResults | None) -> frozenset[str]:
    """The capabilities by which the run has done what cannot be undone."""
    earlier: frozenset[str] = frozenset() if carried is None else frozenset(carried.irreversible)
    return earlier | frozenset(
        step.capability.name for step in plan.steps.values() if changed_for_good(step, run.steps[step.id])
    )
