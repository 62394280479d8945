"""How the plan of a run came to be what it is: each revision, what led to it, and what it kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from callsheet.agents.models.chat import Usage
from callsheet.planner.plan import Plan
from callsheet.planner.plan_diff import PlanDiff, compare

from .events import (
    ApprovalRequested,
    AttemptStarted,
    Event,
    GivenUp,
    ModelCalled,
    PersonAsked,
    PlanAdopted,
    ReplanningFailed,
    ReplanningStarted,
    ResultAccepted,
    ResultKept,
    StepHeld,
    WordSpoken,
)
from .record import NO_USAGE, Work


@dataclass(slots=True)
class Chapter:
    """One time that the planner was asked. `held` is what had gone wrong until then, `words` what people
    had said; `outcome` is how it was decided: `revised`, `accepted`, `asked`, `given up` or `undecided`,
    empty where it was not; `reason` says why, in the planner's words.

    For a revision, `number` and `plan` are the new plan's, `diff` is what it changed, `kept` the results
    that were taken over by content and `redone` the steps that were done once before under the same id.
    `usage` is what the planner's calls took.
    """

    started: float
    step: str | None
    held: tuple[StepHeld, ...] = ()
    words: tuple[str, ...] = ()
    outcome: str = ""
    reason: str = ""
    decided: float | None = None
    number: int | None = None
    plan: Plan | None = None
    diff: PlanDiff | None = None
    approvals: dict[str, str] = field(default_factory=dict[str, str])
    kept: list[ResultKept] = field(default_factory=list[ResultKept])
    redone: list[str] = field(default_factory=list[str])
    asked: list[ApprovalRequested] = field(default_factory=list[ApprovalRequested])
    usage: Usage = NO_USAGE


@dataclass(slots=True)
class RevisionStory:
    """All of it, in order. `first` is the plan that the run began with."""

    first: Plan | None = None
    chapters: list[Chapter] = field(default_factory=list[Chapter])

    @property
    def plans(self) -> dict[int, Plan]:
        """The plans by revision."""
        first = {} if self.first is None else {1: self.first}
        later = {each.number: each.plan for each in self.chapters if each.number and each.plan}
        return first | later


def tell_revisions(events: Iterable[Event]) -> RevisionStory:
    """What the events of a run say about its plans."""
    return _Teller().tell(events)


class _Teller:
    def __init__(self) -> None:
        self._story = RevisionStory()
        self._plan: Plan | None = None
        self._open: Chapter | None = None
        self._held: dict[Work, StepHeld] = {}
        self._words: list[str] = []
        self._begun: set[str] = set()

    def tell(self, events: Iterable[Event]) -> RevisionStory:
        for event in events:
            self._take(event)
        return self._story

    def _take(self, event: Event) -> None:
        latest = self._story.chapters[-1] if self._story.chapters else None
        match event:
            case StepHeld(step=step, item=item):
                self._held[step, item] = event
            case WordSpoken(text=text):
                self._words.append(text)
            case ReplanningStarted():
                self._open = Chapter(event.at, event.step, tuple(self._held.values()), tuple(self._words))
                self._story.chapters.append(self._open)
                self._words = []
            case ModelCalled(step=None) if self._open is not None:
                self._open.usage = self._open.usage + event.usage
            case PlanAdopted():
                self._adopt(event)
            case ResultAccepted():
                self._decide(event.at, "accepted", event.reason)
            case GivenUp():
                self._decide(event.at, "given up", event.reason)
            case ReplanningFailed():
                self._decide(event.at, "undecided", event.message)
            case PersonAsked():
                self._decide(event.at, "asked", event.question)
            case ResultKept() if latest is not None:
                latest.kept.append(event)
            case ApprovalRequested() if latest is not None and event.why:
                latest.asked.append(event)
            case AttemptStarted(step=step, attempt=attempt):
                if latest is not None and attempt > 1 and step in self._begun:
                    latest.redone.append(step)
                self._begun.discard(step)
            case _:
                return

    def _adopt(self, event: PlanAdopted) -> None:
        before, self._plan = self._plan, Plan.model_validate(event.plan)
        if before is None or self._open is None:
            self._story.first = self._plan
            return
        self._open.number, self._open.plan = event.revision, self._plan
        self._open.diff, self._open.approvals = compare(before, self._plan), dict(event.approvals)
        self._begun = set(event.afresh)
        self._decide(event.at, "revised", event.reason)

    def _decide(self, at: float, outcome: str, reason: str) -> None:
        if self._open is None:
            return
        self._open.outcome, self._open.reason, self._open.decided = outcome, reason, at
        if outcome != "asked":
            self._held = {work: held for work, held in self._held.items() if work[0] != self._open.step}
        self._open = None
