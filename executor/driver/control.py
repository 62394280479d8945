"""What can be said to a run from anywhere, whoever carries it out: stop, rest, and the answers that it
waits for."""

from __future__ import annotations

from typing import Any

from callsheet.agents.contracts.capability import Capability
from callsheet.agents.registry import Registry
from callsheet.executor.clocks.clock import Clock
from callsheet.executor.evaluation.explain import describe
from callsheet.executor.journal.history import open_record
from callsheet.executor.journal.journal import Journal
from callsheet.executor.journal.lease import RunOwner
from callsheet.executor.journal.signals import Approve, Cancel, Deny, Pause, Settle, SignalContent, Tell
from callsheet.executor.machine.commands import StartAttempt
from callsheet.executor.machine.machine import apply, decide
from callsheet.executor.machine.recovery import revive
from callsheet.executor.run.events import CancellationRequested, DoubtVerdict, Event, RunCancelled, RunResumed
from callsheet.executor.run.json_copy import clean_text
from callsheet.executor.run.reducer import run_state_of
from callsheet.executor.run.state import RunState, RunStatus, Work

from .errors import AnswerRefused, MessageRefused, NothingWaits, PlannerMissing

MAX_SAID = 20_000
"""Characters of a message to the planner."""


class RunControl:
    """Talks to the owner of a run through its journal.

    Every signal waits there until it is answered. What is returned is who has the run now and will
    hear it; None where no process has it, and whoever resumes the run will. A run may be named by the
    beginning of its id. Everything raises RunNotFound, RunAmbiguous, RunEnded and JournalError.
    """

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal = journal
        self._clock = clock

    async def pause(self, run: str) -> RunOwner | None:
        """Let nothing start any more, and pause the run once what is running has ended. Where no process
        has it, it is paused already."""
        record = self._open_run(run)
        if self._journal.owner(record.id) is None:
            return None
        return await self._post(record, Pause())

    async def cancel(self, run: str, reason: str = "") -> RunOwner | None:
        """Stop the run. Where no process has it, it is ended here and now."""
        record = self._open_run(run)
        owner = self._journal.owner(record.id)
        if owner is None:
            await self._end(record.id, reason)
            return None
        return await self._post(record, Cancel(reason))

    async def approve(self, run: str, step: str | None = None, by: str = "") -> RunOwner | None:
        """Let a step start that waits for an approval; where `step` is None, every one that does.
        Raises NothingWaits."""
        return await self._decide(run, step, by, Approve)

    async def deny(self, run: str, step: str | None = None, by: str = "") -> RunOwner | None:
        """Refuse a step its approval; where `step` is None, every one that waits for it. Raises
        NothingWaits."""
        return await self._decide(run, step, by, Deny)

    async def settle(
        self,
        run: str,
        verdict: DoubtVerdict,
        *,
        step: str | None = None,
        item: int | None = None,
        output: dict[str, Any] | None = None,
        by: str = "",
    ) -> RunOwner | None:
        """Say what became of work that is in doubt; `step` may be left out where there is just one.

        Raises NothingWaits, and AnswerRefused where work that is done has no output as its capability
        promises it.
        """
        record = self._open_run(run)
        name, at = _doubtful(record, step, item)
        if verdict == "done":
            _require_output(record, name, output)
        elif output is not None:
            raise AnswerRefused(record.id, name, "only the verdict `done` takes an output")
        return await self._post(record, Settle(name, verdict, at, output, by))

    async def tell(self, run: str, text: str, by: str = "") -> RunOwner | None:
        """Say something to the planner: the answer to what it asked, or a new wish. Raises MessageRefused
        where the text is empty or too long, and PlannerMissing where the run has no planner."""
        text = text.strip()
        record = self._open_run(run)
        if not text or len(text) > MAX_SAID:
            raise MessageRefused(record.id, len(text), MAX_SAID)
        if record.question is None and record.started is not None and not (record.replans or record.drafting):
            raise PlannerMissing(record.id, tuple(dict.fromkeys(step for step, _ in record.doubtful)))
        return await self._post(record, Tell(clean_text(text), by))

    async def _decide(
        self, run: str, step: str | None, by: str, kind: type[Approve | Deny]
    ) -> RunOwner | None:
        record = self._open_run(run)
        owner: RunOwner | None = None
        for name in _asked(record, step):
            owner = await self._post(record, kind(name, by))
        return owner

    def _open_run(self, run: str) -> RunState:
        return open_record(self._journal, self._journal.find_run(run))

    async def _post(self, record: RunState, content: SignalContent) -> RunOwner | None:
        await self._journal.signals.send_signal(record.id, content)
        return self._journal.owner(record.id)

    async def _end(self, run: str, reason: str) -> None:
        await self._journal.claim(run)
        try:
            # As of now, when no other process can add to it.
            events = self._journal.read_events(run)
            unanswered = [signal.number for signal in await self._journal.signals.unanswered(run)]
            await self._journal.append(run, self._last_events(events, reason), answered=unanswered)
        finally:
            await self._journal.release(run)

    def _last_events(self, events: list[Event], reason: str) -> list[Event]:
        now = self._clock.now()
        if run_state_of(events).status is RunStatus.PENDING:
            return [RunCancelled(now, reason)]
        state = revive(events, Registry())
        last: list[Event] = [RunResumed(now, 1), CancellationRequested(now, reason)]
        for event in last:
            apply(state, event)
        # Nothing runs any more, so all that is decided is what has been lost, and the end.
        while (command := decide(state)) is not None:
            assert not isinstance(command, StartAttempt)
            last.append(command.event)
            apply(state, command.event)
        return last


def _asked(record: RunState, step: str | None) -> tuple[str, ...]:
    asked = tuple(record.asked)
    if not asked or (step is not None and step not in asked):
        raise NothingWaits(record.id, step, asked)
    return asked if step is None else (step,)


def _doubtful(record: RunState, step: str | None, item: int | None) -> Work:
    doubtful = record.doubts_about(step, item)
    if len(doubtful) > 1:
        named = ", ".join(name if at is None else f"{name} (item {at})" for name, at in doubtful)
        raise AnswerRefused(record.id, step or "?", f"several pieces of work are in doubt; name one: {named}")
    if not doubtful:
        raise NothingWaits(record.id, step, tuple(dict.fromkeys(name for name, _ in record.doubtful)))
    return doubtful[0]


def _require_output(record: RunState, step: str, output: dict[str, Any] | None) -> None:
    wanted = record.steps[step].capability
    contract = next((each for each in record.contracts if each["name"] == wanted), None)
    if contract is None:
        return
    validator = Capability.model_validate(contract).output_validator
    if not validator.accepts(output):
        problems = describe(validator.problems(output))
        raise AnswerRefused(
            record.id, step, f"the verdict `done` needs an output as {wanted!r} promises it: {problems}"
        )
