"""A capability as the checker sees it: the types of its inputs and of its output."""

from __future__ import annotations

from functools import cached_property

from pydantic import JsonValue

from callsheet.agents.contracts.capability import Capability
from callsheet.agents.contracts.validation import SchemaProblem, Validator, pointer_of
from callsheet.planner.expressions.schema_types import type_of_schema
from callsheet.planner.expressions.types import ANYTHING, Object, Type, union

from .input_texts import InputText


class CapabilityTypes:
    """Reads a capability's schemas, each part when it is first wanted."""

    def __init__(self, capability: Capability) -> None:
        self.capability = capability
        self.output: Type = type_of_schema(capability.output_schema)
        kinds = type_of_schema(capability.input_schema).kinds
        self._objects = [kind for kind in kinds if isinstance(kind, Object)]
        self.inputs = tuple(dict.fromkeys(name for each in self._objects for name in each.fields))
        """The names of the inputs that the capability declares."""
        self.required = tuple(name for name in self.inputs if self._is_required(name))
        self._types: dict[str, Type] = {}
        self._texts: dict[str, InputText] = {}

    @property
    def open(self) -> bool:
        """Whether inputs are taken that the capability does not declare."""
        return not self._objects or any(each.rest is not None for each in self._objects)

    def input_type(self, name: str) -> Type:
        """The type of an input; anything where it is not declared."""
        if name not in self._types:
            declared = [each.fields[name].type for each in self._objects if name in each.fields]
            self._types[name] = union(declared) if declared else ANYTHING
        return self._types[name]

    def input_text(self, name: str) -> InputText:
        """What an input says about the texts that it takes."""
        if name not in self._texts:
            declared = self.capability.input_schema.get("properties")
            schema = declared.get(name) if isinstance(declared, dict) else None
            self._texts[name] = InputText.of_input(name, schema)
        return self._texts[name]

    def literal_problems(self, name: str, value: JsonValue) -> tuple[SchemaProblem, ...]:
        """Where a literal breaks the schema of a declared input. Pointers start at the literal."""
        inputs = {name: value}
        if self._validator.accepts(inputs):
            return ()
        at = pointer_of((name,))
        return tuple(
            problem._replace(pointer=problem.pointer[len(at) :])
            for problem in self._validator.problems(inputs)
            if problem.pointer == at or problem.pointer.startswith(at + "/")
        )

    @cached_property
    def _validator(self) -> Validator:
        """Validates inputs one by one: none is required here."""
        schema = {key: part for key, part in self.capability.input_schema.items() if key != "required"}
        return Validator(schema)

    def _is_required(self, name: str) -> bool:
        return all(name in each.fields and each.fields[name].required for each in self._objects)
