"""Which steps of a revised plan begin anew."""

from __future__ import annotations

from .checked_plan import CheckedPlan


def begin_anew(before: CheckedPlan, after: CheckedPlan, trouble: str | None = None) -> frozenset[str]:
    """The steps of `after` that are new or changed, the one in `trouble`, and all behind one of them."""
    anew = (after.steps.keys() - unchanged(before, after)) | (after.steps.keys() & {trouble})
    size = -1
    while size != len(anew):
        size = len(anew)
        for step in after.steps.values():
            if not anew.isdisjoint(step.dependencies):
                anew.add(step.id)
    return frozenset(anew)


def unchanged(before: CheckedPlan, after: CheckedPlan) -> frozenset[str]:
    """The steps that stand in both plans as they are, with the same contract."""
    old = {step.id: step for step in before.plan.steps}
    return frozenset(
        step.id
        for step in after.plan.steps
        if old.get(step.id) == step and before.steps[step.id].capability == after.steps[step.id].capability
    )
