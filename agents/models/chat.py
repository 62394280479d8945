"""The seam to every language model: messages and a schema go in, text comes out as a stream."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from callsheet.agents.contracts.capability import JsonObject

Role: TypeAlias = Literal["system", "user", "assistant"]
FinishReason: TypeAlias = Literal["stop", "length"]


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One question to a model."""

    messages: tuple[Message, ...]
    """The conversation so far, the question last."""

    schema: JsonObject | None = None
    """The JSON Schema of the answer; None for plain text. Servers differ in how well they keep to it, so the
    caller validates the answer as well."""

    schema_name: str = "answer"
    """What the schema is called on the wire."""

    max_tokens: int = 2048
    """The limit of the answer."""

    temperature: float | None = 0.0
    """None leaves it to the server."""

    seed: int | None = None
    """For a repeatable answer, where the server supports it."""

    grammar: str | None = None
    """The grammar of an answer that is no JSON, in GBNF. Engines that take none answer in plain text, so the
    caller validates the answer as well."""


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that the provider counted. `cached_tokens` are part of `input_tokens`, and `reasoning_tokens` of
    `output_tokens`. `estimated` is True where Callsheet counted, because the provider did not say."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    estimated: bool = False

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cached_tokens + other.cached_tokens,
            self.reasoning_tokens + other.reasoning_tokens,
            self.estimated or other.estimated,
        )


@dataclass(frozen=True, slots=True)
class ChatChunk:
    """A piece of an answer. The last one carries the usage and why the model stopped."""

    text: str = ""
    usage: Usage | None = None
    finish_reason: FinishReason | None = None


@dataclass(frozen=True, slots=True)
class ChatReply:
    """A whole answer."""

    text: str
    usage: Usage
    finish_reason: FinishReason


class ChatModel(Protocol):
    """A language model. Nothing in Callsheet calls a model but through this."""

    @property
    def name(self) -> str:
        """How it is called in output and journals, such as `openai/gpt-5` or `local/qwen2.5-coder-1.5b`."""
        ...

    @property
    def context_tokens(self) -> int:
        """How many tokens a question and its answer may have together."""
        ...

    def stream(self, request: ChatRequest) -> AsyncIterator[ChatChunk]:
        """Ask, and yield the answer as it is written.

        Raises a `ModelError`: `ModelUnavailable` (which trying again may mend), `ModelRejected`
        (which it can't), `ModelRefused` (the model declined to answer).
        """
        ...


def host_of(model: ChatModel) -> str:
    """The host that gets the prompts, which a model on a server has as `host`; empty for any other."""
    return str(getattr(model, "host", ""))


def label_of(model: ChatModel) -> str:
    """How a model is shown to the user: its name, and the host that gets the prompts if there is one."""
    return labelled(model.name, host_of(model))


def labelled(name: str, host: str) -> str:
    """`openai/gpt-5 at api.openai.com`, or the name alone without a host."""
    return f"{name} at {host}" if host else name


async def ask(model: ChatModel, request: ChatRequest) -> ChatReply:
    """Ask, and wait for the whole answer. Raises what `ChatModel.stream` raises.

    An answer that was cut at `max_tokens` comes back with finish reason `length`: the caller decides whether
    half an answer is useful.
    """
    texts: list[str] = []
    usage = Usage(estimated=True)
    finish: FinishReason = "stop"
    async for chunk in model.stream(request):
        texts.append(chunk.text)
        usage = chunk.usage or usage
        finish = chunk.finish_reason or finish
    return ChatReply("".join(texts), usage, finish)
