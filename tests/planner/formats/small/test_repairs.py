"""Slips of small models that have one remedy."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from callsheet.agents.contracts.capability import Effect, JsonObject
from callsheet.planner.formats.small.repairs import insert_before, repair_steps
from tests.planner.catalogs import READ, SAVE, SHORTEN, TEXT, capability

SEARCH = capability("search_web", {"query": TEXT}, {"findings": TEXT}, effect=Effect.READ)
WRITE = capability("write_letter", {"instructions": TEXT}, {"letter": TEXT}, description="compose a letter")
CATALOG = (READ, SAVE, SHORTEN, SEARCH, WRITE)


def step(id: str, capability: str, *depends_on: str, **inputs: Any) -> JsonObject:
    """One step as a model writes it."""
    return {"id": id, "capability": capability, "inputs": inputs, "depends_on": list(depends_on)}


def ids(steps: list[JsonValue]) -> list[Any]:
    """The ids of steps."""
    return [each["id"] for each in steps if isinstance(each, dict)]


def inputs_of(steps: list[JsonValue], id: str) -> Any:
    """The inputs of one of the steps."""
    return next(each["inputs"] for each in steps if isinstance(each, dict) and each["id"] == id)


def test_a_step_that_takes_its_own_result_takes_the_one_it_waits_for() -> None:
    """Where it waits for one step alone, and takes its result nowhere."""
    steps: list[JsonValue] = [
        step("s1", "read_file", path="a.txt"),
        step("s2", "shorten", "s1", text="All of {s2.text}"),
    ]
    found = repair_steps(steps, "Shorten a.txt", CATALOG)
    assert inputs_of(found.steps, "s2") == {"text": "All of {s1}"}
    assert len(found.notes) == 1


def test_a_step_that_takes_its_own_result_besides_another_is_left_to_the_model() -> None:
    """`{s1} * {s2}` in s2 lacks a step, and is no square."""
    steps: list[JsonValue] = [
        step("s1", "read_file", path="a.txt"),
        step("s2", "shorten", "s1", text="{s1} * {s2}"),
    ]
    assert repair_steps(steps, "Shorten a.txt", CATALOG).steps == steps


def test_a_source_that_was_made_up_behind_a_search_is_left_out() -> None:
    """What was found goes straight to who took what the made-up file held."""
    steps: list[JsonValue] = [
        step("s1", "search_web", query="wind"),
        step("s2", "read_file", "s1", path="data/wind.pdf"),
        step("s3", "shorten", "s2", text="{s2}"),
    ]
    found = repair_steps(steps, "Search for wind and shorten it", CATALOG)
    assert ids(found.steps) == ["s1", "s3"]
    assert inputs_of(found.steps, "s3") == {"text": "{s1}"}
    assert "data/wind.pdf" in found.notes[0]


def test_a_source_that_the_goal_names_stays() -> None:
    """However it stands in the plan."""
    steps: list[JsonValue] = [
        step("s1", "search_web", query="wind"),
        step("s2", "read_file", "s1", path="data/wind.pdf"),
        step("s3", "shorten", "s2", text="{s2}"),
    ]
    assert repair_steps(steps, "Search for wind and shorten data/wind.pdf", CATALOG).steps == steps


def test_a_change_is_never_left_out() -> None:
    """A file that is written may well have a name of the model's own."""
    steps: list[JsonValue] = [
        step("s1", "search_web", query="wind"),
        step("s2", "save", "s1", path="wind.txt", content="wind"),
        step("s3", "shorten", "s2", text="{s2}"),
    ]
    assert repair_steps(steps, "Search for wind, save and shorten it", CATALOG).steps == steps


def test_a_source_copied_from_an_example_is_left_out_with_its_line() -> None:
    """Where the one who takes it has other results to work with."""
    steps: list[JsonValue] = [
        step("s1", "search_web", query="wind"),
        step("s2", "read_file", path="texts/tone.md"),
        step("s3", "write_letter", "s1", "s2", instructions="Write about: {s1}\nThe tone: {s2}"),
    ]
    found = repair_steps(steps, "Search for wind and write a letter", CATALOG)
    assert ids(found.steps) == ["s1", "s3"]
    assert inputs_of(found.steps, "s3") == {"instructions": "Write about: {s1}"}


def test_the_only_source_stays_even_if_nobody_named_it() -> None:
    """It is a doubt then, which the model is asked about."""
    steps: list[JsonValue] = [
        step("s1", "read_file", path="report.txt"),
        step("s2", "shorten", "s1", text="{s1}"),
    ]
    assert repair_steps(steps, "Shorten the report", CATALOG).steps == steps


def test_an_ending_that_takes_nothing_and_that_nobody_asked_for_is_left_out() -> None:
    """A letter about what was found, where no letter is wanted; with a reference it stays."""
    steps: list[JsonValue] = [
        step("s1", "search_web", query="price of a lamp"),
        step("s2", "write_letter", "s1", instructions="Tell the supplier"),
    ]
    goal = "Search the web: what does a lamp cost?"
    assert ids(repair_steps(steps, goal, CATALOG).steps) == ["s1"]
    assert ids(repair_steps(steps, goal + " Write a letter", CATALOG).steps) == ["s1", "s2"]
    steps[1] = step("s2", "write_letter", "s1", instructions="Tell the supplier: {s1}")
    assert ids(repair_steps(steps, goal, CATALOG).steps) == ["s1", "s2"]


def test_a_step_is_put_in_between() -> None:
    """Who took what the new step takes takes its result, and what stood around stays."""
    steps = [
        step("s1", "read_file", path="a.txt"),
        step("s2", "save", "s1", path="b.txt", content="Summary: {s1}"),
    ]
    found = insert_before(steps, step("s3", "shorten", "s1", text="{s1}"), "s2")
    assert ids(list(found)) == ["s1", "s3", "s2"]
    assert found[2]["inputs"] == {"path": "b.txt", "content": "Summary: {s3}"}
    assert found[2]["depends_on"] == ["s3"]


def test_a_step_in_between_takes_what_the_next_one_took() -> None:
    """Even if it says that it takes the result of the next one, which cannot be meant."""
    steps = [step("s1", "read_file", path="a.txt"), step("s2", "save", "s1", path="b.txt", content="{s1}")]
    found = insert_before(steps, step("s3", "shorten", "s2", text="{s2}"), "s2")
    assert found[1]["inputs"] == {"text": "{s1}"}
    assert found[2]["inputs"] == {"path": "b.txt", "content": "{s3}"}


def test_an_ending_about_something_in_the_goal_stays() -> None:
    """`tell Ann` names who is told, whatever the telling is called."""
    steps: list[JsonValue] = [
        step("s1", "search_web", query="price of a lamp"),
        step("s2", "write_letter", "s1", instructions="Ann"),
    ]
    assert repair_steps(steps, "Search the web for a lamp and tell Ann", CATALOG).steps == steps


def test_a_step_without_a_place_is_put_last() -> None:
    """Where the step that should take its result is not there."""
    steps = [step("s1", "read_file", path="a.txt")]
    assert ids(list(insert_before(steps, step("s2", "shorten", text="x"), "s9"))) == ["s1", "s2"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
IDS = st.sampled_from(["s1", "s2", "s3", "x"])
NAMES = st.sampled_from(["read_file", "shorten", "search_web", "save", "write_letter", "nobody"])
VALUES = st.sampled_from(["a.txt", "{s1}", "{s2}\n{s1}", "x"])
STEPS = st.fixed_dictionaries(
    {
        "id": IDS,
        "capability": NAMES,
        "inputs": st.dictionaries(st.sampled_from(["path", "text"]), VALUES),
        "depends_on": st.lists(IDS, max_size=3) | JSON,
    }
)


@given(st.lists(STEPS | JSON, max_size=4), st.text())
def test_repairing_never_fails_and_never_adds(steps: list[Any], goal: str) -> None:
    """For every list of anything: no step is made up, and without a note nothing is changed."""
    found = repair_steps(steps, goal, CATALOG)
    assert len(found.steps) <= len(steps)
    assert found.notes or found.steps == steps
