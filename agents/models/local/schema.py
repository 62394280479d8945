"""A JSON Schema as llama.cpp's grammars take it."""

from __future__ import annotations

from pydantic import JsonValue

from callsheet.agents.contracts.capability import JsonObject

MAX_CHARACTERS = 2000
"""How long a text may get where its schema sets no bound.

Left without one, a small model can go on until its token limit, and half an answer is none. A
grammar cannot count further than this.
"""

_BY_NAME = ("properties", "$defs", "definitions", "patternProperties")
_AS_IT_IS = ("enum", "const", "default", "examples", "required")


def grammar_schema(schema: JsonObject) -> JsonObject:
    """The schema with every text bounded, and without `items: false`, which llama.cpp refuses.

    It allows nothing that the schema does not, so the caller need not know of it.
    """
    written: JsonObject = {key: _part(key, value) for key, value in schema.items()}
    if written.get("type") == "string" and not written.keys() & {"enum", "const", "format", "pattern"}:
        written["maxLength"] = _bound(written.get("maxLength"))
    if written.get("items") is False:
        del written["items"]
        # Beside `prefixItems` the grammar ends the list there by itself.
        if "prefixItems" not in written:
            written["maxItems"] = 0
    elif "prefixItems" in written:
        # It would be taken for the whole rule, and the beginning be free.
        written.pop("items", None)
    return written


def _part(key: str, value: JsonValue) -> JsonValue:
    if key in _AS_IT_IS:
        return value
    if key in _BY_NAME and isinstance(value, dict):
        return {name: _schema(part) for name, part in value.items()}
    return [_schema(part) for part in value] if isinstance(value, list) else _schema(value)


def _schema(part: JsonValue) -> JsonValue:
    return grammar_schema(part) if isinstance(part, dict) else part


def _bound(asked: JsonValue) -> int:
    return min(asked, MAX_CHARACTERS) if isinstance(asked, int) else MAX_CHARACTERS
