"""A plan in columns, for the user who is asked to approve it."""

from __future__ import annotations

import json
from collections.abc import Iterator

from callsheet.agents.contracts.capability import CHANGING, Effect
from callsheet.planner.plan.checked_plan import CheckedPlan, CompiledStep
from callsheet.planner.plan.plan import Binding, From, Join, Literal, Step, Template
from callsheet.prompts.hidden import spelled

from .safe_text import counted, one_line
from .table import aligned

_EFFECTS = {
    Effect.PURE: "",
    Effect.READ: "reads",
    Effect.WRITE: "WRITES",
    Effect.IRREVERSIBLE: "IRREVERSIBLE",
}
"""The effects as the plan shows them; in capitals those that the user is asked about."""
MAX_SHOWN = 80
"""Characters of an input."""
MAX_APPROVED = 1_000
"""Characters of an input of a step that changes something: more, because the user approves it."""


def plan_lines(checked: CheckedPlan) -> Iterator[str]:
    """Every step with its capability, effect, dependencies and shortened inputs, and the answer."""
    yield f"plan: {counted(len(checked.steps), 'step')}"
    for name, schema in checked.plan.params.items():
        yield f"  params.{name} {binding_text(Literal(schema.get('default')))}"
    heads = aligned([_head(step) for step in checked.steps.values()], indent="  ") if checked.steps else []
    for line, step, compiled in zip(heads, checked.plan.steps, checked.steps.values(), strict=True):
        yield line
        yield from _details(step, MAX_APPROVED if compiled.capability.effect in CHANGING else MAX_SHOWN)
    yield f"  answer {binding_text(checked.plan.answer)}"


def changing_steps(checked: CheckedPlan) -> list[CompiledStep]:
    """The steps that change something, or for which the plan itself demands approval."""
    return [step for step in checked.steps.values() if step.approval or step.capability.effect in CHANGING]


def binding_text(binding: Binding, most: int = MAX_SHOWN) -> str:
    """An input for people: `= "a literal"`, `from an expression`, or `= text with {expressions}`."""
    match binding:
        case From(expression):
            return f"from {one_line(expression, most)}"
        case Template(text):
            return f"= {one_line(text, most)}"
        case Literal(value):
            return f"= {one_line(spelled(json.dumps(value, ensure_ascii=False)), most)}"


def _head(step: CompiledStep) -> tuple[str, ...]:
    after = f"after {', '.join(step.dependencies)}" if step.dependencies else ""
    return (step.id, step.capability.name, _EFFECTS[step.capability.effect], one_line(after, 60))


def _details(step: Step, most: int) -> Iterator[str]:
    for name, binding in step.inputs.items():
        yield f"      {one_line(name, 40)} {binding_text(binding, most)}"
    if step.for_each is not None:
        yield f"      for each item {binding_text(step.for_each)}"
    if step.condition is not None:
        yield f"      only if {one_line(step.condition)}"
    if step.join is not Join.ALL:
        yield f"      join: {step.join}"
    for expectation in step.expect:
        yield f"      expects {one_line(expectation)}"
