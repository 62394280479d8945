"""A word to a run: said through its journal, and what comes of it told."""

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
    """What was said to a run, in a few words, and who has it and will hear; None where nobody has."""

    run: str
    what: str
    owner: RunOwner | None


def say(
    journal: Journal, word: Callable[[RunControl], Coroutine[Any, Any, RunOwner | None]]
) -> RunOwner | None:
    """Say something to a run; who has it. Raises what the word of RunControl raises."""
    return asyncio.run(word(RunControl(journal, SystemClock())))


def tell(output: Output, said: SentSignal, nobody: str) -> ExitCode:
    """Tell what comes of the word; `nobody` is what does where nobody has the run."""
    if output.as_json:
        owner = owner_document(said.owner)
        output.document({"run": said.run, "said": said.what, "owner": owner})
    elif said.owner is None:
        output.line(f"run {said.run}: {said.what}; {nobody}")
    else:
        output.line(f"run {said.run}: {said.what}; {owner_text(said.owner)} has it and will hear")
    return ExitCode.DONE


def go_on(output: Output, settings: Settings, said: SentSignal, *, stay: bool, yes: bool = False) -> ExitCode:
    """Leave it to whoever has the run; where nobody has, go on with it here, unless it is to `stay`. With
    `yes` everything that wants an approval has it."""
    if said.owner is not None or stay:
        command = Advice(settings).command("resume", said.run)
        return tell(output, said, f"nobody has the run: `{command}` goes on")
    output.note(f"run {said.run}: {said.what}")
    return RunSession(output, settings, yes=yes).resume(said.run)


def who() -> str:
    """Who says it: the name of the person's account, empty where that is not known."""
    with suppress(OSError, KeyError, ImportError):
        return getpass.getuser()
    return ""
