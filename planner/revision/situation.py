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
    """Where a step stands, as far as planning is concerned."""

    DONE = "done"
    UNDER_WAY = "under way"
    NOT_STARTED = "not started"
    IN_TROUBLE = "in trouble"
    """It failed for good, or surprised, and what depends on it waits for the decision."""
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
    """One piece of work that went wrong, after so many `attempts`: `kind` is a `FailureKind`.

    `message`, `values` and `output` come from agents, and are data. `output` is there where the work was
    done and its result breaks the `expectation`.
    """

    item: int | None
    kind: str
    message: str
    attempts: int
    inputs: JsonObject | None = None
    expectation: str | None = None
    values: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    output: JsonObject | None = None


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
    """What the planner is told of a run that needs a decision.

    `trouble` is what the decision is about; None where somebody's word is, the last of `words`, or the
    budget, of which `pressure` then says what is nearly used up. `others` are troubles that wait for
    decisions of their own, which a revision may settle too. `words` are what a person has said to the
    run, in order, `answers` those of them that answer a question, with it. `history` has a sentence for
    each earlier decision, `used_ids` every id that any plan of the run has had. `refusal` says why the last
    decision could not be carried out; empty where it could.
    """

    goal: str
    plan: CheckedPlan
    standings: Mapping[str, StepStanding]
    catalog: tuple[Capability, ...]
    trouble: Trouble | None = None
    others: tuple[Trouble, ...] = ()
    words: tuple[str, ...] = ()
    answers: tuple[tuple[str, str], ...] = ()
    pressure: str = ""
    history: tuple[str, ...] = ()
    used_ids: frozenset[str] = frozenset()
    refusal: str = ""
