"""The output of a command: its result to stdout, everything else to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from callsheet.cli.options.errors import OutputNotWritten
from callsheet.cli.text.safe_text import plain
from callsheet.executor.redaction.texts import rewritten

if TYPE_CHECKING:
    from rich.console import Console


class Output:
    """The two streams of one command.

    With `as_json`, stdout gets exactly one JSON document, and text for people goes to stderr. Text for
    people is stripped of terminal escape sequences. The result goes to the `sys.stdout` at the time of
    construction: commands replace `sys.stdout` afterwards, so that agents cannot print into the result.
    """

    def __init__(self, *, as_json: bool, debug: bool = False) -> None:
        self.as_json = as_json
        self.debug = debug
        """Whether the user wants tracebacks and the log."""
        self._stdout = sys.stdout
        self._shown: Callable[[str], str] | None = None
        self._console: Console | None = None

    @property
    def is_terminal(self) -> bool:
        """Whether stderr is a terminal."""
        return sys.stderr.isatty()

    @property
    def can_ask(self) -> bool:
        """Whether the user can be asked: stderr and stdin are a terminal."""
        return self.is_terminal and sys.stdin.isatty()

    def show_by(self, shown: Callable[[str], str]) -> None:
        """From now on pass all output through `shown`, which removes secrets, for instance."""
        self._shown = shown

    def live_on(self, console: Console | None) -> None:
        """From now on a display is redrawn on this console, and notes stand above it; None: no longer."""
        self._console = console

    def document(self, value: Any) -> None:
        """The one JSON document. ASCII only, so that it is valid in every encoding.

        Raises OutputNotWritten, and BrokenPipeError if the reader has gone.
        """
        text = json.dumps(value, indent=2)
        if self._shown is not None:
            text = json.dumps(rewritten(json.loads(text), self._shown, lambda number: number), indent=2)
        self._write(text)

    def error(self, kind: str, message: str, code: int) -> None:
        """The document printed instead of a result. Raises what `document` raises."""
        self.document({"error": {"type": kind, "message": message, "exit_code": code}})

    def line(self, text: str = "") -> None:
        """A line, or several, of the result. Raises what `document` raises."""
        self._write(self._plain(text))

    def content(self, text: str) -> None:
        """The content of a file, byte for byte in UTF-8, so that `> FILE` writes the file; on a
        terminal it is printed like any other text. Raises what `document` raises."""
        if self._stdout.isatty():
            self._write(self._plain(text), ends=False)
        else:
            self._write(text.encode(), ends=False)

    def note(self, text: str = "") -> None:
        """A line, or several, on stderr. No line is broken: a command in it is to be copied whole."""
        if self._console is None:
            click.echo(self._plain(text), err=True)
        else:
            self._console.print(self._plain(text), soft_wrap=True)

    def _plain(self, text: str) -> str:
        return plain(text if self._shown is None else self._shown(text))

    def _write(self, text: str | bytes, *, ends: bool = True) -> None:
        try:
            click.echo(text, file=self._stdout, nl=ends)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputNotWritten(error.strerror or str(error)) from None
