"""The state of a run in progress: the record of what has happened, the agenda of what may be next, and
whether the run is to rest or to end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from callsheet.planner.compiled import CheckedPlan

from .agenda import Agenda
from .events import KnownFigures
from .failure import Account
from .record import RunRecord


@dataclass(slots=True)
class RunState:
    """A run in progress. `plans` has the checked plan of every revision that the journal adopts:
    documents are in the events, and what they compile to is brought along."""

    plans: Mapping[int, CheckedPlan]
    record: RunRecord = field(default_factory=RunRecord)
    agenda: Agenda = field(default_factory=lambda: Agenda.of({}, frozenset()))
    max_concurrency: int = 0
    fail_fast: bool = True
    hedge: bool = False
    known: tuple[KnownFigures, ...] = ()
    """The figures that the run began with."""
    pausing: bool = False
    """Somebody wants the run to rest: nothing starts any more."""
    grievance: Account | None = None
    """The first failure that its step does not allow, where the rest is finished all the same."""
    verdict: Account | None = None
    """Why the run is failing: nothing starts any more, and what runs is stopped."""
    cancelled: str | None = None
    """Why somebody wants the run to stop; None where nobody does."""

    @property
    def plan(self) -> CheckedPlan:
        """The plan that is carried out."""
        return self.plans[self.record.revision]

    @property
    def is_ending(self) -> bool:
        """Whether the run only waits for its attempts to stop."""
        return self.cancelled is not None or self.verdict is not None
