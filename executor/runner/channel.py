"""What a run and a process that works for it say to each other: JSON in frames, over two pipes."""

from __future__ import annotations

import threading
from typing import Any, BinaryIO, Generic, TypeAlias, TypeVar

import msgspec

from callsheet.agents.models.chat import ChatChunk, ChatRequest, Message
from callsheet.executor.runner.errors import ChannelBroken

from .agent_reference import AgentReference
from .remote_error import ErrorMessage

_LENGTH_BYTES = 8

Heard = TypeVar("Heard")


class ModelFigures(msgspec.Struct, frozen=True):
    """What an agent may know of a model without asking it."""

    name: str
    context_tokens: int


class Task(msgspec.Struct, frozen=True, tag=True):
    """One attempt, as the process of its agent is told of it."""

    place: AgentReference
    """Where the agent is found."""
    capability: str
    """What the agent is to do."""
    inputs: dict[str, Any]
    """What it is given."""
    run: str
    """The run's id; this and what follows is what the agent's `Context` is made of."""
    step: str
    """The step's id."""
    attempt: int
    """The attempt's number, from 1."""
    idempotency_key: str
    """The same for every attempt at the same work."""
    workspace: str
    """The folder that the agent works in."""
    item: int | None
    """The item of a `for_each` step; None for any other step."""
    deadline: float | None
    """When the attempt times out, in seconds since the epoch; None without a limit."""
    model: ModelFigures | None
    """The run's model, which is asked through the run's process; None where there is none."""


class ModelAnswer(msgspec.Struct, frozen=True, tag=True):
    """A model's whole answer to the call of that number, or why there is none."""

    call: int
    chunks: tuple[ChatChunk, ...] = ()
    error: ErrorMessage | None = None


class Begun(msgspec.Struct, frozen=True, tag=True):
    """The agent was found, and is about to be given the task."""


class WireRequest(msgspec.Struct, frozen=True):
    """A `ChatRequest` in transit."""

    messages: tuple[Message, ...]
    schema: dict[str, Any] | None
    schema_name: str
    max_tokens: int
    temperature: float | None
    seed: int | None
    grammar: str | None

    @classmethod
    def from_request(cls, request: ChatRequest) -> WireRequest:
        """What is asked."""
        return cls(
            request.messages,
            request.schema,
            request.schema_name,
            request.max_tokens,
            request.temperature,
            request.seed,
            request.grammar,
        )

    def to_request(self) -> ChatRequest:
        """The same, as a model takes it."""
        return ChatRequest(
            self.messages,
            self.schema,
            self.schema_name,
            self.max_tokens,
            self.temperature,
            self.seed,
            self.grammar,
        )


class CallModel(msgspec.Struct, frozen=True, tag=True):
    """The agent calls the model; the answer bears the same number."""

    call: int
    question: WireRequest


class Progressed(msgspec.Struct, frozen=True, tag=True):
    """The agent says how far it has come."""

    text: str
    partial: Any = None


class Forget(msgspec.Struct, frozen=True, tag=True):
    """The agent no longer waits for the answer to that call."""

    call: int


class Returned(msgspec.Struct, frozen=True, tag=True):
    """What the agent returned: JSON."""

    output: Any


class Raised(msgspec.Struct, frozen=True, tag=True):
    """What the agent raised."""

    error: ErrorMessage


ToWorker: TypeAlias = Task | ModelAnswer
Asked: TypeAlias = CallModel | Forget | Progressed
"""What an agent says while it works."""
FromWorker: TypeAlias = Begun | Asked | Returned | Raised


class Channel(Generic[Heard]):
    """One end: messages go into `sink` whole, whoever sends them, and come out of `source`."""

    def __init__(self, source: BinaryIO, sink: BinaryIO, decoder: msgspec.json.Decoder[Heard]) -> None:
        self._source = source
        self._sink = sink
        self._decode = decoder.decode
        self._lock = threading.Lock()

    def send(self, message: ToWorker | FromWorker) -> None:
        """Write a message. Raises ChannelBroken, and TypeError or ValueError for what is no JSON."""
        self.send_encoded(encode(message))

    def send_encoded(self, line: bytes) -> None:
        """Write a message that was encoded before. Raises ChannelBroken."""
        try:
            with self._lock:
                self._sink.write(len(line).to_bytes(_LENGTH_BYTES, "big"))
                self._sink.write(line)
                self._sink.flush()
        except (OSError, ValueError) as error:
            raise ChannelBroken(str(error)) from None

    def receive(self) -> Heard:
        """Wait for the next message. Raises ChannelBroken when no more will come."""
        line = self._read(int.from_bytes(self._read(_LENGTH_BYTES), "big"))
        try:
            return self._decode(line)
        except (msgspec.MsgspecError, UnicodeError) as error:
            raise ChannelBroken(str(error)) from None

    def _read(self, length: int) -> bytes:
        try:
            data = self._source.read(length)
        except (OSError, ValueError, OverflowError, MemoryError) as error:
            raise ChannelBroken(str(error)) from None
        if len(data) < length:
            raise ChannelBroken("the other side is gone")
        return data


encode = msgspec.json.Encoder().encode
"""A message as it is written. Raises TypeError or ValueError for what is no JSON."""


def worker_end(source: BinaryIO, sink: BinaryIO) -> Channel[ToWorker]:
    """The end that the process holds."""
    return Channel(source, sink, msgspec.json.Decoder(ToWorker))


def run_end(source: BinaryIO, sink: BinaryIO) -> Channel[FromWorker]:
    """The end that the run holds."""
    return Channel(source, sink, msgspec.json.Decoder(FromWorker))
