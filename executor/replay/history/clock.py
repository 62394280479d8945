"""The clock of a replay: virtual, and as far as what has happened in the recorded run."""

from __future__ import annotations

import asyncio

from callsheet.executor.clocks.virtual_loop import VirtualClock


class ReplayClock(VirtualClock):
    """Tells the time of a virtual event loop, counted from when the recorded run began.

    While a run follows the recorded one its events have the recorded times, which may be a little ahead.
    """

    def __init__(self, epoch: float) -> None:
        super().__init__(epoch)
        self._ahead = 0.0

    def now(self) -> float:
        """Seconds since the epoch."""
        return self.epoch + asyncio.get_running_loop().time() + self._ahead

    def catch_up(self, at: float) -> None:
        """See that it is no earlier than that."""
        self._ahead += max(0.0, at - self.now())

    def set_back(self, at: float) -> None:
        """Tell this time from now on, as the clock of the recorded run did when it had been set back."""
        self._ahead += min(0.0, at - self.now())
