"""How the plan of a run came to be what it is, as its events tell it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from callsheet.agents.errors import Permanent
from callsheet.errors import CallsheetError
from callsheet.executor.run.events import (
    ApprovalDenied,
    ApprovalGranted,
    Event,
    PersonAsked,
    PlanAdopted,
    ReplanningStarted,
    RunCreated,
    WordSpoken,
)
from callsheet.executor.run.revisions import ReplanningRound, RevisionHistory, tell_revisions
from callsheet.planner.revision.decision import Accept, Ask, GiveUp
from tests.executor.revisions import Director, Turn, by_input, direct, planned, revise, step
from tests.executor.stage import Behaviour

BROKEN = Permanent("there is no such thing")
AFTER_A = planned(step("a"), step("b", it={"from": "a"}))


def story(checked: Any, turns: Sequence[Turn], behaviour: Behaviour, **options: Any) -> RevisionHistory:
    """The story of a plan that is carried out under this direction."""
    return tell_revisions(direct(checked, Director(turns, seconds=2.0), behaviour, **options).events)


def only(told: RevisionHistory) -> ReplanningRound:
    """The one chapter of a story."""
    (chapter,) = told.chapters
    return chapter


def test_a_run_that_goes_as_planned_has_its_plan_and_no_chapters() -> None:
    """Nothing is made up where nobody was asked."""
    told = story(AFTER_A, [], by_input())
    assert (told.plans, told.chapters, told.unheard) == ({1: AFTER_A.plan}, [], ())


def test_a_revision_tells_why_what_changed_and_how_long_it_took() -> None:
    """The step, its failure, the planner's reason, the new plan with its number, the difference."""
    better = revise(step("a"), step("b", it="another"), reason="there is another")
    chapter = only(story(AFTER_A, [better], by_input(a="b", b=BROKEN)))
    assert (chapter.step, chapter.outcome, chapter.reason) == ("b", "revised", "there is another")
    assert [(each.step, each.failure.message) for each in chapter.held] == [("b", "there is no such thing")]
    assert chapter.number == 2 and chapter.plan == better.checked.plan
    assert chapter.decided is not None and chapter.decided - chapter.started == 2.0
    assert chapter.diff is not None and list(chapter.diff.changed) == ["b"]


def test_what_is_done_and_untouched_stays_done() -> None:
    """It is named, and what failed and is tried again is not called done again: nothing of it was done."""
    better = revise(step("a"), step("b", it="another"))
    chapter = only(story(AFTER_A, [better], by_input(a="b", b=BROKEN)))
    assert (chapter.stayed, chapter.redone, chapter.kept) == (("a",), [], [])


def test_what_is_done_again_is_named() -> None:
    """A changed input of a step that was done means that it is done again, and that is not hidden."""
    better = revise(step("a", it="other"), step("b", it={"from": "a"}))
    chapter = only(story(AFTER_A, [better], by_input(a="b", b=BROKEN)))
    assert (chapter.stayed, chapter.redone) == ((), ["a"])


def test_what_is_kept_under_another_name_is_told_with_both() -> None:
    """A step that the revision calls otherwise takes the result over."""
    better = revise(step("same", it="a"), step("c", it={"from": "same"}))
    chapter = only(story(AFTER_A, [better], by_input(a="b", b=BROKEN)))
    assert [(each.source, each.step) for each in chapter.kept] == [("a", "same")]
    assert chapter.redone == []


def test_every_outcome_has_its_chapter() -> None:
    """Accepted, given up, asked, and no decision at all, each with the words for it."""
    odd = planned(step("a", expect=["output.value == 4"]))
    ends: list[tuple[Turn, str, str]] = [
        (Accept("three will do"), "accepted", "three will do"),
        (GiveUp("there is no way"), "given up", "there is no way"),
        (Ask("three or four?"), "asked", "three or four?"),
        (CallsheetError("nothing came of it"), "undecided", "nothing came of it"),
    ]
    for turn, outcome, reason in ends:
        chapter = only(story(odd, [turn], by_input(a=3)))
        assert (chapter.outcome, chapter.reason) == (outcome, reason)


def test_words_stand_in_the_chapter_that_they_led_to() -> None:
    """The answer to a question is heard once; a word that came after the last chapter is told as unheard."""
    asked = (ReplanningStarted(1.0), PersonAsked(2.0, "which one?"))
    told = tell_revisions(_events(*asked, WordSpoken(3.0, "the third")))
    assert (only(told).outcome, only(told).words, told.unheard) == ("asked", (), ("the third",))
    heard = tell_revisions(_events(*asked, WordSpoken(3.0, "the third"), ReplanningStarted(4.0)))
    assert [chapter.words for chapter in heard.chapters] == [(), ("the third",)]
    assert heard.unheard == ()


def test_what_was_cleared_up_before_there_was_a_plan_stands_before_it() -> None:
    """The question and its answer belong to no revision."""
    asked, said = PersonAsked(1.0, "which year?"), WordSpoken(2.0, "the last")
    told = tell_revisions([RunCreated(0.0, "r", "g", 1), asked, said, *_events()[1:]])
    assert [(each.question, each.words) for each in told.clarified] == [("which year?", ["the last"])]
    assert (told.plans, told.chapters, told.unheard) == ({1: AFTER_A.plan}, [], ())
    assert tell_revisions([RunCreated(0.0, "r", "g", 1), asked]).plans == {}


def test_approvals_are_told_with_why_and_what_became_of_them() -> None:
    """Those that the revision named, and those of which only the inputs told; the verdicts with who."""
    more = revise(step("a", it="x"), step("out", "send", it="y"), answer={"from": "a"})
    told = direct(planned(step("a")), Director([more]), by_input(a=BROKEN)).events
    chapter = only(tell_revisions(told))
    assert list(chapter.approvals) == ["out"] and chapter.verdicts == {}
    granted = only(tell_revisions([*told, ApprovalGranted(9.0, "out", "kim")]))
    assert granted.verdicts == {"out": "approved by kim"}
    assert only(tell_revisions([*told, ApprovalDenied(9.0, "out")])).verdicts == {"out": "denied"}


def test_a_budget_that_runs_low_is_told() -> None:
    """Its pressure is why the planner was asked."""
    told = tell_revisions(_events(ReplanningStarted(1.0, pressure="the budget is nearly used up")))
    assert only(told).pressure == "the budget is nearly used up"
    assert only(told).outcome == ""


def _events(*later: Event) -> list[Event]:
    """A run that has its plan, and what came after that."""
    return [RunCreated(0.0, "r", "g", 1), PlanAdopted(0.0, 1, AFTER_A.document, AFTER_A.contracts), *later]
