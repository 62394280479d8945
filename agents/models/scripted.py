"""A model that says what a test wrote down, and fails the test that asks it for anything else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeAlias

from .chat import ChatChunk, ChatReply, ChatRequest, Usage
from .errors import ModelRejected

ScriptedAnswer: TypeAlias = str | ChatReply | Exception
"""What a turn gives back: text, a whole reply, or an error that is raised."""

Script: TypeAlias = "Turn | ScriptedAnswer | Callable[[ChatRequest], ScriptedAnswer]"


class UnexpectedCall(ModelRejected):
    """The script has no turn for this request. `request` is what was asked."""

    def __init__(self, model: str, request: ChatRequest, left: int) -> None:
        last = request.messages[-1].content[:200] if request.messages else ""
        super().__init__(model, f"no turn of the script answers this request ({left} are left): {last!r}")
        self.request = request


@dataclass(frozen=True, slots=True)
class Turn:
    """One answer, given to the first request that `matches` accepts; to any where it is None."""

    answer: ScriptedAnswer | Callable[[ChatRequest], ScriptedAnswer]
    matches: Callable[[ChatRequest], bool] | None = None


class ScriptedModel:
    """A `ChatModel` for tests: each request takes the first turn left that matches it.

    Text is streamed in pieces of `piece_length` characters. `requests` are those it saw, in order.
    As a context manager, or through `assert_consumed`, it fails where turns are left over or a
    request found no turn.
    """

    def __init__(
        self,
        turns: Iterable[Script] = (),
        *,
        name: str = "scripted",
        context_tokens: int = 8192,
        piece_length: int = 16,
    ) -> None:
        self._left = [turn if isinstance(turn, Turn) else Turn(turn) for turn in turns]
        self._name = name
        self._context_tokens = context_tokens
        self._piece_length = piece_length
        self._unexpected: list[UnexpectedCall] = []
        self.requests: list[ChatRequest] = []

    @property
    def name(self) -> str:
        """What the script is called."""
        return self._name

    @property
    def context_tokens(self) -> int:
        """How large a context the script pretends to have."""
        return self._context_tokens

    async def stream(self, request: ChatRequest) -> AsyncIterator[ChatChunk]:
        """Yield the next matching answer in pieces. Raises `UnexpectedCall`, or the turn's own error."""
        reply = self._reply(request)
        for start in range(0, len(reply.text), self._piece_length):
            yield ChatChunk(reply.text[start : start + self._piece_length])
        yield ChatChunk(usage=reply.usage, finish_reason=reply.finish_reason)

    def assert_consumed(self) -> None:
        """Raise AssertionError where a turn was not asked for, or a request found no turn."""
        if self._unexpected:
            raise AssertionError(str(self._unexpected[0]))
        if self._left:
            raise AssertionError(
                f"{len(self._left)} turns of {self._name} were not used: {self._left!r:.500}"
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # An error on its way out tells more than the turns it left behind.
        if error is None:
            self.assert_consumed()

    def _reply(self, request: ChatRequest) -> ChatReply:
        self.requests.append(request)
        answer = self._take(request).answer
        given = answer(request) if callable(answer) else answer
        if isinstance(given, Exception):
            raise given
        return given if isinstance(given, ChatReply) else ChatReply(given, _usage(request, given), "stop")

    def _take(self, request: ChatRequest) -> Turn:
        for turn in self._left:
            if turn.matches is None or turn.matches(request):
                self._left.remove(turn)
                return turn
        error = UnexpectedCall(self._name, request, len(self._left))
        self._unexpected.append(error)
        raise error


def _usage(request: ChatRequest, text: str) -> Usage:
    asked = sum(len(message.content) for message in request.messages)
    return Usage(input_tokens=asked // 4, output_tokens=len(text) // 4, estimated=True)
