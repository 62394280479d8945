"""The machine: what each event makes of a run, and what is to be done next. Pure: no I/O, no clock,
no chance.

    what                       is entered as                  and makes of the step
    -------------------------  -----------------------------  ------------------------------------
    join met, nothing to ask   (follows from the last end)    PENDING, in line for a place
    join can't be met          StepSkipped                    SKIPPED, and on to its dependants
    condition                  ConditionDecided               PENDING, or SKIPPED
    approval                   ApprovalRequested              WAITING
                               ApprovalGranted / Denied       PENDING / FAILED by a StepFailed
    items of for_each          ItemsResolved                  RUNNING, or COMPLETED if there are none
    result may be had          ResultSought                   WAITING
                               ResultReused / Missing         COMPLETED / WAITING, in line
    a place is free            AttemptStarted                 RUNNING
    output good                AttemptSucceeded               COMPLETED, once every item is
    attempt failed             AttemptFailed, RetryScheduled  WAITING
                               ... RetryDue                   WAITING, in line for a place
                               AttemptFailed, StepFailed      FAILED
    surprise                   AttemptSurprised, StepFailed   FAILED
    failed, with a planner     StepHeld, ReplanningStarted    WAITING
    ... who accepts            ResultAccepted                 COMPLETED
    ... who revises            PlanAdopted                    PENDING, where it begins anew
    ... who asks               PersonAsked, WordSpoken        WAITING
    ... who knows no way       GivenUp or ReplanningFailed    FAILED by a StepFailed
    done under an older plan   ResultKept                     COMPLETED
    reaches further            ReachDecided                   PENDING; with an approval to come
    no value, or a bad input   StepFailed                     FAILED
    takes too long in all      StepTimeLimitReached           FAILED by a StepFailed
    takes unusually long       HedgeDue, AttemptStarted       RUNNING, twice: the first answer counts
    its process ended          AttemptLost                    WAITING, in line; or in doubt
    in doubt                   DoubtSettled                   COMPLETED, WAITING in line, or FAILED
    budget is used up          BudgetReached                  (as the run fails)
    run fails or is cancelled  AttemptStopping,               (as the attempt ends)
                               AttemptCancelled
                               RunFailed / RunCancelled       CANCELLED, whatever had not ended

`apply` costs as much as the step has dependants (or items, when they are resolved or given up);
`decide` costs the same whatever the size of the plan. Deciding changes nothing: only entering
the event of a command takes it off the pending work, so a run reduced from its journal stands where it
stood.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping

from callsheet.executor.run.events import AttemptStopping, Event, PlanAdopted, RunCancelled, RunFailed
from callsheet.executor.run.reducer import REDUCERS
from callsheet.executor.run.spending import RunSpending
from callsheet.executor.run.state import RunState, RunStatus, Try
from callsheet.planner.plan.checked_plan import CheckedPlan

from .commands import Command, Finish, StopAttempt
from .decisions import answer_question, answer_run, begin_hedge, begin_work, give_up_or_retry, lose, skip
from .machine_state import MachineState
from .pending_work import QueueKey
from .replanning_decisions import ask_planner, is_listening
from .replanning_transitions import before_adoption
from .transitions import TRANSITIONS

_NONE: tuple[QueueKey, ...] = ()


def apply(state: MachineState, event: Event) -> None:
    """Enter the event."""
    kind, run = event.__class__, state.run
    if isinstance(event, PlanAdopted):
        before_adoption(state, event)
    run.now = event.at
    enter = REDUCERS.get(kind)
    if enter is not None:
        enter(run, event)
    if state.spending is not None:
        state.spending.add_event(event)
    transition = TRANSITIONS.get(kind)
    if transition is not None:
        transition(state, event)


def reduce_event(
    events: Iterable[Event], plans: Mapping[int, CheckedPlan], spending: RunSpending | None = None
) -> MachineState:
    """The state that the events of a run lead to. `spending` is still empty."""
    state = MachineState(dict(plans), spending=spending)
    for event in events:
        apply(state, event)
    return state


def decide(state: MachineState, blocked: Container[QueueKey] = _NONE) -> Command | None:
    """The next thing to be done, or None where only an event from outside can help.

    One command at a time, so that each is decided in the light of the one before. Work in a queue
    that is `blocked` is left where it is: no agent is free for it now.
    """
    run, pending = state.run, state.pending
    if run.status is not RunStatus.RUNNING:
        return None
    if pending.lost_attempts:
        return lose(run, pending, next(iter(pending.lost_attempts)))
    if pending.cancelling:
        return _stop(run, next(iter(pending.cancelling)))
    if state.is_ending:
        return None if run.running else Finish(_last_event(state))
    if state.halted:
        # Nothing starts before there is a plan; but what the planner has asked for it may be answered.
        return ask_planner(state) if state.message_waits and not state.pausing else None
    if state.pausing and pending.unended:
        return None
    if pending.unmeetable:
        return skip(run, pending, next(iter(pending.unmeetable)))
    if pending.failed:
        return give_up_or_retry(state, *pending.failed[0])
    if (run.held or state.message_waits or state.spending) and (command := ask_planner(state)) is not None:
        return command
    if pending.questions:
        return answer_question(state, next(iter(pending.questions)))
    if len(run.running) < state.max_concurrency:
        if pending.queues:
            work = pending.next_work(blocked, state.max_concurrency, harmless=is_listening(state))
            if work is not None:
                return begin_work(state, work)
        if pending.hedges:
            return begin_hedge(run, pending, next(iter(pending.hedges)))
    if not (pending.unended or run.running or run.drafting or state.replanning):
        return answer_run(run, state.plan, state.grievance)
    return None


def _stop(run: RunState, attempt: Try) -> StopAttempt:
    step, item, number = attempt
    return StopAttempt(AttemptStopping(run.now, step, number, item))


def _last_event(state: MachineState) -> RunFailed | RunCancelled:
    if state.verdict is not None:
        return RunFailed(state.run.now, state.verdict)
    return RunCancelled(state.run.now, state.cancelled or "")
