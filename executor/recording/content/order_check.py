"""Whether events make sense one after the other: what happens to a step, an attempt or a plan must fit
what happened to it before. People edit recordings by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, cast

from callsheet.executor.run.events import (
    ApprovalDenied,
    ApprovalGranted,
    ApprovalRequested,
    AttemptCancelled,
    AttemptFailed,
    AttemptLost,
    AttemptStarted,
    AttemptStopping,
    AttemptSucceeded,
    AttemptSurprised,
    ConditionDecided,
    DoubtSettled,
    DraftBegun,
    DraftGrown,
    DraftHalted,
    Event,
    FiguresKnown,
    GivenUp,
    HedgeDue,
    HedgeForgone,
    ItemsResolved,
    ModelCalled,
    OptionsGiven,
    PlanAdopted,
    ReachDecided,
    ReplanningFailed,
    ReplanningStarted,
    ResultAccepted,
    ResultKept,
    ResultMissing,
    ResultReused,
    ResultSought,
    RetryDue,
    RetryScheduled,
    RunCancelled,
    RunCompleted,
    RunCreated,
    RunEquipped,
    RunFailed,
    RunPaused,
    RunResumed,
    RunStarted,
    StepFailed,
    StepHeld,
    StepSkipped,
    StepTimeLimitReached,
)
from callsheet.executor.run.state import RUN_ENDED
from callsheet.suggestions import did_you_mean

from .contracts import contract_problem
from .progress import OrderProblem, RunProgress, told
from .times import times_of

AttemptEnd: TypeAlias = AttemptSucceeded | AttemptFailed | AttemptSurprised | AttemptCancelled | AttemptLost
WorkEvent: TypeAlias = ResultMissing | ResultReused | ResultSought | ResultKept | RetryScheduled

_LATEST = 1e11
_LONGEST = 100 * 365 * 86_400.0


class Incoherent(Exception):
    """An event does not fit those before it; `event` is its place, from 0."""

    def __init__(self, problem: str, event: int) -> None:
        super().__init__(problem)
        self.event = event


def require_coherent(events: Sequence[Event]) -> None:
    """See that the events, the first two aside, make sense one after the other. Raises Incoherent."""
    progress = RunProgress()
    created = events[0].at if events else 0.0
    for place, event in enumerate(events):
        try:
            _require_time(event, created)
            if place > 1:
                _require_fit(progress, event)
            if isinstance(event, (RunEquipped, PlanAdopted, DraftGrown)):
                _require_contracts(event)
            progress.follow(event)
        except OrderProblem as misfit:
            raise Incoherent(str(misfit), place) from None


def _require_time(event: Event, created: float) -> None:
    """See that virtual time can go there, with a microsecond still being one. Raises Misfit."""
    if not abs(created) < _LATEST:
        raise OrderProblem("the time of the run's creation is out of range")
    times = [time for name in times_of(type(event)) if (time := getattr(event, name)) is not None]
    if any(not abs(time - created) <= _LONGEST for time in times):
        raise OrderProblem("its time is more than a hundred years away from the creation of the run")


def _require_fit(progress: RunProgress, event: Event) -> None:
    """See that the event can happen now. Raises Misfit."""
    if progress.run.status in RUN_ENDED:
        raise OrderProblem(f"an event follows after the run was {progress.run.status}")
    rule = _RULES.get(event.__class__)
    if rule is not None:
        rule(progress, event)


def _require_contracts(event: RunEquipped | PlanAdopted | DraftGrown) -> None:
    names: set[str] = set()
    for contract in event.contracts:
        if (problem := contract_problem(contract)) is not None:
            raise OrderProblem(f"one of its contracts is invalid: {problem}")
        if contract["name"] in names:
            raise OrderProblem(f"two of its contracts are called {contract['name']!r}")
        names.add(contract["name"])


def _beginning(progress: RunProgress, event: RunCreated | RunEquipped) -> None:
    raise OrderProblem("a run is created and equipped once, at its beginning")


def _figures_known(progress: RunProgress, event: FiguresKnown) -> None:
    if progress.run.revision or progress.run.model_calls:
        raise OrderProblem("what was known of agents belongs at the beginning of a run")


def _options_given(progress: RunProgress, event: OptionsGiven) -> None:
    if progress.run.started is not None:
        raise OrderProblem("options belong to a run that has not started; a later process resumes it")


def _plan_adopted(progress: RunProgress, event: PlanAdopted) -> None:
    run = progress.run
    if event.revision != run.revision + 1:
        raise OrderProblem(f"it is revision {event.revision}, but the next one is {run.revision + 1}")
    names = _step_names(event.plan.get("steps", []))
    for name in event.afresh:
        if name not in names:
            raise OrderProblem(
                f"`afresh` names {name!r:.80}, which is not a step; {did_you_mean(name, names)}"
            )
    if run.revision or run.drafting:
        dropped = {name for name, step in run.steps.items() if step.dropped}
        for name in names.difference(event.afresh):
            if name not in run.steps or name in dropped:
                raise OrderProblem(f"step {name!r:.80} is new, but `afresh` does not name it")


def _step_names(steps: object) -> set[str]:
    """The names of the steps in a plan, which the reducer relies on to be there."""
    if not isinstance(steps, (list, tuple)):
        raise OrderProblem("`steps` of its plan is not a list")
    names: set[str] = set()
    for step in cast("Sequence[object]", steps):
        entries = cast("dict[str, object]", step) if isinstance(step, dict) else {}
        name, capability = entries.get("id"), entries.get("capability")
        if not (isinstance(name, str) and isinstance(capability, str)):
            raise OrderProblem("a step of its plan needs a string as `id` and as `capability`")
        if name in names:
            raise OrderProblem(f"two steps of its plan are called {name!r:.80}")
        names.add(name)
    return names


def _draft_begun(progress: RunProgress, event: DraftBegun) -> None:
    if progress.run.drafting or progress.run.revision:
        raise OrderProblem("a draft is begun once, before there is a plan")


def _draft_grown(progress: RunProgress, event: DraftGrown) -> None:
    _drafting(progress, event)
    for name in _step_names(event.steps):
        if name in progress.run.steps:
            raise OrderProblem(f"step {name!r:.80} is drafted a second time")


def _drafting(progress: RunProgress, event: DraftGrown | DraftHalted) -> None:
    if not progress.run.drafting:
        raise OrderProblem("no plan is being drafted")


def _run_started(progress: RunProgress, event: RunStarted) -> None:
    if progress.run.started is not None:
        raise OrderProblem("the run was started before")
    if not (progress.run.revision or progress.run.drafting):
        raise OrderProblem("the run is started before there is a plan")
    if not progress.run.drafting:
        progress.require_steps(event.approvals)


def _run_resumed(progress: RunProgress, event: RunResumed) -> None:
    progress.require_started()


def _model_called(progress: RunProgress, event: ModelCalled) -> None:
    if event.step is None:
        if event.item is not None or event.attempt is not None:
            raise OrderProblem("it names an item or an attempt, but no step")
        return
    if event.attempt is None:
        raise OrderProblem(f"it names the step {event.step!r:.80}, but no attempt")
    if (event.step, event.item, event.attempt) not in progress.begun:
        raise OrderProblem(f"{told(event.step, event.item, event.attempt)} was never started")


def _about_open_step(
    progress: RunProgress, event: ConditionDecided | StepSkipped | ApprovalRequested | ReachDecided
) -> None:
    progress.open_step(event.step)


def _items_resolved(progress: RunProgress, event: ItemsResolved) -> None:
    if progress.open_step(event.step).items is not None:
        raise OrderProblem(f"step {event.step!r:.80} has its items already")


def _approval_decided(progress: RunProgress, event: ApprovalGranted | ApprovalDenied) -> None:
    progress.step(event.step)
    if event.step not in progress.run.asked:
        raise OrderProblem(f"no approval of step {event.step!r:.80} was requested")


def _attempt_started(progress: RunProgress, event: AttemptStarted) -> None:
    progress.place(event.step, event.item)
    if (event.step, event.item, event.attempt) in progress.begun:
        raise OrderProblem(f"{told(event.step, event.item, event.attempt)} was started before")


def _attempt_goes_on(progress: RunProgress, event: AttemptStopping | AttemptEnd) -> None:
    progress.step(event.step)
    progress.require_running(event.step, event.item, event.attempt)


def _hedge_due(progress: RunProgress, event: HedgeDue) -> None:
    progress.step(event.step)
    if (event.step, event.item, event.attempt) not in progress.begun:
        raise OrderProblem(f"{told(event.step, event.item, event.attempt)} was never started")


def _about_step(progress: RunProgress, event: HedgeForgone | StepTimeLimitReached) -> None:
    progress.step(event.step)


def _doubt_settled(progress: RunProgress, event: DoubtSettled) -> None:
    progress.step(event.step)
    if (event.step, event.item) not in progress.run.doubtful:
        raise OrderProblem(f"the outcome of step {event.step!r:.80} is not in doubt")
    if (event.verdict == "done") is (event.output is None):
        raise OrderProblem("the verdict `done` needs an output, and no other verdict has one")


def _about_work(progress: RunProgress, event: WorkEvent) -> None:
    progress.place(event.step, event.item)


def _result_found_or_not(progress: RunProgress, event: ResultReused | ResultMissing) -> None:
    progress.step(event.step)
    if (event.step, event.item) not in progress.sought:
        raise OrderProblem(f"no result was looked up for step {event.step!r:.80}")
    if isinstance(event, ResultReused):
        progress.place(event.step, event.item)


def _retry_due(progress: RunProgress, event: RetryDue) -> None:
    progress.step(event.step)
    if (event.step, event.item, event.attempt) not in progress.scheduled:
        raise OrderProblem(f"{told(event.step, event.item, event.attempt)} was never scheduled")


def _step_gone_wrong(progress: RunProgress, event: StepFailed | StepHeld) -> None:
    progress.some_place(event.step, event.item)


def _replanning_started(progress: RunProgress, event: ReplanningStarted) -> None:
    progress.require_started()
    if event.step is not None:
        _require_held(progress, event.step)


def _result_accepted(progress: RunProgress, event: ResultAccepted) -> None:
    if event.step is None:
        return
    _require_held(progress, event.step)
    surprises = progress.run.surprises.get(event.step, {})
    if not surprises.keys() >= progress.run.held[event.step].keys():
        raise OrderProblem(f"step {event.step!r:.80} gave no output that could be accepted")


def _require_held(progress: RunProgress, name: str) -> None:
    progress.step(name)
    if name not in progress.run.held:
        raise OrderProblem(f"step {name!r:.80} is not held")


def _planner_stuck(progress: RunProgress, event: GivenUp | ReplanningFailed) -> None:
    if event.step is not None:
        progress.step(event.step)


def _run_paused(progress: RunProgress, event: RunPaused) -> None:
    progress.require_steps(event.waiting)


def _run_ended(progress: RunProgress, event: RunCompleted | RunFailed | RunCancelled) -> None:
    if progress.run.running:
        raise OrderProblem(f"the run ends before {told(*next(iter(progress.run.running)))} does")
    match event:
        case RunCompleted():
            progress.require_started()
            progress.require_steps(event.missing)
        case RunFailed():
            named = () if event.account.step is None else (event.account.step,)
            progress.require_steps((*named, *event.missing))
        case RunCancelled():
            pass


_RULES: dict[type[Any], Callable[[RunProgress, Any], None]] = {
    ApprovalDenied: _approval_decided,
    ApprovalGranted: _approval_decided,
    ApprovalRequested: _about_open_step,
    AttemptCancelled: _attempt_goes_on,
    AttemptFailed: _attempt_goes_on,
    AttemptLost: _attempt_goes_on,
    AttemptStarted: _attempt_started,
    AttemptStopping: _attempt_goes_on,
    AttemptSucceeded: _attempt_goes_on,
    AttemptSurprised: _attempt_goes_on,
    ConditionDecided: _about_open_step,
    DoubtSettled: _doubt_settled,
    DraftBegun: _draft_begun,
    DraftGrown: _draft_grown,
    DraftHalted: _drafting,
    GivenUp: _planner_stuck,
    HedgeDue: _hedge_due,
    HedgeForgone: _about_step,
    ItemsResolved: _items_resolved,
    ModelCalled: _model_called,
    OptionsGiven: _options_given,
    PlanAdopted: _plan_adopted,
    ReachDecided: _about_open_step,
    ReplanningFailed: _planner_stuck,
    ReplanningStarted: _replanning_started,
    ResultAccepted: _result_accepted,
    ResultKept: _about_work,
    ResultMissing: _result_found_or_not,
    FiguresKnown: _figures_known,
    ResultReused: _result_found_or_not,
    ResultSought: _about_work,
    RetryDue: _retry_due,
    RetryScheduled: _about_work,
    RunCancelled: _run_ended,
    RunCompleted: _run_ended,
    RunCreated: _beginning,
    RunEquipped: _beginning,
    RunFailed: _run_ended,
    RunPaused: _run_paused,
    RunResumed: _run_resumed,
    RunStarted: _run_started,
    StepFailed: _step_gone_wrong,
    StepHeld: _step_gone_wrong,
    StepSkipped: _about_open_step,
    StepTimeLimitReached: _about_step,
}
