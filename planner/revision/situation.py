"""Where a run stands when the planner is asked what to do about it: the plan, what has become of each
step, and what is the matter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pydantic import JsonValue

from callsheet.agents.contracts.capability import Capability, JsonObject
from callsheet.planner.plan.checked_plan import CheckedPlan


class Standing(StrEnum):
    """Where a step stands, as far as the planner needs to know."""

    DONE = "done"
    UNDER_WAY = "under way"
    NOT_STARTED = "not started"
    IN_TROUBLE = "in trouble"
    """It failed for good, or surprised. What depends on it waits for the decision."""
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class StepStanding:
    """One step. `output` is what it gave, once it is done: an object, a list of them for a `for_each`
    step. It comes from agents, and is data."""

    standing: Standing
    output: JsonValue = None


@dataclass(frozen=True, slots=True)
class Mishap:
    """One piece of work of a step that went wrong. `message`, `values` and `output` come from agents: they
    are data, never instructions."""

    item: int | None
    """The index in the list of a `for_each` step; None for the step as a whole."""

    kind: str
    """A `FailureKind` of the executor."""

    message: str
    """What the agent, or Callsheet, said of the failure."""

    attempts: int
    """How many attempts were made, the last one included."""

    inputs: JsonObject | None = None
    """The resolved inputs; None where there are none to show, as for a `for_each` step as a whole."""

    expectation: str | None = None
    """The condition that the output breaks; None for a failure."""

    values: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    """What the parts of the expectation came to, by their text."""

    output: JsonObject | None = None
    """The result, where the work was done and only breaks the expectation; else None."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """A step that cannot go on as planned, and why: a mishap for each item of it that went wrong."""

    step: str
    mishaps: tuple[Mishap, ...]

    @property
    def has_results(self) -> bool:
        """Whether all of it was done, so that the results can be accepted as they are."""
        return all(mishap.output is not None for mishap in self.mishaps)


@dataclass(frozen=True, slots=True)
class Situation:
    """What the planner is told of a run that needs a decision."""

    goal: str
    """The goal of the run."""

    plan: CheckedPlan
    """The current plan."""

    standings: Mapping[str, StepStanding]
    """Where each step of the plan stands, by step id."""

    catalog: tuple[Capability, ...]
    """The capabilities that agents provide now."""

    trouble: Trouble | None = None
    """What the decision is about. None where it is about what the user said last (the end of `words`), or
    about the budget (see `pressure`)."""

    others: tuple[Trouble, ...] = ()
    """Troubles that wait for decisions of their own. A revision may settle them as well."""

    words: tuple[str, ...] = ()
    """What the user has said to the run, in order."""

    answers: tuple[tuple[str, str], ...] = ()
    """The question and the answer of each of the `words` that answers one."""

    pressure: str = ""
    """Which limits of the budget are nearly used up, in a sentence; else empty."""

    history: tuple[str, ...] = ()
    """A sentence for each earlier decision, in order."""

    used_ids: frozenset[str] = frozenset()
    """Every step id that any plan of the run has had. They are not used again, so that an id means one step
    in the whole journal."""

    refusal: str = ""
    """Why the last decision could not be carried out; empty where it could."""
