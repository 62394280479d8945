"""A plan with its parameters filled in: as ready to run as one that never had any."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from pydantic import JsonValue

from callsheet.agents.contracts.capability import Capability, JsonObject
from callsheet.planner.expressions.elaborate import PARAMETERS
from callsheet.planner.expressions.parser import parse, parse_template
from callsheet.planner.expressions.templates import TemplatePart, join_template, split_template
from callsheet.planner.expressions.tree import Constant, Index, Member, Name, Tree, children
from callsheet.planner.expressions.values import text_of
from callsheet.planner.plan.checked_plan import CheckedPlan
from callsheet.planner.plan.plan import Binding, From, Literal, Plan, Step, Template
from callsheet.planner.plan.policy import Policy

from .checker import CheckResult, check
from .parameters import Parameters


def check_filled(
    document: object,
    values: Mapping[str, object],
    catalog: Iterable[Capability],
    policy: Policy | None = None,
) -> CheckResult:
    """Check a plan, or the JSON of one, and check it again with these values for its parameters: what comes
    back can run. Raises ParameterError where the plan is valid and the values do not fit it."""
    capabilities = tuple(catalog)
    result = check(document, capabilities, policy)
    if result.plan is None:
        return result
    filled = fill(result.plan, values)
    if filled is result.plan.plan:
        return result
    return replace(check(filled, capabilities, policy), source=result.source)


def fill(checked: CheckedPlan, values: Mapping[str, object]) -> Plan:
    """The plan with these values for its parameters, and with the defaults for the others.

    An input, or the answer, that is a parameter becomes its value, and a parameter in a template its text, so
    that the user who approves the plan sees it. Within other expressions it stays, and the value becomes its
    default: there the declared type is what was proved, and a value says less (`null` does not go through
    what a test for null guards). A parameter that nothing refers to any more is left out. The plan has to be
    checked again. Raises ParameterError.
    """
    plan = checked.plan
    settled = Parameters.from_plan(plan).settle(values)
    if not plan.params:
        return plan
    steps = tuple(_fill_step(step, settled) for step in plan.steps)
    answer = _fill_binding(plan.answer, settled)
    left = {name for tree in _trees(steps, answer) for name in _parameters_in(tree, settled)}
    params = {
        name: {**schema, "default": settled[name]} for name, schema in plan.params.items() if name in left
    }
    return plan.model_copy(update={"params": params, "steps": steps, "answer": answer})


def _fill_step(step: Step, values: JsonObject) -> Step:
    # Not `for_each`, whose declared type is that of `item`.
    inputs = {name: _fill_binding(binding, values) for name, binding in step.inputs.items()}
    return step.model_copy(update={"inputs": inputs})


def _fill_binding(binding: Binding, values: JsonObject) -> Binding:
    match binding:
        case From(expression):
            name = _parameter_of(parse(expression))
            return binding if name is None else Literal(values[name])
        case Template(text) if PARAMETERS in text:
            return Template(join_template(_fill_part(part, values) for part in split_template(text)))
        case _:
            return binding


def _fill_part(part: TemplatePart, values: JsonObject) -> TemplatePart:
    name = _parameter_of(parse(part.text)) if part.is_expression else None
    return part if name is None else TemplatePart(text_of(values[name]), is_expression=False)


def _parameter_of(tree: Tree) -> str | None:
    """The parameter that an expression is, and nothing else."""
    match tree:
        case Member(Name(name), key) | Index(Name(name), Constant(value=str() as key)) if name == PARAMETERS:
            return key
        case _:
            return None


def _parameters_in(tree: Tree, values: Mapping[str, JsonValue]) -> Iterator[str]:
    """The parameters that an expression refers to: all of them where it takes them as a whole."""
    if (name := _parameter_of(tree)) is not None:
        yield name
        return
    if isinstance(tree, Name) and tree.name == PARAMETERS:
        yield from values
    for child in children(tree):
        yield from _parameters_in(child, values)


def _trees(steps: Iterable[Step], answer: Binding) -> Iterator[Tree]:
    for step in steps:
        yield from (parse(text) for text in (step.condition, *step.expect) if text is not None)
        for binding in (*step.inputs.values(), step.for_each):
            yield from _trees_of(binding)
    yield from _trees_of(answer)


def _trees_of(binding: Binding | None) -> Iterator[Tree]:
    match binding:
        case From(expression):
            yield parse(expression)
        case Template(text):
            yield parse_template(text)
        case _:
            return
