"""A plain function as an agent."""

from __future__ import annotations

import enum
import inspect
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from callsheet.agents.agent import Agent, Context, Isolation
from callsheet.agents.contracts.capability import Effect
from callsheet.agents.contracts.errors import CapabilityError
from callsheet.agents.errors import Permanent
from callsheet.agents.functions.decorator import agent
from callsheet.agents.functions.function_agent import FunctionAgent

MakeContext = Callable[..., Context]


class Person(BaseModel):
    """Somebody."""

    title: str
    born: date
    friends: list[Person] = []


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@dataclass
class Point:
    x: int
    y: int


class Span(TypedDict):
    start: int
    end: int


@agent(effect="pure")
def add(first: int, second: int = 2) -> int:
    """Add two numbers
    that are whole.

    More about it.

    Args:
        first: the one
        second: the other
            of the two

    Returns:
        their sum
    """
    return first + second


def test_a_decorated_function_is_an_agent_and_still_the_function() -> None:
    """The plain function can be called as before, and a type checker sees an `Agent`."""
    offered: Agent = add
    assert add(1, second=4) == 5
    assert offered.name == "add"
    assert inspect.getdoc(add) == inspect.getdoc(add.__wrapped__)


def test_the_contract_is_read_off_hints_and_docstring() -> None:
    """Name, first paragraph, parameters with their descriptions and defaults, and the result."""
    assert add.capability.description == "Add two numbers that are whole."
    assert add.capability.input_schema == {
        "type": "object",
        "properties": {
            "first": {"type": "integer", "description": "the one"},
            "second": {"type": "integer", "description": "the other of the two", "default": 2},
        },
        "required": ["first"],
        "additionalProperties": False,
    }
    assert add.capability.output_schema == {
        "type": "object",
        "properties": {"result": {"type": "integer", "description": "their sum"}},
        "required": ["result"],
        "additionalProperties": False,
    }
    assert add.capability.main_output == "result"
    assert add.capability.effect is Effect.PURE


def test_arguments_of_the_decorator_win() -> None:
    """Everything that hints cannot say may be said to the decorator."""

    @agent(
        name="tell",
        description="says it",
        effect="irreversible",
        output="said",
        version="3",
        max_retries=0,
        timeout_seconds=7,
    )
    def announce(text: str) -> str:
        """Ignored."""
        return text

    contract = announce.capability
    assert (contract.name, contract.description, contract.main_output) == ("tell", "says it", "said")
    assert (contract.effect, contract.version) == (Effect.IRREVERSIBLE, "3")
    assert (contract.max_retries, contract.timeout_seconds) == (0, 7.0)


def test_a_function_without_a_docstring_is_described_by_its_name() -> None:
    """A planner always has some words to go by."""

    @agent(effect="pure")
    def count_words(text: str) -> int:
        return len(text.split())

    assert count_words.capability.description == "count words"


@pytest.mark.parametrize("kind", [Point, Span])
def test_fields_of_a_result_are_the_outputs(kind: Any) -> None:
    """A dataclass and a TypedDict become an object with their fields, none of which is the main one."""
    names = ["x", "y"] if kind is Point else ["start", "end"]

    def make() -> Any:
        return kind(**dict.fromkeys(names, 1))

    make.__annotations__["return"] = kind
    contract = agent(effect="pure")(make).capability
    assert list(contract.output_schema["properties"]) == names  # type: ignore[arg-type]
    assert contract.main_output == ""


def test_schemas_are_clean_for_a_planner() -> None:
    """No titles but a field's own called `title`, no references but to what is used twice or within itself,
    objects closed."""

    @agent(effect="pure")
    def befriend(person: Person, colour: Colour = Colour.RED) -> Person:
        return person

    shown = str(befriend.capability.input_schema)
    schema: Any = befriend.capability.input_schema
    assert schema["properties"]["person"] == {"$ref": "#/$defs/Person"}
    person = schema["$defs"]["Person"]
    assert list(person["properties"]) == ["title", "born", "friends"]
    assert person["additionalProperties"] is False
    assert person["properties"]["friends"]["items"] == {"$ref": "#/$defs/Person"}
    assert "'title': 'Person'" not in shown
    assert "'title': 'Born'" not in shown
    assert schema["properties"]["colour"] == {
        "type": "string",
        "enum": ["red", "blue"],
        "default": "red",
    }


async def test_inputs_become_python_values_and_outputs_json(make_context: MakeContext) -> None:
    """The function sees what its hints promise, and the journal sees JSON."""
    seen: list[Any] = []

    @agent(effect="pure")
    def meet(person: Person, day: date, share: Decimal, where: Point, colour: Colour) -> dict[str, Any]:
        seen.extend([person, day, share, where, colour])
        return {"day": day, "share": share, "colour": colour, "who": person}

    output = await meet.perform(
        "meet",
        {
            "person": {"title": "Dr", "born": "1970-01-02"},
            "day": "2026-11-22",
            "share": "0.5",
            "where": {"x": 1, "y": 2},
            "colour": "red",
        },
        make_context(),
    )
    born = date(1970, 1, 2)
    assert seen == [
        Person(title="Dr", born=born),
        date(2026, 11, 22),
        Decimal("0.5"),
        Point(1, 2),
        Colour.RED,
    ]
    assert output == {
        "result": {
            "day": "2026-11-22",
            "share": "0.5",
            "colour": "red",
            "who": {"title": "Dr", "born": "1970-01-02", "friends": []},
        }
    }


async def test_the_context_is_given_and_is_no_input(make_context: MakeContext) -> None:
    """A parameter annotated `Context` receives the attempt's context, whatever it is called."""

    @agent(effect="pure")
    async def whoami(around: Context, greeting: str = "I am") -> str:
        return f"{greeting} {around.idempotency_key}"

    assert list(whoami.capability.input_schema["properties"]) == ["greeting"]  # type: ignore[arg-type]
    assert await whoami.perform("whoami", {}, make_context()) == {"result": "I am run:step"}


def test_only_async_functions_run_on_the_event_loop() -> None:
    """A sync function may block, so it is never put on the loop."""

    @agent(effect="pure")
    async def quick() -> None:
        return None

    assert quick.isolation is Isolation.LOOP
    assert add.isolation is Isolation.THREAD


async def test_what_breaks_the_hints_is_permanent(make_context: MakeContext) -> None:
    """An input beyond the schema, and a result that isn't what was announced, won't mend by themselves."""

    @agent(effect="pure")
    def narrow(number: Annotated[int, Field(gt=3)]) -> int:
        return "many"  # type: ignore[return-value]

    with pytest.raises(Permanent, match=r"narrow cannot take these inputs: number: 1 is not above 3"):
        await narrow.perform("narrow", {"number": 1}, make_context())
    with pytest.raises(Permanent, match=r"narrow returned something other than its annotation says"):
        await narrow.perform("narrow", {"number": 4}, make_context())


async def test_an_error_of_the_function_passes_through(make_context: MakeContext) -> None:
    """Whether an error is worth a retry is judged by whoever runs the attempt, who needs to see it."""

    @agent(effect="pure")
    def fail() -> str:
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        await fail.perform("fail", {}, make_context())


def no_hint(value) -> str:  # type: ignore[no-untyped-def]
    return str(value)


def no_return(value: int):  # type: ignore[no-untyped-def]
    return value


def star(*values: int) -> int:
    return sum(values)


def stars(**values: int) -> int:
    return sum(values.values())


def positional(value: int, /) -> int:
    return value


def unserialisable(value: Callable[[], int]) -> int:
    return value()


def opaque(value: int) -> object:
    return value


class Opaque:
    pass


def returns_opaque() -> Opaque:
    return Opaque()


def generator() -> Iterator[int]:
    yield 1


async def async_generator() -> AsyncIterator[int]:
    yield 1


def unknown_name(value: Nowhere) -> int:  # type: ignore[name-defined]  # noqa: F821
    return 1


def Capitals() -> int:
    return 1


@pytest.mark.parametrize(
    ("function", "advice"),
    [
        (no_hint, "'value' has no type hint; add one"),
        (no_return, "doesn't say what it returns; add a return annotation"),
        (star, "takes \\*values; name each input, or take one list"),
        (stars, "takes \\*\\*values; name each input, or take one dict"),
        (positional, "by position only; remove the `/`"),
        (unserialisable, "cannot be written as JSON"),
        (returns_opaque, "Opaque cannot be written as JSON"),
        (generator, "it is a generator; return one value"),
        (async_generator, "it is a generator; return one value"),
        (unknown_name, "cannot be read .*Nowhere.*; import it at run time"),
        (Capitals, "lowercase letters"),
        (len, "only a function"),
    ],
)
def test_what_cannot_be_an_agent_is_refused_with_advice(function: Any, advice: str) -> None:
    """The error comes when the function is decorated, names it, and says what to do."""
    with pytest.raises(CapabilityError, match=advice) as caught:
        agent(effect="pure")(function)
    assert caught.value.capability == function.__name__


def test_an_unknown_effect_is_refused() -> None:
    """The four effects are listed."""
    with pytest.raises(CapabilityError, match="'harmless' is unknown; use one of pure, read, write, irr"):
        agent(effect="harmless")(opaque)


def test_types_of_the_enclosing_function_are_found() -> None:
    """An agent defined inside a function, as in a notebook or a test, may use types defined there."""

    class Local(BaseModel):
        value: int

    @agent(effect="pure")
    def double(local: Local) -> Local:
        return Local(value=local.value * 2)

    assert isinstance(double, FunctionAgent)
    assert double(Local(value=2)).value == 4


def test_fields_may_have_any_name() -> None:
    """Names that a pydantic model keeps for itself are ordinary parameters."""

    @agent(effect="pure")
    def awkward(copy: int, schema: str, model_config: bool, json: int = 1) -> int:
        return copy

    assert awkward.capability.input_validator.accepts({"copy": 1, "schema": "x", "model_config": True})
