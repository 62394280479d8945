"""A model that answers as it did when the run was recorded, each question at its place."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Self

from callsheet.agents.models.chat import ChatChunk, ChatModel, ChatRequest, Message, Usage
from callsheet.executor.clocks.clock import Clock
from callsheet.executor.clocks.virtual_loop import outside_work
from callsheet.executor.journal.errors import JournalError
from callsheet.executor.models.journaled import Caller, CallerAwareModel, ModelWrapper, journaled_request
from callsheet.executor.replay.drift.drift import Drift, DriftKind
from callsheet.executor.replay.drift.nearest_request import call_place, nearest_call, request_differences
from callsheet.executor.replay.errors import ProcessEnded, ReplayStopped
from callsheet.executor.replay.history.follower import FOREVER_SECONDS, HistoryFollower
from callsheet.executor.replay.history.inputs import BROKEN_OFF
from callsheet.executor.replay.liveness import Liveness
from callsheet.executor.run.events import (
    DraftBegun,
    Event,
    ModelCalled,
    ModelRequest,
    RunCancelled,
    RunResumed,
)

from .masking import Masking
from .raised_errors import model_error_of

_CANCELLED, _LEFT = BROKEN_OFF


@dataclass(frozen=True, slots=True)
class RepeatedRequest(ChatRequest):
    """A recorded request that is made again by the attempt which made it, and answered by `latest`."""

    call: ModelCalled | None = None
    latest: float = math.inf

    @classmethod
    def from_call(cls, call: ModelCalled, latest: float) -> Self:
        """The request of a call."""
        asked = call.request
        messages = tuple(Message(each.role, each.content) for each in asked.messages)
        return cls(
            messages,
            asked.schema,
            asked.schema_name,
            asked.max_tokens,
            asked.temperature,
            asked.seed,
            call=call,
            latest=latest,
        )


class RecordedModel(CallerAwareModel):
    """The run's model, `name`d as it was. A question is answered by a recorded call of whoever asks: the
    planner, or an attempt, with the very same content; each call once.

    What is live is asked of the `live_model`. `stop` ends the replay over a question that was not recorded,
    `go_on` does what is done while none is answered.
    """

    def __init__(
        self,
        name: str,
        context_tokens: int,
        events: Iterable[Event],
        follower: HistoryFollower,
        clock: Clock,
        live: Liveness,
        live_model: ChatModel | None,
        is_live: Callable[[Caller], bool],
        stop: Callable[[Drift], None],
        go_on: Callable[[], Awaitable[None]],
        masking: Masking,
    ) -> None:
        self._masking = masking
        self._name = name
        self._context_tokens = context_tokens
        self._calls: list[ModelCalled] = []
        self._drafted = False
        self._lives: dict[int, int] = {}
        life = 0
        for event in events:
            if isinstance(event, ModelCalled):
                self._calls.append(event)
                self._lives[id(event)] = life
            elif isinstance(event, RunResumed):
                life += 1
            elif isinstance(event, DraftBegun):
                self._drafted = True
        self._used: set[int] = set()
        self._asking: set[int] = set()
        self._follower = follower
        self._clock = clock
        self._live = live
        self._live_model = live_model
        self._is_live = is_live
        self._stop = stop
        self._go_on = go_on

    @property
    def name(self) -> str:
        """What the journal calls it; where the planner is live, the name of who really plans."""
        return self._live_model.name if self._live.replans and self._live_model else self._name

    @property
    def context_tokens(self) -> int:
        """How large its context was, or is."""
        model = self._live_model
        return model.context_tokens if self._live.replans and model else self._context_tokens

    @property
    def unused(self) -> list[ModelCalled]:
        """The recorded calls that were not made again, in their order."""
        return [call for call in self._calls if not self._is_used(call)]

    def for_caller(self, owner: Caller) -> ChatModel:
        """The model as the planner, or an attempt, asks it."""
        return _CallerModel(self, owner)

    def stream(self, request: ChatRequest) -> AsyncIterator[ChatChunk]:
        """What the planner is answered."""
        return self.answer(request, Caller())

    async def answer(self, request: ChatRequest, owner: Caller) -> AsyncIterator[ChatChunk]:
        """The answer to a question at its place. Raises what the model raised, and ReplayStopped."""
        call, latest = None, math.inf
        if isinstance(request, RepeatedRequest):
            call, latest = request.call, request.latest
        if call is None and self._live_model is not None and self._is_live(owner):
            async for chunk in self._ask_live(self._live_model, request):
                yield chunk
            return
        if call is None:
            wanted = journaled_request(request)
            call = self._find(wanted, owner)
            if call is None:
                if owner.midway:
                    # That it was asked again shows that the last answer was of no use.
                    yield ChatChunk()
                await self._see_whether_it_was_answered(owner)
                if self._live_model is not None and self._may_be_live(owner):
                    async for chunk in self._ask_live(self._live_model, request):
                        yield chunk
                    return
                raise self._refuse(wanted, owner)
        self._asking.add(id(call))
        try:
            # Time passes as on the wall while an agent of today is at work.
            at_once = owner.step is not None and self._is_live(owner)
            async for chunk in self._pieces(call) if at_once else self._play(call, latest):
                yield chunk
        finally:
            # Who did not wait for the end may ask again, unless that is how it ended.
            self._asking.discard(id(call))

    async def _ask_live(self, model: ChatModel, request: ChatRequest) -> AsyncIterator[ChatChunk]:
        with outside_work():
            async for chunk in model.stream(request):
                yield chunk

    def _may_be_live(self, owner: Caller) -> bool:
        return self._live.plans_on if owner.step is None else self._is_live(owner)

    def _is_used(self, call: ModelCalled) -> bool:
        return id(call) in self._used or id(call) in self._asking or self._follower.has_heard(call)

    def _is_of_now(self, call: ModelCalled) -> bool:
        """Whether the process made the call that has the run now."""
        return not self._follower.in_step or self._lives[id(call)] == self._follower.life

    def _find(self, wanted: ModelRequest, owner: Caller) -> ModelCalled | None:
        here = (call for call in self._calls if _is_at(call, owner) and self._is_of_now(call))
        left = [call for call in here if not self._is_used(call)]
        same = (call for call in left if call.request == wanted)
        found = next(same, None)
        if found is None and self._masking and left:
            seen = self._masking.request(wanted)
            return next((call for call in left if self._masking.recorded_request(call.request) == seen), None)
        return found

    async def _see_whether_it_was_answered(self, owner: Caller) -> None:
        """What was being asked when the process ended, or the run, is in no journal: it was not waited for
        any more. Comes back where that cannot be it. Raises ProcessEnded."""
        if not self._follower.in_step or owner.step is not None:
            return
        if not owner.midway and isinstance(self._follower.next, RunCancelled | None):
            raise ProcessEnded
        if owner.midway and not any(call.midway and self._is_of_now(call) for call in self.unused):
            await self._go_on()

    def _refuse(self, wanted: ModelRequest, owner: Caller) -> JournalError:
        nearest = nearest_call(wanted, owner, self._calls, self._is_used)
        place = call_place(owner.step, owner.item, owner.attempt, midway=owner.midway)
        if nearest is None:
            summary = f"{place} asks the model, but no such question was recorded"
            drift = Drift.with_lines(DriftKind.PROMPT, place, summary)
        else:
            before, now = self._masking.recorded_request(nearest.request), self._masking.request(wanted)
            fields, lines = request_differences(before, now)
            summary = f"the model is asked a question that was not recorded; changed: {', '.join(fields)}"
            drift = Drift.with_lines(
                DriftKind.PROMPT, place, f"{summary} (compared with the nearest recorded question)", lines
            )
        self._stop(drift)
        return ReplayStopped(drift)

    def _refuse_end(self, call: ModelCalled) -> JournalError:
        place = call_place(call.step, call.item, call.attempt, midway=call.midway)
        summary = "the caller waits for an answer that the recorded run did not wait for"
        drift = Drift.with_lines(DriftKind.DECISION, place, summary)
        self._stop(drift)
        return ReplayStopped(drift)

    async def _pieces(self, call: ModelCalled) -> AsyncIterator[ChatChunk]:
        given = 0
        for _, characters in call.chunks:
            yield ChatChunk(call.reply[given : given + characters])
            given += characters
        yield ChatChunk(call.reply[given:], call.usage, call.finish_reason)
        if call.error is not None:
            raise model_error_of(call.error)

    async def _play(self, call: ModelCalled, latest: float) -> AsyncIterator[ChatChunk]:
        """The recorded answer, in its pieces and, where steps start while it is written, at their times. One
        that was not heard to its end is given as far as it was heard, and no end to it."""
        began = call.started if self._follower.in_step else self._clock.now()
        timed = self._drafted and call.step is None
        is_broken_off = call.error is not None and call.error.startswith(BROKEN_OFF)
        ends = min(began + call.at - call.started, latest)
        if not (timed or is_broken_off):
            await self._until(ends)
        # When something came in one piece is not recorded: it waits for its turn wherever it is heard. And
        # only listeners to drafts, and agents, care for the pieces.
        chunks = call.chunks if timed or is_broken_off or call.step is not None else ()
        pieces = chunks or ((0.0, len(call.reply)),)
        given = 0
        for seconds, characters in pieces:
            if timed:
                await self._until(began + seconds)
            yield ChatChunk(call.reply[given : given + characters])
            given += characters
        if call.usage != Usage() or call.finish_reason is not None or call.error is None:
            if not is_broken_off:
                await self._until(ends)
                self._used.add(id(call))
            yield ChatChunk("", call.usage, call.finish_reason)
        if is_broken_off and self._ends_the_process(call):
            await self._until(ends)
            raise asyncio.CancelledError(why_cancelled(call) or "")
        if is_broken_off:
            # Whoever asked stops waiting by itself.
            await asyncio.sleep(FOREVER_SECONDS)
            raise self._refuse_end(call)
        await self._until(ends)
        self._used.add(id(call))
        if call.error is not None:
            raise model_error_of(call.error)

    def _ends_the_process(self, call: ModelCalled) -> bool:
        """Whether the process that planned did not live to say why it stopped asking."""
        planning = call.step is None and not call.midway
        return planning and self._follower.in_step and not self._follower.is_heard_to_its_end(call)

    async def _until(self, at: float) -> None:
        seconds = at - self._clock.now()
        if seconds > 0:
            await asyncio.sleep(seconds)


class _CallerModel(ModelWrapper):
    """The recorded model, as one asks it."""

    def __init__(self, model: RecordedModel, owner: Caller) -> None:
        super().__init__(model)
        self._recorded = model
        self._owner = owner

    def stream(self, request: ChatRequest) -> AsyncIterator[ChatChunk]:
        """What this one is answered."""
        return self._recorded.answer(request, self._owner)


def was_cancelled(call: ModelCalled) -> bool:
    """Whether whoever asked was stopped, or stopped waiting, before there was an answer."""
    return call.error is not None and call.error.startswith(_CANCELLED)


def was_left(call: ModelCalled) -> bool:
    """Whether whoever asked heard enough before the answer was over."""
    return call.error is not None and call.error.startswith(_LEFT)


def why_cancelled(call: ModelCalled) -> str | None:
    """What was said to whoever was stopped; None where nothing was."""
    return (call.error or "").removeprefix(_CANCELLED).strip() or None


def _is_at(call: ModelCalled, owner: Caller) -> bool:
    return (call.step, call.item, call.attempt) == (owner.step, owner.item, owner.attempt) and (
        owner.step is not None or call.midway == owner.midway
    )
