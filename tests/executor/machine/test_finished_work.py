"""What was done under an earlier plan is done: by content, whatever the step is called."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from callsheet.agents.errors import Permanent, Retryable, Surprise
from callsheet.executor.run.events import ApprovalRequested, AttemptStarted, ResultKept, StepHeld
from callsheet.executor.run.state import RunStatus
from callsheet.planner.revision.decision import Accept
from tests.executor.revisions import Director, by_input, direct, planned, revise, step

BROKEN = Permanent("there is no such thing")


def began(played: Any) -> list[str]:
    """The steps in the order in which attempts at them began."""
    return [event.step for event in played.of(AttemptStarted)]


async def late(inputs: Any, context: Any) -> Any:
    """Fails when everything else is done."""
    await asyncio.sleep(50.0)
    raise BROKEN


class TestContent:
    def test_a_chain_that_writes_is_kept_under_other_names(self) -> None:
        """What was behind the work is the same, so the work is."""
        before = planned(
            step("w", "save", it=1),
            step("r", "look", it="it", depends_on=["w"]),
            step("v", "save", it={"from": "r"}),
            step("x", it="bad"),
        )
        after = revise(
            step("w2", "save", it=1),
            step("r2", "look", it="it", depends_on=["w2"]),
            step("v2", "save", it={"from": "r2"}),
            step("x", it="good"),
        )
        played = direct(before, Director([after]), by_input(bad=late))
        assert sorted(began(played)) == ["r", "v", "w", "x", "x"]
        assert [(event.step, event.source) for event in played.of(ResultKept)] == [
            ("w2", "w"),
            ("r2", "r"),
            ("v2", "v"),
        ]

    def test_a_read_that_comes_behind_a_new_write_is_made_again(self) -> None:
        """Its inputs are what they were, and the world is not."""
        before = planned(step("r", "look", it="it"), step("x", it="bad"))
        for order, times in (({}, 1), ({"depends_on": ["v"]}, 2)):
            read = step("r", "look", it="it", **order)
            after = revise(step("v", "save", it=9), read, step("x", it="good"))
            played = direct(before, Director([after]), by_input(bad=late), approve=_yes)
            assert began(played).count("r") == times

    def test_what_was_done_two_revisions_ago_is_kept(self) -> None:
        """Although the plan between them did not have it."""
        before = planned(step("a"), step("x", it="bad"))
        between = revise(step("x", it="worse"), step("y", it="slow"))
        after = revise(step("b", it="a"), step("x", it="good"))
        told = by_input(bad=late, worse=late)
        played = direct(before, Director([between, after]), told)
        assert [(event.step, event.source) for event in played.of(ResultKept)] == [("b", "a")]
        assert sorted(began(played)) == ["a", "x", "x", "x", "y"]

    def test_the_same_item_twice_is_kept_twice(self) -> None:
        """By content they are one."""
        before = planned(step("a", it={"from": "item"}, for_each={"from": "[7]"}), step("x", it="bad"))
        after = revise(step("a", it={"from": "item"}, for_each={"from": "[7, 7]"}), step("x", it="good"))
        played = direct(before, Director([after]), by_input(bad=late))
        assert [(event.step, event.item) for event in played.of(ResultKept)] == [("a", 0), ("a", 1)]
        assert began(played).count("a") == 1


class TestForGood:
    """What cannot be undone is not done another time unless somebody says so."""

    @pytest.mark.parametrize(
        "outcome",
        [RuntimeError("the line broke"), Surprise("no answer"), {"no": "value"}, TimeoutError()],
    )
    def test_it_may_have_been_done_wherever_its_agent_does_not_deny_it(self, outcome: Any) -> None:
        """The message may be out: to send another one, somebody is asked."""
        after = revise(step("s", "send", it="mended"))
        played = direct(planned(step("s", "send", it="bad")), Director([after]), by_input(bad=outcome))
        assert played.result.status is RunStatus.PAUSED
        assert "cannot be undone" in played.of(ApprovalRequested)[0].why
        assert began(played) == ["s"]

    def test_it_may_have_been_done_where_it_took_too_long(self) -> None:
        """The same after a timeout."""

        async def hang(inputs: Any, context: Any) -> None:
            await asyncio.sleep(1e6)

        after = revise(step("s", "send", it="mended"))
        played = direct(planned(step("s", "send", it="bad")), Director([after]), by_input(bad=hang))
        assert (played.result.status, began(played)) == (RunStatus.PAUSED, ["s"])

    @pytest.mark.parametrize("error", [Permanent("no such address"), Retryable("busy")])
    def test_an_agent_that_says_so_has_done_nothing(self, error: Exception) -> None:
        """The approved message is then sent under another plan as it was to be under the first."""
        before = planned(step("p"), step("s", "send", it={"from": "p"}, max_retries=0))
        tries = iter([error, "sent"])

        def send(inputs: Any, context: Any) -> Any:
            outcome = next(tries)
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        after = revise(step("p"), step("s", "send", it={"from": "p"}, max_retries=0, timeout_seconds=60.0))

        async def approve(request: ApprovalRequested) -> bool:
            return True

        def act(inputs: Any, context: Any) -> Any:
            return send(inputs, context) if context.step == "s" else "hello"

        played = direct(before, Director([after]), act, approve=approve)
        assert began(played) == ["p", "s", "s"]
        assert played.result.status is RunStatus.COMPLETED

    def test_a_step_that_becomes_another_kind_of_work_has_not_done_that(self) -> None:
        """What a person is told that the run has done, it has done."""
        before = planned(step("s", "send", it="hello"), step("x", it="bad"))
        to_publish = revise(step("s", "publish", it="hello"), step("x", it="good"))
        played = direct(before, Director([to_publish]), by_input(bad=late))
        (asked,) = played.of(ApprovalRequested)
        assert "has done `publish`" not in asked.why


class TestApprovals:
    """What is done already needs nobody's word."""

    def test_only_what_is_left_of_a_list_is_asked_about(self) -> None:
        """Who approves sees what will be done, and nothing that is done."""
        fan = step("a", it={"from": "item"}, for_each={"from": "[1, 2]"}, approval=True)
        before = planned(fan | {"approval": False}, step("x", it="bad"))
        for items, asks in (("[1, 3, 2]", [{"it": 3}]), ("[4, 1]", [{"it": 4}])):
            after = revise(fan | {"for_each": {"from": items}}, step("x", it="good"))
            played = direct(before, Director([after]), by_input(bad=late), approve=_yes)
            assert [event.inputs for event in played.of(ApprovalRequested)] == [asks]
            assert began(played).count("a") == 3
            assert played.result.status is RunStatus.COMPLETED

    def test_nobody_is_asked_where_all_of_it_is_done(self) -> None:
        """Nor does anything start."""
        fan = step("a", it={"from": "item"}, for_each={"from": "[1, 2]"})
        before = planned(fan, step("x", it="bad"))
        after = revise(fan | {"approval": True}, step("x", it="good"))
        played = direct(before, Director([after]), by_input(bad=late))
        assert played.of(ApprovalRequested) == []
        assert began(played).count("a") == 2

    def test_results_that_break_what_is_expected_now_wait_for_the_planner(self) -> None:
        """The rest of the list is asked about all the same, and the planner hears of all of it at once."""
        fan = step("a", it={"from": "item"}, for_each={"from": "[1, 2]"}, approval=True)
        before = planned(fan | {"approval": False}, step("x", it="bad"))
        for items, asked in (("[1, 2]", 0), ("[1, 2, 3]", 1), ("[3, 2, 1]", 1)):
            after = revise(
                fan | {"for_each": {"from": items}, "expect": ["output.value > 2"]}, step("x", it="good")
            )
            director = Director([after, Accept("small ones will do")])
            played = direct(before, director, by_input(bad=late), approve=_yes)
            assert played.result.status is RunStatus.COMPLETED
            assert len(played.of(ApprovalRequested)) == asked
            assert sorted(event.item for event in played.of(StepHeld) if event.step == "a") == [
                at for at, item in enumerate(items.strip("[]").split(", ")) if item != "3"
            ]
            trouble = director.told[1].trouble
            assert trouble is not None and trouble.has_results and len(trouble.mishaps) == 2


async def _yes(request: ApprovalRequested) -> bool:
    return True
