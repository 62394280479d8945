"""The progress of planning: that the model is writing, and why a plan was rejected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from callsheet.cli.options.output import Output
from callsheet.cli.text.safe_text import one_line
from callsheet.planner.planning.model_call import PlanningProgress

if TYPE_CHECKING:
    from rich.status import Status


class PlanningDisplay:
    """A spinner on a terminal; otherwise a line for every try."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._status: Status | None = None
        self._number = 0

    def announce_request(self) -> None:
        """Show that the model is about to be asked: loading an embedded one takes seconds."""
        if self._output.is_terminal:
            self._start()
        else:
            self._output.note("planning ...")

    def show(self, progress: PlanningProgress) -> None:
        """Show how far planning has come."""
        if progress.number > max(1, self._number):
            self._tell(progress)
        self._number = progress.number
        if self._status is not None:
            self._status.update(f"planning, {progress.characters:,} characters written")

    def stop(self) -> None:
        """Remove the spinner: planning is over."""
        if self._status is not None:
            self._status.stop()
            self._status = None
            self._output.live_on(None)

    def _tell(self, progress: PlanningProgress) -> None:
        found = "; ".join(one_line(problem) for problem in progress.problems[:3])
        self._output.note(f"plan rejected: {found}; planning again (try {progress.number})")

    def _start(self) -> None:
        from rich.console import Console

        console = Console(stderr=True, markup=False, highlight=False, emoji=False)
        self._status = console.status("planning")
        self._status.start()
        self._output.live_on(console)
