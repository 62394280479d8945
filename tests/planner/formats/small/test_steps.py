"""What a small model leaves out of the short format, and what is certain all the same."""

from __future__ import annotations

from typing import Any

from callsheet.agents.contracts.capability import Effect
from callsheet.planner.formats.plan_format import Translation
from callsheet.planner.formats.small.steps import ShortSteps

EFFECTS = {"read_file": Effect.READ, "analyze": Effect.READ, "write_file": Effect.WRITE, "write": Effect.PURE}


def step(id: str, capability: str, *depends_on: str, **inputs: str) -> Any:
    return {"id": id, "capability": capability, "inputs": inputs, "depends_on": list(depends_on)}


def translated(*steps: Any) -> Translation:
    return ShortSteps(steps, EFFECTS).translate("a goal", None)


def inputs_of(translation: Translation, id: str) -> Any:
    steps: Any = translation.document["steps"]
    return next(each["inputs"] for each in steps if each["id"] == id)


READ = step("s1", "read_file", path="notes.md")
SAVE = step("s3", "write_file", "s2", path="out.md", content="{s2}")


def test_the_name_of_what_was_read_means_what_was_read() -> None:
    """Given to an input of another name, the name of a source stands for the step that reads it."""
    writing = step("s2", "write", instructions="Write it up", material="notes.md")
    found = translated(READ, writing, SAVE)
    assert inputs_of(found, "s2") == {"instructions": "Write it up", "material": {"from": "s1"}}
    assert len(found.notes) == 1


def test_a_step_that_reads_the_same_source_goes_there_by_itself() -> None:
    """Under the same name of input, the source is left alone."""
    found = translated(READ, step("s2", "analyze", "s1", path="notes.md", question="What is in it?"))
    assert inputs_of(found, "s2")["path"] == "notes.md"


def test_only_an_earlier_step_is_meant() -> None:
    """A step never takes the result of one that comes after it: that would be a cycle."""
    first = step("s1", "write", instructions="Write it up", material="notes.md")
    found = translated(first, step("s2", "read_file", path="notes.md"))
    assert inputs_of(found, "s1")["material"] == "notes.md"


def test_what_was_read_for_nothing_goes_to_whoever_writes() -> None:
    """In a plan that ends in a change, a result that no step takes was read for the last one told to
    write."""
    writing = step("s2", "write", instructions="Write a short summary of it")
    found = translated(READ, writing, SAVE)
    assert inputs_of(found, "s2") == {"instructions": {"template": "Write a short summary of it\n\n{ s1 }"}}
    assert len(found.notes) == 1


def test_what_was_read_for_the_user_stays_an_answer() -> None:
    """A plan that changes nothing is asked for its results, those that were only read among them."""
    found = translated(READ, step("s2", "write", instructions="Write a poem about autumn"))
    assert found.document["answer"] == {"template": "{s1}\n\n{s2}"}
    assert not found.notes


def test_the_answer_of_a_plan_that_ends_in_a_change_is_what_it_changed() -> None:
    """What was written is the answer, not what was read on the way."""
    reading_too = step("s0", "read_file", path="other.md")
    writing = step("s2", "write", "s1", instructions="Sum it up: {s1}")
    assert translated(reading_too, READ, writing, SAVE).document["answer"] == {"from": "s2"}


def test_a_change_that_took_nothing_answers_with_what_it_says() -> None:
    """Where the last step was given no result, its own is all there is."""
    found = translated(step("s1", "write_file", path="a.txt", content="hello"))
    assert found.document["answer"] == {"from": "s1"}


def test_a_result_that_another_step_hands_on_is_not_forgotten() -> None:
    """A step that waits for two, of which one takes the other's result, takes both with the later one."""
    shorter = step("s2", "write", "s1", instructions="Sum it up: {s1}")
    saved = step("s3", "write_file", "s1", "s2", path="out.md", content="{s2}")
    found = translated(READ, shorter, saved)
    assert found.doubts == ()
    assert inputs_of(found, "s3")["content"] == {"from": "s2"}


def test_a_forgotten_result_never_lands_in_a_heading() -> None:
    """Long as it is, a subject is not told what to do: the body is."""
    mail = step(
        "s2",
        "write_file",
        "s1",
        subject="All that you ever wanted to know about it",
        body="Here is what it says",
    )
    found = translated(READ, mail)
    assert inputs_of(found, "s2")["subject"] == "All that you ever wanted to know about it"
    assert inputs_of(found, "s2")["body"] == {"template": "Here is what it says\n\n{ s1 }"}
