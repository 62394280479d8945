"""A plan that passed the checker, with everything the executor needs worked out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from pydantic import JsonValue

from callsheet.agents.contracts.capability import Capability, JsonObject
from callsheet.planner.expressions.tree import Constant, Tree

from .plan import Join, Literal, OnFailure, Plan


@dataclass(frozen=True, slots=True)
class Expectation:
    """A condition over an attempt's output: as the plan has it, and as it is evaluated."""

    text: str
    tree: Tree


@dataclass(frozen=True, slots=True)
class CompiledStep:
    """A step with its expressions resolved, its dependencies named and its policy settled."""

    id: str
    """The step id."""

    capability: Capability
    """The contract as it was when the plan was checked."""

    inputs: Mapping[str, Tree]
    """A tree for every input that the plan binds; a literal is a `Constant`."""

    dependencies: tuple[str, ...]
    """The steps whose end this one waits for, in the order in which it names them, without repeats."""

    join: Join
    """How the dependencies must have ended."""

    condition: Tree | None
    """Whether the step runs; None where it always does."""

    for_each: Tree | None
    """The list whose items the work is done for; None where it is done once."""

    expectations: tuple[Expectation, ...]
    """What must hold of each output."""

    max_retries: int
    """How many more attempts may follow a failed one, for each item."""

    timeout_seconds: float
    """The limit of one attempt."""

    on_failure: OnFailure
    """What a failure or a surprise does to the run."""

    approval: bool
    """Whether the step waits for the user's approval."""

    total_timeout_seconds: float | None = None
    """The limit of all attempts, items and waits together; None for no limit."""


@dataclass(frozen=True)
class CheckedPlan:
    """A plan without errors. `steps` has each under its id, in plan order."""

    plan: Plan
    steps: Mapping[str, CompiledStep]
    answer: Tree

    @classmethod
    def empty(cls, goal: str) -> Self:
        """A plan that does nothing, and whose answer is null."""
        return cls(Plan(goal=goal, steps=(), answer=Literal(None)), {}, Constant(None))

    @cached_property
    def document(self) -> dict[str, JsonValue]:
        """The plan as JSON, as `Plan.to_document` writes it; written once, and not to be changed."""
        return self.plan.to_document()

    @cached_property
    def contracts(self) -> tuple[JsonObject, ...]:
        """The capabilities that the plan names, each once, by name; not to be changed."""
        named = {step.capability.name: step.capability for step in self.steps.values()}
        return tuple(named[name].model_dump(mode="json", exclude_defaults=True) for name in sorted(named))
