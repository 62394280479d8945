"""A shape: the JSON Schema of an object, and the ways between its JSON and Python values."""

from __future__ import annotations

import dataclasses
import inspect
import math
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Annotated, Any, NotRequired, cast

from pydantic import BaseModel, ConfigDict, Field, RootModel, TypeAdapter, ValidationError
from pydantic.errors import PydanticSchemaGenerationError, PydanticUserError
from pydantic.json_schema import JsonSchemaMode
from pydantic_core import PydanticSerializationError, to_jsonable_python
from typing_extensions import TypedDict, is_typeddict

from callsheet.agents.contracts.errors import TypedObjectError

from .capability import JsonObject
from .pydantic_problem import located_sentence
from .tidy_schema import closed_object, tidy

MISSING: Any = object()
"""Stands for a default that isn't there."""

_MAKE_TYPED_DICT: Any = TypedDict
_PLAIN = frozenset({bool, float, int, str})
"""Types whose values are the same in Python and in JSON, where they have exactly that type."""


@dataclasses.dataclass(frozen=True, slots=True)
class TypedField:
    """One field of a shape: its Python type, what it is for, and what it is when left out."""

    type: Any
    description: str = ""
    default: Any = MISSING


class TypedObject:
    """An object of typed fields. With `wrapped_as`, a bare value that is its one field.

    Raises TypedObjectError where a type has no JSON Schema.
    """

    def __init__(
        self, kind: Any, mode: JsonSchemaMode, *, wrapped_as: str | None = None, description: str = ""
    ) -> None:
        self._wrapped_as = wrapped_as
        self._plain = kind if kind in _PLAIN else None
        self._plain_fields: Mapping[str, Any] | None = None
        try:
            self._adapter: TypeAdapter[Any] = TypeAdapter(kind)
            schema = tidy(self._adapter.json_schema(mode=mode))
        except (PydanticSchemaGenerationError, PydanticUserError) as error:
            raise TypedObjectError(
                f"{_name(kind)} cannot be written as JSON ({_first_line(error)})"
            ) from None
        self.schema: JsonObject = schema if wrapped_as is None else _wrap(wrapped_as, schema, description)

    @classmethod
    def of_fields(cls, fields: Mapping[str, TypedField], mode: JsonSchemaMode) -> TypedObject:
        """The shape of named fields; one with a default may be left out. Python values are dicts."""
        types = {name: _annotated(field) for name, field in fields.items()}
        # A TypedDict, since a model could not have fields called `copy`, `schema` or `_x`.
        kind = _MAKE_TYPED_DICT("Fields", types)
        kind.__pydantic_config__ = ConfigDict(extra="forbid")
        shape = cls(kind, mode)
        properties = cast("dict[str, JsonObject]", shape.schema.setdefault("properties", {}))
        if all(field.type in _PLAIN for field in fields.values()):
            shape._plain_fields = {name: field.type for name, field in fields.items()}
        for name, field in fields.items():
            if field.default not in (MISSING, None):
                properties[name] |= _default(field.default)
        return shape

    @classmethod
    def of_object(cls, kind: Any, mode: JsonSchemaMode) -> TypedObject:
        """The shape of a pydantic model, a dataclass, a TypedDict, or a mapping of names to types."""
        if isinstance(kind, Mapping):
            named = cast("Mapping[str, Any]", kind)
            return cls.of_fields({name: TypedField(each) for name, each in named.items()}, mode)
        if not has_fields(kind):
            raise TypedObjectError(f"{_name(kind)} has no named fields")
        return cls(kind, mode)

    @property
    def properties(self) -> Mapping[str, JsonObject]:
        """The schema of each field, by name."""
        return cast("dict[str, JsonObject]", self.schema.get("properties") or {})

    def read_object(self, value: Mapping[str, Any]) -> Any:
        """The Python value of a JSON object. Raises TypedObjectError, one line for each field that doesn't
        fit."""
        if self._wrapped_as:
            return self._validated(value[self._wrapped_as])
        plain = self._plain_fields
        if plain is not None and len(plain) == len(value):
            for name, each in value.items():
                if type(each) is not plain.get(name):
                    break
            else:
                return dict(value)
        return self._validated(dict(value))

    def write_object(self, value: Any) -> JsonObject:
        """The JSON object of a Python value. Raises TypedObjectError where it doesn't have the shape."""
        if self._wrapped_as and type(value) is self._plain:
            return {self._wrapped_as: value}
        validated = self._validated(value)
        try:
            written = self._adapter.dump_python(validated, mode="json", by_alias=True)
            # What pydantic writes as null where the type is `Any`, and refuses elsewhere.
            problem = _not_finite(self._adapter.dump_python(validated, by_alias=True), written)
        except PydanticSerializationError as error:
            raise TypedObjectError(_first_line(error)) from None
        if problem:
            raise TypedObjectError(problem)
        return {self._wrapped_as: written} if self._wrapped_as else written

    def _validated(self, value: Any) -> Any:
        try:
            return self._adapter.validate_python(value)
        except ValidationError as error:
            raise TypedObjectError(
                "; ".join(located_sentence(each) for each in error.errors(include_url=False))
            ) from None


def has_fields(kind: Any) -> bool:
    """Whether a type is an object of named fields: a pydantic model, a dataclass or a TypedDict."""
    if inspect.isclass(kind) and issubclass(kind, BaseModel):
        return not issubclass(kind, RootModel)
    return dataclasses.is_dataclass(kind) or is_typeddict(kind)


def _not_finite(value: Any, written: Any, place: str = "") -> str:
    """The first number that JSON cannot hold, and was written as null, with its place; empty where there is
    none."""
    if isinstance(value, float) and not math.isfinite(value) and written is None:
        return f"{place or 'the value'} is {value}, which JSON cannot hold; return a number or None"
    inside: Iterable[tuple[Any, Any, Any]] = ()
    if isinstance(value, Mapping) and isinstance(written, Mapping):
        inside = zip(value, value.values(), written.values(), strict=False)
    elif isinstance(value, Sequence | Set) and isinstance(written, list):
        if isinstance(value, str | bytes):
            return ""
        inside = zip(range(len(written)), value, written, strict=False)
    for name, each, kept in inside:
        if problem := _not_finite(each, kept, f"{place}.{name}" if place else str(name)):
            return problem
    return ""


def _annotated(field: TypedField) -> Any:
    described = field.type
    if field.description:
        described = Annotated[field.type, Field(description=field.description)]
    return described if field.default is MISSING else NotRequired[described]


def _default(value: Any) -> JsonObject:
    try:
        return {"default": to_jsonable_python(value)}
    except PydanticSerializationError:
        return {}


def _wrap(name: str, schema: JsonObject, description: str) -> JsonObject:
    definitions = schema.pop("$defs", None)
    field = {**schema, "description": description} if description else schema
    wrapped = closed_object({name: field})
    return {**wrapped, "$defs": definitions} if definitions else wrapped


def _name(kind: Any) -> str:
    return getattr(kind, "__name__", None) or str(kind)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0].rstrip(".")
