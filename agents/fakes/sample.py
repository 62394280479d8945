"""A sample of a JSON Schema: a value that keeps to it, made without asking anybody.

Candidates are made keyword by keyword, the most telling first, and at every level a validator takes the
first that it accepts. So a keyword that is not understood here (`not`, `if`, `dependentRequired`) may make
a sample impossible, but never wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import chain, count, islice, repeat
from math import ceil, floor
from types import MappingProxyType
from typing import Any, ClassVar, TypeAlias, TypeVar

from pydantic import JsonValue

from callsheet.agents.contracts.capability import JsonObject
from callsheet.agents.contracts.validation import Validator
from callsheet.agents.errors import AgentError
from callsheet.errors import ExitCode

from .sample_schemas import Schema, Way, Ways
from .sample_text import sample_texts

MOST_TRIES = 20_000
"""Candidates that are looked at for one sample, in all."""

_MOST_MISSES = 300
_MOST_OF_A_WAY = 300
_MOST_OF_A_KIND = 50
_MOST_ELEMENTS = 1_000
_NEAR = 10
_MOST_FOLLOWED = 5
_UNLIMITED = 10**9
_LONGEST_PROBLEM = 200

_KINDS = ("string", "number", "object", "array", "boolean", "null")
_KINDS_BY_KEYWORD: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("properties", "required", "additionalProperties", "patternProperties"), "object"),
        **dict.fromkeys(("propertyNames", "minProperties", "maxProperties"), "object"),
        **dict.fromkeys(("items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains"), "array"),
        **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), "number"),
        "multipleOf": "number",
    }
)
"""What a schema speaks of that has such a keyword and no type; any other speaks of a text."""

Values: TypeAlias = Iterator[JsonValue]

T = TypeVar("T")


class SampleImpossible(AgentError):
    """No value was found that keeps to a schema: at `pointer` (a JSON pointer into the value) there is a
    `problem`. `of` is what a sample was wanted of."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, pointer: str, problem: str, of: str = "this schema") -> None:
        place = f"at {pointer}" if pointer else "at its root"
        super().__init__(f"no sample of {of} can be made: {place}, {problem}; give an answer of your own")
        self.pointer = pointer
        self.problem = problem
        self.of = of


def sample_of(schema: JsonObject) -> JsonValue:
    """A value that keeps to a JSON Schema (draft 2020-12): for the same schema always the same.

    Texts are called as the field they stand in, numbers are 1 or the least allowed, truths are true, lists
    have one element, what may be null is not, and optional fields are there, wherever that is possible and
    no const, enum, default or example says more. Raises SampleImpossible.
    """
    try:
        whole = Validator(schema)
    except ValueError as error:
        raise SampleImpossible("", f"it is no JSON Schema ({_first_line(error)})") from None
    value = deepcopy(_Sampler(schema).first())
    for pointer, message in whole.problems(value)[:1]:
        raise SampleImpossible(pointer, _short(message))
    return value


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in a value we are: how what stands here is called, and which references led here."""

    name: str
    pointer: str = ""
    followed: frozenset[str] = frozenset()

    @property
    def is_deep(self) -> bool:
        """Whether only what is required is made here: types that all mention each other go on and on."""
        return len(self.followed) >= _MOST_FOLLOWED

    def field(self, key: str, name: str) -> _Place:
        escaped = key.replace("~", "~0").replace("/", "~1")
        return _Place(name, f"{self.pointer}/{escaped}", self.followed)

    def element(self, at: int) -> _Place:
        return replace(self, pointer=f"{self.pointer}/{at}")


class _Sampler:
    """Makes the values of one schema and of everything in it."""

    def __init__(self, root: JsonObject) -> None:
        self._ways = Ways(root)
        self._tries = MOST_TRIES
        self._validators: dict[int, tuple[Any, Validator]] = {}

    def first(self) -> JsonValue:
        """The most telling value. Raises SampleImpossible."""
        return next(self.values(self._ways.whole, _Place("text")))

    def values(self, schema: Any, place: _Place) -> Values:
        """Values that the schema accepts, at least one. Raises SampleImpossible where none is found."""
        problem, found, misses = None, False, 0
        for candidate, validators in self._candidates(schema, place):
            self._count(place)
            if all(each.accepts(candidate) for each in validators):
                found, misses = True, 0
                yield candidate
                continue
            problem = problem or next(chain(*(each.problems(candidate) for each in validators)), None)
            misses += 1
            if misses == _MOST_MISSES:
                break
        if not found:
            pointer, message = problem or ("", "nothing is allowed, or only what contains itself without end")
            raise SampleImpossible(place.pointer + pointer, _short(message))

    def _validator(self, schema: Any, place: _Place) -> Validator:
        # By identity, since schemas cannot be keys; each is kept, so that no other one gets its identity.
        if id(schema) not in self._validators:
            try:
                validator = Validator(self._ways.standing_alone(schema))
            except ValueError as error:
                problem = f"the schema is too involved ({_first_line(error)})"
                raise SampleImpossible(place.pointer, problem) from None
            self._validators[id(schema)] = (schema, validator)
        return self._validators[id(schema)][1]

    def _count(self, place: _Place) -> None:
        self._tries -= 1
        if self._tries < 0:
            raise SampleImpossible(place.pointer, f"the search was given up after {MOST_TRIES} values")

    def _candidates(self, schema: Any, place: _Place) -> Iterator[tuple[JsonValue, list[Validator]]]:
        """What may keep to the schema, and what it must be accepted by."""
        ways = self._ways.of(schema, place.followed)
        return _in_turn((self._checked(way, schema, place) for way in ways), _MOST_OF_A_WAY)

    def _checked(self, way: Way, schema: Any, place: _Place) -> Iterator[tuple[JsonValue, list[Validator]]]:
        validators = [self._validator(schema, place)]
        if way.schema != schema:
            # A text made for one way shall not pass by another that has a format, which is not validated.
            validators.append(self._validator(way.schema, place))
        for each in self._of_way(way.schema, replace(place, followed=way.followed)):
            yield each, validators

    def _of_way(self, way: Schema, place: _Place) -> Values:
        self._count(place)
        if "const" in way:
            yield way["const"]
        elif "enum" in way:
            yield from sorted(way["enum"], key=lambda each: each is None)
        else:
            said = [*([way["default"]] if "default" in way else []), *way.get("examples", ())]
            yield from (each for each in said if each is not None)
            kinds = (self._of_kind(kind, way, place) for kind in _kinds(way))
            yield from _in_turn(kinds, _MOST_OF_A_KIND)
            yield from (each for each in said if each is None)

    def _of_kind(self, kind: str, way: Schema, place: _Place) -> Values:
        match kind:
            case "string":
                yield from sample_texts(place.name, way)
            case "number" | "integer":
                yield from _numbers(way, whole=kind == "integer")
            case "boolean":
                yield from (True, False)
            case "array":
                yield from self._arrays(way, place)
            case "object":
                yield from self._objects(way, place)
            case _:
                yield None

    def _arrays(self, way: Schema, place: _Place) -> Values:
        """One element, or as many as are wanted; then fewer, then more."""
        least, most = int(way.get("minItems", 0)), int(way.get("maxItems", _UNLIMITED))
        first = len(way.get("prefixItems", ()))
        elements = self._elements(way, place)
        if least > _MOST_ELEMENTS:
            raise SampleImpossible(place.pointer, f"{least} elements are wanted, over {_MOST_ELEMENTS}")
        found: list[JsonValue] = []
        try:
            found += islice(elements, min(max(least, first, 0 if place.is_deep else 1), most))
        except SampleImpossible:
            if len(found) < least:
                raise
        yield found
        if not least:
            yield []
        with suppress(SampleImpossible):
            for each in islice(elements, max(0, most - len(found))):
                found = [*found, each]
                yield found

    def _elements(self, way: Schema, place: _Place) -> Values:
        """Elements from the first on, different ones as long as there are such."""
        unique = way.get("uniqueItems") is True
        taken: list[JsonValue] = []
        for at, schema in enumerate(way.get("prefixItems", ())):
            values = self.values(schema, place.element(at))
            taken.append(next((each for each in values if not unique or each not in taken), None))
            yield taken[-1]
        rest = way.get("items", True)
        if "contains" in way:
            rest = {"allOf": [rest, way["contains"]]}
        last: JsonValue = None
        for last in self.values(rest, place.element(len(taken))):
            if last not in taken:
                taken.append(last)
                yield last
        if not unique:
            yield from repeat(last)

    def _objects(self, way: Schema, place: _Place) -> Values:
        """All fields, then only those that are required, then some more of them; then other values."""
        required: list[str] = way.get("required", [])
        found: dict[str, JsonValue] = {}
        streams: dict[str, Values] = {}
        named = () if place.is_deep else way.get("properties", ())
        for name in dict.fromkeys((*named, *required)):
            streams[name] = self.values(_of_field(name, way), place.field(name, name))
            try:
                found[name] = next(streams[name])
            except SampleImpossible:
                if name in required:
                    raise
        found |= self._others(way, place, found)
        optional = [name for name in found if name not in required]
        room = max(0, int(way.get("maxProperties", _UNLIMITED)) - len(required))
        for kept in dict.fromkeys((min(len(optional), room), 0, *range(len(optional)))):
            yield {name: found[name] for name in found if name not in optional[kept:]}
        for name, stream in streams.items():
            # Of a field that has no value the stream is at its end.
            yield from ({**found, name: each} for each in islice(stream, _NEAR))

    def _others(self, way: Schema, place: _Place, found: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """Fields that are not named by the schema: as many as are wanted, and one where it names none."""
        is_map = isinstance(way.get("additionalProperties"), Mapping) or "patternProperties" in way
        missing = max(int(way.get("minProperties", 0)) - len(found), int(is_map and not found))
        others: dict[str, JsonValue] = {}
        try:
            for key in self._keys(way, place) if missing > 0 else ():
                if key not in found:
                    others[key] = next(self.values(_of_field(key, way), place.field(key, "value")))
                if len(others) == missing:
                    break
        except SampleImpossible:
            if "minProperties" in way:
                raise
        return others

    def _keys(self, way: Schema, place: _Place) -> Iterator[str]:
        schema = [{"type": "string"}, way.get("propertyNames", True)]
        schema += [{"pattern": pattern} for pattern in [*way.get("patternProperties", ())][:1]]
        for key in self.values({"allOf": schema}, replace(place, name="key")):
            yield str(key)


def _in_turn(sources: Iterable[Iterator[T]], most: int) -> Iterator[T]:
    """What each source has, one after the other, at most so many of each. Raises the first error where none
    has anything."""
    failure, empty = None, True
    for source in sources:
        try:
            for each in islice(source, most):
                empty = False
                yield each
        except SampleImpossible as error:
            failure = failure or error
    if empty and failure:
        raise failure


def _kinds(way: Schema) -> list[str]:
    kinds = way.get("type")
    if kinds is None:
        spoken_of = [kind for key, kind in _KINDS_BY_KEYWORD.items() if key in way]
        return [*dict.fromkeys([*spoken_of, *_KINDS])]
    return [kinds] if isinstance(kinds, str) else sorted(kinds, key=lambda kind: kind == "null")


def _of_field(name: str, way: Schema) -> Any:
    """The schema of one field of an object."""
    named = [each for key, each in way.get("properties", {}).items() if key == name]
    named += [
        each
        for pattern, each in way.get("patternProperties", {}).items()
        if Validator({"pattern": pattern}).accepts(name)
    ]
    if len(named) == 1:
        return named[0]
    return {"allOf": named} if named else way.get("additionalProperties", True)


def _numbers(way: Schema, *, whole: bool) -> Iterator[float]:
    """1 or the least allowed, then those around it, what lies between the bounds, and those further off."""
    step = _exact(way.get("multipleOf", 1))
    step = Fraction(step.numerator) if whole else step
    least = max((_exact(way[key]) for key in ("minimum", "exclusiveMinimum") if key in way), default=None)
    most = min((_exact(way[key]) for key in ("maximum", "exclusiveMaximum") if key in way), default=None)
    start = ceil((1 if least is None else max(least, Fraction(1))) / step) * step
    if most is not None and start > most:
        start = floor(most / step) * step
    for at in range(_NEAR):
        yield from (_written(each, whole) for each in (start + at * step, start - at * step))
    if not whole and "multipleOf" not in way:
        low = start if least is None else least
        high = low + 1 if most is None else most
        yield from (_written(low + (high - low) / parts, whole) for parts in range(1, _NEAR))
    for at in count(_NEAR):
        yield from (_written(each, whole) for each in (start + at * step, start - at * step))


def _exact(number: float) -> Fraction:
    return Fraction(str(number))


def _written(number: Fraction, whole: bool) -> float:
    """As people write it: 1 and not 1.0, but 1e300 rather than all of its digits."""
    if whole or (number.denominator == 1 and abs(number) < 2**63):
        return int(number)
    try:
        return float(number)
    except OverflowError:
        return int(number)


def _short(message: str) -> str:
    return message if len(message) <= _LONGEST_PROBLEM else f"…{message[-_LONGEST_PROBLEM:]}"


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
