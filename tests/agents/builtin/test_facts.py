"""The agent that pulls named facts out of a text."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from callsheet.agents.agent import Context
from callsheet.agents.builtin.facts import extract, field_names
from callsheet.agents.errors import Permanent
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
    output = await ask(make_context, "date, customer", {"date": "1 May", "customer": "Marsh Ltd"})
    assert output["missing"] == ["date", "customer"]
    assert "1 May" not in str(output)


async def test_a_value_of_the_wrong_shape_is_asked_for_again(make_context: MakeContext) -> None:
    """Text or null is wanted; a list is mended or ends in an error, a number is its text."""
    assert (await ask(make_context, "total", {"total": ["x"]}, {"total": "4,599.60"}))["missing"] == []
    with pytest.raises(AnswerInvalid, match="must be text or null"):
        await ask(make_context, "total", *[{"total": {}}] * 3)


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
