"""Where attempts run in a replay: those that were recorded end as they did, and the rest is live."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any

import msgspec
from pydantic import JsonValue

from callsheet.agents.agent import Agent, Context
from callsheet.agents.contracts.capability import Effect
from callsheet.agents.errors import Retryable
from callsheet.agents.models.chat import ChatChunk, ChatModel
from callsheet.executor.clocks.clock import Clock
from callsheet.executor.clocks.virtual_loop import outside_work
from callsheet.executor.driver.executor import GRACE_SECONDS
from callsheet.executor.models.journaled import Caller
from callsheet.executor.replay.drift.drift import Drift, DriftKind, value_diff
from callsheet.executor.replay.drift.nearest_request import call_place
from callsheet.executor.replay.errors import ReplayStopped
from callsheet.executor.replay.history.follower import EARLY_SECONDS, FOREVER_SECONDS, HistoryFollower
from callsheet.executor.replay.liveness import Liveness
from callsheet.executor.replay.what_if import WhatIf
from callsheet.executor.run.events import AttemptFailed, AttemptSucceeded, AttemptSurprised, ModelCalled
from callsheet.executor.run.state import Try
from callsheet.executor.runner.errors import Abandoned
from callsheet.executor.runner.runner import Assignment, Runner

from .attempts import RecordedAttempt, RecordedAttempts
from .masking import Masking
from .model import RepeatedRequest, was_cancelled, was_left, why_cancelled
from .raised_errors import error_of

_TURNS = 3
"""Of the event loop: enough for whatever else is due now."""


class RecordedRunner:
    """Runs the attempts of a replay.

    What is live is done by `today`, who is there for a capability, where `live_runner` runs it. `what_ifs`
    happen instead of what was recorded, and are in `happened` then; `kill` ends the process. `stop` ends the
    replay over work that was not recorded. What is live is seen through the `masking`.
    """

    def __init__(
        self,
        attempts: RecordedAttempts,
        follower: HistoryFollower,
        clock: Clock,
        live: Liveness,
        today: Callable[[str, str], Agent | None],
        live_runner: Runner,
        what_ifs: Sequence[WhatIf],
        kill: Callable[[], None],
        stop: Callable[[Drift], None],
        masking: Masking,
    ) -> None:
        self._masking = masking
        self._attempts = attempts
        self._follower = follower
        self._clock = clock
        self._live = live
        self._today = today
        self._live_runner = live_runner
        self._what_ifs = what_ifs
        self._kill = kill
        self.happened: list[WhatIf] = []
        self._stop = stop
        self._at_work: set[Try] = set()
        self._late: set[asyncio.Task[None]] = set()

    def is_live(self, owner: Caller) -> bool:
        """Whether the attempt that asks a model, or the planner, is live."""
        if owner.step is None or owner.attempt is None:
            return self._live.replans
        return (owner.step, owner.item, owner.attempt) in self._at_work

    async def perform(self, assignment: Assignment) -> object:
        """Do the work as it was done. Raises what was raised then, and ReplayStopped."""
        context = assignment.context
        place = context.step, context.item, context.attempt
        longer = 0.0
        for each in [each for each in self._what_ifs if each.fits(place)]:
            # From here on the run goes its own way.
            self._follower.diverge(None)
            is_first = each not in self.happened
            self.happened.append(each)
            match each.action:
                case "slow":
                    longer += each.seconds
                case "kill" if is_first:
                    self._kill()
                    return {}
                case "fail":
                    raise Retryable(each.message)
                case "return":
                    return each.output
                case _:
                    pass
        if longer:
            await asyncio.sleep(longer)
        if self._live.has(assignment.capability, self._effect_of(assignment)):
            return await self._perform_live(assignment, place)
        inputs, seen = assignment.inputs, not self._follower.in_step
        attempt = self._attempts.find_attempt(place, assignment.capability, inputs, seen=seen)
        if attempt is not None:
            attempt.used = True
            return await self._repeat(attempt, context)
        known = self._today(assignment.agent.name, assignment.capability)
        if known is not None and self._live.fills_in(assignment.capability, self._effect_of(assignment)):
            return await self._perform_live(assignment, place)
        raise self._refuse(assignment, place)

    def _effect_of(self, assignment: Assignment) -> Effect:
        """What the work does to the world, as the agent says that does it today, or that did it."""
        agent = self._today(assignment.agent.name, assignment.capability) or assignment.agent
        return next(each.effect for each in agent.capabilities if each.name == assignment.capability)

    async def _perform_live(self, assignment: Assignment, place: Try) -> object:
        agent = self._today(assignment.agent.name, assignment.capability) or assignment.agent
        self._at_work.add(place)
        try:
            with outside_work():
                return await self._live_runner.perform(msgspec.structs.replace(assignment, agent=agent))
        finally:
            self._at_work.discard(place)

    async def _repeat(self, attempt: RecordedAttempt, context: Context) -> JsonValue:
        """End as the attempt did, after asking what it asked, at the same times. One that was told to stop
        may have gone on for a while, or have come to its end all the same."""
        began = attempt.started.at if self._follower.in_step else self._clock.now()
        shift = began - attempt.started.at
        if attempt.is_plain:
            return await self._come_to_end(attempt, shift)
        asking = asyncio.create_task(self._ask_again_all(attempt, context, shift, self._latest(attempt)))
        going_on = asyncio.create_task(self._end(attempt, asking, shift))
        try:
            return await asyncio.shield(going_on)
        except asyncio.CancelledError:
            if not going_on.done() and self._follower.in_step:
                await self._stop_when_it_did(attempt, asking, going_on)
            if going_on.done():
                return going_on.result()
            going_on.cancel()
            await asyncio.wait((going_on,))
            if attempt.is_abandoned:
                raise Abandoned from None
            raise

    async def _stop_when_it_did(
        self, attempt: RecordedAttempt, asking: asyncio.Task[None], going_on: asyncio.Task[JsonValue]
    ) -> None:
        if not attempt.ends_by_itself:
            await asyncio.shield(asking)
            if attempt.stopped_at is None:
                await asyncio.sleep(FOREVER_SECONDS)
            elif attempt.is_abandoned:
                await self._until(attempt.stopped_at)
            else:
                in_time = self._clock.now() + GRACE_SECONDS - EARLY_SECONDS
                await self._until(min(attempt.stopped_at, in_time))
        elif attempt.was_stopped:
            await asyncio.wait((going_on,))

    def _latest(self, attempt: RecordedAttempt) -> float:
        """Until when an attempt has to have ended that did not take too long: the clock of the recorded run
        may have been set forward meanwhile, or its machine have slept."""
        return attempt.started.deadline - EARLY_SECONDS if self._follower.in_step else math.inf

    async def _ask_again_all(
        self, attempt: RecordedAttempt, context: Context, shift: float, latest: float
    ) -> None:
        self._keep([self._ask_again(each, context.model, shift, math.inf) for each in attempt.late_calls])
        calls = (self._ask_again(each, context.model, shift, latest) for each in attempt.calls)
        await asyncio.gather(*calls)

    def _keep(self, calls: Sequence[Coroutine[Any, Any, None]]) -> None:
        """Calls that are not over when their attempt is."""
        for call in calls:
            task = asyncio.create_task(call)
            self._late.add(task)
            task.add_done_callback(self._late.discard)

    async def _end(self, attempt: RecordedAttempt, asking: asyncio.Task[None], shift: float) -> JsonValue:
        await asking
        return await self._come_to_end(attempt, shift)

    async def _come_to_end(self, attempt: RecordedAttempt, shift: float) -> JsonValue:
        ending = attempt.ending
        if not attempt.was_seen:
            return await self._come_to_what_is_known(attempt, shift)
        if ending is None or not attempt.ends_by_itself:
            await asyncio.sleep(FOREVER_SECONDS)
            raise self._refuse_end(attempt)
        if attempt.hedge_due is None:
            # In time for whatever would stop it in the same instant.
            early = EARLY_SECONDS if self._follower.in_step else 0.0
            await self._until(min(ending.at + shift - early, self._latest(attempt)))
        else:
            # Not before a second attempt is due, which may be in that instant.
            await self._until(min(max(ending.at, attempt.hedge_due) + shift, self._latest(attempt)))
            for _ in range(_TURNS):
                await asyncio.sleep(0)
        match ending:
            case AttemptSucceeded(output=output) | AttemptSurprised(output=dict() as output):
                return output
            case AttemptFailed(failure=failure) | AttemptSurprised(surprise=failure):
                raise error_of(failure)
            case _:
                raise AssertionError(f"{ending!r} is not an end that an attempt comes to by itself")

    async def _come_to_what_is_known(self, attempt: RecordedAttempt, shift: float) -> JsonValue:
        """It was stopped, or its process died. Where it is not here, it is known what it comes to only if the
        same work was done later, or a person said so."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._follower.wait_for_divergence(), FOREVER_SECONDS)
        if attempt.settled is None:
            later = self._attempts.find_attempt(
                attempt.place, attempt.capability, attempt.started.inputs, seen=True
            )
            if later is not None and later.was_seen and not self._follower.in_step:
                return await self._come_to_end(later, shift + attempt.started.at - later.started.at)
        if attempt.ending is not None:
            await self._until(attempt.ending.at + shift)
        if attempt.settled is None or self._follower.in_step:
            raise self._refuse_end(attempt)
        return attempt.settled

    async def _ask_again(
        self, call: ModelCalled, model: ChatModel | None, shift: float, latest: float
    ) -> None:
        """Ask what was asked, and listen for as long. What the attempt made of the answer, or of there being
        none, is in how it ended."""
        await self._until(min(call.started + shift, latest))
        if model is None:
            return
        stream = model.stream(RepeatedRequest.from_call(call, latest))
        if was_left(call):
            await self._leave(call, stream, min(call.at + shift, latest))
        elif was_cancelled(call):
            await self._break_off(call, stream, min(call.at + shift, latest))
        else:
            await _listen(stream, len(call.reply) + 1)

    async def _leave(self, call: ModelCalled, stream: AsyncIterator[ChatChunk], at: float) -> None:
        await _listen(stream, len(call.reply))
        await self._until(at)
        if isinstance(stream, AsyncGenerator):
            await stream.aclose()

    async def _break_off(self, call: ModelCalled, stream: AsyncIterator[ChatChunk], at: float) -> None:
        listening = asyncio.create_task(_listen(stream, len(call.reply) + 1))
        try:
            # It has to have asked, to be stopped while it listens.
            await asyncio.sleep(0)
            await self._until(at)
        finally:
            listening.cancel(why_cancelled(call))
            await asyncio.wait((listening,))

    async def _until(self, at: float) -> None:
        seconds = at - self._clock.now()
        if seconds > 0:
            await asyncio.sleep(seconds)

    def _refuse(self, assignment: Assignment, place: Try) -> ReplayStopped:
        where = call_place(*place, midway=False)
        nearest = self._attempts.nearest(place, assignment.capability)
        if nearest is None:
            summary = f"{assignment.capability} is called, but was never called in the recording"
            drift = Drift.with_lines(DriftKind.RESULT, where, summary)
        else:
            before = self._masking.recorded_inputs(nearest.started.inputs)
            lines = value_diff(dict(before), dict(self._masking.inputs(assignment.inputs)), "inputs")
            near = call_place(*nearest.place, midway=False)
            summary = f"{assignment.capability} is called with unrecorded inputs; the nearest call: {near}"
            drift = Drift.with_lines(DriftKind.RESULT, where, summary, lines)
        self._stop(drift)
        return ReplayStopped(drift)

    def _refuse_end(self, attempt: RecordedAttempt) -> ReplayStopped:
        where = call_place(*attempt.place, midway=False)
        summary = "it goes on beyond its recorded end, so its result is unknown"
        drift = Drift.with_lines(DriftKind.DECISION, where, summary)
        self._stop(drift)
        return ReplayStopped(drift)


async def _listen(stream: AsyncIterator[ChatChunk], most: int) -> None:
    """Hear an answer, as far as so many characters."""
    heard = 0
    with suppress(Exception):
        async for chunk in stream:
            heard += len(chunk.text)
            if heard >= most:
                return
