"""The pending work of a run: what its plan makes possible next.

Every step counts the dependencies that have not ended, so that the end of a step costs as much
as it has dependants, and nothing ever looks through the plan.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Collection, Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, TypeVar

from callsheet.agents.contracts.capability import CHANGING
from callsheet.executor.run.events import RetryScheduled
from callsheet.executor.run.failure import Failure
from callsheet.executor.run.state import Try, Work
from callsheet.planner.plan.checked_plan import CompiledStep
from callsheet.planner.plan.plan import Join

OpenQuestion: TypeAlias = Literal["condition", "items", "reach", "approval"]
"""What may have to be settled before the work of a step can start."""

T = TypeVar("T")


QueueKey: TypeAlias = tuple[str, ...]
"""Work for which the same agents will do: the capability, and the agents that failed at it before."""


@dataclass(slots=True)
class PendingWork:
    """What may be decided, started, skipped, tried again or stopped, each in the order in which it
    became possible. Deciding reads the heads of these queues; entering the event removes them.
    """

    steps: dict[str, CompiledStep]
    """The steps of the plan, by id."""
    dependants: dict[str, list[str]]
    """The steps that depend on each step."""
    unmet: dict[str, int]
    """How many dependencies of each step have not ended."""
    completed: dict[str, int]
    """How many dependencies of each step have completed: a join of `any` needs just one."""
    unended: set[str]
    """The steps that have not ended."""
    approvals: dict[str, str]
    """The steps that need an approval although the plan does not say so, each with why."""
    guarded: frozenset[str] = frozenset()
    """The steps of a revision that may go beyond what was granted, which is decided once their inputs are
    known."""
    held: set[str] = field(default_factory=set[str])
    """The steps whose condition was decided and holds."""
    items: dict[str, int] = field(default_factory=dict[str, int])
    """How many items each `for_each` step has, once that is known."""
    reached: set[str] = field(default_factory=set[str])
    """The steps of which it is decided whether they go beyond what was granted."""
    approved: set[str] = field(default_factory=set[str])
    """The steps whose approval was granted."""
    carried_over: set[Work] = field(default_factory=set[Work])
    """The work that an earlier plan did."""
    unmeetable: OrderedDict[str, None] = field(default_factory=OrderedDict[str, None])
    """The steps that are to be skipped, because their join can no longer be met."""
    questions: OrderedDict[str, None] = field(default_factory=OrderedDict[str, None])
    """The steps of which something is to be decided before their work can start."""
    queues: OrderedDict[QueueKey, OrderedDict[Work, None]] = field(
        default_factory=OrderedDict[QueueKey, OrderedDict[Work, None]]
    )
    """The work that is ready: in one queue what the same agents can do, and the queues in turn."""
    spare_queues: list[OrderedDict[Work, None]] = field(
        default_factory=list[OrderedDict[Work, None]], compare=False
    )
    """Empty queues for later use: making one costs more than keeping it."""
    sought: dict[Work, str] = field(default_factory=dict[Work, str])
    """The work whose result may be reused from elsewhere, with the key of that result."""
    searched: set[Work] = field(default_factory=set[Work])
    """The work of which it is known that no result can be reused."""
    failed: deque[tuple[Work, Failure]] = field(default_factory=deque[tuple[Work, Failure]])
    """The work whose last attempt failed, and what is to be decided about that."""
    backoffs: dict[Work, RetryScheduled] = field(default_factory=dict[Work, RetryScheduled])
    """The work that waits for its next attempt."""
    hedges: OrderedDict[Work, int] = field(default_factory=OrderedDict[Work, int])
    """The work that is due for a second attempt, with the number of the first."""
    cancelling: OrderedDict[Try, None] = field(default_factory=OrderedDict[Try, None])
    """The attempts that are to be told to stop."""
    lost_attempts: OrderedDict[Try, None] = field(default_factory=OrderedDict[Try, None])
    """The attempts whose process has ended."""
    attempts: dict[Work, int] = field(default_factory=dict[Work, int])
    """How many attempts there were at each piece of work."""
    spare: dict[Work, int] = field(default_factory=dict[Work, int])
    """How many of these its retries do not count."""
    losses: dict[Work, int] = field(default_factory=dict[Work, int])
    """How many were lost since the run last made progress: work that kills its process must not go on for
    ever."""
    rivals: dict[Work, set[int]] = field(default_factory=dict[Work, set[int]])
    """The attempts that are running, where there are two at one piece of work."""
    blamed: dict[Work, dict[str, int]] = field(default_factory=dict[Work, dict[str, int]])
    """By work and agent, how often it failed through the agent's own fault."""

    @classmethod
    def from_steps(cls, steps: Mapping[str, CompiledStep], approvals: Mapping[str, str]) -> PendingWork:
        """The pending work before anything has happened."""
        pending = cls._bare(steps, approvals)
        for step in steps.values():
            if not step.dependencies:
                pending.admit(step)
        return pending

    @classmethod
    def _bare(cls, steps: Mapping[str, CompiledStep], approvals: Mapping[str, str]) -> PendingWork:
        dependants: dict[str, list[str]] = {step: [] for step in steps}
        for step in steps.values():
            for dependency in step.dependencies:
                dependants[dependency].append(step.id)
        unmet = {step.id: len(step.dependencies) for step in steps.values()}
        return cls(dict(steps), dependants, unmet, dict.fromkeys(steps, 0), set(steps), dict(approvals))

    def extend(self, steps: Iterable[CompiledStep], completed: Collection[str]) -> None:
        """More steps, each behind those that it depends on; of what has ended, these have completed."""
        for step in steps:
            self.steps[step.id] = step
            self.dependants[step.id] = []
            self.unended.add(step.id)
            for dependency in step.dependencies:
                self.dependants[dependency].append(step.id)
            self.unmet[step.id] = sum(each in self.unended for each in step.dependencies)
            self.completed[step.id] = sum(each in completed for each in step.dependencies)
            self._judge(step)

    def admit(self, step: CompiledStep) -> None:
        """The step's join is met, or one more of its questions is settled: queue what comes next."""
        if self.question(step) is not None:
            self.questions[step.id] = None
        elif step.for_each is None:
            self.queue((step.id, None))
        else:
            for item in range(self.items[step.id]):
                if (step.id, item) not in self.carried_over:
                    self.queue((step.id, item))

    def question(self, step: CompiledStep) -> OpenQuestion | None:
        """What is to be settled next, before there is work."""
        if step.condition is not None and step.id not in self.held:
            return "condition"
        if step.for_each is not None and step.id not in self.items:
            return "items"
        if step.id in self.guarded and step.id not in self.reached:
            return "reach"
        asks = step.approval or step.id in self.approvals
        return "approval" if asks and step.id not in self.approved else None

    def proceed(self, step: str) -> None:
        """One question about the step has its answer."""
        self.questions.pop(step, None)
        self.admit(self.steps[step])

    def queue_key(self, work: Work) -> QueueKey:
        """Where the work stands in line."""
        capability = self.steps[work[0]].capability.name
        return (capability, *sorted(self.blamed[work])) if work in self.blamed else (capability,)

    def queue(self, work: Work, *, first: bool = False) -> None:
        """The work is ready: it stands in line for a place, or at the head of the line."""
        key = self.queue_key(work)
        waiting = self.queues.get(key)
        if waiting is None:
            # A chain of steps empties its queue at every one.
            waiting = self.queues[key] = self.spare_queues.pop() if self.spare_queues else OrderedDict()
        waiting[work] = None
        if first:
            waiting.move_to_end(work, last=False)

    def take_work(self, work: Work) -> None:
        """The work leaves the line; the next turn is another queue's, so that much of one kind
        does not keep the other kinds waiting."""
        key = self.queue_key(work)
        waiting = self.queues.get(key)
        if waiting is None:
            return
        waiting.pop(work, None)
        if not waiting:
            self.spare_queues.append(self.queues.pop(key))
        elif len(self.queues) > 1:
            self.queues.move_to_end(key)

    def next_work(self, blocked: Container[QueueKey], max_sought: int, *, harmless: bool) -> Work | None:
        """What has waited longest in the first queue that is not blocked. While `max_sought` results are
        looked for, only work that needs no looking; where it is to be `harmless`, only such as changes
        nothing."""
        for key, waiting in self.queues.items():
            if key not in blocked:
                work = next(iter(waiting))
                if harmless and self.steps[work[0]].capability.effect in CHANGING:
                    continue
                # Looking for a result may mean waiting for another run, so that is bounded like attempts.
                if len(self.sought) < max_sought or not self.is_to_seek(work):
                    return work
        return None

    def is_to_seek(self, work: Work) -> bool:
        """Whether the work may have been done before, which is not settled yet."""
        return self.steps[work[0]].capability.cache is not None and work not in self.searched

    def end_step(self, step: str, *, completed: bool) -> None:
        """The step has ended: tell its dependants."""
        if step not in self.unended:
            return
        self.unended.remove(step)
        if self.failed and self.steps[step].total_timeout_seconds is not None:
            # It may have succeeded at the very moment at which its time was up.
            self._forget_failures(step)
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
        for item in (None, *range(self.items.get(step, 0))):
            self._forget((step, item))
        self._forget_failures(step)

    def _forget_failures(self, step: str) -> None:
        self.failed = deque(entry for entry in self.failed if entry[0][0] != step)

    def put_aside(self, work: Work) -> None:
        """Forget what was still going to be done about one piece of work, which is the first that failed."""
        self._forget(work)
        while self.failed and self.failed[0][0] == work:
            self.failed.popleft()

    def _forget(self, work: Work) -> None:
        self.take_work(work)
        for waiting in (self.backoffs, self.sought, self.hedges):
            waiting.pop(work, None)

    def revised(
        self,
        steps: Mapping[str, CompiledStep],
        afresh: frozenset[str],
        ended: Mapping[str, bool],
        approvals: Mapping[str, str],
        guarded: frozenset[str],
    ) -> PendingWork:
        """The pending work under another plan. The steps `afresh` begin anew; of all others everything stays
        as it stands, and those of them that have `ended` say whether they completed."""
        pending = self._bare(steps, {**self.approvals, **approvals})
        pending.guarded = guarded | self.guarded.difference(afresh)
        for name, completed in ended.items():
            pending.unended.discard(name)
            for dependant in pending.dependants[name]:
                pending.unmet[dependant] -= 1
                pending.completed[dependant] += completed
        kept = frozenset(steps).difference(afresh)
        pending._take_over(self, kept)
        for step in steps.values():
            if step.id in afresh:
                pending._judge(step)
        return pending

    def _take_over(self, other: PendingWork, steps: frozenset[str]) -> None:
        """Everything that other pending work has about these steps, in its order."""
        self.held, self.approved = other.held & steps, other.approved & steps
        self.reached = other.reached & steps
        self.items = {step: items for step, items in other.items.items() if step in steps}
        self.carried_over = {work for work in other.carried_over if work[0] in steps}
        self.searched = {work for work in other.searched if work[0] in steps}
        self.questions.update((step, None) for step in other.questions if step in steps)
        self.unmeetable.update((step, None) for step in other.unmeetable if step in steps)
        self.failed.extend(entry for entry in other.failed if entry[0][0] in steps)
        self.cancelling, self.lost_attempts = other.cancelling, other.lost_attempts
        # The numbers of attempts go on, also where the work is another now.
        self.attempts = other.attempts
        self.spare = {
            work: other.spare.get(work, 0) if work[0] in steps else attempts
            for work, attempts in other.attempts.items()
        }
        self.backoffs, self.sought = _of(other.backoffs, steps), _of(other.sought, steps)
        self.losses, self.rivals = _of(other.losses, steps), _of(other.rivals, steps)
        self.blamed = _of(other.blamed, steps)
        self.hedges.update(_of(other.hedges, steps))
        for waiting in other.queues.values():
            for work in waiting:
                if work[0] in steps:
                    self.queue(work)

    def _judge(self, step: CompiledStep) -> None:
        """What of the step is possible now, where some of what it depends on has ended already."""
        unmet, completed = self.unmet[step.id], self.completed[step.id]
        lost = len(step.dependencies) - unmet - completed
        if step.join is Join.ALL and lost:
            self.unmeetable[step.id] = None
        elif unmet == 0:
            if step.join is Join.ANY and step.dependencies and not completed:
                self.unmeetable[step.id] = None
            else:
                self.admit(step)


def _of(known: Mapping[Work, T], steps: frozenset[str]) -> dict[Work, T]:
    return {work: value for work, value in known.items() if work[0] in steps}
