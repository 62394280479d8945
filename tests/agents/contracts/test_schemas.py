"""The schemas of capabilities: no longer than their types, of any draft, and compared by what they mean."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import BaseModel, create_model

import callsheet
from callsheet.agents.contracts.capability import Capability, JsonObject
from callsheet.agents.contracts.errors import CapabilityError
from callsheet.agents.contracts.modern_schema import modern
from callsheet.agents.contracts.same_schema import same_schema
from callsheet.agents.contracts.subschemas import MAX_LEVELS, MAX_VALUES
from callsheet.agents.contracts.tidy_schema import tidy
from callsheet.agents.registry import differences
from callsheet.planner.expressions.schema_types import type_of_schema
from callsheet.planner.expressions.types import describe
from callsheet.planner.schemas.schema_parts import SchemaParts

TEXT: JsonObject = {"type": "string"}
make: Any = create_model
DRAFT_7, DRAFT_4 = "http://json-schema.org/draft-07/schema#", "http://json-schema.org/draft-04/schema#"


def capability(input_schema: Any = None, output_schema: Any = None) -> Capability:
    """A capability with these schemas, or with the least."""
    return Capability(
        name="work",
        description="work",
        input_schema={"type": "object"} if input_schema is None else input_schema,
        output_schema={"type": "object", "properties": {"a": TEXT}}
        if output_schema is None
        else output_schema,
    )


class Once(BaseModel):
    """Used in one place."""

    name: str


class Twice(BaseModel):
    """Used in two."""

    name: str


class Tree(BaseModel):
    """Made of itself."""

    children: list[Tree]


class Holder(BaseModel):
    """Uses all of them."""

    once: Once
    first: Twice
    second: Twice
    tree: Tree


class TestDefinitions:
    def test_what_is_used_once_stands_where_it_is_used(self) -> None:
        """What is used twice, or within itself, is a definition."""
        schema: Any = tidy(Holder.model_json_schema())
        assert schema["$defs"].keys() == {"Twice", "Tree"}
        assert schema["properties"]["once"]["properties"] == {"name": TEXT}
        assert schema["properties"]["first"] == {"$ref": "#/$defs/Twice"}
        assert schema["properties"]["tree"] == {"$ref": "#/$defs/Tree"}

    def test_a_union_of_types_that_are_made_of_it(self) -> None:
        """Seven of them make a schema of their own size, where it was one of megabytes."""
        names = [f"Kind{number}" for number in range(7)]
        union: Any = " | ".join(names)
        kinds: dict[str, Any] = {
            name: make(name, a=(f"list[{union}]", ...), b=(f"list[{union}]", ...)) for name in names
        }
        for each in kinds.values():
            each.model_rebuild(_types_namespace=kinds)
        whole = make("Whole", root=(kinds["Kind0"], ...))
        assert len(json.dumps(tidy(whole.model_json_schema()))) < 10_000

    def test_diamonds(self) -> None:
        """Twenty levels that each use the next one twice are twenty definitions at most."""
        level: Any = str
        for number in range(20):
            level = make(f"Level{number}", left=(level, ...), right=(level, ...))
        schema: Any = tidy(level.model_json_schema())
        assert len(schema["$defs"]) == 19
        assert len(json.dumps(schema)) < 8_000

    def test_a_type_that_is_made_of_itself_stands_at_the_top(self) -> None:
        """An agent's input or output has its fields there."""
        schema: Any = tidy(Tree.model_json_schema())
        assert schema["properties"]["children"]["items"] == {"$ref": "#/$defs/Tree"}
        assert schema["$defs"].keys() == {"Tree"}

    def test_descriptions_beside_a_reference_stay(self) -> None:
        """They are what a planner reads."""
        schema: JsonObject = {
            "type": "object",
            "properties": {
                "a": {"$ref": "#/$defs/X", "description": "one"},
                "b": {"$ref": "#/$defs/X", "description": "two"},
            },
            "$defs": {"X": {"type": "object", "properties": {"y": TEXT}, "title": "X"}},
        }
        tidied: Any = tidy(schema)
        assert tidied["properties"]["b"] == {"$ref": "#/$defs/X", "description": "two"}
        assert tidied["$defs"]["X"] == {
            "type": "object",
            "properties": {"y": TEXT},
            "additionalProperties": False,
        }

    @pytest.mark.parametrize(
        ("schema", "problem"),
        [
            ({"type": "object", "enum": [*range(MAX_VALUES + 1)]}, "more than 200,000 values"),
            ({"type": "object", "default": [[]] * 3}, None),
        ],
    )
    def test_a_bound(self, schema: JsonObject, problem: str | None) -> None:
        """A schema beyond it is refused, with what to do."""
        if problem is None:
            assert capability(schema)
            return
        with pytest.raises(CapabilityError, match=f"its input schema has {problem}; describe less of it"):
            capability(schema)

    def test_a_bound_of_levels(self) -> None:
        """However deep it is: nothing is followed by recursion before it is known."""
        schema: JsonObject = {"type": "object"}
        for _ in range(50 * MAX_LEVELS):
            schema = {"type": "object", "properties": {"x": schema}}
        with pytest.raises(CapabilityError, match="its output schema is nested deeper than 100 levels"):
            capability(None, schema)


class TestDrafts:
    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ({"items": [TEXT]}, {"prefixItems": [TEXT]}),
            ({"items": [TEXT], "additionalItems": False}, {"prefixItems": [TEXT], "items": False}),
            ({"minimum": 1, "exclusiveMinimum": True}, {"exclusiveMinimum": 1}),
            ({"maximum": 1, "exclusiveMaximum": False}, {"maximum": 1}),
            ({"required": ["a", "b", "a"]}, {"required": ["a", "b"]}),
            ({"type": ["string", "null", "string"]}, {"type": ["string", "null"]}),
            (
                {"properties": {"a": {"type": "string", "required": True}}},
                {"properties": {"a": TEXT}, "required": ["a"]},
            ),
            ({"$recursiveAnchor": True, "items": {"$recursiveRef": "#"}}, {"items": {"$ref": "#"}}),
            ({"examples": "such as this"}, {}),
            ({"title": 5, "description": None, "deprecated": "no", "format": ["uri"]}, {}),
            ({"items": None, "type": "any"}, {}),
            ({"default": None}, {"default": None}),
            ({"type": "STRING"}, TEXT),
            ({"type": ["str", "none", "String"]}, {"type": ["string", "null"]}),
            ({"type": ["string", "any"]}, {}),
            (
                {"type": "dict", "properties": {"a": {"type": "float"}}},
                {"type": "object", "properties": {"a": {"type": "number"}}},
            ),
            ({"properties": {"a": None}, "$defs": [], "definitions": None}, {"properties": {"a": {}}}),
            ({"anyOf": [], "allOf": [], "type": "string"}, TEXT),
            ({"$id": "My schema", "type": "string"}, TEXT),
            ({"pattern": r"^[\w-.]+@[\w-]+$"}, {"pattern": r"^[\w\-.]+@[\w\-]+$"}),
            ({"pattern": r"^a\Z"}, {"pattern": "^a$"}),
            ({"pattern": "(?#a name)(?P<n>a)(?P=n)"}, {}),
            ({"patternProperties": {r"[\w-.]": TEXT}}, {"patternProperties": {r"[\w\-.]": TEXT}}),
            (
                {"patternProperties": {r"(?>a)": TEXT, "b": TEXT}, "additionalProperties": False},
                {"patternProperties": {"b": TEXT}, "additionalProperties": True},
            ),
            ({"properties": {"items": {"type": "string", "examples": "x"}}}, {"properties": {"items": TEXT}}),
        ],
    )
    def test_what_the_latest_draft_has_no_place_for(self, old: JsonObject, new: JsonObject) -> None:
        """It is read as its own draft means it, also where no draft is named, and at any depth."""
        assert modern(old) == new
        assert modern({"$defs": {"x": {"items": old}}}) == {"$defs": {"x": {"items": new}}}
        assert modern(new) == new

    def test_the_draft_decides(self) -> None:
        """Up to draft 7, a reference stands alone and `dependencies` hold."""
        beside: JsonObject = {"$ref": "#/definitions/x", "minLength": 3, "description": "y"}
        schema: JsonObject = {"properties": {"a": beside}, "definitions": {"x": TEXT}}
        assert modern(schema) == schema
        found: Any = modern({"$schema": DRAFT_7, **schema})
        assert found["properties"]["a"] == {"$ref": "#/definitions/x", "description": "y"}
        assert found["$schema"].endswith("2020-12/schema")
        both: JsonObject = {"dependencies": {"a": ["b"], "c": {"required": ["d"]}}}
        assert modern(both) == both
        assert modern({"$schema": DRAFT_4, **both}) == {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "dependentRequired": {"a": ["b"]},
            "dependentSchemas": {"c": {"required": ["d"]}},
        }

    @pytest.mark.parametrize(
        ("reference", "definitions"),
        [
            ("#/definitions/List[int]", {"definitions": {"List[int]": TEXT}}),
            ("#/definitions/Größe in m", {"definitions": {"Größe in m": TEXT}}),
            ("#/$defs/A%3CB%3E", {"$defs": {"A<B>": TEXT}}),
            ("#/$defs/100%", {"$defs": {"100%": TEXT}}),
            ("#/$defs/a~1b", {"$defs": {"a/b": TEXT}}),
            ("#it", {"$defs": {"x": {"$anchor": "it", **TEXT}}}),
            ("urn:example:root#/$defs/x", {"$id": "urn:example:root", "$defs": {"x": TEXT}}),
            ("#/properties/pair/items/0", {}),
            ("#/properties/pair/additionalItems", {}),
            ("#/properties/choice/anyOf/1", {}),
            ("#/dependencies/choice/properties/z", {"$schema": DRAFT_7}),
        ],
    )
    def test_a_reference_is_followed_however_it_is_written(
        self, reference: str, definitions: JsonObject
    ) -> None:
        """To what its own draft means: by the validator, by the checker, and by what a model is shown."""
        number: JsonObject = {"type": "number"}
        schema: JsonObject = {
            "properties": {
                "a": {"$ref": reference},
                "pair": {"type": "array", "items": [TEXT, number], "additionalItems": TEXT},
                "choice": {"anyOf": [number, TEXT]},
            },
            "dependencies": {"choice": {"properties": {"z": TEXT}}},
            **definitions,
        }
        made = capability(schema)
        assert made.input_validator.accepts({"a": "x"})
        assert not made.input_validator.accepts({"a": 1})
        fields: Any = type_of_schema(made.input_schema).kinds[0]
        assert describe(fields.fields["a"].type) == "a string"
        written: Any = made.input_schema["properties"]
        assert SchemaParts(made.input_schema).options(written["a"]) == [TEXT]

    def test_a_dynamic_reference_to_the_only_schema_of_its_name(self) -> None:
        """It is an ordinary one."""
        made = capability(
            {
                "$dynamicAnchor": "node",
                "properties": {"next": {"$dynamicRef": "#node"}, "n": {"type": "integer"}},
            }
        )
        assert made.input_validator.accepts({"next": {"next": {"n": 1}}})
        assert not made.input_validator.accepts({"next": {"next": {"n": "1"}}})

    def test_rules_of_an_earlier_draft_take_a_schema(self) -> None:
        """They are not fetched."""
        made = capability({"properties": {"schema": {"$ref": f"{DRAFT_7}"}}})
        assert made.input_validator.accepts({"schema": {"type": "string"}})
        assert not made.input_validator.accepts({"schema": "string"})

    def test_a_schema_in_which_nothing_is_old_stays(self) -> None:
        """To the letter: old journals and recordings have it so."""
        schema: JsonObject = {"$schema": DRAFT_7, "type": "object", "properties": {"a": TEXT}}
        assert modern(schema) == schema

    def test_a_tuple_is_checked(self) -> None:
        """By its places, in values and in plans."""
        made = capability({"$schema": DRAFT_7, "properties": {"at": {"items": [TEXT, {"type": "number"}]}}})
        assert made.input_validator.accepts({"at": ["a", 1]})
        assert not made.input_validator.accepts({"at": [1, "a"]})
        assert Capability.model_validate(made.model_dump(mode="json")) == made

    @pytest.mark.parametrize(
        "schema",
        [
            {},
            {"type": "object"},
            {"type": ["object", "null"]},
            {"properties": {}},
            {"additionalProperties": TEXT},
        ],
    )
    def test_an_object_without_fields(self, schema: JsonObject) -> None:
        """Inputs may be none, or any; outputs too."""
        assert capability(schema).input_schema["type"] == "object"
        assert capability(None, schema).main_output == ""

    @pytest.mark.parametrize(
        "schema",
        [
            {"type": "string"},
            {"type": "objekt"},
            {"properties": 5},
            {"$ref": "#/x"},
            {"properties": {"a": {"pattern": "("}}},
        ],
    )
    def test_what_is_no_schema_of_an_object_is_refused(self, schema: JsonObject) -> None:
        """With the side that it is on."""
        with pytest.raises(CapabilityError, match="its input schema"):
            capability(schema)


INLINE: JsonObject = {"type": "object", "properties": {"a": {"enum": ["x"]}, "b": {"enum": ["x"]}}}
REFERRED: JsonObject = {
    "type": "object",
    "properties": {"a": {"$ref": "#/$defs/X"}, "b": {"$ref": "#/$defs/X"}},
    "$defs": {"X": {"enum": ["x"]}},
}


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#/$defs/X", "$defs": {"X": {"properties": {"a": TEXT}, "required": ["a"]}}},
        {"allOf": [{"properties": {"a": TEXT}}, {"required": ["a"]}]},
        {
            "$schema": DRAFT_7,
            "$ref": "#/definitions/X",
            "definitions": {
                "X": {"allOf": [{"$ref": "#/definitions/Y"}]},
                "Y": {"properties": {"a": TEXT}, "required": ["a"]},
            },
        },
    ],
)
def test_fields_that_a_schema_only_refers_to_are_at_its_top(schema: JsonObject) -> None:
    """So a planner is told of them, as of any other, and a single one is the main output."""
    made = capability(schema, schema)
    assert made.input_schema["properties"] == {"a": TEXT}
    assert made.input_schema["required"] == ["a"]
    assert made.main_output == "a"
    assert not made.input_validator.accepts({}) and made.input_validator.accepts({"a": "x"})


class TestSameness:
    def test_definitions_are_no_difference(self) -> None:
        """A run that began with schemas written out goes on with agents whose schemas have definitions."""
        assert same_schema(INLINE, REFERRED)
        assert differences(capability(INLINE), capability(REFERRED)) == ()
        other: JsonObject = {**REFERRED, "$defs": {"X": {"enum": ["y"]}}}
        assert differences(capability(INLINE), capability(other)) == ("input_schema",)

    def test_recursive_definitions(self) -> None:
        """However often one of them is written out."""
        schema: Any = Tree.model_json_schema()
        assert same_schema(schema, tidy(schema), ignoring={"title", "additionalProperties"})
        child: JsonObject = {"$ref": "#/$defs/Tree", "minProperties": 2}
        changed = {**schema["$defs"]["Tree"], "properties": {"children": {"type": "array", "items": child}}}
        assert not same_schema(schema, {**schema, "$defs": {"Tree": changed}}, ignoring={"title"})

    def test_an_agent_keeps_a_contract_that_is_written_otherwise(self) -> None:
        """Types that are used twice are definitions in its own schema."""
        place: JsonObject = {
            "type": "object",
            "properties": {"name": TEXT},
            "required": ["name"],
            "additionalProperties": False,
        }
        contract = Capability(
            name="route",
            description="route",
            input_schema={
                "type": "object",
                "properties": {"start": place, "end": place},
                "required": ["end", "start"],
                "additionalProperties": False,
            },
            output_schema={
                "type": "object",
                "properties": {"result": TEXT},
                "required": ["result"],
                "additionalProperties": False,
            },
        )

        @callsheet.agent(capability=contract)
        def by_train(start: Once, end: Once) -> str:
            return f"{start.name}-{end.name}"

        assert by_train.capability == contract
