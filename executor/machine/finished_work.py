"""Finished work by its content: what an earlier plan of the run did, a later one need not do again,
whatever it calls the step.

Two pieces of work are the same where the capability and its version, the resolved inputs, and what was
changed in the world before it are the same. That last part, the `trace`, is made of the steps behind it
that write: a file that is read again after it was written anew is other work, with the same inputs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from callsheet.agents.contracts.capability import CHANGING, Effect
from callsheet.executor.evaluation.inputs import inputs_of
from callsheet.executor.run.failure import Failure
from callsheet.executor.run.result_key import result_key
from callsheet.executor.run.state import AttemptRecord, AttemptStatus, RunState, StepRecord, StepStatus
from callsheet.planner.plan.checked_plan import CompiledStep

NO_TRACE = ""

Steps: TypeAlias = Mapping[str, CompiledStep]
"""The steps of a plan, by id."""


@dataclass(frozen=True, slots=True)
class CarriedResult:
    """Work that an earlier plan did: what it gave, and the step that it was then."""

    step: str
    output: dict[str, Any]


@dataclass(slots=True)
class CarriedResults:
    """What a run has done under its plans so far. `finished` is by content; `traces` are those of the
    steps of the present plan, as far as anybody asked. `irreversible` names the capabilities by which
    something was done that cannot be undone."""

    finished: dict[str, CarriedResult] = field(default_factory=dict[str, CarriedResult])
    traces: dict[str, str] = field(default_factory=dict[str, str], compare=False)
    irreversible: set[str] = field(default_factory=set[str])

    def key(self, run: RunState, step: CompiledStep, item: int | None, steps: Steps) -> str | None:
        """What the work is known by; None where its inputs cannot be had. What it depends on has ended."""
        inputs = inputs_of(run, step, item)
        return None if isinstance(inputs, Failure) else self.key_of(run, step, inputs, steps)

    def key_of(self, run: RunState, step: CompiledStep, inputs: dict[str, Any], steps: Steps) -> str:
        """What the work with these inputs is known by."""
        trace = self.trace(run, step.id, steps)
        return f"{result_key(step.capability, inputs)}{trace}"

    def trace(self, run: RunState, step: str, steps: Steps) -> str:
        """What was changed in the world before the step, as one text; all it depends on has ended."""
        pending = [step]
        while pending:
            name = pending[-1]
            missing = [each for each in steps[name].dependencies if each not in self.traces]
            if name in self.traces or not missing:
                pending.pop()
                if name not in self.traces:
                    self.traces[name] = self._trace(run, steps[name], steps)
            else:
                pending += missing
        return self.traces[step]

    def carry_over(self, run: RunState, steps: Steps) -> None:
        """The present plan is about to be replaced: keep by content what it has done."""
        for step in steps.values():
            known = run.steps[step.id]
            if known.status is StepStatus.COMPLETED or known.outputs or step.id in run.surprises:
                self._keep(run, step, steps)
            if changed_for_good(step, known):
                self.irreversible.add(step.capability.name)
        # A trace depends on what a step depends on, and the next plan may change that.
        self.traces.clear()

    def _keep(self, run: RunState, step: CompiledStep, steps: Steps) -> None:
        known = run.steps[step.id]
        for item in known.places:
            output = _output(run, step.id, item)
            key = None if output is None else self.key(run, step, item, steps)
            if output is not None and key is not None:
                self.finished[key] = CarriedResult(step.id, output)

    def _trace(self, run: RunState, step: CompiledStep, steps: Steps) -> str:
        marks = {self._mark(run, steps[name], steps) for name in step.dependencies} - {NO_TRACE}
        if len(marks) < 2:
            # Passed on as it is: steps that change nothing, however many lie between, leave no trace.
            return next(iter(marks), NO_TRACE)
        return _digest(sorted(marks))

    def _mark(self, run: RunState, step: CompiledStep, steps: Steps) -> str:
        """What a step leaves to those behind it: its own work where it writes, else what was before it."""
        known = run.steps[step.id]
        if step.capability.effect not in CHANGING or not (known.attempts or known.kept):
            return self.traces[step.id]
        keys = (self.key(run, step, item, steps) for item in known.places)
        return "+" + _digest(key or "?" for key in keys)


def changed_for_good(step: CompiledStep, known: StepRecord) -> bool:
    """Whether the step has done what cannot be undone, or may have."""
    return step.capability.effect is Effect.IRREVERSIBLE and any(
        attempt.capability == step.capability.name and _may_have_acted(attempt) for attempt in known.attempts
    )


def _may_have_acted(attempt: AttemptRecord) -> bool:
    # Of irreversible work only the agent can know that nothing has happened: it says so by what it raises.
    if attempt.status is not AttemptStatus.FAILED:
        return attempt.ended is not None
    failure = attempt.failure
    return failure is None or (failure.agent_at_fault and not failure.retryable)


def _output(run: RunState, step: str, item: int | None) -> dict[str, Any] | None:
    known = run.steps[step]
    surprise = run.surprises.get(step, {}).get(item)
    if surprise is not None:
        return surprise
    if item is not None:
        return None if known.outputs is None else known.outputs[item]
    return known.output if known.status is StepStatus.COMPLETED else None


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
