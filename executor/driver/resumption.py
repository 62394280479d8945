"""Going on with a run that was started: what is given holds from then on, and the rest stays as it was."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from callsheet.agents.spending.budget import Budget
from callsheet.executor.machine.machine_state import MachineState
from callsheet.executor.run.events import Event, OptionsGiven, RunCreated, RunEquipped, RunResumed
from callsheet.executor.run.options import RunOptions


def options_of(state: MachineState) -> RunOptions:
    """The options that the run has so far, as far as the journal has them."""
    return RunOptions(
        fail_fast=state.fail_fast,
        hedge=state.hedge,
        max_concurrency=state.max_concurrency,
        max_replans=state.run.replans,
        budget=None if state.spending is None else state.spending.budget,
    )


def options_before_start(events: Iterable[Event]) -> RunOptions:
    """The options that a run was created with, and was given before it was started, as far as the journal has
    them."""
    options = RunOptions()
    for event in events:
        if isinstance(event, RunCreated) and event.budget:
            options = replace(options, budget=Budget.parse(event.budget))
        elif isinstance(event, RunEquipped):
            options = replace(options, time_limit=event.time_limit)
        elif isinstance(event, OptionsGiven):
            options = _options_given(event).or_else(options)
    return options


def options_given(now: float, options: RunOptions) -> OptionsGiven | None:
    """The event with which a run that has not started is taken up with these options; None where there are
    none that a journal keeps."""
    event = OptionsGiven(
        now,
        options.max_concurrency,
        options.max_replans,
        None if options.budget is None else options.budget.describe(),
        options.time_limit,
        options.fail_fast,
        options.hedge,
        options.stream,
    )
    return None if event == OptionsGiven(now) else event


def _options_given(event: OptionsGiven) -> RunOptions:
    return RunOptions(
        max_concurrency=event.max_concurrency,
        max_replans=event.replans,
        budget=None if event.budget is None else Budget.parse(event.budget),
        time_limit=event.time_limit,
        fail_fast=event.fail_fast,
        hedge=event.hedge,
        stream=event.stream,
    )


def resumption(now: float, given: RunOptions, state: MachineState, *, is_limited: bool) -> RunResumed:
    """The event with which the run is resumed now, with the options that were given. `is_limited`
    says whether the run was created with a time limit, which a longer budget does not take away."""
    return RunResumed(
        now,
        given.or_else(options_of(state)).concurrency,
        given.max_replans,
        None if given.budget is None else given.budget.describe(),
        _deadline(now, given, state, is_limited=is_limited),
        given.fail_fast,
        given.hedge,
    )


def _deadline(now: float, given: RunOptions, state: MachineState, *, is_limited: bool) -> float | None:
    """The deadline that takes the place of the one so far; None where that stays."""
    is_timed = given.budget is not None and given.budget.seconds is not None
    if given.time_limit is None and not is_timed:
        return None
    budget = given.budget or (None if state.spending is None else state.spending.budget)
    # The time in which no process had the run is not charged, so what counts is spending up to the last
    # event.
    left = None if budget is None or state.spending is None else budget.left(state.spending.spent()).seconds
    deadline = now + min(limit for limit in (given.time_limit, left) if limit is not None)
    so_far = state.run.deadline if is_limited and given.time_limit is None else None
    return deadline if so_far is None else min(deadline, so_far)
