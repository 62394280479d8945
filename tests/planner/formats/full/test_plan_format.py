"""The full format: everything that a plan can say, in few words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from callsheet.planner.check.checker import check
from callsheet.planner.formats.full.plan_format import FullFormat
from callsheet.planner.planning.prompt import PlanningPrompt
from callsheet.prompts.budget import count_tokens
from tests.planner.catalogs import CATALOG, COUNT, READ, SAVE, TEXT, capability
from tests.planner.strategies import catalogs, plans

SCHEMA = FullFormat().schema(CATALOG)


def read(steps: list[Any], answer: Any = "x") -> dict[str, Any]:
    """The document that an answer means."""
    return FullFormat().read_plan({"steps": steps, "answer": answer}, "a goal", CATALOG).document


def wire(document: Mapping[str, Any]) -> dict[str, Any]:
    """A plan's document as a model would write it."""
    show = FullFormat().show
    steps: list[Any] = []
    for step in document["steps"]:
        inputs = {name: show(value) for name, value in step.get("inputs", {}).items()}
        written: dict[str, Any] = {"id": step["id"], "do": {"use": step["capability"], **inputs}}
        flow = [
            f"{key}: {value['from'] if key == 'for_each' else each}"
            for key, value in step.items()
            if key not in ("id", "capability", "inputs")
            for each in (value if key == "expect" else [value])
        ]
        steps.append({**written, "flow": flow} if flow else written)
    return {"steps": steps, "answer": show(document["answer"])}


def test_a_plan_of_every_entry_is_written_by_the_schema_and_read() -> None:
    """Each entry of a step has its place in the flow, and only there where the step has it."""
    flow = [
        'for_each: ["a", "b"]',
        "condition: 1 < 2",
        "expect: len(output.text) > 0",
        "expect: output.bytes > 0",
        "depends_on: first",
        "join: done",
        "on_failure: continue",
        "approval: true",
        "max_retries: 5",
        "timeout_seconds: 2.5",
        "total_timeout_seconds: 60",
    ]
    steps: list[Any] = [
        {"id": "first", "do": {"use": "save", "path": "a", "content": "x"}},
        {"id": "texts", "do": {"use": "read_file", "path": "{item}"}, "flow": flow},
    ]
    answer: Any = {"steps": steps, "answer": "{default(texts, [])}"}
    assert jsonschema_rs.is_valid(SCHEMA, answer)
    document = FullFormat().read_plan(answer, "a goal", CATALOG).document
    assert document == {
        "goal": "a goal",
        "steps": [
            {"id": "first", "capability": "save", "inputs": {"path": "a", "content": "x"}},
            {
                "id": "texts",
                "capability": "read_file",
                "inputs": {"path": {"from": "item"}},
                "for_each": {"from": '["a", "b"]'},
                "condition": "1 < 2",
                "expect": ["len(output.text) > 0", "output.bytes > 0"],
                "depends_on": ["first"],
                "join": "done",
                "on_failure": "continue",
                "approval": True,
                "max_retries": 5,
                "timeout_seconds": 2.5,
                "total_timeout_seconds": 60,
            },
        ],
        "answer": {"from": "default(texts, [])"},
    }
    assert check(document, CATALOG).errors == ()


@given(st.data())
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_the_format_says_whatever_a_plan_says(data: st.DataObject) -> None:
    """For every plan there is an answer that means it (a null that could be left out is left out)."""
    catalog = data.draw(catalogs())
    document = _without_nulls(data.draw(plans(catalog)))
    assert FullFormat().read_plan(wire(document), "a goal", catalog).document == document


def _without_nulls(value: Any) -> Any:
    match value:
        case dict():
            kept = {key: _without_nulls(each) for key, each in value.items() if each is not None}
            return {key: each for key, each in kept.items() if key != "inputs" or each}
        case list():
            return [_without_nulls(each) for each in value if each is not None]
        case _:
            return value


def test_what_is_at_its_default_is_left_out() -> None:
    """Whatever a model writes of it."""
    step = {"id": "a", "do": {"use": "read_file", "path": "a"}, "flow": []}
    flow = ["join: all", "on_failure: replan", "approval: false", "depends_on: []"]
    for each in (step, {**step, "flow": flow}, {**step, "condition": None, "expect": []}):
        assert read([each])["steps"] == [{"id": "a", "capability": "read_file", "inputs": {"path": "a"}}]


def test_what_is_no_default_is_kept() -> None:
    """A step that must not be revised says so."""
    step = {"id": "a", "do": {"use": "read_file", "path": "a"}, "flow": ["on_failure: fail", "join: any"]}
    (document,) = read([step])["steps"]
    assert (document["on_failure"], document["join"]) == ("fail", "any")


def test_optional_inputs_are_left_out_or_null() -> None:
    """The schema asks for none of them; one that writes one may write null for the others."""
    filled: list[Any] = [
        {"values": [{"key": "a", "value": "b"}]},
        {"values": [{"key": "a", "value": "b"}], "style": None, "options": None},
        {"values": [{"key": "a", "value": "b"}], "style": "bold", "options": {"width": 5, "title": None}},
    ]
    documents: list[JsonValue] = []
    for inputs in filled:
        answer: Any = {"steps": [{"id": "page", "do": {"use": "fill", **inputs}}], "answer": "{page}"}
        assert jsonschema_rs.is_valid(SCHEMA, answer)
        document = FullFormat().read_plan(answer, "a goal", CATALOG).document
        assert check(document, CATALOG).errors == ()
        documents += document["steps"]  # type: ignore[arg-type]
    assert [each["inputs"] for each in documents] == [  # type: ignore[index, call-overload]
        {"values": {"a": "b"}},
        {"values": {"a": "b"}},
        {"values": {"a": "b"}, "style": "bold", "options": {"width": 5}},
    ]


@pytest.mark.parametrize(
    "step",
    [
        {
            "id": "a",
            "capability": "count",
            "inputs": {"words": {"from": "item"}},
            "for_each": {"from": "[[]]"},
        },
        {"id": "a", "call": {"capability": "count", "inputs": {"words": "{item}"}}, "for_each": "[[]]"},
        {
            "id": "a",
            "do": {"capability": "count", "inputs": {"words": "{item}"}},
            "flow": {"for_each": "{[[]]}"},
        },
        {"id": "a", "do": {"use": "count", "words": "{item}"}, "flow": "for_each: {[[]]}"},
        # As the format was before.
        {"id": "a", "do": {"count": {"words": "{item}"}}, "flow": [{"for_each": "[[]]"}]},
        {"id": "a", "do": {"count": [{"key": "words", "value": "{item}"}]}, "flow": [{"for_each": "[[]]"}]},
    ],
)
def test_what_the_schema_does_not_let_through_is_understood(step: Any) -> None:
    """The plan's own notation, flow beside the step, braces where an expression stands by itself; and what
    was written in earlier formats."""
    assert read([step])["steps"] == [
        {
            "id": "a",
            "capability": "count",
            "inputs": {"words": {"from": "item"}},
            "for_each": {"from": "[[]]"},
        }
    ]


def test_a_flow_that_says_something_twice_is_refused() -> None:
    """Neither of the two is dropped in silence."""
    flow = ["for_each: [1]", "for_each: [2]"]
    with pytest.raises(ValueError, match="step a: its flow says `for_each` twice"):
        read([{"id": "a", "do": {"use": "read_file", "path": "a"}, "flow": flow}])


@pytest.mark.parametrize(
    "flow",
    [[5], "x", ["x"], ["expects: 1 < 2"], ["join: some"], ["max_retries: many"], [{"for_each": 5}]],
)
def test_a_flow_that_makes_no_sense_is_left_for_the_checker(flow: Any) -> None:
    """It is not dropped, so the model hears of it."""
    document = read([{"id": "a", "do": {"use": "read_file", "path": "a"}, "flow": flow}], "{a}")
    assert check(document, CATALOG).errors


def test_a_question_takes_the_place_of_the_answer() -> None:
    """And then there is no plan, whatever else was written."""
    answer: Any = {"steps": [], "answer": {"ask": " Which file? "}}
    assert jsonschema_rs.is_valid(SCHEMA, answer)
    translation = FullFormat().read_plan(answer, "a goal", CATALOG)
    assert translation.question == "Which file?"
    assert translation.wanted == ()
    assert translation.document == {}


def test_a_goal_without_work_is_answered_straight_away() -> None:
    """No steps, and the answer itself."""
    answer: Any = {"steps": [], "answer": "Paris"}
    assert jsonschema_rs.is_valid(SCHEMA, answer)
    translation = FullFormat().read_plan(answer, "a goal", CATALOG)
    assert translation.document == {"goal": "a goal", "steps": [], "answer": "Paris"}
    assert translation.question is None


def test_what_is_lacking_may_be_said_where_the_catalog_was_cut() -> None:
    """Only there: otherwise neither the schema nor the rules speak of it."""
    answer: Any = {"steps": [], "answer": {"lacking": ["send an SMS", " "]}}
    cut = FullFormat(cut=True)
    assert jsonschema_rs.is_valid(cut.schema(CATALOG), answer)
    assert not jsonschema_rs.is_valid(SCHEMA, answer)
    assert cut.read_plan(answer, "a goal", CATALOG).wanted == ("send an SMS",)
    (part, *_), (whole, *_) = (
        PlanningPrompt(each, "a goal", CATALOG).messages() for each in (cut, FullFormat())
    )
    assert "lacking" in part.content
    assert "lacking" not in whole.content
    assert part.content.splitlines()[-5:] == whole.content.splitlines()[-5:]


def test_outputs_that_are_no_text_are_told() -> None:
    """A single text needs no more than its name; a number and a second field do."""
    form = FullFormat()
    assert form.signature(SAVE, terse=False) == "save(path, content) -> path: does save [changes something]"
    assert form.signature(COUNT, terse=False).endswith("; gives count: integer")
    assert form.signature(READ, terse=False).endswith("; gives text: text, bytes: integer")


def test_a_plain_step_costs_its_own_words_and_few_besides() -> None:
    """Nothing is written for what a step does not have."""
    shorten = capability(
        "shorten", {"text": TEXT, "words": TEXT, "tone": TEXT}, {"s": TEXT}, optional=("words", "tone")
    )
    step: Any = {"id": "short", "do": {"use": "shorten", "text": "{page}"}}
    assert count_tokens(FullFormat().write_answer(step)).tokens <= 20
    answer: Any = {"steps": [step], "answer": "{short}"}
    assert jsonschema_rs.is_valid(FullFormat().schema([shorten]), answer)


@pytest.mark.parametrize("answer", [None, [], {}, {"steps": 5}, {"answer": {"ask": " "}}, {"answer": "x"}])
def test_what_has_no_steps_is_refused_in_a_sentence(answer: Any) -> None:
    """The sentence tells the model what is wanted."""
    with pytest.raises(ValueError, match="steps"):
        FullFormat().read_plan(answer, "a goal", CATALOG)
