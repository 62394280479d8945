"""How the plan of a run came to be what it is: each revision, what led to it, and what it kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from callsheet.agents.models.chat import Usage
from callsheet.planner.plan.diff import PlanDiff, compare
from callsheet.planner.plan.plan import Plan

from .events import (
    ApprovalDenied,
    ApprovalGranted,
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
from .reducer import apply_event
from .state import NO_USAGE, AttemptStatus, RunState, StepStatus, Work

_DONE = (AttemptStatus.SUCCEEDED, AttemptStatus.SURPRISED)


@dataclass(slots=True)
class AnsweredClarification:
    """A question from before there was a plan, and what people had to say to it."""

    question: str
    words: list[str] = field(default_factory=list[str])


@dataclass(slots=True)
class ReplanningRound:
    """One time that the planner was asked, and what came of it."""

    started: float
    """When it was asked, in seconds since the epoch, as `decided`."""
    step: str | None
    """The step that it was asked about; None where it was asked for another reason."""
    held: tuple[StepHeld, ...] = ()
    """What had gone wrong until then."""
    words: tuple[str, ...] = ()
    """What people had said until then."""
    pressure: str = ""
    """What was nearly used up of the budget; empty where nothing was."""
    outcome: str = ""
    """`revised`, `accepted`, `asked`, `given up` or `undecided`; empty while it is being decided."""
    reason: str = ""
    """Why, in the planner's words."""
    decided: float | None = None
    """When it was decided; None before that."""
    number: int | None = None
    """The number of the new plan, where there is one."""
    plan: Plan | None = None
    """The new plan."""
    diff: PlanDiff | None = None
    """What it changed."""
    stayed: tuple[str, ...] = ()
    """The completed steps that it did not touch."""
    approvals: dict[str, str] = field(default_factory=dict[str, str])
    """The steps that need an approval because of the revision, each with why."""
    verdicts: dict[str, str] = field(default_factory=dict[str, str])
    """How each of these approvals was decided."""
    kept: list[ResultKept] = field(default_factory=list[ResultKept])
    """The results that were taken over by content."""
    redone: list[str] = field(default_factory=list[str])
    """The steps that were done before under the same id, and again after it."""
    usage: Usage = NO_USAGE
    """The tokens of the planner's calls."""


@dataclass(slots=True)
class RevisionHistory:
    """All of it, in order. `first` is the plan that the run began with, `clarified` what was asked and said
    before that; `unheard` is what was said after the planner was asked for the last time."""

    first: Plan | None = None
    clarified: list[AnsweredClarification] = field(default_factory=list[AnsweredClarification])
    chapters: list[ReplanningRound] = field(default_factory=list[ReplanningRound])
    unheard: tuple[str, ...] = ()

    @property
    def plans(self) -> dict[int, Plan]:
        """The plans by revision."""
        first = {} if self.first is None else {1: self.first}
        later = {each.number: each.plan for each in self.chapters if each.number and each.plan}
        return first | later


def tell_revisions(events: Iterable[Event]) -> RevisionHistory:
    """What the events of a run say about its plans."""
    return _RevisionReader().tell(events)


class _RevisionReader:
    def __init__(self) -> None:
        self._story = RevisionHistory()
        self._record = RunState()
        self._plan: Plan | None = None
        self._open: ReplanningRound | None = None
        self._revision: ReplanningRound | None = None
        self._words: list[str] = []
        self._done_before: set[Work] = set()

    def tell(self, events: Iterable[Event]) -> RevisionHistory:
        for event in events:
            if self._plan is None:
                self._begin(event)
            else:
                self._listen(event)
                if self._open is not None and self._decide(self._open, event):
                    self._open = None
                if self._revision is not None:
                    self._follow(self._revision, event)
            apply_event(self._record, event)
        self._story.unheard = tuple(self._words)
        return self._story

    def _begin(self, event: Event) -> None:
        """What happens before there is a plan."""
        clarified = self._story.clarified
        match event:
            case PlanAdopted():
                self._plan = self._story.first = Plan.model_validate(event.plan)
            case PersonAsked(question=question):
                clarified.append(AnsweredClarification(question))
            case WordSpoken(text=text) if clarified:
                clarified[-1].words.append(text)
            case _:
                return

    def _listen(self, event: Event) -> None:
        """What leads to the planner being asked."""
        match event:
            case WordSpoken(text=text):
                self._words.append(text)
            case ReplanningStarted(step=step, pressure=pressure):
                held = (each for work in self._record.held.values() for each in work.values())
                self._open = ReplanningRound(event.at, step, tuple(held), tuple(self._words), pressure)
                self._story.chapters.append(self._open)
                self._words = []
            case _:
                return

    def _decide(self, chapter: ReplanningRound, event: Event) -> bool:
        """What happens while the planner is asked; whether that decides it."""
        match event:
            case ModelCalled(step=None):
                chapter.usage = chapter.usage + event.usage
                return False
            case PlanAdopted(reason=reason):
                self._adopt(chapter, event)
                chapter.outcome, chapter.reason = "revised", reason
            case ResultAccepted(reason=reason):
                chapter.outcome, chapter.reason = "accepted", reason
            case GivenUp(reason=reason):
                chapter.outcome, chapter.reason = "given up", reason
            case ReplanningFailed(message=message):
                chapter.outcome, chapter.reason = "undecided", message
            case PersonAsked(question=question):
                chapter.outcome, chapter.reason = "asked", question
            case _:
                return False
        chapter.decided = event.at
        return True

    def _adopt(self, chapter: ReplanningRound, event: PlanAdopted) -> None:
        assert self._plan is not None
        before, self._plan, self._revision = self._plan, Plan.model_validate(event.plan), chapter
        chapter.number, chapter.plan, chapter.diff = event.revision, self._plan, compare(before, self._plan)
        chapter.approvals = dict(event.approvals)
        known, afresh = self._record.steps, frozenset(event.afresh)
        chapter.stayed = tuple(
            step.id
            for step in self._plan.steps
            if step.id not in afresh and known[step.id].status is StepStatus.COMPLETED
        )
        self._done_before = {
            (step, attempt.item)
            for step in afresh & known.keys()
            for attempt in known[step].attempts
            if attempt.status in _DONE
        }

    def _follow(self, chapter: ReplanningRound, event: Event) -> None:
        """What comes of the latest revision."""
        match event:
            case ResultKept():
                chapter.kept.append(event)
            case ApprovalRequested(step=step, why=why) if why:
                chapter.approvals[step] = why
            case ApprovalGranted(step=step, by=by) if step in chapter.approvals:
                chapter.verdicts[step] = f"approved by {by}" if by else "approved"
            case ApprovalDenied(step=step, by=by) if step in chapter.approvals:
                chapter.verdicts[step] = f"denied by {by}" if by else "denied"
            case AttemptStarted(step=step, item=item) if (step, item) in self._done_before:
                self._done_before.discard((step, item))
                chapter.redone.append(step)
            case _:
                return
