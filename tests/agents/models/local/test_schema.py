from __future__ import annotations

from callsheet.agents.models.local.schema import MAX_CHARACTERS, grammar_schema


def test_texts_get_a_bound() -> None:
    """A text without one could run into the token limit; one beyond what a grammar counts is cut."""
    schema = grammar_schema(
        {
            "type": "object",
            "properties": {
                "free": {"type": "string"},
                "short": {"type": "string", "maxLength": 9},
                "long": {"type": "string", "maxLength": 10_000},
                "one": {"type": "string", "enum": ["a"]},
                "maxLength": {"type": "array", "items": {"type": "string"}},
            },
        }
    )
    properties = schema["properties"]
    assert isinstance(properties, dict)
    assert properties["free"] == {"type": "string", "maxLength": MAX_CHARACTERS}
    assert properties["short"] == {"type": "string", "maxLength": 9}
    assert properties["long"] == {"type": "string", "maxLength": MAX_CHARACTERS}
    assert properties["one"] == {"type": "string", "enum": ["a"]}
    assert properties["maxLength"] == {
        "type": "array",
        "items": {"type": "string", "maxLength": MAX_CHARACTERS},
    }


def test_values_are_not_taken_for_schemas() -> None:
    """An enum's or default's value may look like a schema and stays as it is."""
    schema = grammar_schema({"enum": [{"type": "string"}], "default": {"type": "string"}})
    assert schema == {"enum": [{"type": "string"}], "default": {"type": "string"}}


def test_lists_that_end_are_written_as_llama_takes_them() -> None:
    """`items: false` is refused there, and `items` beside `prefixItems` would replace it."""
    pair = {"type": "array", "prefixItems": [{"type": "integer"}], "items": False}
    assert grammar_schema(pair) == {"type": "array", "prefixItems": [{"type": "integer"}]}  # type: ignore[arg-type]
    assert grammar_schema({"type": "array", "items": False}) == {"type": "array", "maxItems": 0}
