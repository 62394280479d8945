"""D5. One mistake in the form of a plan hides no other finding, and makes none that would not be there."""

from __future__ import annotations

import copy
from typing import Any, cast

import pytest

from callsheet.agents.contracts.capability import JsonObject
from callsheet.planner.check.checker import check
from tests.planner.catalogs import TEXT, capability

CATALOG = [
    capability("take", {"value": TEXT, "colour": {"enum": ["red", "green"]}}, {"result": TEXT}),
    capability("split", {"text": TEXT}, {"parts": {"type": "array", "items": TEXT}}),
]
SOUND: JsonObject = {
    "goal": "a goal",
    "params": {"city": {"type": "string"}},
    "steps": [
        {"id": "pieces", "capability": "split", "inputs": {"text": {"from": "params.city"}}},
        {
            "id": "each",
            "capability": "take",
            "for_each": {"from": "pieces"},
            "inputs": {"value": {"from": "item"}, "colour": "red"},
        },
    ],
    "answer": {"from": "each"},
}

Change = tuple[tuple[str | int, ...], Any]
GONE = object()

MALFORMED: list[tuple[Change, str]] = [
    ((("goal",), 3), "/goal"),
    ((("goal",), GONE), ""),
    ((("title",), "x"), "/title"),
    ((("params", "city"), "string"), "/params/city"),
    ((("params",), []), "/params"),
    ((("answer",), GONE), ""),
    ((("answer",), {"from": 3}), "/answer"),
    ((("steps", 0, "id"), GONE), "/steps/0"),
    ((("steps", 0, "id"), 3), "/steps/0/id"),
    ((("steps", 0, "id"), "Pieces"), "/steps/0/id"),
    ((("steps", 1, "id"), "each one"), "/steps/1/id"),
    ((("steps", 0, "capability"), GONE), "/steps/0"),
    ((("steps", 0, "capability"), ["split"]), "/steps/0/capability"),
    ((("steps", 0, "inputs"), ["a"]), "/steps/0/inputs"),
    ((("steps", 1, "inputs", "value"), {"template": 3}), "/steps/1/inputs/value"),
    ((("steps", 1, "for_each"), {"from": []}), "/steps/1/for_each"),
    ((("steps", 1, "retries"), 3), "/steps/1/retries"),
    ((("steps", 1, "retries"), "many"), "/steps/1/retries"),
    ((("steps", 1, "comment"), "x"), "/steps/1/comment"),
    ((("steps", 1, "timeout_seconds"), "soon"), "/steps/1/timeout_seconds"),
    ((("steps", 1, "depends_on"), 3), "/steps/1/depends_on"),
    ((("steps", 1, "condition"), True), "/steps/1/condition"),
]


def changed(*changes: Change) -> JsonObject:
    """The sound plan with values put, or taken out, at paths."""
    document: Any = copy.deepcopy(SOUND)
    for (*parents, last), value in changes:
        within = document
        for part in parents:
            within = within[part]
        if value is GONE:
            del within[last]
        else:
            within[last] = value
    return cast("JsonObject", document)


@pytest.mark.parametrize(("change", "pointer"), MALFORMED)
def test_a_mistake_in_the_form_makes_one_finding(change: Change, pointer: str) -> None:
    """Nothing is said that comes of the broken part alone."""
    found = check(changed(change), CATALOG).diagnostics
    assert [each.pointer for each in found] == [pointer]


@pytest.mark.parametrize(("change", "pointer"), MALFORMED)
def test_a_mistake_in_the_form_hides_no_other(change: Change, pointer: str) -> None:
    """What is wrong in another step is told with it."""
    wrong: Any = {"id": "c", "capability": "take", "inputs": {"value": "x", "colour": "gren", "size": 3}}
    document: Any = changed(change)
    document["steps"] += [wrong, {"id": "d", "capability": "tack"}]
    found = {each.code for each in check(document, CATALOG).errors if each.pointer.startswith("/steps/2")}
    assert found == {"type-mismatch", "unknown-input"}
    assert "unknown-capability" in [each.code for each in check(document, CATALOG).errors]


def test_an_entry_under_another_name_counts_as_what_was_meant() -> None:
    """So that neither its absence nor what stands in it makes findings of their own."""
    document: Any = changed()
    for step, old, new in ((0, "inputs", "input"), (1, "for_each", "foreach")):
        document["steps"][step][new] = document["steps"][step].pop(old)
    assert [each.pointer for each in check(document, CATALOG).diagnostics] == [
        "/steps/0/input",
        "/steps/1/foreach",
    ]
    document["steps"][0]["with"] = document["steps"][0].pop("input")
    assert [each.pointer for each in check(document, CATALOG).diagnostics] == [
        "/steps/0/with",
        "/steps/1/foreach",
    ]


@pytest.mark.parametrize("steps", [GONE, {}, "take", [3], [None, {"id": "a"}]])
def test_of_what_is_no_list_of_steps_the_form_alone_is_told(steps: Any) -> None:
    """Whatever else were said would be guessed."""
    found = check(changed((("steps",), steps)), CATALOG).diagnostics
    assert {each.code for each in found} == {"malformed-plan"}
