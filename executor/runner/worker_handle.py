"""A process that works for runs, seen from the run's side, and the thread that talks to it."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, TypeAlias, cast

from .agent_reference import AgentReference
from .channel import Asked, Begun, CallModel, Forget, ModelAnswer, Progressed, Raised, Returned, run_end
from .errors import ChannelBroken

_START = (
    "import sys; sys.path[:] = sys.argv[1:]; del sys.argv[1:]; "
    "from callsheet.executor.runner.worker import main; main()"
)
_GOODBYE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Home:
    """What a process is started with and for: the module of its agents, and what surrounds it."""

    module: str
    file: str | None
    folder: str
    search_path: tuple[str, ...]
    environment: dict[str, str] = field(repr=False)

    @classmethod
    def here(cls, place: AgentReference) -> Home:
        """For the agents of that module, with the surroundings of this process as they are now."""
        return cls(place.module, place.file, str(Path.cwd()), tuple(sys.path), dict(os.environ))


@dataclass(frozen=True, slots=True)
class Died:
    """The process ended before its task did: its exit code, below zero the signal that ended it; None
    where it closed the channel and went on. `begun` is whether the agent may have done anything."""

    code: int | None
    begun: bool


End: TypeAlias = Returned | Raised | Died


@dataclass(frozen=True, slots=True)
class PendingTask:
    """A task on its way: as it is written, who hears what the agent asks meanwhile (in another
    thread, and with where to send the answer), and how it ended."""

    task: bytes
    hear: Callable[[Asked, Callable[[ModelAnswer], None]], None]
    ended: Future[End] = field(default_factory=Future[End])


class WorkerProcess:
    """A process that does one task at a time, until it is dismissed or has had nothing to do for
    `idle_seconds`.

    Whatever the agents started and did not move to a session of its own ends with it. `gone` is done
    once the process is. Raises OSError where it cannot be started.
    """

    def __init__(self, home: Home, idle_seconds: float) -> None:
        self.home = home
        self.gone = Future[None]()
        self._idle_seconds = idle_seconds
        self._lock = threading.Lock()
        self._pending_tasks: queue.SimpleQueue[PendingTask | None] = queue.SimpleQueue()
        self._is_leaving = False
        self._process = _start(home)
        self._source, self._sink = _pipes(self._process)
        self._channel = run_end(self._source, self._sink)
        threading.Thread(target=self._live, name="callsheet process", daemon=True).start()

    def give(self, pending_task: PendingTask) -> bool:
        """Have a task done; false where the process is about to leave."""
        with self._lock:
            if self._is_leaving:
                return False
            # From now on it cannot be taken back by cancelling: how it ends is always told.
            pending_task.ended.set_running_or_notify_cancel()
            self._pending_tasks.put(pending_task)
            return True

    def dismiss(self) -> None:
        """Let it go once it has done what it was given."""
        with self._lock:
            self._is_leaving = True
            self._pending_tasks.put(None)

    def terminate(self) -> None:
        """Tell it to stop what it does, and to go."""
        self.dismiss()
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it now."""
        self.dismiss()
        self._signal(signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)

    def _live(self) -> None:
        try:
            while (pending_task := self._next()) is not None and self._run(pending_task):
                pass
        finally:
            self._part()
            self.gone.set_result(None)

    def _next(self) -> PendingTask | None:
        with suppress(queue.Empty):
            return self._pending_tasks.get(timeout=self._idle_seconds)
        with self._lock:
            if self._pending_tasks.empty():
                self._is_leaving = True
                return None
        return self._pending_tasks.get()

    def _run(self, pending_task: PendingTask) -> bool:
        """Do a task; whether the process can do another one."""
        begun = False
        try:
            self._channel.send_encoded(pending_task.task)
            while True:
                said = self._channel.receive()
                if isinstance(said, Begun):
                    begun = True
                elif isinstance(said, (CallModel, Forget, Progressed)):
                    pending_task.hear(said, self._answer)
                else:
                    pending_task.ended.set_result(said)
                    return True
        except ChannelBroken:
            pending_task.ended.set_result(Died(self._await_end(), begun))
            return False

    def _answer(self, answer: ModelAnswer) -> None:
        with suppress(ChannelBroken):
            self._channel.send(answer)

    def _part(self) -> None:
        """Tell the process, if it is still there, that nothing more will come."""
        with self._lock:
            self._is_leaving = True
        # What was not written when the process died cannot be written now either.
        with suppress(OSError):
            self._sink.close()
        self._await_end()
        self._source.close()

    def _await_end(self) -> int | None:
        """Wait until the process is gone, and not for long; its exit code, None if it was killed for
        that."""
        late = threading.Event()
        timer = threading.Timer(_GOODBYE_SECONDS, self._lose_patience, (late,))
        timer.daemon = True
        timer.start()
        code = self._process.wait()
        timer.cancel()
        self._sweep()
        return None if late.is_set() else code

    def _lose_patience(self, late: threading.Event) -> None:
        late.set()
        self._process.kill()

    def _signal(self, number: int) -> None:
        if self._process.poll() is None:
            self._process.send_signal(number)

    def _sweep(self) -> None:
        """End what the process left behind in its session."""
        if sys.platform != "win32":
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)


def _start(home: Home) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        # Without -P a file of the working folder could take the place of a module.
        [sys.executable, "-P", "-c", _START, *home.search_path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=home.folder,
        env=home.environment,
        # Ctrl-C at a terminal is for the run, which then stops its processes in good order.
        start_new_session=True,
    )


def _pipes(process: subprocess.Popen[bytes]) -> tuple[BinaryIO, BinaryIO]:
    """What the process writes, and what it reads."""
    return cast(BinaryIO, process.stdout), cast(BinaryIO, process.stdin)
