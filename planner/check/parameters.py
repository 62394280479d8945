"""The parameters of a plan: what it says of them, and which values they take."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from pydantic import JsonValue

from callsheet.agents.contracts.capability import JsonObject
from callsheet.agents.contracts.validation import Validator
from callsheet.planner.check.errors import ParameterError
from callsheet.planner.expressions.schema_types import type_of_schema
from callsheet.planner.expressions.types import (
    ANYTHING,
    Field,
    List,
    Number,
    Object,
    Text,
    Truth,
    Type,
    describe,
)
from callsheet.planner.plan.plan import Plan
from callsheet.suggestions import did_you_mean

MAX_CHARACTERS = 1_000_000
"""Of one value, written as JSON."""
MAX_SHOWN = 80
"""Characters of a default."""
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")


@dataclass(frozen=True)
class Parameter:
    """A value that is given to a plan when it is run. `schema` says which, and what to take instead."""

    name: str
    schema: JsonObject

    @property
    def description(self) -> str:
        """What it is for, empty where the plan does not say."""
        said = self.schema.get("description")
        return said if isinstance(said, str) else ""

    @property
    def is_required(self) -> bool:
        """Whether there is nothing to take where no value is given."""
        return "default" not in self.schema

    @property
    def default_text(self) -> str:
        """The value where nothing is given, as JSON, cut where it is long; null where there is none."""
        text = json.dumps(self.schema.get("default"), ensure_ascii=False)
        return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 1]}…"

    @cached_property
    def type(self) -> Type:
        """What an expression may know of its value."""
        return ANYTHING if self.fault else type_of_schema(self.schema)

    @cached_property
    def fault(self) -> str | None:
        """Why its schema is not valid, or None. References are refused, so that a schema is as small as it
        looks."""
        if reference := _find_reference(self.schema):
            return f"`{reference}` is not allowed in the schema of a parameter: write the schema out instead"
        try:
            Validator(self.schema)
        except ValueError as error:
            return f"this is not a valid JSON Schema: {error}"
        return None

    def problem(self, value: JsonValue) -> str | None:
        """Why it does not take the value, or None."""
        found = Validator(self.schema).problems(value)
        return f"{found[0].sentence:.600}" if found else None

    def read_value(self, text: str) -> JsonValue:
        """The value that a typed text means: itself where only texts are taken, else JSON, if it is that.

        What is not taken either way comes back as it is.
        """
        if all(isinstance(kind, Text) for kind in self.type.kinds):
            return text
        try:
            value = cast(JsonValue, json.loads(text))
        except (ValueError, RecursionError):
            return text
        return text if self.problem(value) and not self.problem(text) else value

    @property
    def kind(self) -> str:
        """What it takes, in words."""
        said = f" ({self.description:.200})" if self.description else ""
        return f"{describe(self.type)}{said}"

    @property
    def placeholder(self) -> str:
        """How to write it, as `NAME=KIND`."""
        match self.type.kinds:
            case (Text(None),):
                kind = "TEXT"
            case (Text(choices),) if choices:
                kind = "|".join(sorted(choices)[:6])
            case (Number(),):
                kind = "NUMBER"
            case (Truth(),):
                kind = "true|false"
            case (List(),):
                kind = "[...]"
            case (Object(),):
                kind = "{...}"
            case _:
                kind = "VALUE"
        return f"{self.name}={kind}"


class Parameters(dict[str, Parameter]):
    """The parameters that a plan declares, by name."""

    @classmethod
    def from_plan(cls, plan: Plan) -> Parameters:
        """Those of a plan."""
        return cls({name: Parameter(name, schema) for name, schema in plan.params.items()})

    @cached_property
    def type(self) -> Type:
        """The type of the object that expressions see."""
        fields = {name: Field(each.type, required=True) for name, each in self.items()}
        return Type((Object(fields, None, sealed=True),))

    @property
    def defaults(self) -> JsonObject:
        """The values of those that have one without being given one."""
        return {name: each.schema["default"] for name, each in self.items() if not each.is_required}

    def problems(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """What is wrong with the declarations: where, from `params` on, and a sentence."""
        for name, each in self.items():
            if each.fault is not None:
                yield (name,), f"parameter `{name}`: {each.fault:.600}"
            elif not each.is_required and (problem := each.problem(each.schema["default"])):
                yield (
                    (name, "default"),
                    f"parameter `{name}`: its default does not match its schema: {problem}",
                )

    def settle(self, given: Mapping[str, object]) -> JsonObject:
        """The value of every parameter, where these are given.

        Raises ParameterError with everything that is missing, unknown, or not taken.
        """
        problems: list[str] = []
        wanted: list[str] = []
        settled = self.defaults
        for name, each in self.items():
            value, problem = _copied(given[name]) if name in given else (settled.get(name), None)
            if name not in given and each.is_required:
                problem = f"`{name}` is missing: it takes {each.kind}"
            elif problem := problem or each.problem(value):
                problem = f"`{name}` takes {each.kind}: {problem}"
            if problem:
                problems.append(problem)
                wanted.append(each.placeholder)
            settled[name] = value
        unknown = (name for name in given if name not in self)
        problems += (f"there is no parameter `{name:.80}`: {did_you_mean(name, self)}" for name in unknown)
        if problems:
            raise ParameterError(tuple(problems), tuple(wanted))
        return settled


def _copied(value: object) -> tuple[JsonValue, str | None]:
    """A copy of the value, so that the caller cannot change it afterwards; or why it is not JSON."""
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False)
        text.encode()
    except (ValueError, TypeError, RecursionError) as error:
        return None, f"the value is not JSON: {error}"
    if len(text) > MAX_CHARACTERS:
        return None, f"the value has {len(text):,} characters as JSON; at most {MAX_CHARACTERS:,} are allowed"
    return cast(JsonValue, json.loads(text)), None


def _find_reference(schema: JsonValue) -> str | None:
    pending: list[JsonValue] = [schema]
    while pending:
        match pending.pop():
            case dict() as entries:
                if found := next((key for key in _REFERENCES if key in entries), None):
                    return found
                pending += entries.values()
            case list() as elements:
                pending += elements
            case _:
                continue
    return None
