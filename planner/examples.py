"""Worked examples for prompts: a goal, the capabilities it had, and a good answer to it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from pydantic import JsonValue

from callsheet.agents.capability import Capability, Effect, JsonObject


@dataclass(frozen=True, slots=True)
class Example:
    """One worked example; `answer` is written in the wire format it is meant for."""

    goal: str
    catalog: tuple[Capability, ...]
    answer: JsonValue


@cache
def load_examples(format_name: str) -> tuple[Example, ...]:
    """The examples that ship for a wire format."""
    text = files("callsheet.prompts").joinpath("planner", f"{format_name}_examples.json").read_text("utf-8")
    document = json.loads(text)
    known = {each["capability"]: read_capability(each) for each in document["catalog"]}
    return tuple(
        Example(each["goal"], tuple(known[name] for name in each["capabilities"]), each["answer"])
        for each in document["examples"]
    )


def read_capability(document: Mapping[str, Any]) -> Capability:
    """A capability from the short notation of examples and goal sets.

    `inputs`, `optional` (which may be left out) and `output` name texts; an object in the place of
    one of them gives the schema of each.
    """
    inputs = _schemas(document["inputs"])
    optional = _schemas(document.get("optional", ()))
    output = document["output"]
    outputs = _schemas([output] if isinstance(output, str) else output)
    return Capability(
        name=document["capability"],
        description=document["description"],
        input_schema=_object(inputs, optional),
        output_schema=_object(outputs, {}),
        effect=Effect(document.get("effect", Effect.PURE)),
    )


def _schemas(fields: Sequence[str] | Mapping[str, JsonObject]) -> dict[str, JsonValue]:
    if isinstance(fields, Mapping):
        return dict(fields)
    return {name: {"type": "string"} for name in fields}


def _object(required: dict[str, JsonValue], optional: dict[str, JsonValue]) -> JsonObject:
    return {
        "type": "object",
        "properties": {**required, **optional},
        "required": list(required),
        "additionalProperties": False,
    }
