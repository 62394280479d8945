"""The agent that pulls named facts out of a text."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from callsheet.agents.agent import Context
from callsheet.agents.builtin.facts import extract, field_names
from callsheet.agents.builtin.labels import labelled_value
from callsheet.agents.errors import Permanent, Surprise
from callsheet.agents.models.errors import AnswerInvalid
from callsheet.agents.models.scripted import ScriptedModel

MakeContext = Callable[..., Context]

LETTER = "Invoice HL-17 of 28  August.\nTotal: 4,599.60"


async def ask(make_context: MakeContext, fields: str, *answers: Any) -> Any:
    """Extract from the letter, with these answers of the model."""
    with ScriptedModel([json.dumps(answer) for answer in answers]) as model:
        return await extract.perform("extract", {"text": LETTER, "fields": fields}, make_context(model))


async def test_each_field_is_answered(make_context: MakeContext) -> None:
    """Found ones with their value, the others as missing, and all of it as text for the next step."""
    output = await ask(
        make_context, "date, total and VAT", {"date": "28 August", "total": "4,599.60", "VAT": None}
    )
    assert output == {
        "text": "date: 28 August\ntotal: 4,599.60\nVAT: not found",
        "facts": [
            {"field": "date", "value": "28 August", "found": True},
            {"field": "total", "value": "4,599.60", "found": True},
            {"field": "VAT", "value": None, "found": False},
        ],
        "missing": ["VAT"],
    }
    assert extract.capability.main_output == "text"


async def test_a_value_that_is_not_in_the_text_was_made_up(make_context: MakeContext) -> None:
    """However well it fits, it isn't taken."""
    output = await ask(
        make_context, "number, day, customer", {"number": "HL-17", "day": "1 May", "customer": "Marsh Ltd"}
    )
    assert output["missing"] == ["day", "customer"]
    assert "1 May" not in str(output)


async def test_a_value_of_the_wrong_shape_is_asked_for_again(make_context: MakeContext) -> None:
    """Text or null is wanted; a list is mended or ends in an error, a number is its text."""
    assert (await ask(make_context, "total", {"total": ["x"]}, {"total": "4,599.60"}))["missing"] == []
    with pytest.raises(AnswerInvalid, match="must be text or null"):
        await ask(make_context, "total", *[{"total": {}}] * 3)


@pytest.mark.parametrize("answer", [{"day": None, "customer": None}, {"day": "1 May", "customer": ""}])
async def test_nothing_found_is_a_surprise(make_context: MakeContext, answer: dict[str, Any]) -> None:
    """The plan expected facts: a run that goes on with `not found` would be completed without its goal."""
    with pytest.raises(Surprise, match="the text gives none of day, customer"):
        await ask(make_context, "day, customer", answer)


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ('{"name": "web", "spec": {"replicas": 3, "paused": false}}', "replicas", "3"),
        ('{\n  "replicas": 3,\n  "image": "web:1.20"\n}', "Replicas", "3"),
        ('{"a": [{"imageTag": "1.20"}], "cost": 1.50}', "image tag", "1.20"),
        ('{"cost": 1.50, "paused": false}', "the cost", "1.50"),
        ('{"cost": 1.50, "paused": false}', "paused", "false"),
        ("apiVersion: v1\nspec:\n  replicas: 3\n", "replicas", "3"),
        ("- **Due date:** 3 May\n- Total: 5", "due date", "3 May"),
        ("[db]\nhost = 'localhost'\n", "host", "localhost"),
    ],
)
async def test_what_a_text_labels_is_found(
    make_context: MakeContext, text: str, field: str, value: str
) -> None:
    """Whatever a small model says: nothing, the label with the value, or what stands nowhere."""
    for answer in (None, f"{field} is: {value}", "42 days"):
        with ScriptedModel([json.dumps({field.removeprefix("the "): answer, field: answer})]) as model:
            output = await extract.perform("extract", {"text": text, "fields": field}, make_context(model))
        assert output["facts"] == [{"field": field, "value": value, "found": True}]


@pytest.mark.parametrize("text", ['{"replicas": null}', "replicas:", "replicas: 3\nreplicas: 4", "Replicas"])
def test_a_label_without_one_value_gives_none(text: str) -> None:
    """Nothing is chosen where a text says two things."""
    assert labelled_value(text, "replicas") is None


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ("date, total", ["date", "total"]),
        ("the date; the total and VAT", ["the date", "the total", "VAT"]),
        ("- name\n- brand", ["name", "brand"]),
        ('["a", "b"]', ["a", "b"]),
        ("a, a", ["a"]),
    ],
)
def test_names_are_read_from_a_list_in_any_common_form(fields: str, names: list[str]) -> None:
    """Commas, semicolons, lines or `and`; `brand` keeps its `and`."""
    assert list(field_names(fields)) == names


@pytest.mark.parametrize("fields", ["", " , ", ",".join(map(str, range(31))), "x" * 81])
def test_no_names_too_many_or_too_long_ones_are_refused(fields: str) -> None:
    """The model isn't asked for what was not named."""
    with pytest.raises(Permanent):
        field_names(fields)
