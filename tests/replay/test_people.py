"""What people say to runs, and what they do not say: it is said again when it was said."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import pytest

from callsheet.executor.clocks.virtual_loop import VirtualClock, run_virtually
from callsheet.executor.recording.content.recording import Recording
from callsheet.executor.run.events import (
    ApprovalDenied,
    ApprovalGranted,
    CancellationRequested,
    DoubtSettled,
    Event,
    PauseRequested,
    PersonAsked,
    RunCancelled,
    RunPaused,
    RunResumed,
    TimeLimitReached,
    WordSpoken,
)
from callsheet.orchestration.orchestrator import Orchestrator

from .drawn import ASKING_BACK, THINGS_SAID
from .exact import require_exact
from .scenes import SCENES, step
from .story import (
    Day,
    Killed,
    MortalJournal,
    Say,
    Story,
    decline,
    never_say,
    say_no_slowly,
    say_nothing,
    say_yes,
    think_about_it,
)
from .world import Mind, Nature, decision, hands, planned, written

STEPS = [step("a", "think"), step("b", "save", approval=True), step("c", "send"), step("d", "look")]
SLOW = Nature(["good"], [2.5], [1.0])


def told(*days: Day, turns: Sequence[str] = (), **more: Any) -> Recording:
    """A plan of a model, in which two steps want an approval."""
    mind = Mind([written(planned(STEPS)), *turns, decision("accept")], SLOW)
    (recording,) = Story(partial(hands, SLOW), mind, days=days, **more).tell()
    return recording


def has(recording: Recording, *kinds: type[Event]) -> bool:
    """Whether something of each kind has happened."""
    return all(any(isinstance(event, kind) for event in recording.events) for kind in kinds)


@pytest.mark.parametrize("approve", [say_yes, say_no_slowly, say_nothing, never_say, None])
@pytest.mark.parametrize("signal", [None, "approve", "kim approves", "deny", "kim denies"])
def test_approvals_by_function_and_by_signal(approve: Any, signal: str | None) -> None:
    """Granted or refused, at once or late, with a name or without, or not at all: the same steps start at the
    same times."""
    said: list[Say] = [] if signal is None else [(4.0, signal), (9.0, signal)]
    recording = told(Day({"approve": approve}, said), Day(said=[(1.0, "kim denies")]))
    assert has(recording, *([ApprovalGranted] if approve is say_yes else []))
    require_exact(recording)


def test_denials_and_grants_are_both_among_them() -> None:
    """Approvals with a name come by signal, those without from the `approve` function."""
    recording = told(Day(said=[(1.5, "kim denies")]), Day({"approve": say_yes}))
    assert has(recording, ApprovalDenied)
    require_exact(recording)


@pytest.mark.parametrize("word", ["approve", "deny"])
def test_a_word_without_a_name_and_a_pause_in_one_breath(word: str) -> None:
    """To a process that has just resumed the run: the answer comes once, not by signal and from the
    function, and nothing starts between the two."""
    days = (
        Day({"approve": never_say}, [(4.0, "pause")], gap=0.0),
        Day({"approve": never_say}, [(3.0, word), (3.0, "pause")]),
    )
    recording = told(*days, Day(), helps=False)
    paused = [at for at, event in enumerate(recording.events) if isinstance(event, PauseRequested)]
    assert isinstance(recording.events[paused[-1] - 1], ApprovalGranted | ApprovalDenied)
    require_exact(recording)


@pytest.mark.parametrize("what", THINGS_SAID)
@pytest.mark.parametrize("seconds", [0.0, 0.5, 1.0, 1.5, 3.5, 6.0])
def test_whatever_is_said_at_any_time(what: str, seconds: float) -> None:
    """Before there is a plan, while it is made, while the run goes on, and after: in the same place again."""
    recording = told(
        Day({"approve": say_yes}, [(seconds, what), (seconds, "tell")]), Day({"approve": say_yes})
    )
    require_exact(recording)


@pytest.mark.parametrize("review", [decline, think_about_it])
@pytest.mark.parametrize("what", ["tell", "cancel", "interrupt"])
def test_what_is_said_while_somebody_looks_at_the_plan(review: Any, what: str) -> None:
    """A plan that is declined, and one at which somebody looks for long, are looked at for as long again."""
    recording = told(Day(said=[(2.5, what)]), Day(), begin={"review": review})
    assert has(recording, RunCancelled) or what != "cancel"
    require_exact(recording)


def test_questions_and_their_answers() -> None:
    """One about the goal, one in the middle of the run: they are asked again, and have the same answers."""
    turns = [ASKING_BACK, written(planned(STEPS)), decision("ask", question="why?"), decision("accept")]
    days = [Day(), Day({"approve": say_yes}, [(1.5, "tell")]), Day({"approve": say_yes})]
    (recording,) = Story(partial(hands, SLOW), Mind(turns, SLOW), days=days).tell()
    assert sum(isinstance(event, PersonAsked) for event in recording.events) == 2
    assert has(recording, WordSpoken, RunPaused)
    require_exact(recording)


def test_pauses_and_whoever_goes_on_under_other_terms() -> None:
    """Paused, and resumed again and again: with another budget, with less at once, with fewer replans."""
    days = [
        Day({"max_concurrency": 4}, [(2.0, "pause")]),
        Day(said=[(1.0, "pause")], budget="20 attempts", given={"max_concurrency": 1, "max_replans": 0}),
        Day(
            {"approve": say_yes},
            [(1.0, "tell")],
            budget="none",
            given={"max_concurrency": 2, "max_replans": 2},
        ),
        Day({"approve": say_yes}),
    ]
    recording = told(*days, helps=False)
    assert has(recording, PauseRequested, RunPaused)
    require_exact(recording)


@pytest.mark.parametrize("limit", [0.5, 1000])
def test_whoever_goes_on_with_another_limit_of_time(limit: float) -> None:
    """And another word about failures and slow agents: the replay is given them at the same place."""
    given = {"time_limit": limit, "fail_fast": False, "hedge": True}
    days = [
        Day({"time_limit": 5000}, [(2.0, "pause")]),
        Day({"approve": say_yes}, budget="2h", given=given),
        Day({"approve": say_yes}),
    ]
    recording = told(*days, helps=False)
    (resumed, *_) = (event for event in recording.events if isinstance(event, RunResumed))
    assert resumed.deadline == pytest.approx(resumed.at + limit)
    assert has(recording, TimeLimitReached) == (limit < 1)
    require_exact(recording)


@pytest.mark.parametrize("settles", ["done", "again", "failed"])
def test_doubts_and_what_became_of_them(settles: Any) -> None:
    """Nobody saw whether it was done, and somebody found out."""
    plan = planned([step("a", "think"), step("sure", "send")])
    stories = [
        Story(
            partial(hands, SLOW),
            plan=plan,
            begin={"review": None},
            days=[Day({"approve": say_yes}, dies_after=events), *[Day({"approve": say_yes})] * 2],
            settles=settles,
        )
        for events in range(2, 8)
    ]
    recordings = [recording for story in stories for recording in story.tell()]
    assert any(has(recording, DoubtSettled) for recording in recordings)
    for recording in recordings:
        require_exact(recording)


@pytest.mark.parametrize("what", ["interrupt", "interrupt twice", "cancel"])
def test_whoever_is_stopped_stops_as_they_did(what: str) -> None:
    """Attempts that stop at once, late, with an error, or not at all; and what is interrupted goes on."""
    story = SCENES["interrupted"]()
    days = [Day(said=[(3.0, what)]), Day(), Day()]
    (recording,) = Story(story.agents, story.model, plan=story.plan, days=days).tell()
    assert has(recording, CancellationRequested if what == "cancel" else RunResumed)
    require_exact(recording)


@pytest.mark.parametrize("events", [3, 4, 6, 9])
def test_a_run_that_nobody_has_is_called_off(events: int) -> None:
    """Before it was planned, before it was started, and in its middle: whoever cancels it ends it."""
    journal = MortalJournal()

    async def call_off() -> None:
        journal.left = events - 2
        mind = Mind([written(planned(STEPS))], SLOW)
        orchestrator = Orchestrator(hands(SLOW), model=mind, store=journal, clock=VirtualClock())
        with pytest.raises(Killed):
            await orchestrator.run("a goal")
        journal.left = None
        await orchestrator.control.cancel(journal.runs()[0].run, "nobody needs it")

    run_virtually(call_off())
    recording = Recording.from_events(journal.read_events(journal.runs()[0].run))
    assert isinstance(recording.events[-1], RunCancelled)
    require_exact(recording)
