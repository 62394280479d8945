from __future__ import annotations

import pytest
from pydantic import JsonValue, TypeAdapter

from callsheet.agents.models.chat import ChatReply, Message, Usage
from callsheet.agents.models.errors import AnswerInvalid, AnswerTruncated, ModelError, ModelRefused
from callsheet.agents.models.scripted import ScriptedModel
from callsheet.agents.models.structured import ask_structured

SCHEMA: dict[str, JsonValue] = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
ASKED = (Message("system", "Count."), Message("user", "How many?"))


def read(value: JsonValue) -> int:
    return TypeAdapter(dict[str, int]).validate_python(value)["n"]


async def test_a_valid_answer_is_read() -> None:
    """One try: the value, its cost, and the request with the schema."""
    with ScriptedModel([ChatReply('{"n": 3}', Usage(10, 4), "stop")]) as model:
        answer = await ask_structured(model, ASKED, schema=SCHEMA, read=read, max_tokens=99)
    assert (answer.value, answer.usage, answer.tries) == (3, Usage(10, 4), 1)
    assert model.requests[0].schema == SCHEMA
    assert model.requests[0].max_tokens == 99


async def test_what_was_wrong_goes_back_to_the_model() -> None:
    """The repair turn quotes the answer and says what `read` said; costs add up."""
    replies = [ChatReply('{"n": "many"}', Usage(10, 4), "stop"), ChatReply('{"n": 3}', Usage(20, 4), "stop")]
    with ScriptedModel(replies) as model:
        answer = await ask_structured(model, ASKED, schema=SCHEMA, read=read)
    assert (answer.value, answer.usage, answer.tries) == (3, Usage(30, 8), 2)
    asked, quoted, repair = model.requests[1].messages[:2], *model.requests[1].messages[2:]
    assert asked == ASKED
    assert quoted == Message("assistant", '{"n": "many"}')
    assert repair.role == "user" and "valid integer" in repair.content


async def test_only_the_last_try_stays_in_the_conversation() -> None:
    """A context does not fill up with wrong answers."""
    with ScriptedModel(["wrong", "worse", '{"n": 1}']) as model:
        await ask_structured(model, ASKED, schema=SCHEMA, read=read)
    assert [message.content for message in model.requests[2].messages[2:3]] == ["worse"]
    assert len(model.requests[2].messages) == 4


async def test_an_empty_answer_is_not_sent_back() -> None:
    """Servers refuse a message without text."""
    with ScriptedModel(["", '{"n": 1}']) as model:
        await ask_structured(model, ASKED, schema=SCHEMA, read=read)
    assert [message.role for message in model.requests[1].messages] == ["system", "user", "user"]


async def test_nonsense_for_ever_ends_with_all_tries_in_the_error() -> None:
    """The number of repairs is bounded, and nothing that was tried is lost."""
    with ScriptedModel(["no", "still no", '{"n": null}']) as model, pytest.raises(AnswerInvalid) as caught:
        await ask_structured(model, ASKED, schema=SCHEMA, read=read, max_repairs=2)
    assert [text for text, _ in caught.value.tries] == ["no", "still no", '{"n": null}']
    assert all(problem for _, problem in caught.value.tries)


async def test_half_an_answer_is_its_own_error() -> None:
    """An answer cut at its limit is not repaired: the same limit would cut it again."""
    with (
        ScriptedModel([ChatReply('{"n": ', Usage(), "length")]) as model,
        pytest.raises(AnswerTruncated) as caught,
    ):
        await ask_structured(model, ASKED, schema=SCHEMA, read=read, max_tokens=7)
    assert (caught.value.max_tokens, caught.value.text) == (7, '{"n": ')


async def test_a_refusal_passes_through() -> None:
    """What the model raises is the caller's to see."""
    with ScriptedModel([ModelRefused("m", "I'd rather not")]) as model, pytest.raises(ModelRefused):
        await ask_structured(model, ASKED, schema=SCHEMA, read=read)


async def test_a_huge_problem_is_cut() -> None:
    """A validator that quotes a megabyte does not fill the context."""

    def complain(value: JsonValue) -> int:
        raise ModelError("x", "y" * 1_000_000)

    with ScriptedModel(["{}", "{}"]) as model, pytest.raises(AnswerInvalid):
        await ask_structured(model, ASKED, schema=SCHEMA, read=complain, max_repairs=1)
    assert len(model.requests[1].messages[-1].content) < 5_000
