"""The wire formats: what a model may write, and the plan that comes of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from callsheet.agents.builtin import builtin_agents
from callsheet.agents.contracts.capability import Capability, Effect, JsonObject
from callsheet.agents.models.strict_schema import strict_schema
from callsheet.planner.check.checker import check
from callsheet.planner.formats.examples import load_examples
from callsheet.planner.formats.full.plan_format import FullFormat
from callsheet.planner.formats.plan_format import WireFormat
from callsheet.planner.formats.small.plan_format import LinesFormat
from tests.planner.catalogs import CATALOG, READ, SAVE, SHORTEN, TEXT, capability

FORMATS = (LinesFormat(), FullFormat())


def older(
    *steps: tuple[str, dict[str, Any], list[str]], catalog: Sequence[Capability] = CATALOG
) -> JsonObject:
    """The document of a plan as small models wrote it before there were lines, and as recordings have it:
    each step's capability, inputs, depends_on."""
    written = [
        {"id": f"s{number}", "capability": name, "inputs": inputs, "depends_on": depends_on}
        for number, (name, inputs, depends_on) in enumerate(steps, 1)
    ]
    return LinesFormat().read_plan(cast("JsonValue", {"steps": written}), "a goal", catalog).document


def step_of(document: JsonObject, at: int) -> dict[str, Any]:
    """One step of a document."""
    steps = document["steps"]
    assert isinstance(steps, list)
    step = steps[at]
    assert isinstance(step, dict)
    return step


@pytest.mark.parametrize("wire_format", FORMATS, ids=lambda each: each.name)
def test_every_worked_example_is_a_plan_that_checks(wire_format: WireFormat) -> None:
    """What the prompt shows keeps to the schema and, translated, has not even a warning."""
    for example in load_examples(wire_format.name):
        answer = wire_format.read_answer(wire_format.write_answer(example.answer))
        schema = wire_format.schema(example.catalog)
        assert schema is None or jsonschema_rs.is_valid(schema, answer)
        read = wire_format.read_plan(answer, example.goal, example.catalog)
        assert read.notes == ()
        assert check(read.document, example.catalog).diagnostics == ()


def test_the_short_examples_are_five() -> None:
    """Small models get five worked examples, none with a capability of the media goal set."""
    examples = LinesFormat().examples(())
    names = {each.name for example in examples for each in example.catalog}
    assert len(examples) == 5
    assert not names & {"query_database", "make_chart", "translate", "transcribe_audio", "classify"}
    assert not names & {"post_message", "save_file", "extract_fields"}


@pytest.mark.parametrize(
    ("offered", "shown"),
    [
        (("find_recipe",), "Make a menu"),
        (("pin_to_board", "find_recipe"), "Translate letter 12"),
        (("list_papers", "count_readers"), "How many readers"),
        (("list_stations", "measure_level", "warn_residents"), "How high was the Inn"),
    ],
)
def test_the_full_example_is_chosen_for_the_catalog(offered: tuple[str, ...], shown: str) -> None:
    """The one that shows most of what there is and nothing that there is not."""
    known = {each.name: each for example in load_examples("full") for each in example.catalog}
    catalog = [known[name] for name in offered]
    chosen = FullFormat().examples(catalog)
    assert [example.goal.startswith(shown) for example in chosen] == [True]
    assert chosen == FullFormat().examples(catalog[::-1])


def test_depends_on_that_repeats_the_inputs_is_dropped() -> None:
    """Data dependencies are what the references say."""
    document = older(("read_file", {"path": "a"}, []), ("shorten", {"text": "{s1}"}, ["s1"]))
    assert step_of(document, 1) == {
        "id": "s2",
        "capability": "shorten",
        "inputs": {"text": {"from": "s1"}},
    }


def test_order_after_an_effect_is_kept() -> None:
    """A step may wait for something to be changed whose result it does not use."""
    document = older(("save", {"path": "a", "content": "x"}, []), ("read_file", {"path": "a"}, ["s1"]))
    assert step_of(document, 1)["depends_on"] == ["s1"]


def test_order_after_work_without_effect_is_dropped() -> None:
    """Waiting for work that changes nothing, and not using it, means nothing; nor does waiting for itself."""
    document = older(("read_file", {"path": "a"}, []), ("read_file", {"path": "b"}, ["s1", "s2"]))
    assert "depends_on" not in step_of(document, 1)


def test_an_unknown_step_in_depends_on_is_left_for_the_checker() -> None:
    """It is a mistake that the model should hear of."""
    document = older(("read_file", {"path": "a"}, ["s7"]))
    assert [each.code for each in check(document, CATALOG).errors] == ["unknown-step"]


@pytest.mark.parametrize("wire_format", FORMATS, ids=lambda each: each.name)
@pytest.mark.parametrize("answer", [None, [], "no", 5, {}, {"steps": 5}, {"plan": []}])
def test_what_has_no_steps_is_refused_in_a_sentence(wire_format: WireFormat, answer: Any) -> None:
    """The sentence tells the model what is wanted."""
    with pytest.raises(ValueError, match="steps"):
        wire_format.read_plan(answer, "a goal", CATALOG)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda each: st.lists(each, max_size=4) | st.dictionaries(st.text(), each, max_size=4),
    max_leaves=12,
)
STEP = JSON | st.fixed_dictionaries(
    {},
    optional={
        "id": JSON | st.sampled_from(["s1", "s2"]),
        "capability": JSON | st.sampled_from(["save", "count", "fill"]),
        "inputs": JSON | st.dictionaries(st.sampled_from(["path", "values", "words", "x"]), JSON),
        "call": JSON,
        "for_each": JSON,
        "depends_on": JSON | st.lists(st.sampled_from(["s1", "s2", "s3"])),
    },
)


@pytest.mark.parametrize("wire_format", FORMATS, ids=lambda each: each.name)
@given(st.lists(STEP, max_size=4), JSON)
def test_any_steps_are_translated_or_left_for_the_checker(
    wire_format: WireFormat, steps: list[Any], answer: Any
) -> None:
    """For every JSON value in the place of a step: nothing is raised, and the checker has the last word."""
    document = wire_format.read_plan({"steps": steps, "answer": answer}, "a goal", CATALOG).document
    check(document, CATALOG)


@st.composite
def older_plans(draw: st.DrawFn) -> JsonObject:
    """A plan that small models could say before there were lines, with references to earlier steps."""
    steps: list[Any] = []
    for number in range(1, draw(st.integers(2, 6))):
        earlier = [f"s{each}" for each in range(1, number)]
        part = st.sampled_from([f"{{{each}}}" for each in earlier] or ["x"]) | st.text(max_size=8)
        text = st.lists(part, max_size=3).map("".join)
        name, inputs = draw(
            st.sampled_from([("read_file", ["path"]), ("save", ["path", "content"]), ("shorten", ["text"])])
        )
        written = {each: draw(text) for each in inputs}
        chosen = draw(st.lists(st.sampled_from(earlier), unique=True)) if earlier else []
        steps.append({"id": f"s{number}", "capability": name, "inputs": written, "depends_on": chosen})
    return {"steps": steps}


@given(older_plans())
@settings(max_examples=60)
def test_every_plan_of_an_older_recording_checks(answer: JsonObject) -> None:
    """For every answer whose references name earlier steps, the translation has no errors."""
    catalog = (READ, SAVE, SHORTEN)
    assert check(LinesFormat().read_plan(answer, "a goal", catalog).document, catalog).errors == ()


def builtin_catalog() -> list[Capability]:
    """The capabilities that come with Callsheet."""
    return [each for agent in builtin_agents() for each in agent.capabilities]


@pytest.mark.parametrize("catalog", [CATALOG, builtin_catalog()], ids=["odd", "builtin"])
def test_the_full_schema_is_strict(catalog: Sequence[Capability]) -> None:
    """Servers with strict structured outputs take the full format, whatever the capabilities' schemas."""
    schema = FullFormat().schema(catalog)
    assert strict_schema(schema) is not None
    assert _is_closed(schema)


def test_five_hundred_capabilities_are_within_the_limits_of_strict_schemas() -> None:
    """A large catalog does not cost the schema its strictness."""
    builtin = builtin_catalog()
    catalog = [builtin[at % len(builtin)].model_copy(update={"name": f"work_{at}"}) for at in range(500)]
    assert strict_schema(FullFormat().schema(catalog)) is not None


def _is_closed(schema: object) -> bool:
    match schema:
        case {"properties": dict(properties), "required": list(required), "additionalProperties": False}:
            return set(properties) == set(required) and all(map(_is_closed, properties.values()))
        case dict():
            return "properties" not in schema and all(map(_is_closed, schema.values()))
        case list():
            return all(map(_is_closed, schema))
        case _:
            return True


def test_a_signature_shows_kinds_effects_and_what_is_optional() -> None:
    """One line tells the model what a capability takes, gives, and does to the world."""
    send = capability(
        "send",
        {"to": TEXT, "how": {"enum": ["fast", "slow"]}, "copies": {"type": "array", "items": TEXT}},
        {"receipt": TEXT},
        optional=("copies",),
        effect=Effect.IRREVERSIBLE,
        description="send\n it",
    )
    assert LinesFormat().signature(send, terse=False) == (
        'send(to, how: "fast" or "slow", copies?: list of text) -> receipt: send it [cannot be undone]'
    )
    assert "text: text, bytes: integer" in FullFormat().signature(READ, terse=False)
