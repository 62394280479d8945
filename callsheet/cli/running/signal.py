"""Signals to a run: sent through its journal, and their effect reported."""

from __future__ import annotations

import asyncio
import getpass
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from callsheet.cli.options.output import Output
from callsheet.cli.text.advice import Advice
from callsheet.cli.text.run_document import owner_document
from callsheet.cli.text.story import owner_text
from callsheet.errors import ExitCode
from callsheet.executor.clocks.clock import SystemClock
from callsheet.executor.driver.control import RunControl
from callsheet.executor.journal.journal import Journal
from callsheet.executor.journal.lease import RunOwner
from callsheet.settings.settings import Settings

from .run_session import RunSession


@dataclass(frozen=True, slots=True)
class SentSignal:
    """What was sent to a run, in a few words, and the process that is running it, if any."""

    run: str
    what: str
    owner: RunOwner | None


def say(
    journal: Journal, word: Callable[[RunControl], Coroutine[Any, Any, RunOwner | None]]
) -> RunOwner | None:
    """Send a signal to a run; returns the process that is running it. Raises what the method of RunControl
    raises."""
    return asyncio.run(word(RunControl(journal, SystemClock())))


def tell(output: Output, said: SentSignal, otherwise: str) -> ExitCode:
    """Report the signal; `otherwise` is what to add if no process is running the run."""
    if output.as_json:
        owner = owner_document(said.owner)
        output.document({"run": said.run, "said": said.what, "owner": owner})
    elif said.owner is None:
        output.line(f"run {said.run}: {said.what}; {otherwise}")
    else:
        output.line(f"run {said.run}: {said.what} (running in {owner_text(said.owner)})")
    return ExitCode.DONE


def go_on(output: Output, settings: Settings, said: SentSignal, *, stay: bool, yes: bool = False) -> ExitCode:
    """Report the signal if a process is running the run, or if the user said to `stay`; otherwise resume the
    run here. With `yes` everything that needs approval is approved."""
    if said.owner is not None or stay:
        command = Advice(settings).command("resume", said.run)
        return tell(output, said, f"no process is running it; to continue: {command}")
    output.note(f"run {said.run}: {said.what}")
    return RunSession(output, settings, yes=yes).resume(said.run)


def user_name() -> str:
    """The name of the user's account, or empty if it is unknown."""
    with suppress(OSError, KeyError, ImportError):
        return getpass.getuser()
    return ""
