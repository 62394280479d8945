"""Lives in which something goes wrong around the run: the event loop, the clock, the disk."""

from __future__ import annotations

import resource
import sqlite3
import time
from typing import Any

from callsheet.agents.agent import Context
from callsheet.agents.errors import Retryable
from callsheet.agents.functions.decorator import agent
from callsheet.executor.clocks.clock import Clock
from callsheet.executor.clocks.virtual_loop import VirtualClock

from .fork_server import Voice
from .scenes import perform
from .stage import QUICK, Stage


def stall(voice: Voice, folder: str, plan: dict[str, Any], step: str, seconds: float, **words: Any) -> None:
    """A life in which one step blocks the event loop."""
    voice.say("alive")
    stage = Stage(folder, lease=QUICK, **words)

    @agent(effect="pure")
    async def add(numbers: list[int], salt: int, context: Context) -> int:
        """Add, and block."""
        stage.witness.begin(context)
        if context.step == step:
            voice.say("stalling")
            time.sleep(seconds)  # noqa: ASYNC251 - that is what it is for
            voice.say("stalled")
        return sum(numbers) + salt

    perform(voice, stage, plan, [add], really=True)


class JumpingClock:
    """A clock that is set anew, by so many seconds, once it has been read so many times."""

    def __init__(self, clock: Clock, seconds: float, after: int) -> None:
        self._clock = clock
        self._seconds = seconds
        self._left = after

    def now(self) -> float:
        """What it says now."""
        self._left -= 1
        return self._clock.now() + (self._seconds if self._left < 0 else 0.0)


def jump(voice: Voice, folder: str, plan: dict[str, Any], seconds: float, after: int, **words: Any) -> None:
    """A life in which the clock jumps."""
    voice.say("alive")
    stage = Stage(folder, **words)
    perform(voice, stage, plan, clock=JumpingClock(VirtualClock(), seconds, after))


def break_off(voice: Voice, folder: str, plan: dict[str, Any], step: str, fault: str, **words: Any) -> None:
    """A life whose journal cannot be written any more from the middle of one step on."""
    voice.say("alive")
    stage = Stage(folder, **words)
    others: list[sqlite3.Connection] = []

    @agent(effect="pure")
    async def add(numbers: list[int], salt: int, context: Context) -> int:
        """Add; or spoil the disk, and then have much to say."""
        stage.witness.begin(context)
        if context.step == step:
            others.append(_spoil(stage, fault))
            raise Retryable("x" * 50_000)
        return sum(numbers) + salt

    perform(voice, stage, plan, [add])


def _spoil(stage: Stage, fault: str) -> sqlite3.Connection:
    path = stage.folder / "runs.db"
    other = sqlite3.connect(path, isolation_level=None)
    # The writer's thread has nothing to do while the attempt runs.
    (writer,) = stage.writers
    match fault:
        case "locked":
            writer.execute("PRAGMA busy_timeout = 100")
            other.execute("BEGIN IMMEDIATE")
        case "read-only":
            writer.execute("PRAGMA query_only = 1")
        case "full":
            ((pages,),) = writer.execute("PRAGMA page_count")
            writer.execute(f"PRAGMA max_page_count = {pages}")
        case _:
            size = path.with_name("runs.db-wal").stat().st_size
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    return other
