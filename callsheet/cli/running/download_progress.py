"""The progress of downloading the weights of an embedded model."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Self

from callsheet.cli.options.output import Output

if TYPE_CHECKING:
    from rich.progress import Progress

_MEGABYTE = 1_000_000
_LINES = 10


class DownloadProgress:
    """A progress bar on a terminal; otherwise a line for every tenth."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._bar: Progress | None = None
        self._source = ""
        self._tenth = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def show(self, source: str, done: int, total: int) -> None:
        """Show that `done` of `total` bytes have come from `source`."""
        if source != self._source:
            self._begin(source, total)
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=done, total=total)
        elif total and done * _LINES // total > self._tenth:
            self._tenth = done * _LINES // total
            self._output.note(f"  {done // _MEGABYTE:,} of {total // _MEGABYTE:,} MB")

    def _begin(self, source: str, total: int) -> None:
        self._stop()
        self._source, self._tenth = source, 0
        self._output.note(f"downloading the embedded model from {source}, once ({total // _MEGABYTE:,} MB)")
        if self._output.is_terminal:
            self._bar = _start_bar(total)
            self._output.live_on(self._bar.console)

    def _stop(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
            self._output.live_on(None)


def _start_bar(total: int) -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

    console = Console(stderr=True, markup=False, highlight=False, emoji=False)
    bar = Progress(
        BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn(), console=console
    )
    bar.add_task("weights", total=total)
    bar.start()
    return bar
