"""A replay in a test: it knows whether the test has looked at what drifted."""

from __future__ import annotations

from functools import cached_property

from callsheet.executor.replay.drift.drift import Drift
from callsheet.recordings.replay_result import Replay, ReplayDrifted

from .compared_plan import ComparedPlan


class WatchedReplay(Replay):
    """A `Replay` for assertions: its plans are equal to documents, too, and it is shown by how it went.

    Where it is `strict`, a test that has not looked at `drifts` is not to pass with any.
    """

    def __init__(self, replay: Replay, *, strict: bool) -> None:
        # What is frozen has no other way to be filled.
        vars(self).update(vars(replay), strict=strict, _is_looked_at=False)

    # What is frozen is set by nobody, so that a property will do.
    @property
    def drifts(self) -> tuple[Drift, ...]:  # pyright: ignore[reportIncompatibleVariableOverride]
        """What is not as it was recorded."""
        vars(self)["_is_looked_at"] = True
        return self._drifts

    @property
    def unseen_drifts(self) -> tuple[Drift, ...]:
        """What is not as it was recorded, where that is not to be and the test has not looked."""
        return self._drifts if vars(self)["strict"] and not vars(self)["_is_looked_at"] else ()

    @cached_property
    def revisions(self) -> tuple[ComparedPlan, ...]:
        """All plans, the first one first."""
        return tuple(map(ComparedPlan.from_plan, super().revisions))

    def assert_no_drift(self) -> None:
        """Raise ReplayDrifted, an AssertionError that shows every drift, unless all is as it was recorded."""
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
