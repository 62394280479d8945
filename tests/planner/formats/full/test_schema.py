"""The schema of the full format: strict, for every catalog, and within the limits for large ones."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callsheet.agents.builtin import builtin_agents
from callsheet.agents.contracts.capability import Capability
from callsheet.agents.models.strict_schema import strict_schema
from callsheet.planner.check.checker import check
from callsheet.planner.formats.full.plan_format import FullFormat
from callsheet.planner.schemas.call_schemas import UNTYPED
from tests.planner.catalogs import CATALOG, TEXT, capability
from tests.planner.strategies import catalogs
from tests.planner.strict_mode import broken_rules


def wide(number: int, properties: int, *, choices: int = 0, optional: bool = False) -> Capability:
    """A capability with many inputs, none of which another one has."""
    inputs: dict[str, Any] = {
        f"input_{number}_{at}": {"enum": [f"choice_{each}" for each in range(choices)]} if choices else TEXT
        for at in range(properties)
    }
    return capability(
        f"work_{number}", inputs, {"done": TEXT}, optional=tuple(inputs) if optional else (), description="d"
    )


@pytest.mark.parametrize("cut", [False, True])
def test_the_schema_breaks_no_rule_of_strict_mode(cut: bool) -> None:
    """For the capabilities that ship, and for odd ones."""
    builtin = [each for agent in builtin_agents() for each in agent.capabilities]
    for catalog in (CATALOG, builtin):
        schema = FullFormat(cut=cut).schema(catalog)
        assert broken_rules(schema) == []
        assert strict_schema(schema) is not None


@given(catalogs())
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_catalog_has_a_strict_schema(catalog: list[Capability]) -> None:
    """For every catalog: open maps, recursive schemas, `allOf` and all, no rule is broken."""
    assert broken_rules(FullFormat().schema(catalog)) == []


@given(st.integers(1, 500), st.integers(0, 40), st.integers(0, 30), st.booleans(), st.integers(1, 4))
@settings(deadline=None, max_examples=25)
def test_no_size_of_catalog_breaks_a_limit(
    count: int, properties: int, choices: int, optional: bool, repeated: int
) -> None:
    """For every number of capabilities up to 500, inputs and choices: the schema stays within the limits."""
    catalog = [
        wide(number // repeated, properties, choices=choices, optional=optional).model_copy(
            update={"name": f"work_{number}"}
        )
        for number in range(count)
    ]
    schema = FullFormat().schema(catalog)
    assert broken_rules(schema) == []
    assert strict_schema(schema) is not None


def test_equal_inputs_are_described_once() -> None:
    """Five hundred capabilities of one shape cost a description of it for 250 names each, and stay typed."""
    catalog = [wide(0, 20, choices=5).model_copy(update={"name": f"work_{number}"}) for number in range(500)]
    schema = FullFormat().schema(catalog)
    assert broken_rules(schema) == []
    assert json.dumps(schema).count('"input_0_7": {') == 2
    assert UNTYPED not in json.dumps(schema)


def test_the_largest_inputs_are_untyped_first() -> None:
    """What fits is typed; what does not is a list of entries that the checker judges."""
    small = [wide(number, 3) for number in range(100)]
    catalog = [*small, *(wide(1_000 + number, 90) for number in range(100))]
    schema = FullFormat().schema(catalog)
    assert broken_rules(schema) == []
    takes = jsonschema_rs.validator_for(schema)

    def names_taken(call: Any) -> list[str]:
        return [each.name for each in catalog if takes.is_valid(_answer(call(each)))]

    typed = names_taken(lambda each: {"use": each.name, **dict.fromkeys(_names(each), "x")})
    untyped = names_taken(lambda each: _untyped(each, _names(each)))
    assert typed[:100] == [each.name for each in small]
    assert 100 < len(typed) < 200
    assert sorted([*typed, *untyped]) == sorted(each.name for each in catalog)
    heavy = next(each for each in catalog if each.name == untyped[0])
    answer = _answer(_untyped(heavy, _names(heavy)))
    assert check(FullFormat().read_plan(answer, "a goal", catalog).document, catalog).errors == ()
    answer = _answer(_untyped(heavy, []))
    assert check(FullFormat().read_plan(answer, "a goal", catalog).document, catalog).errors != ()


def _names(each: Capability) -> list[str]:
    properties: Any = each.input_schema["properties"]
    return list(properties)


def _untyped(each: Capability, names: Sequence[str]) -> Any:
    return {"capability": each.name, "inputs": [{"key": name, "value": "x"} for name in names]}


def _answer(call: Any) -> Any:
    return {"steps": [{"id": "a", "do": call}], "answer": "{a}"}


def test_untyped_inputs_are_read_by_their_types() -> None:
    """A number stays one, an expression is one where no text is wanted, a null leaves an input out."""
    heavy = wide(0, 1, choices=2)
    typed = capability(
        "typed",
        {"n": {"type": "integer"}, "words": {"type": "array", "items": TEXT}, "note": TEXT, **_many(6_000)},
        {"done": TEXT},
        optional=("note", *_many(6_000)),
    )
    catalog = [heavy, typed]
    schema = FullFormat().schema(catalog)
    entries = [
        {"key": "n", "value": 5},
        {"key": "words", "value": '{["a", "b"]}'},
        {"key": "note", "value": None},
    ]
    answer = _answer({"capability": "typed", "inputs": entries})
    assert broken_rules(schema) == []
    assert jsonschema_rs.is_valid(schema, answer)
    document: Any = FullFormat().read_plan(answer, "a goal", catalog).document
    assert document["steps"][0]["inputs"] == {"n": 5, "words": {"from": '["a", "b"]'}}
    assert check(document, catalog).errors == ()


def _many(count: int) -> dict[str, Any]:
    return {f"more_{number}": TEXT for number in range(count)}


def test_even_names_alone_may_be_too_many() -> None:
    """Beyond what strict mode can name at all, the name of a capability is a text, and checked later."""
    catalog = [wide(number, 1) for number in range(6_000)]
    schema = FullFormat().schema(catalog)
    assert broken_rules(schema) == []
    call = {"capability": "work_5999", "inputs": [{"key": "input_5999_0", "value": "x"}]}
    answer: Any = {"steps": [{"id": "a", "do": call}], "answer": "{a}"}
    assert jsonschema_rs.is_valid(schema, answer)
    assert check(FullFormat().read_plan(answer, "a goal", catalog).document, catalog).errors == ()


def test_a_wish_for_a_type_is_met_by_a_reference_too() -> None:
    """A list may be written out or be the result of a step; a text that is neither is refused."""
    schema = FullFormat().schema(CATALOG)

    def takes(words: Any) -> bool:
        step: Any = {"id": "a", "do": {"use": "count", "words": words}}
        return jsonschema_rs.is_valid(schema, {"steps": [step], "answer": "{a}"})

    assert takes(["a"]) and takes("{page.words}")
    assert not takes("many words")
    assert not takes(5)


def test_an_input_may_be_called_like_a_word_of_the_format() -> None:
    """The inputs then stand by themselves."""
    catalog = [capability("use", {"use": TEXT, "id": TEXT}, {"done": TEXT})]
    answer = _answer({"capability": "use", "inputs": {"use": "x", "id": "y"}})
    assert jsonschema_rs.is_valid(FullFormat().schema(catalog), answer)
    document: Any = FullFormat().read_plan(answer, "a goal", catalog).document
    assert document["steps"] == [{"id": "a", "capability": "use", "inputs": {"use": "x", "id": "y"}}]
