"""The `callsheet` command, and the commands it has."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import click

import callsheet

from .agents import agents
from .answer import answer
from .approve import approve
from .cancel import cancel
from .check import check
from .diff import diff
from .doctor import doctor
from .output import Output
from .pause import pause
from .plan import plan
from .record import record
from .replay import replay
from .resume import resume
from .run import run
from .runs import runs
from .show import show

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_WANTS_JSON = f"{__name__}.wants_json"


class _Application(click.Group):
    """Commands whose usage errors are JSON too, where JSON was asked for: click knows them before any
    command does."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[_WANTS_JSON] = "--json" in args
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        with _usage_errors(as_json=ctx.meta[_WANTS_JSON]):
            return super().invoke(ctx)


@contextmanager
def _usage_errors(*, as_json: bool) -> Generator[None]:
    try:
        yield
    except click.UsageError as error:
        if as_json:
            Output(as_json=True).error("UsageError", error.format_message(), error.exit_code)
        raise


@click.group(cls=_Application, context_settings=_CONTEXT)
@click.version_option(callsheet.__version__, message="callsheet %(version)s")
def application() -> None:
    """A language model writes the plan, checked before anything runs; plain Python runs it.

    Exit codes: 0 done, 1 the run failed, 2 bad usage or a plan that doesn't check, 3 waiting for a
    person, 4 refused by the budget, 5 the replay drifted, 130 interrupted.
    """


_COMMANDS = (
    run,
    plan,
    check,
    agents,
    runs,
    show,
    resume,
    approve,
    answer,
    pause,
    cancel,
    record,
    replay,
    diff,
    doctor,
)
for _command in _COMMANDS:
    application.add_command(_command)


def main() -> None:
    """Run the command line, and end the process with its exit code."""
    # A stream that was closed (`>&-`) is None, and the next file that is opened would take its place.
    sys.stdout = sys.stdout or Path(os.devnull).open("w")  # noqa: SIM115 (open to the end)
    sys.stderr = sys.stderr or Path(os.devnull).open("w")  # noqa: SIM115 (open to the end)
    for stream in (sys.stdout, sys.stderr):
        # What a terminal's encoding lacks is shown as an escape, not a reason to fall over.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    application(prog_name="callsheet")
