"""Capabilities that the planner's tests plan with."""

from __future__ import annotations

from callsheet.agents.contracts.capability import Capability, Effect, JsonObject

TEXT: JsonObject = {"type": "string"}


def capability(
    name: str,
    inputs: JsonObject,
    outputs: JsonObject,
    *,
    optional: tuple[str, ...] = (),
    effect: Effect = Effect.PURE,
    description: str = "",
) -> Capability:
    """A capability with these inputs and outputs, each under its schema."""
    return Capability(
        name=name,
        description=description or f"does {name}",
        input_schema={
            "type": "object",
            "properties": inputs,
            "required": [each for each in inputs if each not in optional],
            "additionalProperties": False,
        },
        output_schema={
            "type": "object",
            "properties": outputs,
            "required": list(outputs),
            "additionalProperties": False,
        },
        main_output=next(iter(outputs), ""),
        effect=effect,
    )


READ = capability(
    "read_file", {"path": TEXT}, {"text": TEXT, "bytes": {"type": "integer"}}, effect=Effect.READ
)
SAVE = capability("save", {"path": TEXT, "content": TEXT}, {"path": TEXT}, effect=Effect.WRITE)
SHORTEN = capability(
    "shorten",
    {"text": TEXT, "words": {"type": "integer", "minimum": 1}},
    {"summary": TEXT},
    optional=("words",),
)
COUNT = capability("count", {"words": {"type": "array", "items": TEXT}}, {"count": {"type": "integer"}})
FILL = capability(
    "fill",
    {
        "values": {"type": "object", "additionalProperties": TEXT},
        "style": {"enum": ["plain", "bold"]},
        "options": {
            "type": "object",
            "properties": {"width": {"type": "integer"}, "title": TEXT},
            "required": ["width"],
        },
    },
    {"page": TEXT},
    optional=("style", "options"),
)
CATALOG = (READ, SAVE, SHORTEN, COUNT, FILL)
