"""The plan: a frozen DAG of steps for a goal. It names capabilities, never agents."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, TypeAlias

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    PlainSerializer,
    PlainValidator,
)

from callsheet.agents.contracts.duration import seconds_of
from callsheet.agents.contracts.errors import DurationError

STEP_ID = r"^[a-z][a-z0-9_]{0,63}$"
MAX_PARAMETERS = 100


@dataclass(frozen=True, slots=True)
class Literal:
    """A value that stands in the plan as it is. Nothing in it is ever interpreted."""

    value: JsonValue


@dataclass(frozen=True, slots=True)
class From:
    """The value of an expression, its type kept: `{from: EXPRESSION}`."""

    expression: str


@dataclass(frozen=True, slots=True)
class Template:
    """Text with expressions in braces: `{template: "text with {EXPRESSION}"}`; `{{` is a brace."""

    text: str


Binding: TypeAlias = Literal | From | Template


def read_binding(value: Any) -> Binding:
    """Tell apart the three ways to write an input. Only an object with the one key `from`
    or `template` is anything but a literal. Raises ValueError where that key holds no text."""
    if isinstance(value, (Literal, From, Template)):
        return value
    match value:
        case {"from": expression} if len(value) == 1:
            return From(_text(expression, "from"))
        case {"template": text} if len(value) == 1:
            return Template(_text(text, "template"))
        case _:
            return Literal(value)


def _text(value: object, key: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"`{key}` must be a string")
    return value


def write_binding(binding: Binding) -> JsonValue:
    """The JSON of a binding; `read_binding` gives back one of the same value.

    A literal that would be taken for one of the others is written as an expression that yields it:
    every JSON text is one.
    """
    match binding:
        case From(expression):
            return {"from": expression}
        case Template(text):
            return {"template": text}
        case Literal(dict() as value) if len(value) == 1 and value.keys() <= {"from", "template"}:
            return {"from": json.dumps(value, ensure_ascii=False)}
        case Literal(value):
            return value


ParameterName: TypeAlias = Annotated[str, Field(pattern=STEP_ID)]
Input: TypeAlias = Annotated[Binding, PlainValidator(read_binding), PlainSerializer(write_binding)]


class Join(StrEnum):
    """When a step may start, once every dependency has ended."""

    ALL = "all"
    """Every dependency completed."""
    ANY = "any"
    """At least one completed."""
    DONE = "done"
    """However they ended."""


class OnFailure(StrEnum):
    """What a step's failure or surprise does to the run."""

    FAIL = "fail"
    """It fails."""
    CONTINUE = "continue"
    """It goes on without the result."""
    REPLAN = "replan"
    """The planner decides how it goes on; without a planner, it fails."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def _seconds(value: object) -> object:
    try:
        return seconds_of(value) if isinstance(value, str) else value
    except DurationError as error:
        raise ValueError(str(error)) from None


Seconds: TypeAlias = Annotated[float, Field(gt=0, le=366 * 86_400), BeforeValidator(_seconds)]
"""A duration: a number of seconds, or a text such as `5m`."""


class Step(_Frozen):
    """One unit of work. A policy that is None is the capability's own."""

    id: Annotated[str, Field(pattern=STEP_ID)]
    """Unique in the plan."""

    capability: str
    """The capability that does the work; which agent provides it is decided when the step runs."""

    inputs: dict[str, Input] = Field(default_factory=dict)
    """A binding for each input of the capability."""

    condition: str | None = None
    """An expression that yields a boolean: where it is false, the step is skipped."""

    for_each: Input | None = None
    """A binding that yields a list. The work is done once for each `item` of it, and the output is the list
    of outputs in the same order."""

    depends_on: tuple[str, ...] = Field(default=(), strict=False)
    """Steps to wait for without using their data. Data dependencies are not listed: they are the steps that
    the expressions name."""

    join: Join = Field(default=Join.ALL, strict=False)
    """How the dependencies must have ended for the step to start."""

    expect: tuple[str, ...] = Field(default=(), strict=False)
    """Expressions over the attempt's `output` that yield booleans. Where one is false, the attempt is a
    surprise."""

    max_retries: Annotated[int, Field(ge=0, le=100)] | None = None
    """How many more attempts may follow a failed one, for each item."""

    timeout_seconds: Seconds | None = None
    """The limit of one attempt."""

    total_timeout_seconds: Seconds | None = None
    """The limit of all attempts, items and waits of the step together; None for no limit."""

    on_failure: OnFailure = Field(default=OnFailure.REPLAN, strict=False)
    """What the step's failure or surprise does to the run."""

    approval: bool = False
    """Whether the step waits for the user's approval before it runs."""


class Plan(_Frozen):
    """The DAG of steps for a goal, and the binding that makes its answer.

    `params` has a JSON Schema under the name of each parameter, which expressions refer to as `params.NAME`;
    its `default` is the value where the run is given none.
    """

    goal: str
    params: dict[ParameterName, dict[str, JsonValue]] = Field(default_factory=dict, max_length=MAX_PARAMETERS)
    steps: tuple[Step, ...] = Field(strict=False)
    answer: Input

    def to_document(self) -> dict[str, JsonValue]:
        """The plan as JSON, what is left at its default left out.

        Raises ValueError where a literal cannot be written as JSON.
        """
        return self.model_dump(mode="json", exclude_defaults=True, warnings=False)
