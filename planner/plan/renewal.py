"""Which steps of a revised plan begin anew."""

from __future__ import annotations

from .checked_plan import CheckedPlan


def begin_anew(before: CheckedPlan, after: CheckedPlan, trouble: str | None = None) -> frozenset[str]:
    """The steps of `after` that are new or changed, the one in `trouble`, and all that come behind one of
    them."""
    same = unchanged(before, after)
    changed = [id for id in after.steps if id == trouble or id not in same]
    dependants: dict[str, list[str]] = {step: [] for step in after.steps}
    for step in after.steps.values():
        for dependency in step.dependencies:
            dependants[dependency].append(step.id)
    reached = set(changed)
    while changed:
        for id in dependants[changed.pop()]:
            if id not in reached:
                reached.add(id)
                changed.append(id)
    return frozenset(reached)


def unchanged(before: CheckedPlan, after: CheckedPlan) -> frozenset[str]:
    """The steps that stand in both plans as they are, with the same contract."""
    old = {step.id: step for step in before.plan.steps}
    return frozenset(
        step.id
        for step in after.plan.steps
        if old.get(step.id) == step and before.steps[step.id].capability == after.steps[step.id].capability
    )
