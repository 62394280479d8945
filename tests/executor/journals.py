"""Journals of both kinds, and other processes that use one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from callsheet.executor.journal.journal import Journal, MemoryJournal
from callsheet.executor.journal.lease import LeaseTerms
from callsheet.executor.journal.sqlite import SqliteJournal
from callsheet.executor.run.events import RunCreated

QUICK = LeaseTerms(tick=0.02, renew=0.1, expiry=0.4)
"""For tests that have to see a lease run out."""


def created(run: str = "r", at: float = 1.0) -> RunCreated:
    """How a run begins."""
    return RunCreated(at, run, f"the goal of {run}", 7)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a journal may be, in a folder that is not there yet."""
    return tmp_path / "deep" / "runs.db"


@pytest.fixture
def in_file(path: Path) -> Iterator[SqliteJournal]:
    """A journal in a file."""
    journal = SqliteJournal(path, lease=LeaseTerms(tick=0.02))
    yield journal
    journal.close()


@pytest.fixture(params=["memory", "file"])
def journal(request: pytest.FixtureRequest, path: Path) -> Iterator[Journal]:
    """A journal of either kind."""
    journal: Journal = (
        MemoryJournal() if request.param == "memory" else SqliteJournal(path, lease=LeaseTerms(tick=0.02))
    )
    yield journal
    journal.close()


PREAMBLE = """
import asyncio, os, sys, time
from callsheet.executor.journal.errors import JournalError, RunOwned, RunTakenOver
from callsheet.executor.run.events import CancellationRequested, RunCreated
from callsheet.executor.journal.lease import LeaseTerms
from callsheet.executor.journal.signals import Approve, Cancel
from callsheet.executor.journal.sqlite import SqliteJournal
QUICK = LeaseTerms(tick=0.02, renew=0.1, expiry=0.4)
journal = SqliteJournal(sys.argv[1], lease=QUICK)
def say(*words):
    print(*words, flush=True)
"""


@contextmanager
def process(path: Path, main: str) -> Iterator[subprocess.Popen[str]]:
    """Another process that has a `journal` in the file, and runs the body of an async function. It is
    ended with the block."""
    body = "".join(f"    {line}\n" for line in main.strip().splitlines())
    with subprocess.Popen(
        [sys.executable, "-c", f"{PREAMBLE}async def main():\n{body}asyncio.run(main())\n", str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        try:
            yield other
        finally:
            other.kill()


def hear(other: subprocess.Popen[str]) -> str:
    """The next line that it says; empty at its end."""
    assert other.stdout is not None
    return other.stdout.readline().strip()


def tell(other: subprocess.Popen[str]) -> None:
    """Let it go on from `input()`."""
    assert other.stdin is not None
    other.stdin.write("\n")
    other.stdin.flush()
