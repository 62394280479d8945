"""The events of a run as they happen, one JSON object a line, for other programs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import IO

import click

from callsheet.cli.options.errors import OutputNotWritten
from callsheet.executor.run.events import Event, encode

STDOUT = "-"


class EventStream:
    """Writes each event as the journal has it, and at once. Raises OutputNotWritten."""

    def __init__(self, place: str) -> None:
        self.takes_stdout = place == STDOUT
        try:
            self._file: IO[bytes] = (
                sys.stdout.buffer if self.takes_stdout else Path(place).open("ab")  # noqa: SIM115 (to the end)
            )
        except OSError as error:
            raise click.BadParameter(f"{place} cannot be written: {error.strerror}") from None

    def close(self) -> None:
        """Close the file; stdout stays open."""
        if not self.takes_stdout:
            self._file.close()

    def write(self, event: Event) -> None:
        """Write one line."""
        try:
            self._file.write(encode(event) + b"\n")
            self._file.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputNotWritten(error.strerror or str(error)) from None


def _opened(ctx: click.Context, _: click.Parameter, place: str | None) -> EventStream | None:
    if place is None:
        return None
    stream = EventStream(place)
    ctx.call_on_close(stream.close)
    return stream


events_option = click.option(
    "--events",
    metavar="FILE|-",
    callback=_opened,
    help="Write every event as a line of JSON, to a file or, with -, to stdout in the place of the answer.",
)
"""The flag `--events` of a command that runs something, passed to it as `events`."""
