"""The `callsheet` command and its subcommands."""

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
from callsheet.cli.commands.agents import agents
from callsheet.cli.commands.answer import answer
from callsheet.cli.commands.approve import approve
from callsheet.cli.commands.cancel import cancel
from callsheet.cli.commands.check import check
from callsheet.cli.commands.diff import diff
from callsheet.cli.commands.doctor import doctor
from callsheet.cli.commands.pause import pause
from callsheet.cli.commands.plan import plan
from callsheet.cli.commands.record import record
from callsheet.cli.commands.replay import replay
from callsheet.cli.commands.resume import resume
from callsheet.cli.commands.run import run
from callsheet.cli.commands.runs import runs
from callsheet.cli.commands.show import show
from callsheet.cli.commands.trust import trust
from callsheet.cli.options.output import Output

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_SHARED = ("--json", "--debug")
"""The flags that every command has."""
_WANTS_JSON = f"{__name__}.wants_json"


class _Application(click.Group):
    """Commands whose usage errors are JSON too, where JSON was asked for: click raises them before it calls a
    command, so no command can print them."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[_WANTS_JSON] = "--json" in args
        return super().parse_args(ctx, _moved_behind_command(args))

    def invoke(self, ctx: click.Context) -> Any:
        with _usage_errors(as_json=ctx.meta[_WANTS_JSON]):
            return super().invoke(ctx)


def _moved_behind_command(args: list[str]) -> list[str]:
    """The arguments with the flags of all commands behind the command, before which they may stand, too."""
    at = next((at for at, each in enumerate(args) if each not in _SHARED), len(args))
    return [*args[at : at + 1], *args[:at], *args[at + 1 :]] if at < len(args) else args


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
    """A language model writes a plan, the plan is checked, and plain Python runs it.

    Exit codes: 0 done, 1 the run failed, 2 bad usage or an invalid plan, 3 waiting for your approval or
    answer, 4 refused by the budget, 5 the replay drifted, 130 interrupted.

    Every command takes --json and --debug, also before its name.
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
    trust,
)
for _command in _COMMANDS:
    application.add_command(_command)


def main() -> None:
    """Run the command line, and end the process with its exit code."""
    # A stream that the shell closed (`>&-`) is None here, and the next file to be opened would get its
    # descriptor: output would end up in the journal.
    sys.stdout = sys.stdout or Path(os.devnull).open("w")  # noqa: SIM115 (open to the end)
    sys.stderr = sys.stderr or Path(os.devnull).open("w")  # noqa: SIM115 (open to the end)
    for stream in (sys.stdout, sys.stderr):
        # A character that the terminal's encoding lacks is escaped; it must not end the command.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    application(prog_name="callsheet")
