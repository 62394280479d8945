"""Where a command's words go: its result to stdout, everything else to stderr."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from .safe_text import plain


class Output:
    """The two streams of one command.

    With `as_json`, stdout gets exactly one JSON document, and what is meant for people goes to
    stderr alone. Whatever is printed for people is stripped of what could steer a terminal.
    """

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json

    @property
    def is_terminal(self) -> bool:
        """Whether a person looks at stderr."""
        return sys.stderr.isatty()

    @property
    def can_ask(self) -> bool:
        """Whether a person looks at stderr and can answer."""
        return self.is_terminal and sys.stdin.isatty()

    def document(self, value: Any) -> None:
        """The one JSON document. ASCII only, so that it is valid in every encoding."""
        click.echo(json.dumps(value, indent=2))

    def line(self, text: str = "") -> None:
        """A line, or several, of the result."""
        click.echo(plain(text))

    def note(self, text: str = "") -> None:
        """A line, or several, beside the result."""
        click.echo(plain(text), err=True)
