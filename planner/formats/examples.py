"""Worked examples for prompts: a goal, the capabilities it had, and a good answer to it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from pydantic import JsonValue

from callsheet.agents.contracts.capability import CHANGING, Capability, Effect, JsonObject
from callsheet.agents.contracts.tidy_schema import closed_object


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


def most_fitting(examples: Sequence[Example], catalog: Iterable[Capability]) -> Example:
    """The example that shows the most of what this catalog has, and nothing that it has not: lists, figures
    and truth values, work that changes something. The first one is plain, and fits every catalog."""
    there = frozenset(trait for capability in catalog for trait in _traits(capability))
    apt = [example for example in examples if _traits_of(example) <= there]
    return max(apt, key=lambda example: len(_traits_of(example)))


def _traits_of(example: Example) -> frozenset[str]:
    return frozenset(trait for capability in example.catalog for trait in _traits(capability))


def _traits(capability: Capability) -> Iterator[str]:
    if capability.effect in CHANGING:
        yield "changes"
    properties = capability.output_schema.get("properties")
    for schema in properties.values() if isinstance(properties, dict) else ():
        match schema:
            case {"type": "array"}:
                yield "lists"
            case {"type": "number" | "integer" | "boolean"}:
                yield "figures"
            case _:
                continue


def read_capability(document: Mapping[str, Any]) -> Capability:
    """A capability from the short notation of examples and goal sets.

    `inputs`, `optional` (which may be left out) and `output` name texts; an object in the place of
    one of them gives the schema of each. The first output is the main one.
    """
    inputs = _schemas(document["inputs"])
    optional = _schemas(document.get("optional", ()))
    output = document["output"]
    outputs = _schemas([output] if isinstance(output, str) else output)
    return Capability(
        name=document["capability"],
        description=document["description"],
        input_schema=closed_object({**inputs, **optional}, inputs),
        output_schema=closed_object(outputs),
        main_output=next(iter(outputs)),
        effect=Effect(document.get("effect", Effect.PURE)),
    )


def _schemas(fields: Sequence[str] | Mapping[str, JsonObject]) -> dict[str, JsonValue]:
    if isinstance(fields, Mapping):
        return dict(fields)
    return {name: {"type": "string"} for name in fields}
