"""What a contender leaves in its SQLite file."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple


class Weight(NamedTuple):
    """Rows of all tables, and bytes of the file, its log written back."""

    rows: int
    bytes: int

    def __sub__(self, other: Weight) -> Weight:
        return Weight(self.rows - other.rows, self.bytes - other.bytes)


EMPTY = Weight(0, 0)


def weigh(path: Path) -> Weight:
    """What is in the file, which no process has open; zero if there is none."""
    if not path.exists():
        return EMPTY
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        # A name cannot be bound, and these come out of the file that was just made here.
        rows = sum(_first(connection, f'SELECT count(*) FROM "{name}"') for (name,) in tables)
        return Weight(rows, _first(connection, "PRAGMA page_count") * _first(connection, "PRAGMA page_size"))


def _first(connection: sqlite3.Connection, statement: str) -> int:
    (value,) = connection.execute(statement).fetchone()
    return int(value)
