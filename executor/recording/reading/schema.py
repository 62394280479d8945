"""The JSON Schema of the file of a recording, for editors and for other programs that write or read one.

`python -m callsheet.executor.recording.reading.schema > docs/recording.schema.json` writes it anew.
"""

from __future__ import annotations

import inspect
import json
from typing import Any, TypeAlias, cast

import msgspec
from pydantic import JsonValue

from callsheet.executor.recording.content.contracts import NamedContract
from callsheet.executor.recording.content.document_layout import FORMAT, Document
from callsheet.executor.run.events import ModelMessage, ModelRequest

from .event_reader import KINDS

Definitions: TypeAlias = dict[str, dict[str, Any]]

_REFERENCE = "#/$defs/{name}"
_CONTRACTS = {
    "type": "array",
    "items": {
        "description": "The name of a contract of the catalog, or a contract that is another.",
        "anyOf": [{"type": "string"}, {"$ref": _REFERENCE.format(name=NamedContract.__name__)}],
    },
}


def recording_schema() -> dict[str, JsonValue]:
    """The schema, in draft 2020-12: closed where the format is ours, and open where a run was given something
    or gave it."""
    kinds = tuple(KINDS.values())
    _, definitions = msgspec.json.schema_components(
        (Document, NamedContract, *kinds), ref_template=_REFERENCE
    )
    for definition in definitions.values():
        _close(definition)
    for definition in [definitions[kind.__name__] for kind in kinds]:
        if "contracts" in definition["properties"]:
            definition["properties"]["contracts"].update(_CONTRACTS)
    _name_what_is_shared(definitions)
    document = definitions.pop(Document.__name__)
    document["properties"]["recording"] = {"type": "integer", "minimum": 1, "maximum": FORMAT}
    document["properties"]["events"] = {
        "type": "array",
        "items": {"anyOf": [{"$ref": _REFERENCE.format(name=kind.__name__)} for kind in kinds]},
    }
    schema: dict[str, JsonValue] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **document,
        "title": "A recording of a run of Callsheet",
        "$defs": {name: definitions[name] for name in sorted(definitions)},
    }
    # Defaults are tuples where a struct has tuples.
    return cast("dict[str, JsonValue]", msgspec.json.decode(msgspec.json.encode(schema)))


def _close(definition: dict[str, Any]) -> None:
    """Admit no unknown field, and lay out the description as people read it."""
    if "properties" in definition:
        definition["additionalProperties"] = False
    if "prefixItems" in definition:
        definition["maxItems"] = len(definition["prefixItems"])
    if "description" in definition:
        definition["description"] = inspect.cleandoc(definition["description"])


def _name_what_is_shared(definitions: Definitions) -> None:
    message, request = definitions[ModelMessage.__name__], definitions[ModelRequest.__name__]
    message["properties"]["content"] = {"anyOf": [{"type": "string"}, _named("text", "texts")]}
    request["properties"]["schema"] = {"anyOf": [{"type": "null"}, _named("schema", "schemas")]}


def _named(kind: str, plural: str) -> dict[str, Any]:
    return {
        "description": f"The name of an entry of `{plural}`.",
        "type": "object",
        "properties": {kind: {"type": "string"}},
        "required": [kind],
        "additionalProperties": False,
    }


if __name__ == "__main__":
    print(json.dumps(recording_schema(), indent=2, ensure_ascii=False))
