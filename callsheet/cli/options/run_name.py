"""The argument that names a run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from callsheet.cli.text.safe_text import one_line
from callsheet.errors import CallsheetError
from callsheet.executor.journal.stored_runs import run_archive
from callsheet.settings.settings import Settings

from .store import LAST

MAX_RUNS = 100
"""The latest runs, which a shell is given to choose from."""


class _RunName(click.types.StringParamType):
    """An id, the beginning of one, or `last`. Shells complete the ids in the store of the working folder, or
    in the one of `--store`."""

    name = "run"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The ids that begin so, the latest first, each with its goal."""
        latest = CompletionItem(LAST, help="the run that was created last")
        known = [latest, *_stored(ctx.params.get("store"))]
        return [item for item in known if item.value.startswith(incomplete)]


def _stored(store: Path | None) -> Iterator[CompletionItem]:
    # A completion is no place for an error: the command will tell it.
    with suppress(CallsheetError, OSError), run_archive(_place(store)) as runs:
        for each in runs.runs(MAX_RUNS):
            yield CompletionItem(each.run, help=one_line(each.goal, 60))


def _place(store: Path | None) -> Path:
    return Settings.load(flags={"store": store}).store


RUN = _RunName()
"""The type of an argument that names a run."""
