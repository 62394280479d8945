"""A sample of a JSON Schema: a value that keeps to it, made without asking a model or the user.

Samples are made from the keywords that pydantic and MCP servers write. The others (`not`, `if`, `contains`)
are left to the validator, which sees every sample: they may make one impossible, but never wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product
from math import ceil, floor
from types import MappingProxyType
from typing import Any, TypeAlias, cast

from pydantic import JsonValue

from callsheet.agents.contracts.capability import JsonObject
from callsheet.agents.contracts.references import target_of
from callsheet.agents.contracts.validation import Validator
from callsheet.agents.fakes.errors import SampleImpossible

from .sample_text import sample_texts

MAX_VALUES = 1_000
"""Values that are made for one sample, in all: types that all mention each other have millions."""

_CHOICES = frozenset({"$ref", "allOf", "anyOf", "oneOf"})

Schema: TypeAlias = Mapping[str, Any]

_ANYTHING: Schema = MappingProxyType({})


def sample_of(schema: JsonObject, of: str = "this schema") -> JsonValue:
    """A value that keeps to a JSON Schema (draft 2020-12): for the same schema always the same.

    Texts are called as the field they stand in, numbers are 1 or the least allowed, truths are true, lists
    have one element, what may be null is not, and optional fields are there, wherever that is possible and
    no const, enum, default or example says more. Raises SampleImpossible, which says what it is `of`.
    """
    try:
        whole = _validator(schema)
        try:
            return _accepted(_Sampler(schema, everything=True), whole)
        except SampleImpossible:
            # Optional fields may exclude each other, or be too many.
            return _accepted(_Sampler(schema, everything=False), whole)
    except SampleImpossible as error:
        raise SampleImpossible(error.pointer, error.problem, of) from None


def _accepted(sampler: _Sampler, whole: Validator) -> JsonValue:
    sample = deepcopy(sampler.sample())
    for pointer, message, _ in whole.problems(sample)[:1]:
        raise SampleImpossible(pointer, message)
    return sample


def _validator(schema: JsonObject, pointer: str = "") -> Validator:
    try:
        return Validator(schema)
    except ValueError as error:
        first_line = str(error).partition("\n")[0]
        raise SampleImpossible(pointer, f"this is not a schema ({first_line})") from None


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in a value we are: what stands here is called `name`, is the `turn`-th of its like (from 0), and
    was found by the references `followed`."""

    name: str = "text"
    pointer: str = ""
    turn: int = 0
    followed: frozenset[str] = frozenset({"#"})

    def field(self, key: str, name: str) -> _Place:
        escaped = key.replace("~", "~0").replace("/", "~1")
        return replace(self, name=name, pointer=f"{self.pointer}/{escaped}")

    def element(self, at: int) -> _Place:
        return replace(self, pointer=f"{self.pointer}/{at}", turn=self.turn + at)


class _Sampler:
    """Makes a sample of one schema: with everything that may be there, or only with what has to be."""

    def __init__(self, root: JsonObject, *, everything: bool) -> None:
        self._root = root
        self._definitions: Schema = {key: root[key] for key in ("$defs", "definitions") if key in root}
        self._everything = everything
        self._left = MAX_VALUES

    def sample(self) -> JsonValue:
        """The value of the whole. Raises SampleImpossible."""
        value = self._value(self._root, _Place())
        if self._left < 0:
            # Optional fields were left out where the search happened to be.
            raise SampleImpossible("", f"a sample would have more than {MAX_VALUES} values")
        return value

    def _value(self, schema: Any, place: _Place) -> JsonValue:
        """What the first way of keeping to the schema gives that gives anything."""
        failure = None
        for way, below in self._ways([schema], place):
            for kind in _kinds(way):
                self._left -= 1
                if self._left < 0:
                    raise SampleImpossible(
                        place.pointer, f"a sample would have more than {MAX_VALUES} values"
                    )
                try:
                    return self._of_kind(kind, way, below)
                except SampleImpossible as error:
                    failure = failure or error
        nothing = "no value is allowed, or only one that contains itself without end"
        raise failure or SampleImpossible(place.pointer, nothing)

    def _ways(
        self, parts: list[Any], place: _Place, way: Schema = _ANYTHING
    ) -> Iterator[tuple[Schema, _Place]]:
        """Each way of keeping to all the parts, as one schema without references, choices or parts, and the
        place with the references that were followed to it."""
        if not parts:
            yield way, place
            return
        part, rest = _as_object(parts[0]), parts[1:]
        if (reference := part.get("$ref")) in place.followed:
            return
        if reference is not None:
            rest = [*rest, self._target(reference, place)]
            place = replace(place, followed=place.followed | {reference})
        plain = {key: value for key, value in part.items() if key not in _CHOICES}
        options = (self._in_order(part[key]) for key in ("anyOf", "oneOf") if key in part)
        for chosen in product(*options):
            yield from self._ways([*part.get("allOf", ()), *chosen, *rest], place, _both(way, plain))

    def _in_order(self, options: list[Any]) -> list[Any]:
        """With null last, or first, where only what has to be is wanted."""
        return sorted(options, key=lambda each: each == {"type": "null"}, reverse=not self._everything)

    def _target(self, reference: str, place: _Place) -> Any:
        target = target_of(reference, self._root) if reference.startswith("#/") else None
        if target is None:
            raise SampleImpossible(place.pointer, f"the reference {reference!r} is not supported")
        return target

    def _of_kind(self, kind: str, way: Schema, place: _Place) -> JsonValue:
        if "const" in way or "enum" in way:
            said = [way["const"]] if "const" in way else way["enum"]
            return self._one_of(sorted(said, key=lambda each: each is None), way, place)
        if place.turn == 0 and (said := self._said(way, place)):
            return said[0]
        match kind:
            case "object":
                return self._object(way, place)
            case "array":
                return self._array(way, place)
            case "string":
                return self._one_of([*sample_texts(place.name, place.turn, way)], way, place)
            case "number" | "integer":
                return self._one_of(_numbers(way, place.turn, whole=kind == "integer"), way, place)
            case "boolean":
                return self._one_of([True, False], way, place)
            case _:
                return None

    def _said(self, way: Schema, place: _Place) -> list[JsonValue]:
        """The default and the examples that keep to the schema, and are not null."""
        said = [each for each in (way.get("default"), *way.get("examples", ())) if each is not None]
        try:
            return [each for each in said if self._alone(way, place).accepts(each)]
        except SampleImpossible:
            # Its references may lead to other places than the definitions, such as `#/properties/node`.
            return []

    def _one_of(self, offers: Sequence[JsonValue], way: Schema, place: _Place) -> JsonValue:
        """One of the offers that keep to the schema, in every turn another one."""
        validator = self._alone(way, place)
        fitting = [each for each in offers if validator.accepts(each)]
        if not fitting:
            problems = [each.message for offer in offers for each in validator.problems(offer)]
            raise SampleImpossible(place.pointer, next(iter(problems), "no value is allowed"))
        return fitting[place.turn % len(fitting)]

    def _alone(self, way: Schema, place: _Place) -> Validator:
        return _validator({**self._definitions, **way}, place.pointer)

    def _object(self, way: Schema, place: _Place) -> JsonObject:
        properties: Schema = way.get("properties", {})
        required = way.get("required", ())
        found: JsonObject = {}
        for name in dict.fromkeys((*properties, *required)):
            schema = properties.get(name, way.get("additionalProperties", True))
            if name in required or self._everything or _is_tag(schema):
                try:
                    found[name] = self._value(schema, place.field(name, name))
                except SampleImpossible:
                    if name in required:
                        raise
        return found | self._others(way, place, len(found))

    def _others(self, way: Schema, place: _Place, there: int) -> JsonObject:
        """Fields that the schema does not name: as many as are wanted, and one where it names none."""
        patterns: Schema = way.get("patternProperties", {})
        pattern, schema = next(iter(patterns.items()), ("", way.get("additionalProperties", True)))
        keys = {"allOf": [{"type": "string", "pattern": pattern}, way.get("propertyNames", True)]}
        is_map = isinstance(schema, Mapping) and not there and self._everything
        others: JsonObject = {}
        for turn in range(max(int(way.get("minProperties", 0)) - there, int(is_map))):
            key = str(self._value(keys, replace(place, name="key", turn=turn)))
            others[key] = self._value(schema, place.field(key, "value"))
        return others

    def _array(self, way: Schema, place: _Place) -> list[JsonValue]:
        """One element, or as many as are wanted."""
        first = way.get("prefixItems", ())
        least = int(way.get("minItems", 0))
        wanted = max(least, len(first), int(self._everything))
        found: list[JsonValue] = []
        for at in range(min(wanted, int(way.get("maxItems", wanted)))):
            schema = first[at] if at < len(first) else way.get("items", True)
            try:
                found.append(self._value(schema, place.element(at)))
            except SampleImpossible:
                if at < least:
                    raise
                break
        return found


def _numbers(way: Schema, turn: int, *, whole: bool) -> list[float]:
    """1 or the least allowed, then those around it, as many as the turn needs; then the middle of what is
    allowed."""
    step = Fraction(str(way.get("multipleOf", 1)))
    step = Fraction(step.numerator) if whole else step
    lows = [Fraction(str(way[key])) for key in ("minimum", "exclusiveMinimum") if key in way]
    highs = [Fraction(str(way[key])) for key in ("maximum", "exclusiveMaximum") if key in way]
    start = ceil(max([*lows, Fraction(1)]) / step)
    start = min([start, *(floor(high / step) for high in highs)])
    steps = dict.fromkeys(each for near in range(turn + 2) for each in (start + near, start - near))
    middle = [(max(lows) + min(highs)) / 2] if lows and highs else []
    # Floats of 2**53 and more are whole.
    offers = [*(each * step for each in steps), *middle]
    return [int(each) if each.denominator == 1 or abs(each) >= 2**53 else float(each) for each in offers]


def _as_object(schema: Any) -> Schema:
    """`true` asks for nothing, and of keeping to `false` there is no way."""
    if isinstance(schema, bool):
        return {} if schema else {"anyOf": []}
    return cast("Schema", schema)


def _kinds(way: Schema) -> list[str]:
    """The types, null last. A schema without one allows texts, whatever it says of other values."""
    kinds = way.get("type", "object" if "properties" in way else "array" if "items" in way else "string")
    return [kinds] if isinstance(kinds, str) else sorted(kinds, key=lambda kind: kind == "null")


def _is_tag(schema: Any) -> bool:
    """Whether a field may be the tag of a union's member: pydantic does not require one with a default."""
    return isinstance(schema, Mapping) and ("const" in schema or "enum" in schema)


def _both(one: Schema, other: Schema) -> Schema:
    """What keeps to both, as far as that is simple: of fields and other keywords the other one counts, which
    is the part of the one, and mostly says more."""
    fields = {**one.get("properties", {}), **other.get("properties", {})}
    joined: JsonObject = {"properties": fields} if fields else {}
    return {**one, **other, **joined, "required": [*one.get("required", ()), *other.get("required", ())]}
