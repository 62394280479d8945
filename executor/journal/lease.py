"""The lease on a run: who has it, and whether that one still lives.

Every process that works on runs has one row in the file, with the moment at which its lease runs
out, and renews it while it lives. On the same machine its death shows at once; a process that was
stopped shows by its lease alone, judged by the monotonic clock, which is the same for the whole
machine and never set. Only of another machine nothing is known but the time on the wall.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_DEAD = frozenset("ZXx")
"""The states in /proc/PID/stat of a process that has ended, also while its parent has not asked how."""


@dataclass(frozen=True, slots=True)
class LeaseTerms:
    """In seconds: how often the thread of a journal looks around, how often it renews its lease, and
    how long one lasts that is not renewed."""

    tick: float = 1.0
    renew: float = 5.0
    expiry: float = 15.0


@dataclass(frozen=True, slots=True)
class RunOwner:
    """Who has a run: a process, the name of its machine, and since when, in seconds since the epoch."""

    pid: int
    host: str
    since: float


@dataclass(frozen=True, slots=True)
class Process:
    """A process, as it can be told from every other: `machine` says within what a pid means something
    (this boot of this machine, this namespace), `born` when it started, 0 where that is not known.
    `steady` and `wall` are its clocks, in seconds."""

    pid: int
    host: str
    machine: str
    born: int
    steady: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time

    @classmethod
    def this(cls) -> Process:
        """The one that asks."""
        pid = os.getpid()
        return cls(pid, socket.gethostname(), _machine(), _birth(pid) or 0)


@dataclass(frozen=True, slots=True)
class Lease:
    """What a process has written down about itself. It runs out at `steady_end` on the monotonic clock
    of its machine, at `wall_end` in seconds since the epoch."""

    pid: int
    host: str
    machine: str
    born: int
    steady_end: float
    wall_end: float

    @classmethod
    def from_process(cls, process: Process, terms: LeaseTerms) -> Lease:
        """A lease that begins now."""
        return cls(
            process.pid,
            process.host,
            process.machine,
            process.born,
            process.steady() + terms.expiry,
            process.wall() + terms.expiry,
        )

    def holds(self, judge: Process) -> bool:
        """Whether its process lives and has renewed it in time, as `judge` sees it."""
        if self.machine != judge.machine:
            return judge.wall() < self.wall_end
        return judge.steady() < self.steady_end and _lives(self.pid, self.born)


def _machine() -> str:
    """Boots and namespaces number their processes anew, and containers of one machine differ in them."""
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        spaces = [str(Path(f"/proc/self/ns/{kind}").readlink()) for kind in ("pid", "time")]
        return " ".join((boot, *spaces))
    return socket.gethostname()


def _lives(pid: int, born: int) -> bool:
    # Signal 0 asks; on Windows it would end the process, and there the lease has to do.
    if os.name == "posix":
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        except OSError:
            pass
    found = _birth(pid)
    return found is None or (found > 0 and born in (0, found))


def _birth(pid: int) -> int | None:
    """When a process started, in ticks since the machine did: field 22 of /proc/PID/stat (proc(5)).
    None where that cannot be told, 0 where the process has ended."""
    try:
        line = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        # The second field is the name in parentheses, which may hold spaces and parentheses.
        fields = line[line.rindex(")") + 2 :].split()
        return 0 if fields[0] in _DEAD else int(fields[19])
    except (OSError, ValueError, IndexError):
        return None
