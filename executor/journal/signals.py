"""Signals: how anybody, in whatever process, talks to the owner of a run."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal, Protocol, TypeAlias

import msgspec

from .errors import JournalError
from .reading import reading
from .schema import require_run
from .subscriptions import Notify, Subscriptions
from .writer import Writer

_UNANSWERED = """
SELECT letters.number, letters.at, letters.word FROM letters JOIN runs ON runs.number = letters.run
WHERE runs.id = ? ORDER BY letters.number
"""
_LATEST = """
SELECT runs.id, max(letters.number) FROM letters JOIN runs ON runs.number = letters.run GROUP BY letters.run
"""


class _SignalContent(
    msgspec.Struct, frozen=True, omit_defaults=True, tag_field="word", tag=lambda name: name.lower()
):
    pass


class Cancel(_SignalContent, frozen=True):
    """Stop the run."""

    reason: str = ""


class Pause(_SignalContent, frozen=True):
    """Start nothing more, and let go of the run once what runs has ended."""


class Approve(_SignalContent, frozen=True):
    """The step may start. `by` says who decided."""

    step: str
    by: str = ""


class Deny(_SignalContent, frozen=True):
    """The step must not start. `by` says who decided."""

    step: str
    by: str = ""


class Settle(_SignalContent, frozen=True):
    """What became of work whose outcome was unknown: it was `done`, with this output; it is to be done
    `again`; or it `failed`. `by` says who found out."""

    step: str
    verdict: Literal["done", "again", "failed"]
    item: int | None = None
    output: dict[str, Any] | None = None
    by: str = ""


class Tell(_SignalContent, frozen=True):
    """Something for the planner: the answer to its question, or a new wish. `by` says whose."""

    text: str
    by: str = ""


SignalContent: TypeAlias = Cancel | Pause | Approve | Deny | Settle | Tell


_decoder: msgspec.json.Decoder[SignalContent] = msgspec.json.Decoder(SignalContent)


class Signal(msgspec.Struct, frozen=True):
    """A message to the owner of a run. `number` counts all signals of a journal, `at` is when it was
    posted, in seconds since the epoch."""

    number: int
    at: float
    content: SignalContent


class Signals(Protocol):
    """Signals that wait for the owner of their run. One is answered by `Journal.append`, exactly once."""

    async def send_signal(self, run: str, content: SignalContent) -> None:
        """Leave a signal for whoever has the run, now or later. Raises RunNotFound, JournalError."""
        ...

    async def unanswered(self, run: str) -> list[Signal]:
        """Those not yet answered, in the order in which they came. Raises RunNotFound, JournalError."""
        ...

    def watch(self, run: str, notify: Notify) -> Callable[[], None]:
        """Have `notify` called, on the running event loop, soon after a signal was posted: at once where
        this journal took it, within about a second where another process did; and for signals that wait
        already. Returns a way to stop."""
        ...


class MemorySignals:
    """The signals of a journal in memory. `require` raises RunNotFound for a run that there is not."""

    def __init__(self, require: Callable[[str], object]) -> None:
        self._require = require
        self._unanswered: dict[str, list[Signal]] = {}
        self._last = 0
        self._subscriptions = Subscriptions()

    async def send_signal(self, run: str, content: SignalContent) -> None:
        """Leave a signal for whoever has the run. Raises RunNotFound."""
        self._require(run)
        self._last += 1
        self._unanswered.setdefault(run, []).append(Signal(self._last, time.time(), content))
        self._subscriptions.notify(run)

    async def unanswered(self, run: str) -> list[Signal]:
        """Those not yet answered. Raises RunNotFound."""
        self._require(run)
        return list(self._unanswered.get(run, ()))

    def watch(self, run: str, notify: Notify) -> Callable[[], None]:
        """Have `notify` called whenever a signal was posted, and for those that wait already."""
        stop = self._subscriptions.subscribe(run, notify)
        if self._unanswered.get(run):
            self._subscriptions.notify(run)
        return stop

    def answer(self, run: str, numbers: Sequence[int]) -> None:
        """Take signals away, all or none. Raises JournalError where one does not wait for this run."""
        waiting = self._unanswered.get(run, [])
        require_waiting("in memory", run, numbers, {signal.number for signal in waiting})
        self._unanswered[run] = [signal for signal in waiting if signal.number not in numbers]


class SqliteSignals:
    """The signals of a journal in a file: signals wait in a table."""

    def __init__(self, path: Path, writer: Writer) -> None:
        self._path = path
        self._writer = writer
        self._subscriptions = Subscriptions()
        self._told: dict[str, int] = {}
        self._version = 0

    @property
    def is_needed(self) -> bool:
        """Whether anybody waits for signals."""
        return bool(self._subscriptions)

    async def send_signal(self, run: str, content: SignalContent) -> None:
        """Leave a signal for whoever has the run. Raises RunNotFound, JournalError."""
        values = run, time.time(), msgspec.json.encode(content).decode()
        await self._writer.write(partial(_post, values), partial(self._tell, run))

    async def unanswered(self, run: str) -> list[Signal]:
        """Those not yet answered. Raises RunNotFound, JournalError."""
        with reading(self._path) as connection:
            require_run(connection, run)
            rows = connection.execute(_UNANSWERED, (run,)).fetchall()
        return [Signal(number, at, self._decoded(number, content)) for number, at, content in rows]

    def watch(self, run: str, notify: Notify) -> Callable[[], None]:
        """Have `notify` called soon after a signal was posted, and for those that wait already."""
        stop = self._subscriptions.subscribe(run, notify)
        self._told.pop(run, None)
        self._writer.post(self._tell_all)
        return stop

    def poll(self, connection: sqlite3.Connection) -> None:
        """See whether another process has left signals, if it has written anything at all."""
        ((version,),) = connection.execute("PRAGMA data_version")
        if version != self._version:
            self._tell_all(connection)
            self._version = version

    def _tell_all(self, connection: sqlite3.Connection) -> None:
        watched = set(self._subscriptions.names())
        for run, number in connection.execute(_LATEST).fetchall() if watched else ():
            if run in watched and number > self._told.get(run, 0):
                self._tell(run, number)

    def _tell(self, run: str, number: int) -> None:
        self._told[run] = number
        self._subscriptions.notify(run)

    def _decoded(self, number: int, content: str) -> SignalContent:
        try:
            return _decoder.decode(content)
        except msgspec.DecodeError as error:
            raise JournalError(self._path, f"signal {number} cannot be read: {error}") from None


def _post(values: tuple[str, float, str], connection: sqlite3.Connection) -> int:
    run, at, content = values
    number = require_run(connection, run)
    statement = "INSERT INTO letters (run, at, word) VALUES (?, ?, ?) RETURNING number"
    ((posted,),) = connection.execute(statement, (number, at, content)).fetchall()
    return int(posted)


def answer(connection: sqlite3.Connection, path: Path, run: str, numbers: Sequence[int]) -> None:
    """Take signals away, as a part of a transaction. Raises JournalError where one does not wait."""
    waiting = [number for number, _, _ in connection.execute(_UNANSWERED, (run,))]
    require_waiting(path, run, numbers, waiting)
    connection.executemany("DELETE FROM letters WHERE number = ?", [(number,) for number in numbers])


def require_waiting(path: Path | str, run: str, numbers: Sequence[int], waiting: Iterable[int]) -> None:
    """Raise JournalError unless each of these signals waits for an answer."""
    gone = sorted(set(numbers).difference(waiting))
    if gone:
        named = ", ".join(map(str, gone))
        raise JournalError(path, f"no signal {named} is waiting for run {run!r}; each is answered once")
