"""Asks a model for a value of a known shape, and lets it mend what it got wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import JsonValue

from callsheet.agents.contracts.capability import JsonObject
from callsheet.errors import CallsheetError
from callsheet.prompts.render import render

from .chat import ChatModel, ChatReply, ChatRequest, Message, Usage, ask
from .errors import AnswerInvalid, AnswerTruncated
from .json_answer import read_json_answer

T = TypeVar("T")

MAX_PROBLEM_CHARACTERS = 4000


@dataclass(frozen=True, slots=True)
class Structured(Generic[T]):
    """A valid answer: its value, what all tries together cost, and how many there were."""

    value: T
    usage: Usage
    tries: int


async def ask_structured(
    model: ChatModel,
    messages: Sequence[Message],
    *,
    schema: JsonObject,
    read: Callable[[JsonValue], T],
    schema_name: str = "answer",
    max_repairs: int = 2,
    max_tokens: int = 2048,
    temperature: float | None = 0.0,
    seed: int | None = None,
) -> Structured[T]:
    """Ask for a JSON value that keeps to `schema` and that `read` accepts.

    `read` takes the JSON value and returns what the caller wants of it; what it raises (a
    ValueError or one of our own errors) goes back to the model, which answers again, `max_repairs`
    times at most. The messages should describe the wanted shape in their own words too: not every
    model is shown the schema.

    Raises `AnswerInvalid` with all tries once the repairs are used up, `AnswerTruncated` where an
    answer was cut at `max_tokens`, and what `ChatModel.stream` raises.
    """
    asked = tuple(messages)
    turns: tuple[Message, ...] = ()
    tries: list[tuple[str, str]] = []
    usage = Usage()
    while len(tries) <= max_repairs:
        reply = await ask(
            model, ChatRequest(asked + turns, schema, schema_name, max_tokens, temperature, seed)
        )
        usage += reply.usage
        _refuse_truncated(model, reply, max_tokens)
        try:
            return Structured(read(read_json_answer(reply.text)), usage, len(tries) + 1)
        except (ValueError, CallsheetError) as error:
            problem = str(error)[:MAX_PROBLEM_CHARACTERS]
        tries.append((reply.text, problem))
        # Only the last try stays in the conversation: a context full of wrong answers teaches them.
        turns = _repair(reply.text, problem)
    raise AnswerInvalid(model.name, tuple(tries))


def _refuse_truncated(model: ChatModel, reply: ChatReply, max_tokens: int) -> None:
    if reply.finish_reason == "length":
        raise AnswerTruncated(model.name, max_tokens, reply.text)


def _repair(answer: str, problem: str) -> tuple[Message, ...]:
    question = Message("user", render("models/repair", problem=problem))
    # Servers refuse an empty message.
    return (Message("assistant", answer), question) if answer.strip() else (question,)
