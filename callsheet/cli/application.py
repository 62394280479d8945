"""The `callsheet` command, and the commands it has."""

from __future__ import annotations

import sys
from io import TextIOWrapper

import click

import callsheet

from .agents import agents
from .check import check
from .doctor import doctor
from .plan import plan
from .run import run
from .runs import runs
from .show import show

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(context_settings=_CONTEXT)
@click.version_option(callsheet.__version__, message="callsheet %(version)s")
def application() -> None:
    """A language model writes the plan, checked before anything runs; plain Python runs it.

    Exit codes: 0 done, 1 the run failed, 2 bad usage or a plan that doesn't check, 3 waiting for a
    person, 130 interrupted.
    """


for _command in (run, plan, check, agents, runs, show, doctor):
    application.add_command(_command)


def main() -> None:
    """Run the command line, and end the process with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        # What a terminal's encoding lacks is shown as an escape, not a reason to fall over.
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    application(prog_name="callsheet")
