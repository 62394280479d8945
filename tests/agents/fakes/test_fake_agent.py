"""An agent that keeps a capability's contract without doing its work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

import callsheet
from callsheet.agents.agent import Agent, Context, Isolation
from callsheet.agents.builtin import builtin_agents
from callsheet.agents.contracts.capability import Capability, JsonObject
from callsheet.agents.errors import Permanent, Retryable, UnknownCapability
from callsheet.agents.fakes.errors import SampleImpossible, WrongAnswer
from callsheet.agents.fakes.fake_agent import FakeAgent, FakeCall, fake_agents
from callsheet.agents.registry import Registry
from callsheet.agents.spending.terms import Terms
from callsheet.errors import ExitCode

MakeContext = Callable[..., Context]
TEXT: JsonObject = {"type": "string"}


def capability(name: str, output: JsonObject) -> Capability:
    """One that takes a text and gives one thing."""
    return Capability(
        name=name,
        description=f"does {name}",
        input_schema={"type": "object", "properties": {"text": TEXT}, "required": ["text"]},
        output_schema={
            "type": "object",
            "properties": {"found": output},
            "required": ["found"],
            "additionalProperties": False,
        },
    )


COUNT = capability("count", {"type": "integer", "minimum": 1})
SHORTEN = capability("shorten", TEXT)
UNGUESSABLE = capability("unguessable", {"type": "string", "pattern": r"^(\w)\1$"})


async def ask(agent: FakeAgent, context: Context, text: str = "some") -> JsonObject:
    """What the fake gives in the next attempt."""
    return await agent.perform(agent.capability.name, {"text": text}, context)


async def test_it_answers_with_a_sample(make_context: MakeContext) -> None:
    """Where nothing else is said, and the same every time; a type checker sees an `Agent`."""
    fake = FakeAgent(SHORTEN)
    offered: Agent = fake
    assert offered.capabilities == (SHORTEN,)
    assert (fake.name, fake.isolation) == ("shorten", Isolation.LOOP)
    assert [await ask(fake, make_context()) for _ in range(2)] == [{"found": "found"}] * 2


async def test_it_answers_what_it_is_told_every_time(make_context: MakeContext) -> None:
    """With an object of its own for each, so that one attempt cannot spoil it for the others."""
    told = {"found": 7}
    fake = FakeAgent(COUNT, told)
    told["found"] = 0
    first = await ask(fake, make_context())
    first["found"] = 0
    assert await ask(fake, make_context()) == {"found": 7}


async def test_it_raises_the_error_it_is_told(make_context: MakeContext) -> None:
    """Every time the same error, which does not carry the traces of the times before."""
    error = Retryable("busy", retry_after=3)
    fake = FakeAgent(COUNT, error)
    lengths = set[int]()
    for _ in range(3):
        with pytest.raises(Retryable) as raised:
            await ask(fake, make_context())
        assert raised.value is error
        lengths.add(len(raised.traceback))
    assert len(lengths) == 1


async def test_answers_are_given_in_order(make_context: MakeContext) -> None:
    """One an attempt, errors among them; then there is none left, and trying again would not help."""
    fake = FakeAgent(COUNT, [{"found": 1}, Retryable("busy"), {"found": 2}])
    assert await ask(fake, make_context()) == {"found": 1}
    with pytest.raises(Retryable, match="busy"):
        await ask(fake, make_context())
    assert await ask(fake, make_context()) == {"found": 2}
    for attempt in (4, 5):
        with pytest.raises(
            Permanent, match=f"'count' has no answer left for attempt {attempt}: it was given 3"
        ):
            await ask(fake, make_context())


async def test_a_function_answers(make_context: MakeContext) -> None:
    """From the inputs; it may raise, or give an error to raise; what it does to the inputs doesn't show."""

    def count(inputs: dict[str, Any]) -> Any:
        text = inputs.pop("text")
        if not text:
            raise Permanent("nothing to count")
        return Retryable("later") if text == "later" else {"found": len(text)}

    fake = FakeAgent(COUNT, count)
    assert await ask(fake, make_context(), "four") == {"found": 4}
    with pytest.raises(Permanent, match="nothing to count"):
        await ask(fake, make_context(), "")
    with pytest.raises(Retryable, match="later"):
        await ask(fake, make_context(), "later")
    assert [each.inputs for each in fake.calls] == [{"text": "four"}, {"text": ""}, {"text": "later"}]


async def test_a_functions_answer_must_fit(make_context: MakeContext) -> None:
    """Else the attempt fails for good, and says which field it is, and what is wrong with it."""
    fake = FakeAgent(COUNT, lambda inputs: {"found": inputs["text"]})
    with pytest.raises(Permanent, match=r"fake of 'count' cannot give this answer: /found: "):
        await ask(fake, make_context())
    nothing: Any = {"some": None}.get
    fake = FakeAgent(COUNT, lambda inputs: nothing(inputs["text"]))
    with pytest.raises(Permanent, match="None is not an answer; give a JSON object"):
        await ask(fake, make_context())


@pytest.mark.parametrize(
    ("answers", "problem"),
    [
        (
            {"found": 0},
            "/found: 0 is below 1; make it keep to the capability's output schema",
        ),
        ({"found": 1, "more": 2}, "its root: there is no field `more` (there are `found`)"),
        ([{"found": 1}, {}], "its root: `found` is missing"),
        ([{"found": 1}, 7], "7 is not an answer"),
        ("found", "'found' is not an answer; give a JSON object, an exception"),
        (7, "7 is not an answer"),
        (Retryable, "is not an answer; give a JSON object, an exception instance"),
        ([Retryable], "is not an answer"),
        ({"found": float("nan")}, "/found: nan cannot be written as JSON"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused_at_once(answers: Any, problem: str) -> None:
    """Where it is written, and not where it would be given."""
    with pytest.raises(WrongAnswer) as raised:
        FakeAgent(COUNT, answers)
    assert problem in str(raised.value)
    assert raised.value.capability == "count"
    assert raised.value.exit_code is ExitCode.USAGE


def test_where_no_sample_can_be_made_an_answer_is_asked_for() -> None:
    """By the name of the capability, and of the field; with an answer all is well."""
    expected = (
        "no sample of the output of 'unguessable' can be made: at /found, .*; give an answer of your own"
    )
    with pytest.raises(SampleImpossible, match=expected):
        FakeAgent(UNGUESSABLE)
    FakeAgent(UNGUESSABLE, {"found": "oo"})


async def test_it_remembers_what_it_was_asked(make_context: MakeContext) -> None:
    """The inputs as they were, the attempt, the step and the item; also where it failed."""
    fake = FakeAgent(COUNT, Permanent("no"))
    context = make_context()
    inputs: dict[str, Any] = {"text": ["deep"]}
    for attempt, item in ((1, None), (2, 0)):
        with pytest.raises(Permanent):
            await fake.perform("count", inputs, msgspec.structs.replace(context, attempt=attempt, item=item))
    inputs["text"].append("changed")
    assert fake.calls == [
        FakeCall({"text": ["deep"]}, 1, "step", None),
        ({"text": ["deep"]}, 2, "step", 0),
    ]


def test_it_may_have_a_name_and_terms() -> None:
    """So that several fakes offer one capability, each at its price."""
    dear = FakeAgent(COUNT, name="dear", terms=Terms(price=3))
    registry = Registry([dear, FakeAgent(COUNT, name="cheap")])
    assert [each.name for each in registry.agents_for("count")] == ["dear", "cheap"]
    assert dear.terms.price == 3


async def test_a_fake_for_each_capability(make_context: MakeContext) -> None:
    """In their order, with the answers under their names, and samples for the others."""
    count, shorten = fake_agents([COUNT, SHORTEN], {"count": {"found": 9}})
    assert await ask(count, make_context()) == {"found": 9}
    assert await ask(shorten, make_context()) == {"found": "found"}


def test_answers_for_nobody_are_a_mistake() -> None:
    """With the name that was probably meant."""
    with pytest.raises(UnknownCapability, match="did you mean 'shorten'"):
        fake_agents([COUNT, SHORTEN], {"shortne": None})


def test_every_built_in_capability_can_be_faked() -> None:
    """By samples, all of them."""
    catalog = [each for agent in builtin_agents() for each in agent.capabilities]
    assert Registry(fake_agents(catalog)).catalog == Registry(builtin_agents()).catalog


async def test_a_plan_runs_on_fakes() -> None:
    """From one fake's output to the next one's inputs, without a model or a network."""
    fakes = fake_agents([COUNT, SHORTEN], {"shorten": lambda inputs: {"found": inputs["text"].upper()}})
    plan = {
        "goal": "Shout",
        "steps": [
            {"id": "first", "capability": "shorten", "inputs": {"text": "a word"}},
            {"id": "then", "capability": "count", "inputs": {"text": {"from": "first.found"}}},
        ],
        "answer": {"template": "{first.found}, {then.found}"},
    }
    result = await callsheet.run(plan=plan, agents=fakes, store=None)
    assert result.answer == "A WORD, 1"
    assert [each.inputs for fake in fakes for each in fake.calls] == [{"text": "A WORD"}, {"text": "a word"}]
