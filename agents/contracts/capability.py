"""A capability: the typed contract for one kind of work."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cached_property
from typing import Any, Self, TypeAlias, cast

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationInfo, field_validator, model_validator

from .duration import seconds_of
from .errors import CapabilityError, DurationError
from .modern_schema import modern
from .same_schema import with_fields_at_top
from .subschemas import size_problem
from .validation import Validator

JsonObject: TypeAlias = dict[str, JsonValue]
"""A JSON object, and also a JSON Schema."""

NAME = re.compile(r"[a-z][a-z0-9_]{0,63}\Z")
"""What a capability, and a step, may be called."""


class Effect(StrEnum):
    """What doing the work does to the world."""

    PURE = "pure"
    READ = "read"
    WRITE = "write"
    """Changes something, and doing it twice does no harm."""
    IRREVERSIBLE = "irreversible"
    """Changes something that cannot be undone."""


CHANGING = frozenset({Effect.WRITE, Effect.IRREVERSIBLE})
"""The effects that change something."""


class Capability(BaseModel):
    """The contract that every agent providing this work keeps."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    """Lowercase letters, digits and _, starting with a letter; at most 64 characters."""

    description: str
    """One line on what the work is, for the planner and for people."""

    input_schema: JsonObject
    """A JSON Schema of an object: what an attempt takes. What an earlier draft had is written in 2020-12."""

    output_schema: JsonObject
    """A JSON Schema of an object: what an attempt returns."""

    main_output: str = ""
    """The field of the output that the name of a step alone means: `{from: s1}`. Left out, the only field; ""
    where there are others too, for then the name means the whole output, and `s1.FIELD` a field of it."""

    effect: Effect = Effect.PURE
    """What doing the work does to the world."""

    version: str = "1"
    """Part of the contract. A new version makes kept results of the old one unusable."""

    max_retries: int = Field(default=2, ge=0, le=100)
    """How many more attempts may follow a failed one, where the step does not say."""

    timeout_seconds: float = Field(default=120.0, gt=0)
    """The limit of one attempt, where the step does not say."""

    cache: float | None = None
    """For how many seconds an output may serve other runs with the same inputs, for pure and read work; None
    for never. It may be written as "45s", "30m", "12h", "1d", "1w"."""

    @field_validator("cache", mode="before")
    @classmethod
    def _read_cache(cls, value: Any, info: ValidationInfo) -> float | None:
        return None if value is None else _seconds(str(info.data.get("name", "")), value)

    @model_validator(mode="before")
    @classmethod
    def _modernize(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        fields = {**cast("dict[str, Any]", data)}
        for side in ("input", "output"):
            schema = fields.get(f"{side}_schema")
            # Some protocols leave a schema out, and `true` says as much.
            if f"{side}_schema" in fields and (schema is None or schema is True):
                schema = {}
            if isinstance(schema, dict):
                fields[f"{side}_schema"] = _of_an_object(str(fields.get("name", "")), side, schema)
        schema = fields.get("output_schema")
        properties = schema.get("properties") if isinstance(schema, dict) else None
        if not fields.get("main_output") and isinstance(properties, dict) and len(properties) == 1:
            fields["main_output"] = next(iter(properties))
        return fields

    @model_validator(mode="after")
    def _check_contract(self) -> Self:
        if not NAME.match(self.name):
            raise CapabilityError(
                self.name,
                "a name is lowercase letters, digits and _, starting with a letter; at most 64 characters",
            )
        for side, schema in (("input", self.input_schema), ("output", self.output_schema)):
            if schema.get("type") != "object":
                raise CapabilityError(self.name, f"its {side} schema must have type object")
            try:
                Validator(schema)
            except ValueError as error:
                raise CapabilityError(
                    self.name, f"its {side} schema is not a valid JSON Schema: {error}"
                ) from None
        if self.cache is not None and self.effect in CHANGING:
            raise CapabilityError(
                self.name,
                f"its effect is {self.effect}, and only pure or read work may be cached; leave `cache` out",
            )
        outputs = self.output_schema.get("properties") or {}
        if self.main_output and (not isinstance(outputs, dict) or self.main_output not in outputs):
            raise CapabilityError(
                self.name, f"its main output {self.main_output!r} is not a field of its output schema"
            )
        return self

    @cached_property
    def input_validator(self) -> Validator:
        """Checks an attempt's inputs; compiled once."""
        return Validator(self.input_schema)

    @cached_property
    def output_validator(self) -> Validator:
        """Checks an attempt's output; compiled once."""
        return Validator(self.output_schema)


def _of_an_object(capability: str, side: str, schema: dict[str, Any]) -> dict[str, Any]:
    """The schema in the latest draft, which says itself that it is one of an object."""
    if problem := size_problem(schema):
        raise CapabilityError(capability, f"its {side} schema {problem}; describe less of it")
    schema = with_fields_at_top(modern(schema))
    kinds = schema.get("type", "object")
    is_one = kinds == "object" or (isinstance(kinds, list) and "object" in kinds)
    return {"type": "object", **schema, **({"type": "object"} if is_one else {})}


def _seconds(capability: str, value: object) -> float:
    try:
        return seconds_of(value)
    except DurationError:
        raise CapabilityError(
            capability,
            f"its cache is {value!r}; give a number of seconds over 0, or a string such as "
            '"30m", "12h", "1d"',
        ) from None
