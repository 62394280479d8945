"""The reason for the checker: what it accepts cannot go wrong in a way that it should have known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, event, find, given, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from callsheet.agents.contracts.capability import Capability, JsonObject
from callsheet.agents.contracts.validation import Validator
from callsheet.planner.check.capability_types import CapabilityTypes
from callsheet.planner.check.checker import check
from callsheet.planner.expressions.elaborate import elaborate
from callsheet.planner.expressions.evaluate import Scope, evaluate
from callsheet.planner.expressions.fields import StepType
from callsheet.planner.expressions.kinds import element_of, type_of_value
from callsheet.planner.expressions.parser import parse, parse_template
from callsheet.planner.expressions.schema_types import type_of_schema
from callsheet.planner.expressions.tree import Constant, StepOutput, TemplateText, Tree, children
from callsheet.planner.expressions.types import Type, union
from callsheet.planner.expressions.values import Absent, Value
from callsheet.planner.plan.checked_plan import CheckedPlan, CompiledStep
from callsheet.planner.plan.graph import Node, order
from callsheet.planner.plan.plan import Binding, From, Join, Literal, OnFailure, Template
from tests.planner.strategies import (
    LINK,
    NODE,
    Known,
    accepts,
    catalogs,
    expressions,
    flows,
    keeps_kind,
    objects,
    outputs,
    plans,
    reach,
    schemas,
    values,
)

THOROUGH = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


class Types(NamedTuple):
    """The types that the checker proved for the expressions of one step (or of the answer)."""

    inputs: Mapping[str, Type]
    wanted: Mapping[str, Type]


class Prover:
    """Works out the types of a checked plan's expressions once more, for the test to hold values against."""

    def __init__(self, plan: CheckedPlan) -> None:
        self._plan = plan
        self._contracts = {name: CapabilityTypes(step.capability) for name, step in plan.steps.items()}
        self._steps = {
            name: StepType(
                self._contracts[name].output, step.capability.main_output, step.for_each is not None
            )
            for name, step in plan.steps.items()
        }

    def types(self, name: str) -> Types:
        """The types of a step's inputs, and what its capability wants them to be."""
        step = next(each for each in self._plan.plan.steps if each.id == name)
        variables: dict[str, Type] = {}
        if step.for_each is not None:
            listed = self.type_of(step.for_each, {})
            variables["item"] = union([element_of(kind) for kind in listed.kinds])
        contract = self._contracts[name]
        return Types(
            {key: self.type_of(binding, variables) for key, binding in step.inputs.items()},
            {key: contract.input_type(key) for key in step.inputs},
        )

    def type_of(self, binding: Binding, variables: Mapping[str, Type]) -> Type:
        """The type of a binding."""
        match binding:
            case Literal(value):
                return type_of_value(value)
            case From(text):
                return elaborate(parse(text), self._steps, variables).type
            case Template(text):
                return elaborate(parse_template(text), self._steps, variables).type


class Run:
    """A reference interpreter: what decision record 1 says, and nothing else.

    A step whose condition or items are absent, or whose capability would get an absent input, fails.
    Every value that an expression yields on the way is held against its type.
    """

    def __init__(self, plan: CheckedPlan, draw: Any) -> None:
        self._plan = plan
        self._draw = draw
        self._prover = Prover(plan)
        self.results: dict[str, Any] = {}
        self.values = 0
        self.absent = 0

    def execute(self) -> None:
        """Do every step behind those it depends on, then the answer; a failed step may end it all."""
        nodes = {name: Node(step.dependencies, step.join, False) for name, step in self._plan.steps.items()}
        for name in order(nodes):
            step = self._plan.steps[name]
            allowed = step.on_failure is OnFailure.CONTINUE
            if self._may_start(step) and not self._perform(step) and not allowed:
                return
        answer = self._value(self._plan.answer, self.results)
        self._hold(answer, self._prover.type_of(self._plan.plan.answer, {}))

    def _may_start(self, step: CompiledStep) -> bool:
        done = [each in self.results for each in step.dependencies]
        met = {Join.ALL: all(done), Join.ANY: any(done) or not done, Join.DONE: True}
        return met[step.join]

    def _perform(self, step: CompiledStep) -> bool:
        """Whether the step did not fail; one that is skipped did not."""
        if step.condition is not None:
            holds = self._truth(step.condition, self.results)
            if holds is not True:
                return holds is False
        types = self._prover.types(step.id)
        if step.for_each is None:
            return self._attempt(step, types, {}, {})
        items = self._value(step.for_each, self.results)
        if isinstance(items, Absent):
            return False
        assert isinstance(items, list), "for_each goes over a list"
        found = [
            self._attempt(step, types, {"item": item}, {}) and self.results.pop(step.id) for item in items
        ]
        if all(isinstance(each, dict) for each in found):
            self.results[step.id] = found
            return True
        return False

    def _attempt(
        self, step: CompiledStep, types: Types, own: dict[str, Any], inputs: dict[str, Value]
    ) -> bool:
        scope = {**self.results, **own}
        for name, tree in step.inputs.items():
            value = inputs[name] = self._value(tree, scope)
            self._hold(value, types.inputs[name])
            if not isinstance(value, Absent):
                assert isinstance(tree, Constant) or keeps_kind(
                    value, types.inputs[name], types.wanted[name]
                ), f"{name}: {value!r} is no {types.wanted[name]}"
        if any(isinstance(value, Absent) for value in inputs.values()):
            return False
        output = self._draw(outputs(step.capability))
        for expectation in step.expectations:
            self._truth(expectation.tree, {**scope, "output": output})
        self.results[step.id] = output
        return True

    def _truth(self, tree: Tree, scope: Scope) -> Value:
        value = self._value(tree, scope)
        assert isinstance(value, (bool, Absent)), f"{value!r} is not a boolean"
        return value

    def _value(self, tree: Tree, scope: Scope) -> Value:
        value = evaluate(tree, scope)
        self.values += 1
        if isinstance(value, Absent):
            self.absent += 1
            assert "has no result" not in value.reason, "the checker knew what may be skipped"
        return value

    def _hold(self, value: Value, type_: Type) -> None:
        assert isinstance(value, Absent) or accepts(type_, value), f"{value!r} is not {type_}"


@pytest.mark.slow
@THOROUGH
@given(st.data())
def test_what_is_accepted_stays_within_its_types(data: st.DataObject) -> None:
    """For every plan that checks, and whatever its agents return that their output schemas allow: each
    expression yields a value of its proven type or is absent, a condition a boolean or nothing, an input the
    kind that its capability takes; and no expression refers to a step that was skipped or failed without
    saying what to take instead."""
    catalog = data.draw(catalogs())
    result = check(data.draw(plans(catalog)), catalog)
    event(f"accepted: {result.plan is not None}")
    if result.plan is None:
        event(f"refused for {result.errors[0].code}")
        return
    run = Run(result.plan, data.draw)
    run.execute()
    event(f"steps done: {len(run.results)}")
    event(f"something was absent: {run.absent > 0}")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(flows(), st.data())
def test_absence_is_foreseen(document: dict[str, Any], data: st.DataObject) -> None:
    """For every flow that checks, whatever is skipped or fails on the way: no expression wants the result of
    a step that has none, unless it says what to take instead."""
    result = check(document, [LINK])
    event(f"accepted: {result.plan is not None}")
    if result.plan is not None:
        run = Run(result.plan, data.draw)
        run.execute()
        event(f"steps done: {len(run.results)} of {len(result.plan.steps)}")


@pytest.mark.slow
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
@given(objects(schemas(), least=1), st.data())
def test_an_expression_stays_within_its_type(schema: JsonObject, data: st.DataObject) -> None:
    """For every expression in which nothing is found, and every value of its variable that the schema lets
    through: its value is of its type, or absent."""
    whole: JsonObject = {**schema, "$defs": {"node": NODE}}
    type_ = type_of_schema(whole)
    sort, text = data.draw(expressions(reach(Known("x", type_))))
    found = elaborate(parse(text), {}, {"x": type_})
    event(f"accepted: {not found.findings}")
    if found.findings:
        return
    for _ in range(3):
        value = evaluate(found.tree, {"x": data.draw(values(whole, whole).filter(Validator(whole).accepts))})
        event("absent" if isinstance(value, Absent) else f"a value of sort {sort}")
        assert isinstance(value, Absent) or accepts(found.type, value), (
            f"{text} is {value!r}, not {found.type}"
        )


def _nodes(plan: CheckedPlan) -> Iterator[Tree]:
    pending = [tree for step in plan.steps.values() for tree in step.inputs.values()]
    while pending:
        tree = pending.pop()
        yield tree
        pending += children(tree)


@st.composite
def _checked(draw: st.DrawFn) -> tuple[list[Capability], JsonObject, CheckedPlan | None]:
    catalog = draw(catalogs())
    document = draw(plans(catalog))
    return catalog, document, check(document, catalog).plan


@pytest.mark.slow
def test_the_plans_are_worth_checking() -> None:
    """The random plans are no formality: at least a third is accepted, and among those are plans with
    several steps that refer to each other, conditions, for_each, expectations and templates."""
    seen: list[CheckedPlan | None] = []

    @settings(max_examples=220, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(_checked())
    def collect(made: tuple[list[Capability], JsonObject, CheckedPlan | None]) -> None:
        seen.append(made[2])

    collect()
    accepted = [plan for plan in seen if plan is not None]
    assert len(accepted) * 3 >= len(seen)
    steps = [step for plan in accepted for step in plan.steps.values()]
    assert sum(len(plan.steps) > 1 for plan in accepted) * 4 >= len(accepted)
    assert sum(bool(step.dependencies) for step in steps) * 10 >= len(steps)
    for traits in (
        [step.condition for step in steps if step.condition is not None],
        [step.for_each for step in steps if step.for_each is not None],
        [step.expectations for step in steps if step.expectations],
        [node for plan in accepted for node in _nodes(plan) if isinstance(node, StepOutput)],
        [node for plan in accepted for node in _nodes(plan) if isinstance(node, TemplateText)],
    ):
        assert len(traits) >= 5


def test_the_oracle_can_say_no() -> None:
    """The test's own idea of a type refuses what is not of it; otherwise it would prove nothing."""
    assert not accepts(type_of_value("red"), "green")
    assert not accepts(type_of_value([1, 2]), [1, 0.5])
    assert not accepts(type_of_value({"alpha": 1}), {"alpha": 1, "beta": 2})
    assert not keeps_kind("one", type_of_value("one"), type_of_value(1))
    with pytest.raises(NoSuchExample):
        find(st.integers(), lambda value: accepts(type_of_value(True), value))
