"""Models whose calls are journaled."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from pydantic import JsonValue

from callsheet.agents.agent import Context, Isolation
from callsheet.agents.models.chat import ChatChunk, ChatRequest, Message, Usage, ask
from callsheet.agents.models.errors import ModelUnavailable
from callsheet.executor.clocks.clock import SystemClock
from callsheet.executor.models.journaled import JournaledModel
from callsheet.executor.run.events import AttemptSucceeded, ModelCalled
from tests.executor.stage import Actor, plan, play, step

REQUEST = ChatRequest((Message("user", "How many?"),), schema={"type": "object"}, max_tokens=9)


@dataclass
class Parrot:
    """Answers in two pieces, or breaks off after the first."""

    breaks: bool = False
    name: str = "parrot"
    context_tokens: int = 100

    async def stream(self, request: ChatRequest) -> AsyncIterator[ChatChunk]:
        yield ChatChunk("one ")
        if self.breaks:
            raise ModelUnavailable(self.name, "it flew off", retry_after=3.0)
        yield ChatChunk("two", Usage(5, 2), "stop")


async def test_a_call_of_the_planner_is_entered_whole() -> None:
    """Request, reply, usage, and nobody's step."""
    events: list[ModelCalled] = []

    async def enter(event: ModelCalled) -> None:
        events.append(event)

    reply = await ask(JournaledModel(Parrot(), enter, SystemClock()), REQUEST)
    (event,) = events
    assert reply.text == event.reply == "one two"
    assert (event.model, event.usage, event.finish_reason, event.step) == (
        "parrot",
        Usage(5, 2),
        "stop",
        None,
    )
    assert event.request.messages[0].content == "How many?"
    assert (event.request.schema, event.request.max_tokens) == ({"type": "object"}, 9)


async def test_a_call_that_breaks_off_is_entered_too() -> None:
    """With what came, and why there is no more."""
    events: list[ModelCalled] = []

    async def enter(event: ModelCalled) -> None:
        events.append(event)

    with pytest.raises(ModelUnavailable):
        await ask(JournaledModel(Parrot(breaks=True), enter, SystemClock()), REQUEST)
    assert (events[0].reply, events[0].error) == ("one ", "ModelUnavailable: parrot: it flew off")


@pytest.mark.parametrize("isolation", [Isolation.LOOP, Isolation.THREAD])
def test_calls_of_an_attempt_are_entered_under_it_before_it_ends(isolation: Isolation) -> None:
    """On the loop or in a thread; and the run's usage is their sum."""

    async def work(inputs: Mapping[str, JsonValue], context: Context) -> Any:
        assert context.model is not None
        assert (context.model.name, context.model.context_tokens) == ("parrot", 100)
        return [(await ask(context.model, REQUEST)).text for _ in range(2)]

    played = play(plan(step("a")), Actor(work, isolation=isolation), model=Parrot())
    calls = played.of(ModelCalled)
    assert [(call.step, call.item, call.attempt) for call in calls] == [("a", None, 1)] * 2
    assert played.events.index(calls[1]) < played.events.index(played.of(AttemptSucceeded)[0])
    assert played.result.usage == Usage(10, 4)
    assert played.result.steps["a"].attempts[0].usage == Usage(10, 4)
    assert played.result.model_calls == 2
