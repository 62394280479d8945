"""The agenda of a run: what its plan makes possible next.

Every step counts the dependencies that have not ended, so that the end of a step costs as much
as it has dependants, and nothing ever looks through the plan.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from callsheet.planner.compiled import CompiledStep
from callsheet.planner.plan import Join

from .failure import Failure
from .record import Work

Question: TypeAlias = Literal["condition", "items", "approval"]
"""What may have to be settled before the work of a step can start."""


@dataclass(slots=True)
class Agenda:
    """What may be decided, started, skipped, tried again or stopped, each in the order in which it
    became possible. Deciding reads the heads of these queues; entering the event removes them.

    `unended` is how many steps have not ended. `questions` are steps of which something is to be
    settled before work can start, and `held`, `items` and `approved` the steps of which it has been;
    `asked` are those about which somebody was asked. `attempts` counts the attempts at each piece
    of work, `blamed` those that failed through an agent's own fault.
    """

    steps: Mapping[str, CompiledStep]
    dependants: dict[str, list[str]]
    unmet: dict[str, int]
    completed: dict[str, int]
    unended: int
    approvals: frozenset[str]
    held: set[str] = field(default_factory=set[str])
    items: dict[str, int] = field(default_factory=dict[str, int])
    approved: set[str] = field(default_factory=set[str])
    unmeetable: OrderedDict[str, None] = field(default_factory=OrderedDict[str, None])
    questions: OrderedDict[str, None] = field(default_factory=OrderedDict[str, None])
    asked: OrderedDict[str, None] = field(default_factory=OrderedDict[str, None])
    work: OrderedDict[Work, None] = field(default_factory=OrderedDict[Work, None])
    failed: deque[tuple[Work, Failure]] = field(default_factory=deque[tuple[Work, Failure]])
    backoffs: dict[Work, float] = field(default_factory=dict[Work, float])
    doomed: OrderedDict[Work, None] = field(default_factory=OrderedDict[Work, None])
    attempts: dict[Work, int] = field(default_factory=dict[Work, int])
    blamed: dict[Work, dict[str, int]] = field(default_factory=dict[Work, dict[str, int]])

    @classmethod
    def of(cls, steps: Mapping[str, CompiledStep], approvals: frozenset[str]) -> Agenda:
        """The agenda before anything has happened."""
        dependants: dict[str, list[str]] = {step: [] for step in steps}
        for step in steps.values():
            for dependency in step.dependencies:
                dependants[dependency].append(step.id)
        unmet = {step.id: len(step.dependencies) for step in steps.values()}
        agenda = cls(steps, dependants, unmet, dict.fromkeys(steps, 0), len(steps), approvals)
        for step in steps.values():
            if not step.dependencies:
                agenda.admit(step)
        return agenda

    def admit(self, step: CompiledStep) -> None:
        """The step's join is met, or one more of its questions is settled: queue what comes next."""
        if self.question(step) is not None:
            self.questions[step.id] = None
        elif step.for_each is None:
            self.work[step.id, None] = None
        else:
            self.work.update(((step.id, item), None) for item in range(self.items[step.id]))

    def question(self, step: CompiledStep) -> Question | None:
        """What is to be settled next, before there is work."""
        if step.condition is not None and step.id not in self.held:
            return "condition"
        if step.for_each is not None and step.id not in self.items:
            return "items"
        asks = step.approval or step.id in self.approvals
        return "approval" if asks and step.id not in self.approved else None

    def proceed(self, step: str) -> None:
        """One question about the step has its answer."""
        self.questions.pop(step, None)
        self.admit(self.steps[step])

    def end(self, step: str, *, completed: bool) -> None:
        """The step has ended: tell its dependants."""
        self.unended -= 1
        for dependant in self.dependants[step]:
            self.unmet[dependant] -= 1
            self.completed[dependant] += completed
            self._judge_join(self.steps[dependant], completed)

    def _judge_join(self, step: CompiledStep, completed: bool) -> None:
        if step.join is Join.ALL and not completed:
            # Nothing that still runs can mend it, so its own dependants need not wait either. One
            # that was given up for an earlier dependency is given up only once.
            if self.unmet[step.id] + self.completed[step.id] == len(step.dependencies) - 1:
                self.unmeetable[step.id] = None
        elif self.unmet[step.id] == 0:
            if step.join is Join.ANY and self.completed[step.id] == 0:
                self.unmeetable[step.id] = None
            elif step.join is not Join.ALL or self.completed[step.id] == len(step.dependencies):
                self.admit(step)

    def drop(self, step: str) -> None:
        """Forget what a step that failed was still going to do; costs as much as it has items."""
        self.questions.pop(step, None)
        self.asked.pop(step, None)
        for item in (None, *range(self.items.get(step, 0))):
            self.work.pop((step, item), None)
            self.backoffs.pop((step, item), None)
        self.failed = deque(entry for entry in self.failed if entry[0][0] != step)
