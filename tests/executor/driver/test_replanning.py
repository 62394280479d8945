"""Failures, surprises and people's words go to the planner; what it decides is carried out, and nothing
that is done is done again."""

from __future__ import annotations

import asyncio
from typing import Any

from callsheet.agents.errors import Permanent, Surprise
from callsheet.agents.models.scripted import ScriptedModel
from callsheet.agents.registry import Registry
from callsheet.errors import CallsheetError
from callsheet.executor.clocks.clock import Clock
from callsheet.executor.clocks.virtual_loop import VirtualClock, run_virtually
from callsheet.executor.driver.control import RunControl
from callsheet.executor.driver.executor import Executor
from callsheet.executor.journal.journal import MemoryJournal
from callsheet.executor.run.events import (
    ApprovalRequested,
    AttemptStarted,
    AttemptStopping,
    PlanAdopted,
    ReplanningStarted,
    ResultAccepted,
    ResultKept,
    StepFailed,
    StepHeld,
)
from callsheet.executor.run.failure import FailureKind
from callsheet.executor.run.options import RunOptions
from callsheet.executor.run.state import RunStatus
from callsheet.planner.revision.decision import Accept, Ask, GiveUp
from callsheet.planner.revision.situation import Standing
from tests.executor.revisions import Director, by_input, cast, direct, planned, revise, step
from tests.executor.stage import HALL, play

BROKEN = Permanent("there is no such thing")


def began(played: Any) -> list[str]:
    """The steps in the order in which attempts at them began."""
    return [event.step for event in played.of(AttemptStarted)]


def slowly(seconds: float) -> Any:
    """A behaviour that takes so long."""

    async def behaviour(inputs: Any, context: Any) -> Any:
        await asyncio.sleep(seconds)
        return inputs["it"]

    return behaviour


class TestDecisions:
    def test_a_surprise_can_be_accepted(self) -> None:
        """An expectation can be wrong: the result counts as it is, and nothing is done again."""
        director = Director([Accept("three is enough")])
        checked = planned(step("a", expect=["output.value == 4"]), step("b", it={"from": "a"}))
        played = direct(checked, director, by_input(a=3))
        assert played.result.status is RunStatus.COMPLETED
        assert (began(played), played.result.answer) == (["a", "b"], 3)
        (accepted,) = played.of(ResultAccepted)
        assert (accepted.step, accepted.reason) == ("a", "three is enough")
        (trouble,) = [situation.trouble for situation in director.told]
        assert trouble is not None and trouble.has_results
        assert trouble.mishaps[0].expectation == "output.value == 4"
        assert trouble.mishaps[0].output == {"value": 3}

    def test_a_failed_step_is_replaced(self) -> None:
        """What was done stays done, and what depends on the step gets the new result."""
        checked = planned(step("a"), step("b", it="bad"), step("c", it={"from": "[a, b]"}))
        better = revise(step("a"), step("b2", it="good"), step("c", it={"from": "[a, b2]"}))
        played = direct(checked, Director([better]), by_input(bad=BROKEN))
        assert played.result.answer == ["a", "good"]
        assert sorted(began(played)) == ["a", "b", "b2", "c"]
        assert played.result.steps["b"].status == "cancelled"

    def test_the_same_step_may_be_given_other_inputs(self) -> None:
        """Retrying with changed inputs keeps the id, counts attempts on, and is other work by its key."""
        checked = planned(step("a", it="bad"))
        played = direct(checked, Director([revise(step("a", it="good"))]), by_input(bad=BROKEN))
        starts = played.of(AttemptStarted)
        assert [(each.attempt, each.key) for each in starts] == [(1, "r:a"), (2, "r:a@2")]
        assert played.result.answer == "good"

    def test_giving_up_fails_the_step_with_the_reason(self) -> None:
        """What failed, and why nothing can be done about it."""
        played = direct(planned(step("a")), Director([GiveUp("nobody has it")]), by_input(a=BROKEN))
        assert played.result.status is RunStatus.FAILED
        assert played.result.account is not None
        text = played.result.account.describe()
        assert "there is no such thing" in text and "nobody has it" in text

    def test_a_planner_that_fails_leaves_the_failure_as_it_was(self) -> None:
        """The run fails by what happened to it, and says that there was no decision."""
        checked = planned(step("a"))
        played = direct(checked, Director([CallsheetError("the model is gone")]), by_input(a=BROKEN))
        assert played.result.account is not None
        text = played.result.account.describe()
        assert "there is no such thing" in text and "the model is gone" in text

    def test_an_agent_may_report_a_surprise_by_itself(self) -> None:
        """Such a surprise has no result to accept: the planner is told so, and asked again."""
        director = Director([Accept("fine"), revise(step("a", it="good"))])
        played = direct(planned(step("a", it="bad")), director, by_input(bad=Surprise("the shop is closed")))
        assert played.result.answer == "good"
        assert "no result" in director.told[1].refusal

    def test_a_plan_that_wants_to_fail_fails(self) -> None:
        """`on_failure: fail` asks nobody."""
        director = Director([])
        played = direct(planned(step("a", on_failure="fail")), director, by_input(a=BROKEN))
        assert (played.result.status, director.told) == (RunStatus.FAILED, [])

    def test_work_that_nobody_offers_goes_to_the_planner(self) -> None:
        """No agent left for a capability is a trouble as any other."""
        from callsheet.agents.models.scripted import ScriptedModel
        from tests.executor.revisions import cast
        from tests.executor.stage import play

        director = Director([revise(step("a", "look"))])
        played = play(
            planned(step("a", "think")),
            cast(by_input(), "look"),
            model=ScriptedModel([]),
            replanner=lambda model: director,
        )
        assert played.result.status is RunStatus.COMPLETED
        assert director.told[0].trouble is not None
        assert director.told[0].trouble.mishaps[0].kind == FailureKind.NO_AGENT


class TestBarrier:
    def test_dependants_wait_and_others_go_on(self) -> None:
        """While the planner thinks, what doesn't depend on the step is carried on with."""
        checked = planned(
            step("bad"), step("after", it={"from": "bad"}), step("x"), step("y", it={"from": "x"}), answer=0
        )
        director = Director(
            [revise(step("bad", it="good"), step("after", it={"from": "bad"}), answer=0)], 10.0
        )
        played = direct(checked, director, by_input(bad=BROKEN, x=slowly(3.0)))
        adopted = next(event.at for event in played.of(PlanAdopted) if event.revision == 2)
        started = {event.step: event.at for event in played.of(AttemptStarted)}
        assert started["y"] < adopted <= started["after"]

    def test_one_trouble_at_a_time(self) -> None:
        """A second failure waits for a decision of its own, and is told of meanwhile."""
        director = Director([Accept("a is fine"), Accept("b is fine")], 5.0)
        checked = planned(
            step("a", expect=["output.value == 0"]), step("b", expect=["output.value == 0"]), answer=1
        )
        played = direct(checked, director, by_input())
        assert played.result.status is RunStatus.COMPLETED
        assert [event.step for event in played.of(ReplanningStarted)] == ["a", "b"]
        assert director.told[1].history == ("the results of `a` were accepted as they are: a is fine",)

    def test_the_items_of_a_step_are_one_trouble(self) -> None:
        """The planner is asked once nothing of the step is under way, and about all that went wrong."""
        director = Director([Accept("fine")])
        checked = planned(
            step("a", it={"from": "item"}, for_each={"from": "[1, 2, 3, 4]"}, expect=["output.value < 3"])
        )
        played = direct(checked, director, by_input())
        assert played.result.answer == [1, 2, 3, 4]
        assert director.told[0].trouble is not None
        assert [each.item for each in director.told[0].trouble.mishaps] == [2, 3]
        assert len(began(played)) == 4


class TestFinishedWork:
    def test_a_result_stays_whatever_the_step_is_called(self) -> None:
        """By content: capability and resolved inputs, not by id."""
        checked = planned(step("a"), step("b", it="bad"))
        better = revise(step("other", it="a"), step("c", it={"template": "more {other}"}))
        played = direct(checked, Director([better]), by_input(bad=BROKEN))
        assert [event.step for event in played.of(ResultKept)] == ["other"]
        assert played.of(ResultKept)[0].source == "a"
        assert sorted(began(played)) == ["a", "b", "c"]

    def test_a_changed_input_is_done_again_and_what_follows_only_where_it_differs(self) -> None:
        """`c` comes behind a changed step, and is kept where what it is given comes out the same."""
        checked = planned(
            step("a", it=1),
            step("b", it={"from": "a > 0"}),
            step("c", it={"from": "a"}),
            step("d", it="bad", depends_on=["b", "c"]),
        )
        better = revise(
            step("a", it=2),
            step("b", it={"from": "a > 0"}),
            step("c", it={"from": "a"}),
            step("d", it="good", depends_on=["b", "c"]),
        )
        played = direct(checked, Director([better]), by_input(bad=BROKEN))
        assert played.result.status is RunStatus.COMPLETED
        assert sorted(began(played)) == ["a", "a", "b", "c", "c", "d", "d"]
        assert [event.step for event in played.of(ResultKept)] == ["b"]

    def test_what_was_read_before_a_change_is_read_again_after_it(self) -> None:
        """The inputs are the same; what was changed in the world before is not."""
        checked = planned(
            step("w", "save", it=1), step("r", "look", it="it", depends_on=["w"]), step("x", it="bad")
        )
        better = revise(
            step("w", "save", it=2), step("r", "look", it="it", depends_on=["w"]), step("x", it="good")
        )
        played = direct(checked, Director([better]), by_input(bad=slowly_broken), approve=_yes)
        assert began(played).count("r") == 2 and began(played).count("w") == 2

    def test_an_item_that_is_done_stays_done(self) -> None:
        """Of a list with other items, those that it had before are taken over."""
        checked = planned(step("a", it={"from": "item"}, for_each={"from": "[1, 2, 'bad']"}))
        better = revise(step("a", it={"from": "item"}, for_each={"from": "[0, 1, 2]"}))
        played = direct(checked, Director([better]), by_input(bad=BROKEN))
        assert played.result.answer == [0, 1, 2]
        assert len(began(played)) == 4
        assert sorted(event.item for event in played.of(ResultKept)) == [1, 2]

    def test_a_surprising_result_is_not_made_again_where_the_expectation_goes(self) -> None:
        """Work that was done and surprised counts as done, once nothing is expected of it any more."""
        checked = planned(step("a", "save", expect=["output.value == 0"]))
        played = direct(checked, Director([revise(step("a", "save"))]), by_input())
        assert played.result.status is RunStatus.COMPLETED
        assert began(played) == ["a"]

    def test_a_running_step_that_changes_nothing_is_stopped_when_it_is_dropped(self) -> None:
        """Its end, whatever it is, means nothing for the new plan."""
        checked = planned(step("a", it="slow"), step("b", it="bad"), answer=0)
        better = revise(step("a", it="quick"), step("b", it="good"), answer={"from": "[a, b]"})
        played = direct(checked, Director([better]), by_input(slow=slowly(100.0), bad=BROKEN))
        assert [event.step for event in played.of(AttemptStopping)] == ["a"]
        assert played.result.answer == ["quick", "good"]

    def test_a_running_step_that_changes_something_is_left_alone(self) -> None:
        """A revision that would change it is refused, and the planner thinks again."""
        checked = planned(step("a", "save", it="slow"), step("b", it="bad"), answer=0)
        rash = revise(step("a", "save", it="quick"), step("b", it="good"), answer=1)
        better = revise(step("a", "save", it="slow"), step("b", it="good"), answer={"from": "[a, b]"})
        director = Director([rash, better])
        played = direct(checked, director, by_input(slow=slowly(100.0), bad=BROKEN))
        assert "under way" in director.told[1].refusal
        assert (played.of(AttemptStopping), played.result.answer) == ([], ["slow", "good"])

    def test_what_is_under_way_and_unchanged_goes_on(self) -> None:
        """A revision does not touch it."""
        checked = planned(step("a", it="slow"), step("b", it="bad"), answer={"from": "[a, b]"})
        better = revise(step("a", it="slow"), step("b", it="good"), answer={"from": "[a, b]"})
        played = direct(checked, Director([better]), by_input(slow=slowly(100.0), bad=BROKEN))
        assert began(played) == ["a", "b", "b"]
        assert played.result.answer == ["slow", "good"]


async def slowly_broken(inputs: Any, context: Any) -> Any:
    """Fails when everything else is done."""
    await asyncio.sleep(50.0)
    raise BROKEN


class TestGrants:
    def test_what_cannot_be_undone_is_not_done_again_without_a_word(self) -> None:
        """The same message in other words is another message: somebody is asked first."""
        checked = planned(step("s", "send", it="hello"), step("x", it="bad", depends_on=["s"]))
        again = revise(step("s", "send", it="hello again"), step("x", it="good", depends_on=["s"]))
        played = direct(checked, Director([again]), by_input(bad=BROKEN))
        assert played.result.status is RunStatus.PAUSED
        assert began(played) == ["s", "x"]
        (asked,) = played.of(ApprovalRequested)
        assert asked.step == "s" and "cannot be undone" in asked.why

    def test_the_same_message_is_kept_and_nobody_is_asked(self) -> None:
        """Sent is sent, whatever the step is called."""
        checked = planned(step("s", "send", it="hello"), step("x", it="bad", depends_on=["s"]))
        again = revise(step("t", "send", it="hello"), step("x", it="good", depends_on=["t"]))
        played = direct(checked, Director([again]), by_input(bad=BROKEN))
        assert played.result.status is RunStatus.COMPLETED
        assert began(played) == ["s", "x", "x"]

    def test_another_effect_waits_for_approval(self) -> None:
        """A revision that wants more than was granted pauses and asks, and goes on when it may."""
        checked = planned(step("a", it="bad"))
        more = revise(step("a", "publish", it="all of it"))
        played = direct(checked, Director([more]), by_input(bad=BROKEN))
        assert played.result.status is RunStatus.PAUSED
        assert played.result.asked[0].why
        granted = direct(checked, Director([more]), by_input(bad=BROKEN), approve=_yes)
        assert granted.result.status is RunStatus.COMPLETED

    def test_what_writes_with_other_inputs_waits_for_approval(self) -> None:
        """Also where only what it is given comes out otherwise, and to a place that was named: whoever is
        asked sees what it would be given, and where nobody named it."""
        checked = planned(
            step("a", it="bad"), step("w", "save", it={"from": "a"}), goal="save it in out/report.md"
        )
        more = revise(
            step("a", it="good"), step("w", "save", it={"from": "a"}), goal="save it in out/report.md"
        )
        for path in ("out/report.md", "/etc/cron.d/evil.sh"):
            played = direct(checked, Director([more]), by_input(bad=BROKEN, good=path))
            (asked,) = played.of(ApprovalRequested)
            assert (played.result.status, asked.inputs) == (RunStatus.PAUSED, {"it": path})
            assert "changes something" in asked.why
            assert (path in asked.why) is path.startswith("/etc")

    def test_what_is_tried_again_as_it_was_approved_needs_no_word(self) -> None:
        """Nothing of it was changed, nor of what comes before it."""
        checked = planned(step("a", it="late"), step("w", "save", it={"from": "a"}), step("b", it="b"))
        again = revise(step("a", it="late"), step("w", "save", it={"from": "a"}), step("c", it="c"))
        tries = iter([BROKEN, "here"])

        def late(inputs: Any, context: Any) -> Any:
            found = next(tries)
            if isinstance(found, BaseException):
                raise found
            return found

        played = direct(checked, Director([again]), by_input(late=late))
        assert (played.result.status, played.of(ApprovalRequested)) == (RunStatus.COMPLETED, [])

    def test_a_file_that_nobody_named_waits_for_approval(self) -> None:
        """Held against the inputs as they come out, so that a path that an agent returned counts too."""
        checked = planned(step("a", it="bad"), step("r", "look", it={"from": "a"}), goal="see out/report.md")
        more = revise(step("a", it="good"), step("r", "look", it={"from": "a"}), goal="see out/report.md")
        played = direct(checked, Director([more]), by_input(bad=BROKEN, good="/etc/shadow.txt"))
        assert played.result.status is RunStatus.PAUSED
        assert "/etc/shadow.txt" in played.result.asked[0].why
        fine = direct(checked, Director([more]), by_input(bad=BROKEN, good="out/report.md"))
        assert fine.result.status is RunStatus.COMPLETED


async def _yes(request: ApprovalRequested) -> bool:
    return True


class TestBounds:
    def test_the_same_failure_of_the_same_work_is_stuck(self) -> None:
        """A revision that changes nothing about it does not help, and the run says so."""
        checked = planned(step("a", it="bad"), step("z", it={"from": "a"}))
        same = revise(step("b", it="bad"), step("z", it={"from": "b"}))
        played = direct(checked, Director([same]), by_input(bad=BROKEN))
        assert played.result.account is not None
        assert played.result.account.failure.kind is FailureKind.STUCK
        assert "same way" in played.result.account.describe()

    def test_the_planner_is_asked_so_often_and_no_more(self) -> None:
        """Then the failure is final."""
        turns = [revise(step("a", it=f"bad{number}")) for number in range(1, 9)]
        told = by_input(**{f"bad{number}": BROKEN for number in range(9)})
        director = Director(turns)
        played = direct(planned(step("a", it="bad0")), director, told, max_replans=2)
        assert played.result.status is RunStatus.FAILED
        assert (len(director.told), len(played.of(PlanAdopted))) == (2, 3)

    def test_one_step_has_a_bound_of_its_own(self) -> None:
        """Three times about one step, whatever the run may."""
        turns = [revise(step("a", it=f"bad{number}")) for number in range(1, 9)]
        told = by_input(**{f"bad{number}": BROKEN for number in range(9)})
        director = Director(turns)
        played = direct(planned(step("a", it="bad0")), director, told, max_replans=8)
        assert (played.result.status, len(director.told)) == (RunStatus.FAILED, 3)

    def test_a_person_who_says_no_has_the_last_word(self) -> None:
        """A refused approval is not got round by another plan."""

        async def no(request: ApprovalRequested) -> bool:
            return False

        director = Director([])
        played = direct(planned(step("a", approval=True)), director, by_input(), approve=no)
        assert (played.result.status, director.told) == (RunStatus.FAILED, [])


class TestWords:
    def test_a_question_pauses_the_run_and_its_answer_goes_to_the_planner(self) -> None:
        """Exit, and on when somebody answers."""
        journal = MemoryJournal()
        checked = planned(step("a", it="bad"))
        director = Director([Ask("which one?"), revise(step("a", it="good"))])
        played = direct(checked, director, by_input(bad=BROKEN), journal=journal)
        assert played.result.status is RunStatus.PAUSED
        assert played.result.question == "which one?"
        resumed = _resume(journal, director, by_input(bad=BROKEN), word="the good one")
        assert resumed.status is RunStatus.COMPLETED
        assert director.told[1].words == ("the good one",)
        assert resumed.answer == "good"

    def test_a_word_to_a_running_run_is_heard_at_once(self) -> None:
        """Nothing went wrong: the plan is looked at again because somebody wants something else."""
        journal = MemoryJournal()
        checked = planned(step("a", it="slow"), step("b", it={"from": "a"}))
        director = Director([revise(step("a", it="slow"), step("c", it={"from": "a"}), reason="as wished")])

        async def speaks(inputs: Any, context: Any) -> Any:
            await asyncio.sleep(5.0)
            await RunControl(journal, VirtualClock()).tell("r", "call it c", "kim")
            await asyncio.sleep(5.0)
            return "done"

        played = direct(checked, director, by_input(slow=speaks), journal=journal)
        assert director.told[0].trouble is None and director.told[0].words == ("call it c",)
        assert director.told[0].standings["a"].standing is Standing.UNDER_WAY
        assert began(played) == ["a", "c"]
        assert [event.reason for event in played.of(PlanAdopted)] == ["", "as wished"]

    def test_a_word_counts_before_the_world_is_changed(self) -> None:
        """What changes something waits for the decision of whoever says stop; the rest goes on."""
        journal = MemoryJournal()
        checked = planned(
            step("a", it="slow"), step("out", "send", it={"from": "a"}), step("b", "look", it={"from": "a"})
        )
        calm = revise(step("a", it="slow"), step("b", "look", it={"from": "a"}), reason="nothing is sent")
        director = Director([calm], seconds=20.0)

        async def speaks(inputs: Any, context: Any) -> Any:
            await asyncio.sleep(5.0)
            await RunControl(journal, VirtualClock()).tell("r", "send nothing", "kim")
            await asyncio.sleep(5.0)
            return "done"

        played = direct(checked, director, by_input(slow=speaks), journal=journal)
        assert played.result.status is RunStatus.COMPLETED
        assert began(played) == ["a", "b"]

    def test_what_changed_the_world_meanwhile_is_not_left_out(self) -> None:
        """A planner that did not know that it was done is told so, and decides again."""
        checked = planned(step("x", it="bad"), step("w", "save", it="w"), answer=0)
        rash = revise(step("x", it="good"))
        better = revise(step("x", it="good"), step("w", "save", it="w"))
        director = Director([rash, better], seconds=5.0)
        played = direct(checked, director, by_input(bad=BROKEN, w=slowly(2.0)))
        assert "meanwhile" in director.told[1].refusal
        assert began(played) == ["x", "w", "x"]

    def test_what_failed_may_be_tried_again_once_somebody_has_spoken(self) -> None:
        """Whoever speaks may have mended the world, so that the same failure is not stuck at once."""
        tries = iter([BROKEN, BROKEN, "mended"])

        def behaviour(inputs: Any, context: Any) -> Any:
            found = next(tries)
            if isinstance(found, BaseException):
                raise found
            return found

        journal = MemoryJournal()
        same = revise(step("a", it="bad"))
        director = Director([Ask("is it there?"), same, Ask("and now?"), same])
        checked = planned(step("a", it="bad"))
        direct(checked, director, behaviour, journal=journal, max_replans=9)
        first = _resume(journal, director, behaviour, word="yes")
        assert (first.status, first.question) == (RunStatus.PAUSED, "and now?")
        assert _resume(journal, director, behaviour, word="now it is").answer == "mended"


def _resume(journal: MemoryJournal, director: Director, behaviour: Any, word: str) -> Any:
    clock: Clock = VirtualClock()

    async def go_on() -> Any:
        await RunControl(journal, clock).tell("r", word)
        executor = Executor(
            Registry([cast(behaviour)]),
            journal,
            RunOptions(max_replans=9),
            workspace=HALL,
            clock=clock,
            model=ScriptedModel([]),
            replanner=lambda model: director,
        )
        return await executor.resume("r")

    return run_virtually(go_on())


def test_without_a_planner_a_failure_is_final() -> None:
    """Nothing is held for a decision that nobody can make."""
    played = play(planned(step("a")), cast(by_input(a=BROKEN)))
    assert played.of(StepHeld) == []
    assert [event.failure.kind for event in played.of(StepFailed)] == [FailureKind.ERROR]


def test_a_failure_that_is_allowed_asks_nobody() -> None:
    """`on_failure: continue` is a decision made beforehand."""
    director = Director([])
    played = direct(planned(step("a", on_failure="continue"), answer=1), director, by_input(a=BROKEN))
    assert (played.result.status, director.told) == (RunStatus.COMPLETED, [])
