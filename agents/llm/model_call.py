"""How an agent asks its model: which model, for plain text or for an object, and within its context."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from pydantic import JsonValue

from callsheet.agents.contracts.capability import JsonObject
from callsheet.agents.errors import Permanent
from callsheet.agents.models.chat import ChatModel, ChatRequest, Message, ask
from callsheet.agents.models.errors import AnswerTruncated
from callsheet.agents.models.structured import ask_structured
from callsheet.prompts.render import render

T = TypeVar("T")

MAX_REPAIRS = 2
"""How often the model may be asked to repair an answer that is not such an object."""

MATERIAL_IS_DATA = "agents/material_is_data"
CHARACTERS_A_TOKEN = 3
"""Fewer than in most prose, so that a text thought to fit does fit."""
_OVERHEAD_TOKENS = 300


def need_model(agent: str, model: ChatModel | None) -> ChatModel:
    """The model, which must be there. Raises Permanent."""
    if model is None:
        raise Permanent(
            f"{agent} needs a language model, and this run has none: choose one with --model, set "
            "OPENAI_API_KEY or OPENAI_BASE_URL, or install the embedded one with "
            "`pip install 'callsheet[local]'`"
        )
    return model


def characters_that_fit(model: ChatModel, max_tokens: int) -> int:
    """How many characters a prompt may have, so that an answer of `max_tokens` still fits."""
    return max(0, model.context_tokens - max_tokens - _OVERHEAD_TOKENS) * CHARACTERS_A_TOKEN


async def ask_text(
    agent: str, model: ChatModel, prompt: str, *, max_tokens: int, system: str = MATERIAL_IS_DATA
) -> str:
    """The model's answer as plain text, without blanks around it. `system` is the template of the
    system message.

    Raises Permanent where the prompt is too long or the answer empty, AnswerTruncated where it
    was cut, and what the model raises.
    """
    messages = _messages(agent, model, system, prompt, max_tokens)
    reply = await ask(model, ChatRequest(messages, max_tokens=max_tokens))
    if reply.finish_reason == "length":
        raise AnswerTruncated(model.name, max_tokens, reply.text)
    if not reply.text.strip():
        raise Permanent(f"{agent}: {model.name} gave an empty answer")
    return reply.text.strip()


async def ask_object(
    agent: str,
    model: ChatModel,
    prompt: str,
    *,
    schema: JsonObject,
    read: Callable[[JsonObject], T],
    max_tokens: int,
    max_repairs: int = MAX_REPAIRS,
    system: str = MATERIAL_IS_DATA,
) -> T:
    """What `read` makes of the model's answer, an object that keeps to `schema`; mended where `read`
    raises ValueError. Raises Permanent where the prompt is too long, and what `ask_structured` raises."""

    def read_object(value: JsonValue) -> T:
        if not isinstance(value, dict):
            raise ValueError("the answer must be one JSON object")
        return read(value)

    messages = _messages(agent, model, system, prompt, max_tokens)
    answer = await ask_structured(
        model, messages, schema=schema, read=read_object, max_repairs=max_repairs, max_tokens=max_tokens
    )
    return answer.value


def _messages(agent: str, model: ChatModel, system: str, prompt: str, max_tokens: int) -> tuple[Message, ...]:
    if len(prompt) > (fitting := characters_that_fit(model, max_tokens)):
        raise Permanent(
            f"{agent} was given too much text ({len(prompt):,} characters with its instructions) for "
            f"{model.name}, which takes about {fitting:,} here; summarize it first, or choose a model "
            "with a larger context"
        )
    return (Message("system", render(system)), Message("user", prompt))
