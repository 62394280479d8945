from __future__ import annotations

import pytest

from callsheet.agents.models.chat import ChatReply, ChatRequest, Message, Usage, ask
from callsheet.agents.models.errors import ModelUnavailable
from callsheet.agents.models.scripted import ScriptedModel, Turn, UnexpectedCall


def question(text: str) -> ChatRequest:
    return ChatRequest((Message("user", text),))


async def test_turns_are_given_in_order() -> None:
    """Texts, replies, errors and functions of the request may all be turns."""
    reply = ChatReply("cut", Usage(5, 3), "length")
    with ScriptedModel(
        ["one", reply, ModelUnavailable("m", "down"), lambda it: it.messages[0].content]
    ) as model:
        assert (await ask(model, question("a"))).text == "one"
        assert await ask(model, question("b")) == reply
        with pytest.raises(ModelUnavailable):
            await ask(model, question("c"))
        assert (await ask(model, question("d"))).text == "d"
    assert [request.messages[0].content for request in model.requests] == ["a", "b", "c", "d"]


async def test_a_matcher_picks_its_request() -> None:
    """With matchers, requests in parallel get their own answers whatever their order."""
    turns = [
        Turn("for b", lambda request: request.messages[0].content == "b"),
        Turn("for a", lambda request: request.messages[0].content == "a"),
    ]
    with ScriptedModel(turns) as model:
        assert (await ask(model, question("a"))).text == "for a"
        assert (await ask(model, question("b"))).text == "for b"


async def test_text_comes_in_pieces() -> None:
    """An answer is streamed, with usage and reason on the last chunk."""
    model = ScriptedModel(["abcdefgh"], piece_length=3)
    chunks = [chunk async for chunk in model.stream(question("x"))]
    assert [chunk.text for chunk in chunks] == ["abc", "def", "gh", ""]
    assert chunks[-1].usage is not None and chunks[-1].usage.estimated
    assert chunks[-1].finish_reason == "stop"


async def test_an_unexpected_call_fails_even_if_its_error_is_swallowed() -> None:
    """The code under test may catch the error; the test fails all the same."""
    model = ScriptedModel([])
    with pytest.raises(UnexpectedCall, match="no turn of the script answers"):
        await ask(model, question("surprise"))
    with pytest.raises(AssertionError, match="surprise"):
        model.assert_consumed()


def test_turns_left_over_fail() -> None:
    """A model that was asked less often than the script says fails the test."""
    with pytest.raises(AssertionError, match="1 turns of scripted"), ScriptedModel(["never asked for"]):
        pass


def test_an_error_on_its_way_out_is_not_hidden() -> None:
    """What went wrong inside is told, not that turns were left."""
    with pytest.raises(KeyError), ScriptedModel(["left"]):
        raise KeyError
