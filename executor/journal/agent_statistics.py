"""The book of figures: how well each agent has done each capability, over all runs of a journal."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol, TypeAlias

import msgspec

from callsheet.agents.selection.statistics import Figures, Observation

from .errors import JournalError
from .reading import reading
from .schema import one_row, require_run
from .writer import Writer

Row: TypeAlias = tuple[str, str]
"""An agent and a capability."""
_FIGURES = """
SELECT agent, capability, body FROM figures WHERE capability IN (SELECT value FROM json_each(?))
ORDER BY capability, agent
"""


class AgentStatistics(Protocol):
    """Figures by agent and capability. Everything raises JournalError where the journal cannot work."""

    def read_statistics(self, capabilities: Collection[str]) -> dict[Row, Figures]:
        """What is known of whoever has done one of these capabilities."""
        ...

    async def add_observations(self, run: str, observations: Sequence[Observation]) -> None:
        """Fold in, in order, what was seen in a run: all of it, or none. A run is added once: for one
        that was added before, nothing happens. Raises RunNotFound."""
        ...


class MemoryAgentStatistics:
    """The figures of a journal in memory. `require` raises RunNotFound for a run that there is not."""

    def __init__(self, require: Callable[[str], object]) -> None:
        self._require = require
        self._figures: dict[Row, Figures] = {}
        self._added: set[str] = set()

    def read_statistics(self, capabilities: Collection[str]) -> dict[Row, Figures]:
        """What is known of whoever has done one of these capabilities."""
        return {row: figures for row, figures in self._figures.items() if row[1] in capabilities}

    async def add_observations(self, run: str, observations: Sequence[Observation]) -> None:
        """Fold in what was seen in a run, unless it was added before. Raises RunNotFound."""
        self._require(run)
        if run not in self._added:
            self._added.add(run)
            self._figures.update(folded(observations, self._figures.get))


class SqliteAgentStatistics:
    """The figures of a journal in a file."""

    def __init__(self, path: Path, writer: Writer) -> None:
        self._path = path
        self._writer = writer

    def read_statistics(self, capabilities: Collection[str]) -> dict[Row, Figures]:
        """What is known of whoever has done one of these capabilities. Raises JournalError."""
        with reading(self._path) as connection:
            rows = connection.execute(_FIGURES, (msgspec.json.encode(sorted(capabilities)).decode(),))
            return {(agent, capability): self._decoded(body) for agent, capability, body in rows}

    async def add_observations(self, run: str, observations: Sequence[Observation]) -> None:
        """Fold in what was seen in a run, unless it was added before. Raises RunNotFound, JournalError."""
        await self._writer.write(partial(self._add, run, tuple(observations)))

    def _add(self, run: str, observations: Sequence[Observation], connection: sqlite3.Connection) -> None:
        number = require_run(connection, run)
        # The mark and the figures are one transaction, so that no run counts twice.
        marked = connection.execute(
            "UPDATE runs SET observed = 1 WHERE number = ? AND observed = 0", (number,)
        )
        if marked.rowcount:
            figures = folded(observations, partial(self._find, connection))
            rows = [(*row, msgspec.json.encode(each).decode()) for row, each in figures.items()]
            connection.executemany(
                "INSERT INTO figures (agent, capability, body) VALUES (?, ?, ?) "
                "ON CONFLICT DO UPDATE SET body = excluded.body",
                rows,
            )

    def _find(self, connection: sqlite3.Connection, row: Row) -> Figures | None:
        found = one_row(connection, "SELECT body FROM figures WHERE agent = ? AND capability = ?", *row)
        return None if found is None else self._decoded(found[0])

    def _decoded(self, body: str) -> Figures:
        try:
            return msgspec.json.decode(body, type=Figures)
        except msgspec.DecodeError as error:
            raise JournalError(self._path, f"an agent's figures cannot be read: {error}") from None


def folded(
    observations: Sequence[Observation], before: Callable[[Row], Figures | None]
) -> dict[Row, Figures]:
    """The figures of those who were observed, with these observations."""
    figures: dict[Row, Figures] = {}
    for seen in observations:
        row = seen.agent, seen.capability
        figures[row] = (figures.get(row) or before(row) or Figures()).after(seen)
    return figures
