"""The progress of a run: a live table on a terminal, otherwise plain lines."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Protocol

from callsheet.cli.options.output import Output
from callsheet.cli.text.run import seconds_text
from callsheet.cli.text.safe_text import one_line
from callsheet.cli.text.table import aligned
from callsheet.executor.run.events import Event
from callsheet.executor.run.reducer import apply_event
from callsheet.executor.run.state import AttemptStatus, RunState, StepRecord, StepStatus

from .progress_lines import progress_line

if TYPE_CHECKING:
    from rich.live import Live
    from rich.text import Text

MAX_STEPS = 20
"""Steps that the live table shows; of a larger plan, running steps come first."""
_MARKS = {
    StepStatus.PENDING: "·",
    StepStatus.RUNNING: "▸",
    StepStatus.WAITING: "…",
    StepStatus.COMPLETED: "✓",
    StepStatus.FAILED: "✗",
    StepStatus.SKIPPED: "-",
    StepStatus.CANCELLED: "-",
}
_COLOURS = {StepStatus.COMPLETED: "green", StepStatus.FAILED: "red", StepStatus.RUNNING: "cyan"}
_URGENCY = (StepStatus.RUNNING, StepStatus.WAITING, StepStatus.FAILED)


class Progress(Protocol):
    """Shows the events of a run as they happen."""

    def recall(self, event: Event) -> None:
        """Take in a past event without showing it."""
        ...

    def show(self, event: Event) -> None:
        """Take in one event and show it."""
        ...

    def held(self) -> AbstractContextManager[None]:
        """Leave the screen free, because something else is to be shown or asked."""
        ...

    def stop(self) -> None:
        """Finish the display: the run is over."""
        ...


def progress_for(output: Output) -> Progress:
    """The progress that fits stderr, a terminal or not."""
    return LiveProgress(output) if output.is_terminal else PlainProgress(output.note)


class PlainProgress:
    """A line for every start, end, failure and skip of a step."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._record = RunState()

    def recall(self, event: Event) -> None:
        """Take in a past event without showing it."""
        apply_event(self._record, event)

    def show(self, event: Event) -> None:
        """Print a line about the event, if it has one."""
        apply_event(self._record, event)
        line = progress_line(self._record, event)
        if line is not None:
            self._say(line)

    def held(self) -> AbstractContextManager[None]:
        """Nothing to do: other lines may stand between those of the progress."""
        return nullcontext()

    def stop(self) -> None:
        """Nothing to do."""


class LiveProgress:
    """A table of steps, redrawn several times a second while attempts run."""

    def __init__(self, output: Output, clock: Callable[[], float] = time.time) -> None:
        self._output = output
        self._record = RunState()
        self._clock = clock
        self._live: Live | None = None
        self._holds = 0

    def recall(self, event: Event) -> None:
        """Take in a past event without showing it."""
        apply_event(self._record, event)

    def show(self, event: Event) -> None:
        """Take in one event; the table appears with the first attempt."""
        apply_event(self._record, event)
        self._start_if_wanted()

    @contextmanager
    def held(self) -> Generator[None]:
        """Remove the table from the screen meanwhile."""
        self._holds += 1
        self.stop()
        try:
            yield
        finally:
            self._holds -= 1
            self._start_if_wanted()

    def stop(self) -> None:
        """Draw the table a last time and leave it on the screen."""
        if self._live is not None:
            self._live.stop()
            self._live = None
            self._output.live_on(None)

    def _start_if_wanted(self) -> None:
        if self._record.running and not self._holds and self._live is None:
            self._start()

    def _start(self) -> None:
        from rich.console import Console
        from rich.live import Live

        console = Console(stderr=True, markup=False, highlight=False, emoji=False)
        self._live = Live(console=console, get_renderable=self._table, refresh_per_second=8)
        self._live.start()
        self._output.live_on(console)

    def _table(self) -> Text:
        from rich.text import Text

        steps = list(self._record.steps.values())
        shown = sorted(steps, key=_by_urgency)[:MAX_STEPS] if len(steps) > MAX_STEPS else steps
        text = Text(overflow="ellipsis", no_wrap=True)
        for line, step in zip(aligned([self._row(step) for step in shown]), shown, strict=True):
            text.append(line + "\n", style=_COLOURS.get(step.status, ""))
        done = sum(step.status is StepStatus.COMPLETED for step in steps)
        return text.append(f"{done} of {len(steps)} steps completed, {self._elapsed()}")

    def _row(self, step: StepRecord) -> tuple[str, ...]:
        attempts = step.attempts
        took = ""
        if attempts:
            ended = attempts[-1].ended if not step.unfinished else None
            took = seconds_text(max(0.0, (ended or self._clock()) - attempts[0].started))
        return (_MARKS[step.status], step.id, step.capability, took, self._remark(step))

    def _remark(self, step: StepRecord) -> str:
        if step.id in self._record.asked:
            return "waiting for approval"
        if any(name == step.id for name, _ in self._record.doubtful):
            return "in doubt: its outcome is unknown"
        if step.items is not None:
            return f"{len(step.items) - step.unfinished} of {len(step.items)} items"
        if step.attempts and step.attempts[-1].status is AttemptStatus.RUNNING and step.attempts[-1].progress:
            return one_line(step.attempts[-1].progress, 80)
        failure = step.failure or (step.attempts[-1].failure if step.attempts else None)
        if failure is not None:
            return f"attempt {len(step.attempts)}: {one_line(failure.told, 80)}"
        return ""

    def _elapsed(self) -> str:
        end = self._record.ended or self._clock()
        return seconds_text(max(0.0, end - (self._record.started or end)))


def _by_urgency(step: StepRecord) -> int:
    return _URGENCY.index(step.status) if step.status in _URGENCY else len(_URGENCY)
