"""A replay in a test: it notes whether the test has looked at its drifts."""

from __future__ import annotations

from functools import cached_property

from callsheet.executor.replay.drift.drift import Drift
from callsheet.recordings.errors import ReplayDrifted
from callsheet.recordings.replay_result import Replay

from .compared_plan import ComparedPlan


class WatchedReplay(Replay):
    """A `Replay` for assertions: its plans are also equal to documents, and its repr says how it went.

    If it is `strict`, a test that has not looked at its `drifts` fails for them.
    """

    def __init__(self, replay: Replay, *, strict: bool) -> None:
        # Replay is frozen, and its __init__ has no place for these two.
        vars(self).update(vars(replay), strict=strict, _is_looked_at=False)

    # A field of a frozen class is never assigned, so a read-only property may override it.
    @property
    def drifts(self) -> tuple[Drift, ...]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """What differs from the recording."""
        vars(self)["_is_looked_at"] = True
        return self._drifts

    @property
    def unseen_drifts(self) -> tuple[Drift, ...]:
        """The drifts of a strict replay at which the test has not looked."""
        return self._drifts if vars(self)["strict"] and not vars(self)["_is_looked_at"] else ()

    @cached_property
    def revisions(self) -> tuple[ComparedPlan, ...]:
        """All plans, the first one first."""
        return tuple(map(ComparedPlan.from_plan, super().revisions))

    def assert_no_drift(self) -> None:
        """Raise ReplayDrifted, an AssertionError that shows every drift, if there is any."""
        __tracebackhide__ = True
        if self.drifts:
            raise ReplayDrifted(self.recording.source, self._drifts)

    def __repr__(self) -> str:
        account = "" if self.result.account is None else self.result.account.describe()
        drifted = ", ".join(f"{each.kind} drift at {each.where}" for each in self._drifts)
        if self.is_cut_short:
            drifted = f"cut short by {drifted}"
        told = "; ".join(filter(None, (str(self.status), account, drifted)))
        return f"<replay of {self.recording.source}: {told}>"

    @property
    def _drifts(self) -> tuple[Drift, ...]:
        drifts: tuple[Drift, ...] = vars(self)["drifts"]
        return drifts
