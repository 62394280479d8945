"""A run that starts while its plan is being written: what is complete begins, and the finished plan takes the
draft's place without disturbing it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from callsheet.agents.models.chat import ChatModel
from callsheet.agents.models.scripted import ScriptedModel
from callsheet.agents.registry import Registry
from callsheet.errors import CallsheetError
from callsheet.executor.clocks.virtual_loop import VirtualClock, run_virtually
from callsheet.executor.driver.control import RunControl
from callsheet.executor.driver.executor import Executor
from callsheet.executor.journal.journal import MemoryJournal
from callsheet.executor.machine.recovery import revive
from callsheet.executor.run.events import (
    ApprovalRequested,
    AttemptStarted,
    AttemptStopping,
    AttemptSucceeded,
    DraftGrown,
    DraftHalted,
    Event,
    PlanAdopted,
    ResultKept,
    RunCreated,
)
from callsheet.executor.run.failure import FailureKind
from callsheet.executor.run.options import RunOptions, divide
from callsheet.executor.run.result import RunResult
from callsheet.executor.run.state import RunStatus
from callsheet.planner.plan.checked_plan import CheckedPlan, CompiledStep
from callsheet.planner.revision.decision import Ask, Decision, Revise
from callsheet.planner.revision.situation import Situation
from tests.executor.revisions import by_input, cast, planned, step
from tests.executor.stage import HALL, Behaviour

Line = tuple[float, Any]
"""After how many seconds what comes: a draft, why there is none, a decision, or an exception."""


@dataclass
class Writer:
    """A planner that writes a plan, piece by piece."""

    lines: Sequence[Line]
    tell: Callable[[CheckedPlan | str], None]

    async def decide(self, situation: Situation) -> Decision:
        """Write, and say when it is finished."""
        for seconds, what in self.lines:
            await asyncio.sleep(seconds)
            if isinstance(what, BaseException):
                raise what
            if isinstance(what, Revise | Ask):
                return what
            self.tell(what)
        raise AssertionError("it was never finished")


@dataclass
class Told:
    """A run that was drafted, with its events."""

    result: RunResult
    events: list[Event]
    journal: MemoryJournal

    def of(self, kind: type[Any]) -> list[Any]:
        """The events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def began(self) -> dict[str, float]:
        """When the last attempt at each step began, in seconds from the beginning."""
        return {each.step: each.at - self.events[0].at for each in self.of(AttemptStarted)}


def write(*lines: Line, behaviour: Behaviour | None = None, **options: Any) -> Told:
    """A run whose plan is written like that, in virtual time."""

    async def pursue() -> Told:
        journal, clock = MemoryJournal(), VirtualClock()
        await journal.create(RunCreated(clock.now(), "r", "a goal", 7))
        executor = _executor(journal, clock, behaviour or by_input(), lines, **options)
        result = await executor.draft("r")
        events = journal.read_events("r")
        assert RunResult.from_state(revive(events, Registry(())).run) == result
        return Told(result, events, journal)

    return run_virtually(pursue())


def _executor(
    journal: MemoryJournal, clock: VirtualClock, behaviour: Behaviour, lines: Sequence[Line], **options: Any
) -> Executor:
    def drafter(model: ChatModel, tell: Callable[[CheckedPlan | str], None]) -> Writer:
        return Writer(lines, tell)

    kept, around = divide(options)
    return Executor(
        Registry([cast(behaviour)]),
        journal,
        RunOptions.of(**kept),
        workspace=HALL,
        clock=clock,
        model=ScriptedModel([]),
        drafter=drafter,
        **around,
    )


A = step("a")
B = step("b", it={"template": "{a}!"})
C = step("c")
WHOLE = Revise(planned(A, B, C, answer={"from": "[b, c]"}), "")


def test_steps_start_before_the_rest_is_written() -> None:
    """What is complete begins as it arrives, what depends on it after it, and nothing is done twice."""
    told = write(
        (1.0, planned(A, answer=0)),
        (1.0, planned(A, B, answer=0)),
        (5.0, planned(A, B, C, answer=0)),
        (1.0, WHOLE),
    )
    assert told.result.status is RunStatus.COMPLETED
    assert told.result.answer == ["a!", "c"]
    assert told.began == {"a": 1.0, "b": 2.0, "c": 7.0}
    assert [len(event.steps) for event in told.of(DraftGrown)] == [1, 1, 1]
    (adopted,) = told.of(PlanAdopted)
    assert (adopted.revision, adopted.afresh) == (1, ())


def test_what_only_the_whole_plan_has_starts_with_it() -> None:
    """Steps that no draft had, and what is irreversible, which waits for an approval then."""
    whole = Revise(planned(A, step("s", "send", it={"from": "a"})), "")
    told = write((1.0, planned(A, answer=0)), (4.0, whole), needs_approval=_is_sent)
    assert told.result.status is RunStatus.PAUSED
    assert [event.step for event in told.of(ApprovalRequested)] == ["s"]
    assert told.began == {"a": 1.0}


def _is_sent(step: CompiledStep) -> bool:
    return step.capability.name == "send"


def test_a_later_part_that_does_not_check_stops_what_has_not_started() -> None:
    """What runs may end; nothing new begins before there is a plan, which keeps what was done."""
    mended = Revise(planned(A, B, step("d", it={"template": "{b}?"})), "")
    told = write(
        (1.0, planned(A, B, answer=0)),
        (0.5, "there is no step x"),
        (10.0, mended),
        behaviour=by_input(a=_slowly(3.0)),
    )
    assert told.result.status is RunStatus.COMPLETED
    assert len(told.of(DraftHalted)) == 1
    assert told.began == {"a": 1.0, "b": 11.5, "d": 11.5}


def test_a_step_that_comes_out_otherwise_is_done_anew() -> None:
    """The finished plan decides; what of the draft is no part of it is stopped, and what is the same work
    under another name stays."""
    whole = Revise(planned(step("a", it="other"), step("k", "look", it="c"), answer={"from": "[a, k]"}), "")
    told = write(
        (1.0, planned(A, step("c", "look"), answer=0)), (2.0, whole), behaviour=by_input(a=_slowly(9.0))
    )
    assert told.result.answer == ["other", "c"]
    assert [event.step for event in told.of(AttemptStopping)] == ["a"]
    assert [event.source for event in told.of(ResultKept)] == ["c"]


def test_a_draft_that_changes_its_mind_is_halted() -> None:
    """A step is never exchanged under a run: the finished plan says what becomes of it."""
    told = write((1.0, planned(A, answer=0)), (1.0, planned(step("a", it="z"), C, answer=0)), (1.0, WHOLE))
    assert len(told.of(DraftHalted)) == 1
    assert told.result.answer == ["a!", "c"]


def test_no_plan_is_a_failed_run() -> None:
    """What was begun is stopped, and the run says that there was no plan."""
    told = write(
        (1.0, planned(A, answer=0)),
        (1.0, CallsheetError("no plan that checks")),
        behaviour=by_input(a=_slowly(50.0)),
    )
    assert told.result.status is RunStatus.FAILED
    assert told.result.account is not None
    assert told.result.account.failure.kind is FailureKind.PLANNING
    assert "no plan that checks" in told.result.account.describe()
    assert len(told.of(AttemptStopping)) == 1


def test_a_plan_of_no_steps_is_answered_straight_away() -> None:
    """Nothing is to be done, and there is an answer."""
    told = write((1.0, Revise(planned(answer="42"), "")))
    assert (told.result.status, told.result.answer) == (RunStatus.COMPLETED, "42")


def test_a_question_waits_for_its_answer() -> None:
    """The run rests, and its plan is written once somebody has answered."""
    told = write((1.0, Ask("which year?")))
    assert (told.result.status, told.result.question) == (RunStatus.PAUSED, "which year?")

    async def go_on() -> RunResult:
        clock = VirtualClock()
        await RunControl(told.journal, clock).tell("r", "2024")
        executor = _executor(told.journal, clock, by_input(), [(1.0, WHOLE)])
        return await executor.resume("r")

    assert run_virtually(go_on()).answer == ["a!", "c"]


def test_a_run_that_was_cut_short_is_drafted_on() -> None:
    """What was done of the draft stays done, and what is drafted again is the same."""
    told = write((1.0, planned(A, answer=0)), (1.0, planned(A, B, answer=0)), (5.0, WHOLE))
    for cut in range(1, len(told.events)):
        result, events = _resumed(told.events[:cut])
        assert result is None or result.answer == ["a!", "c"]
        done = [event.step for event in events if isinstance(event, AttemptStarted)]
        ended = [event.step for event in told.events[:cut] if isinstance(event, AttemptSucceeded)]
        assert all(done.count(each) == 1 for each in ended)


def _resumed(events: Sequence[Event]) -> tuple[RunResult | None, list[Event]]:
    async def go_on() -> tuple[RunResult | None, list[Event]]:
        journal, clock = MemoryJournal(), VirtualClock()
        assert isinstance(events[0], RunCreated)
        await journal.create(events[0], *events[1:])
        lines = [(1.0, planned(A, answer=0)), (1.0, planned(A, B, answer=0)), (5.0, WHOLE)]
        executor = _executor(journal, clock, by_input(), lines)
        if len(events) < 3:
            return None, journal.read_events("r")
        return await executor.resume("r"), journal.read_events("r")

    return run_virtually(go_on())


def _slowly(seconds: float) -> Any:
    async def behaviour(inputs: Any, context: Any) -> Any:
        await asyncio.sleep(seconds)
        return inputs["it"]

    return behaviour
