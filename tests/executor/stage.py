"""Hand-made plans and agents, and a stage on which a run is played in virtual time."""

from __future__ import annotations

import inspect
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import JsonValue

from callsheet.agents.agent import Agent, Context, Isolation
from callsheet.agents.contracts.capability import Capability, Effect, JsonObject
from callsheet.agents.registry import Registry
from callsheet.agents.workspace.workspace import Workspace
from callsheet.executor.clocks.virtual_loop import VirtualClock, run_virtually
from callsheet.executor.driver.executor import Executor
from callsheet.executor.journal.journal import Journal, MemoryJournal
from callsheet.executor.machine.machine import reduce_event
from callsheet.executor.machine.machine_state import MachineState
from callsheet.executor.machine.recovery import recheck
from callsheet.executor.run.events import Event, PlanAdopted, RunCreated
from callsheet.executor.run.options import RunOptions, divide
from callsheet.executor.run.result import RunResult
from callsheet.planner.expressions.tree import Comparison, Constant, Index, Member, Name, StepOutput, Tree
from callsheet.planner.plan.checked_plan import CheckedPlan, CompiledStep, Expectation
from callsheet.planner.plan.plan import Join, Literal, OnFailure, Plan, Step

ANYTHING: JsonObject = {"type": "object"}
VALUE: JsonObject = {"type": "object", "properties": {"value": {}}, "required": ["value"]}
HALL = Workspace(tempfile.gettempdir())


def capability(
    name: str = "work",
    *,
    effect: Effect = Effect.PURE,
    input_schema: JsonObject = ANYTHING,
    output_schema: JsonObject = VALUE,
) -> Capability:
    """A capability that takes anything and gives a `value`."""
    return Capability(
        name=name,
        description="Work.",
        input_schema=input_schema,
        output_schema=output_schema,
        main_output="value",
        effect=effect,
    )


WORK = capability()


def step(
    name: str,
    *after: str,
    does: Capability = WORK,
    inputs: Mapping[str, Tree] | None = None,
    join: Join = Join.ALL,
    condition: Tree | None = None,
    for_each: Tree | None = None,
    expect: Sequence[Tree] = (),
    max_retries: int = 0,
    timeout_seconds: float = 60.0,
    total_timeout_seconds: float | None = None,
    on_failure: OnFailure = OnFailure.FAIL,
    approval: bool = False,
) -> CompiledStep:
    """A compiled step that depends on those `after` which it comes."""
    return CompiledStep(
        id=name,
        capability=does,
        inputs=inputs or {},
        dependencies=after,
        join=join,
        condition=condition,
        for_each=for_each,
        expectations=tuple(Expectation("as expected", tree) for tree in expect),
        max_retries=max_retries,
        timeout_seconds=timeout_seconds,
        total_timeout_seconds=total_timeout_seconds,
        on_failure=on_failure,
        approval=approval,
    )


def plan(*steps: CompiledStep, answer: Tree | None = None) -> CheckedPlan:
    """A checked plan of these steps."""
    document = Plan(
        goal="a goal",
        steps=tuple(Step(id=each.id, capability=each.capability.name) for each in steps),
        answer=Literal(None),
    )
    return CheckedPlan(document, {each.id: each for each in steps}, answer or Constant("done"))


def value_of(name: str, *, each: bool = False) -> Tree:
    """What a step gave."""
    return StepOutput(name, "value", each)


def own_value() -> Tree:
    """`output.value`."""
    return Member(Name("output"), "value")


def equals(tree: Tree, value: JsonValue) -> Tree:
    """`tree == value`."""
    return Comparison(tree, (("==", Constant(value)),))


def nothing() -> Tree:
    """An expression without a value: the first element of an empty list."""
    return Index(Constant([]), Constant(0))


Behaviour = Callable[[Mapping[str, JsonValue], Context], Any]


@dataclass
class Actor:
    """An agent that does what it is told, and remembers for whom. A value that is no object is
    returned as the `value` of one."""

    behaviour: Behaviour = lambda inputs, context: context.step
    name: str = "actor"
    offers: Sequence[Capability] = (WORK,)
    isolation: Isolation = Isolation.LOOP
    played: list[Context] = field(default_factory=list[Context])

    @property
    def capabilities(self) -> Sequence[Capability]:
        """What it offers."""
        return self.offers

    async def perform(self, capability: str, inputs: Mapping[str, JsonValue], context: Context) -> JsonObject:
        """Do as told."""
        self.played.append(context)
        result = self.behaviour(inputs, context)
        if inspect.isawaitable(result):
            result = await result
        output: JsonObject = result if isinstance(result, dict) else {"value": result}
        return output


@dataclass
class Played:
    """A run that was played: its result, its events, and the state that they reduce to."""

    result: RunResult
    events: list[Event]
    state: MachineState

    def names(self) -> list[str]:
        """The kinds of the events, in order."""
        return [type(event).__name__ for event in self.events]

    def statuses(self) -> dict[str, str]:
        """How each step ended."""
        return {name: str(each.status) for name, each in self.result.steps.items()}

    def of(self, kind: type[Any]) -> list[Any]:
        """The events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]


async def perform(
    checked: CheckedPlan,
    *agents: Agent,
    journal: Journal | None = None,
    run: str = "r",
    seed: int = 7,
    **more: Any,
) -> Played:
    """Create a run, carry the plan out, and read it back. `more` are options of the run, and what else an
    executor takes."""
    journal = journal or MemoryJournal()
    options, around = divide(more)
    clock = around.pop("clock", None) or VirtualClock()
    await journal.create(RunCreated(clock.now(), run, checked.plan.goal, seed))
    registry = Registry(agents or (Actor(),))
    executor = Executor(registry, journal, RunOptions.of(**options), workspace=HALL, clock=clock, **around)
    result = await executor.run(run, checked)
    events = journal.read_events(run)
    revised = [event for event in events if isinstance(event, PlanAdopted) and event.revision > 1]
    plans = {1: checked} | {event.revision: recheck(event, Registry(())) for event in revised}
    return Played(result, events, reduce_event(events, plans))


def play(checked: CheckedPlan, *agents: Agent, **options: Any) -> Played:
    """The same, in virtual time."""
    return run_virtually(perform(checked, *agents, **options))


def behave(**by_step: Any) -> Behaviour:
    """A behaviour for each step: an exception to raise, a function, or a value; its id where left out."""

    def behaviour(inputs: Mapping[str, JsonValue], context: Context) -> Any:
        told = by_step.get(context.step, context.step)
        if isinstance(told, BaseException):
            raise told
        return told(inputs, context) if callable(told) else told

    return behaviour
