"""A recording: everything that happened in one run, checked to make sense."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

from callsheet.agents.contracts.capability import Capability
from callsheet.executor.run.errors import EventUnreadable, EventUnwritable
from callsheet.executor.run.events import Event, PlanAdopted, RunCreated, RunEquipped, decode, encode
from callsheet.executor.run.events.origins import comparable
from callsheet.executor.run.reducer import run_state_of
from callsheet.executor.run.state import RunState, RunStatus
from callsheet.version import __version__

from .errors import RunNotRecordable
from .order_check import Incoherent, require_coherent
from .times import since

_TOO_OLD = "it was begun by a release that did not keep its catalog; run the goal again"


@dataclass(frozen=True)
class Recording:
    """The events of one run, from its creation on, as a journal gives them back, and the release of Callsheet
    that wrote them down.

    `source` is the file from which it comes, for messages. Made by `Recording.from_events`, which checks the
    events.
    """

    events: tuple[Event, ...]
    callsheet: str = __version__
    source: str = field(default="", compare=False)

    @classmethod
    def from_events(cls, events: Sequence[Event], callsheet: str = __version__, source: str = "") -> Self:
        """The recording of a run. Raises RunNotRecordable, with the first event that does not fit those
        before it."""
        if not events or not isinstance(events[0], RunCreated):
            raise RunNotRecordable("", "its journal does not begin with its creation", 0)
        run = events[0].run
        if len(events) < 2 or not isinstance(events[1], RunEquipped):
            raise RunNotRecordable(run, _TOO_OLD, 1)
        kept = _as_kept(run, events)
        try:
            require_coherent(kept)
        except Incoherent as error:
            raise RunNotRecordable(run, str(error), error.event) from None
        return cls(kept, callsheet, source)

    @cached_property
    def created(self) -> RunCreated:
        """How the run began."""
        created = self.events[0]
        assert isinstance(created, RunCreated)
        return created

    @cached_property
    def equipped(self) -> RunEquipped:
        """With what its goal was pursued."""
        equipped = self.events[1]
        assert isinstance(equipped, RunEquipped)
        return equipped

    @property
    def course(self) -> Sequence[Event]:
        """What happened after it was created and equipped: what its file tells as events, and counts."""
        return self.events[2:]

    @property
    def goal(self) -> str:
        """What was wanted."""
        return self.created.goal

    @property
    def run(self) -> str:
        """The id of the run."""
        return self.created.run

    @cached_property
    def capabilities(self) -> tuple[Capability, ...]:
        """The whole catalog. Raises CapabilityError and pydantic's ValidationError where a contract is none,
        which `load_recording` has seen to."""
        return tuple(Capability.model_validate(contract) for contract in self.equipped.contracts)

    @cached_property
    def plan_documents(self) -> Mapping[int, dict[str, Any]]:
        """Every plan that the run adopted, by revision."""
        return {event.revision: event.plan for event in self.events if isinstance(event, PlanAdopted)}

    @cached_property
    def record(self) -> RunState:
        """What the events reduce to; not to be changed."""
        return run_state_of(self.events)

    @property
    def status(self) -> RunStatus:
        """Where the run stood at the end of the recording."""
        return self.record.status

    @property
    def duration(self) -> float:
        """Seconds from the creation to the last event, to the microsecond as in the file: a finer difference
        could round to another millisecond than it does once the file is read."""
        return float(since(self.events[-1].at, self.created.at))


def _as_kept(run: str, events: Sequence[Event]) -> tuple[Event, ...]:
    kept: list[Event] = []
    for place, event in enumerate(comparable(events)):
        try:
            kept.append(decode(encode(event)))
        except (EventUnreadable, EventUnwritable) as error:
            raise RunNotRecordable(run, f"a journal cannot hold it: {error.problem}", place) from None
    return tuple(kept)
