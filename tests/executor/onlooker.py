"""A reader of the events of a run, one by one, that sees whether its replanning keeps its promises."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from callsheet.agents.contracts.capability import Effect
from callsheet.executor.evaluation.inputs import inputs_of
from callsheet.executor.machine.machine import apply, decide
from callsheet.executor.machine.machine_state import MachineState
from callsheet.executor.machine.replanning_decisions import is_listening
from callsheet.executor.run.events import (
    ApprovalGranted,
    AttemptCancelled,
    AttemptFailed,
    AttemptLost,
    AttemptStarted,
    AttemptStopping,
    AttemptSucceeded,
    AttemptSurprised,
    DoubtSettled,
    Event,
    PlanAdopted,
    ResultKept,
    RunCompleted,
    RunStarted,
)
from callsheet.executor.run.failure import Failure
from callsheet.executor.run.state import ENDED, RUN_ENDED, AttemptStatus, RunState, StepStatus, Try, Work
from callsheet.planner.plan.checked_plan import CheckedPlan, CompiledStep
from callsheet.planner.plan.plan import Join

_ACTING = (Effect.WRITE, Effect.IRREVERSIBLE)

AttemptEnd: TypeAlias = AttemptSucceeded | AttemptFailed | AttemptSurprised | AttemptCancelled | AttemptLost

Content: TypeAlias = tuple[Any, ...]
"""What tells a piece of work from all others: the capability, the inputs, and the writing work behind it."""


class Contents:
    """The content of the work of a plan, read off the record each time: nothing is remembered."""

    def __init__(self, record: RunState, steps: Mapping[str, CompiledStep]) -> None:
        self._record = record
        self._steps = steps

    def of(self, step: str, item: int | None) -> Content | None:
        """The content of a work whose inputs can be had."""
        compiled = self._steps[step]
        inputs = inputs_of(self._record, compiled, item)
        if isinstance(inputs, Failure):
            return None
        return compiled.capability.name, json.dumps(inputs, sort_keys=True), self._behind(step)

    def is_settled(self, step: str) -> bool:
        """Whether everything that comes before the step has ended."""
        return all(
            self._record.steps[each].status in ENDED and self.is_settled(each)
            for each in self._steps[step].dependencies
        )

    def _behind(self, step: str) -> Content:
        marks = {self._mark(each) for each in self._steps[step].dependencies} - {()}
        return next(iter(marks), ()) if len(marks) < 2 else ("all of", frozenset(marks))

    def _mark(self, step: str) -> Content:
        known = self._record.steps[step]
        if self._steps[step].capability.effect not in _ACTING or not (known.attempts or known.kept):
            return self._behind(step)
        items = (None,) if known.items is None else range(len(known.items))
        return "done", *(self.of(step, item) for item in items)


class Onlooker:
    """Reads events, and fails where one should not be. With `punctual` nothing but the plan, its planner and
    its approvals may have kept work waiting: no limit on what runs at once, and no other process."""

    def __init__(self, plans: Mapping[int, CheckedPlan], *, punctual: bool = False) -> None:
        self.state = MachineState(dict(plans))
        self._punctual = punctual
        self._place = 0
        self._done: dict[Work, Content | None] = {}
        self._finished: set[Content] = set()
        self._known: set[Content | None] = set()
        self._unsure = False
        self._begun: dict[str, tuple[int, float]] = {}
        self._ended: dict[str, float] = {}
        self._granted: dict[str, tuple[int, float]] = {}
        self._for_good: dict[str, int] = {}
        self._left: set[Try] = set()
        self._listened = 0.0
        """Until when somebody's word kept back what changes the world."""

    def read(self, events: Iterable[Event]) -> MachineState:
        """All of them. At every one the machine can decide, and what it decides changes nothing."""
        for event in events:
            self._before(event)
            if is_listening(self.state):
                self._listened = event.at
            apply(self.state, event)
            self._after(event)
            self._place += 1
            decide(self.state)
        return self.state

    def _before(self, event: Event) -> None:
        if isinstance(event, AttemptEnd):
            self._see_end(event)
        match event:
            case AttemptStarted():
                self._see_start(event)
            case AttemptStopping():
                self._see_stop(event)
            case AttemptSucceeded():
                self._see_success(event)
            case AttemptSurprised() | DoubtSettled() if event.output is not None:
                self._come_to_know(event.step, event.item)
            case ResultKept(step=step, item=item):
                known = self._contents.of(step, item) in self._known
                assert known or self._unsure, "only the same work, with the same behind it, is done already"
            case PlanAdopted() if event.revision > 1:
                self._see_revision(event)
            case RunCompleted():
                assert self.state.replanning is None, "the planner's decision is waited for"
            case _:
                pass

    def _after(self, event: Event) -> None:
        match event:
            case RunStarted():
                self._begun = dict.fromkeys(self.state.plan.steps, (self._place, event.at))
            case PlanAdopted() if event.revision > 1:
                self._begun |= dict.fromkeys(event.afresh, (self._place, event.at))
            case ApprovalGranted(step=step):
                self._granted[step] = self._place, event.at
            case ResultKept(step=step, item=item):
                self._done[step, item] = self._contents.of(step, item)
            case _:
                pass
        held = [self.state.run.steps[step].status for step in self.state.run.held]
        assert ENDED.isdisjoint(held) or self.state.run.status in RUN_ENDED, "what has ended is not held"
        for step, known in self.state.run.steps.items():
            if known.status not in ENDED:
                self._ended.pop(step, None)
            else:
                self._ended.setdefault(step, event.at)

    @property
    def _contents(self) -> Contents:
        return Contents(self.state.run, self.state.plan.steps)

    def _see_start(self, event: AttemptStarted) -> None:
        step, work = self.state.plan.steps[event.step], (event.step, event.item)
        record = self.state.run
        known = record.steps[event.step]
        self._see_join(step)
        held = record.held.get(event.step, {})
        assert None not in held and event.item not in held, "what is held waits for the decision"
        assert known.status not in ENDED, "what has ended is not begun again"
        assert not (known.outputs and known.outputs[event.item or 0]), "nor is an item that is done"
        assert work not in [each[:2] for each in record.running if each not in record.obsolete]
        content = self._contents.of(*work)
        assert content not in self._finished, f"{content} was done under an earlier plan"
        self._see_word_given(event, step)
        acting = step.capability.effect in _ACTING
        assert not (acting and is_listening(self.state)), "a word counts before the world is changed"
        if self._punctual and not any(each.item == event.item for each in self._attempts_now(event.step)):
            kept_back = self._listened if acting else 0.0
            assert event.at == max(self._may_begin(step), kept_back), f"{event.step} began late"

    def _see_join(self, step: CompiledStep) -> None:
        statuses = [self.state.run.steps[each].status for each in step.dependencies]
        assert all(status in ENDED for status in statuses), "it waits for what it depends on"
        completed = [status is StepStatus.COMPLETED for status in statuses]
        assert {Join.ALL: all(completed), Join.ANY: any(completed) or not completed}.get(step.join, True)

    def _see_word_given(self, event: AttemptStarted, step: CompiledStep) -> None:
        """What cannot be undone was planned for before anything like it was done, or somebody allowed it."""
        if step.capability.effect is not Effect.IRREVERSIBLE:
            return
        name, since = step.capability.name, self._begun[step.id][0]
        if self._for_good.get(name, self._place) < since:
            assert self._granted.get(step.id, (-1, 0.0))[0] > since, f"{name} is done again unbidden"

    def _see_end(self, event: AttemptEnd) -> None:
        """Only where its agent says so has nothing been done by an attempt."""
        failure = event.failure if isinstance(event, AttemptFailed) else None
        if failure is None or not (failure.retryable or not failure.agent_at_fault):
            attempt = self.state.run.running[event.step, event.item, event.attempt]
            self._for_good.setdefault(attempt.capability, self._place)

    def _attempts_now(self, step: str) -> Iterator[Any]:
        """The attempts at the step as it now is."""
        since = self._begun[step][1]
        attempts = self.state.run.steps[step].attempts
        obsolete = self.state.run.obsolete
        return (
            each
            for each in attempts
            if each.started >= since and (step, each.item, each.number) not in obsolete
        )

    def _may_begin(self, step: CompiledStep) -> float:
        waits = [self._begun[step.id][1], self._granted.get(step.id, (0, 0.0))[1]]
        return max(*waits, *(self._ended[each] for each in step.dependencies))

    def _see_stop(self, event: AttemptStopping) -> None:
        """Only what is to end anyway is stopped: the run, a step in trouble, or one that was changed."""
        state, attempt = self.state, (event.step, event.item, event.attempt)
        held = state.run.held.get(event.step, {})
        failed = state.run.steps[event.step].status is StepStatus.FAILED
        assert state.is_ending or failed or None in held or attempt in self._left

    def _see_success(self, event: AttemptSucceeded) -> None:
        record, work = self.state.run, (event.step, event.item)
        attempt = *work, event.attempt
        self._come_to_know(*work)
        if record.running[attempt].status is not AttemptStatus.RUNNING or attempt in record.obsolete:
            return
        if self._contents.is_settled(event.step):
            self._done[work] = self._contents.of(*work)

    def _come_to_know(self, step: str, item: int | None) -> None:
        """The work has been done; what was behind it nobody can tell where that has not ended."""
        if step in self.state.plan.steps:
            self._unsure = self._unsure or not self._contents.is_settled(step)
            self._known.add(self._contents.of(step, item))

    def _see_revision(self, event: PlanAdopted) -> None:
        """What was done is finished from now on; what is unchanged goes on."""
        self._finished |= {content for content in self._done.values() if content is not None}
        self._done.clear()
        before, after = self.state.plan, self.state.plans[event.revision]
        trouble = self.state.replanning.step if self.state.replanning else None
        changed = changed_steps(before, after, trouble)
        assert changed.isdisjoint(set(after.steps).difference(event.afresh))
        assert changed.issuperset(set(before.steps).intersection(event.afresh)), "the rest stays as it is"
        record = self.state.run
        left = {attempt for attempt in record.running if attempt[0] in changed}.difference(record.obsolete)
        acting = {step for step, _, _ in left} | changed.intersection(step for step, _ in record.doubtful)
        for step in acting:
            assert before.steps[step].capability.effect not in _ACTING, "what may be acting is left alone"
        self._left |= left


def changed_steps(before: CheckedPlan, after: CheckedPlan, trouble: str | None) -> set[str]:
    """The steps of a plan that another one leaves out or changes, the one in trouble, and all behind them."""
    definitions = {step.id: step for step in after.plan.steps}
    changed = {step.id for step in before.plan.steps if definitions.get(step.id) != step} | {trouble or ""}
    for plan in (before, after):
        for step in in_order(plan):
            if changed.intersection(plan.steps[step].dependencies):
                changed.add(step)
    return changed.intersection(before.steps)


def in_order(plan: CheckedPlan) -> Sequence[str]:
    """The steps, each after what it depends on."""
    ordered: dict[str, None] = {}

    def visit(step: str) -> None:
        for each in plan.steps[step].dependencies:
            visit(each)
        ordered[step] = None

    for step in plan.steps:
        visit(step)
    return tuple(ordered)
