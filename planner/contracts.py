"""A capability as the checker sees it: the types of its inputs and of its output."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from pydantic import JsonValue

from callsheet.agents.capability import Capability
from callsheet.agents.validation import SchemaProblem, Validator

from .expressions.schema_types import SchemaReader
from .expressions.types import Object, Type

_RESOURCE = "urn:callsheet:input"


class Contract:
    """Reads a capability's schemas, each part when it is first wanted."""

    def __init__(self, capability: Capability) -> None:
        self.capability = capability
        self._reader = SchemaReader(capability.input_schema)
        properties = capability.input_schema.get("properties")
        self._properties: Mapping[str, Any] = properties if isinstance(properties, dict) else {}
        required = capability.input_schema.get("required")
        self.required: tuple[str, ...] = tuple(map(str, required)) if isinstance(required, list) else ()
        self.output: Type = SchemaReader(capability.output_schema).type_of(capability.output_schema)
        self._validators: dict[str, Validator] = {}

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the inputs that the capability declares."""
        return tuple(self._properties)

    @property
    def open(self) -> bool:
        """Whether inputs are taken that the capability does not declare."""
        kinds = self._reader.type_of(self.capability.input_schema).kinds
        return any(isinstance(kind, Object) and kind.rest is not None for kind in kinds)

    def input_type(self, name: str) -> Type:
        """The type of a declared input."""
        return self._reader.type_of(self._properties[name])

    def literal_problems(self, name: str, value: JsonValue) -> tuple[SchemaProblem, ...]:
        """Where a literal breaks the schema of a declared input."""
        validator = self._validators.get(name)
        if validator is None:
            validator = self._validators[name] = self._validator(name)
        return () if validator.accepts(value) else validator.problems(value)

    def _validator(self, name: str) -> Validator:
        """Validates one input. The whole schema comes along, because its parts may refer to it."""
        root = {**self.capability.input_schema, "$id": _RESOURCE}
        key = quote(name.replace("~", "~0").replace("/", "~1"))
        return Validator({"$ref": f"{_RESOURCE}#/properties/{key}", "$defs": {"input": root}})
