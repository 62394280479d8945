"""What a small model writes once more is left out where it is done, and doubted where it goes wrong again."""

from __future__ import annotations

from typing import Any

from callsheet.agents.contracts.capability import JsonObject
from callsheet.planner.formats.small.revision_format import LinesRevisionFormat
from callsheet.planner.revision.revision import Revision
from callsheet.planner.revision.situation import Situation, Trouble
from tests.planner.formats.test_revision_formats import new, removable, small
from tests.planner.situations import MISSING, SHORT, STEPS, plan, situation

LETTER: JsonObject = {"id": "s1", "capability": "send", "inputs": {"to": "kim@x.org", "body": "Hello"}}
SENT = situation(
    plan(LETTER, {"id": "s2", "capability": "read_file", "inputs": {"path": "b.txt"}, "depends_on": ["s1"]}),
    trouble=Trouble("s2", (MISSING,)),
    standings={"s1": "done"},
)
READ = situation(
    plan(
        STEPS[0],
        {"id": "s2", "capability": "read_file", "inputs": {"path": "b.txt"}},
        {"id": "s3", "capability": "send", "inputs": {"to": "kim@x.org", "body": {"template": "{s1} {s2}"}}},
    ),
    trouble=Trouble("s2", (MISSING,)),
    standings={"s1": "done"},
)


def proposed(state: Situation, *steps: JsonObject, **others: Any) -> Any:
    """What the answer comes to."""
    return LinesRevisionFormat().read_decision(small(*steps, **others), state)


def added(state: Situation, *steps: JsonObject, **others: Any) -> list[str]:
    """The ids of the steps that are really new."""
    choice = proposed(state, *steps, **others).choice
    assert isinstance(choice, Revision)
    return [str(step["id"]) for step in choice.add]


def test_a_deed_that_is_done_is_not_written_down_again() -> None:
    """The letter is not sent twice, whatever the new step is called and waits for."""
    again = new("s3", "send", "s1", to="kim@x.org", body="Hello")
    other = new("s4", "read_file", path="c.txt")
    assert added(SENT, again, other) == ["s4"]
    (note,) = (each for each in proposed(SENT, again, other).notes if "s3" in each)
    assert note == "step s3: left out, as s1 has done it already"
    assert added(SENT, new("s3", "send", to="kim@x.org", body="Hello again"), other) == ["s3", "s4"]


def test_what_used_the_echo_uses_what_is_done() -> None:
    """A reference to the step that is left out means the one before."""
    again, more = new("s4", "read_file", path="a.txt"), new("s5", "shorten", text="{s4}")
    choice = proposed(READ, again, more).choice
    assert [step["inputs"] for step in choice.add] == [{"text": {"from": "s1"}}]


def test_what_is_removed_and_written_once_more_stays() -> None:
    """The model wants to have it, and has it."""
    again, more = new("s4", "read_file", path="a.txt"), new("s5", "shorten", text="{s4}")
    choice = proposed(READ, again, more, remove=["s1"]).choice
    assert (added(READ, again, more, remove=["s1"]), choice.remove) == (["s5"], ("s2",))


def test_looking_again_after_a_change_is_meant() -> None:
    """Of work without effect, only what waits for nothing that changes something is an echo."""
    read: JsonObject = {"id": "s1", "capability": "read_file", "inputs": {"path": "a.txt"}}
    write: JsonObject = {**LETTER, "id": "s2", "depends_on": ["s1"]}
    bad: JsonObject = {**read, "id": "s3", "inputs": {"path": "b.txt"}, "depends_on": ["s2"]}
    state = situation(
        plan(read, write, bad), trouble=Trouble("s3", (MISSING,)), standings={"s1": "done", "s2": "done"}
    )
    assert added(state, new("s4", "read_file", "s2", path="a.txt")) == ["s4"]
    assert added(state, new("s4", "read_file", path="a.txt"), new("s5", "find", pattern="*")) == ["s5"]


def test_a_person_may_want_it_once_more() -> None:
    """After a word nothing is left out, and nothing is doubted."""
    state = situation(SENT.plan, trouble=None, words=("send it again",), standings={"s1": "done"})
    again = new("s3", "send", to="kim@x.org", body="Hello")
    assert added(state, again) == ["s3"]
    assert proposed(state, again).doubts == ()


def test_the_same_step_again_is_doubted() -> None:
    """Under another name it would go wrong in the same way."""
    (doubt,) = proposed(situation(), new("s4", "read_file", path="a.txt")).doubts
    assert doubt.startswith("step s4 does what s1 did, with the same inputs")
    assert proposed(situation(), new("s4", "read_file", path="b.txt")).doubts == ()


def test_braces_around_nothing_are_doubted() -> None:
    """A new step has no item, and no variable."""
    (doubt,) = proposed(situation(), new("s4", "read_file", path="{item}")).doubts
    assert doubt.startswith("step s4: `{item}` stands for nothing")


def test_a_change_can_be_named_as_removed_only_after_a_word() -> None:
    """What is not needed for a change may go; the change itself only where the user may want that."""
    assert removable(situation()) == {"s2"}
    assert "s3" in removable(situation(trouble=None, words=("do not send it",)))


def test_what_was_expected_is_expected_of_the_step_that_does_it_anew() -> None:
    """Leaving the expectation out is no way to accept a result: that is a decision of its own."""
    careful: JsonObject = {**STEPS[0], "expect": ["len(output.text) > 10"]}
    state = situation(plan(careful, *STEPS[1:]), trouble=Trouble("s1", (SHORT,)))
    choice = proposed(state, new("s4", "read_file", path="b.txt"), new("s5", "find", pattern="*")).choice
    assert [step.get("expect") for step in choice.add] == [["len(output.text) > 10"], None]


def test_what_goes_on_from_the_step_in_trouble_stays() -> None:
    """Named as removed by a model that sees only the step it mends; unless a new step does it instead."""
    step, instead = new("s4", "read_file", path="b.txt"), new("s5", "shorten", "s4", text="{s4}")
    assert proposed(situation(), step, remove=["s2"]).choice.remove == ("s1",)
    assert (
        "step s2: stays, as no new step does it instead" in proposed(situation(), step, remove=["s2"]).notes
    )
    assert set(proposed(situation(), step, instead, remove=["s2"]).choice.remove) == {"s1", "s2"}
    spoken = situation(words=("do not shorten it",))
    assert set(proposed(spoken, step, remove=["s2"]).choice.remove) == {"s1", "s2"}
