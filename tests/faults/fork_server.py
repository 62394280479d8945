"""A process that has imported everything and forks one life after another: a kill costs milliseconds."""

from __future__ import annotations

import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from callsheet.prompts.budget import count_tokens

TESTS = Path(__file__).parent.parent
PATIENCE_SECONDS = 30.0
GRAVE = "went wrong: "
"""How the last words of a life begin that ended by an exception."""
_PROGRAM = "import sys; sys.path.insert(0, sys.argv[1]); from faults.fork_server import serve; serve()"


class Voice:
    """How a life is heard: JSON, a line at a time. What was said before a kill is heard all the same."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe

    def say(self, word: Any) -> None:
        """One line."""
        os.write(self._pipe, json.dumps(word).encode() + b"\n")


class Life:
    """A forked process, as whoever asked for it sees it."""

    def __init__(self, server: ForkServer, pid: int, pipe: int) -> None:
        self.pid = pid
        self._server = server
        self._pipe: int | None = pipe
        self._heard = b""
        self._status: int | None = None

    def hear(self, seconds: float = PATIENCE_SECONDS) -> Any:
        """The next thing that it says; None once it has ended. Raises TimeoutError."""
        assert self._pipe is not None, "nobody listens to this life any more"
        given_up = time.monotonic() + seconds
        while b"\n" not in self._heard:
            left = given_up - time.monotonic()
            # Not `select`: there may be more than a thousand pipes by now.
            poll = select.poll()
            poll.register(self._pipe, select.POLLIN)
            if left <= 0 or not poll.poll(left * 1000):
                raise TimeoutError(f"process {self.pid} says nothing")
            heard = os.read(self._pipe, 1 << 16)
            if not heard:
                return None
            self._heard += heard
        line, self._heard = self._heard.split(b"\n", 1)
        return json.loads(line)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def kill(self) -> int:
        """End it, if it has not ended by itself; how it ended."""
        if self._status is None:
            self.signal(signal.SIGKILL)
        return self.wait()

    def wait(self) -> int:
        """How it ended: its exit code, or minus the signal that ended it."""
        if self._status is None:
            self._status = self._server.wait(self.pid)
        return self._status

    def last_words(self, heard: Any = None) -> Any:
        """The last thing that it said after what was `heard`, once it has ended. Raises AssertionError where
        it went wrong."""
        word, last = heard or self.hear(), heard
        while word is not None:
            assert not (isinstance(word, str) and word.startswith(GRAVE)), word
            word, last = self.hear(), word
        return last

    def close(self) -> None:
        """End it, and forget about it."""
        self.kill()
        if self._pipe is not None:
            os.close(self._pipe)
            self._pipe = None


class ForkServer:
    """The server, as a test sees it. Not for several threads at once."""

    def __init__(self) -> None:
        self._control, theirs = socket.socketpair()
        with theirs:
            command = [sys.executable, "-c", _PROGRAM, str(TESTS), str(theirs.fileno())]
            self._process = subprocess.Popen(command, pass_fds=[theirs.fileno()])
        self._lives: list[Life] = []

    def fork(self, scene: Callable[..., None], **words: Any) -> Life:
        """A life of its own for `scene(voice, **words)`, a function at the top of a module here. The words
        are JSON."""
        place = Path(scene.__code__.co_filename).stem, scene.__name__
        self._control.sendall(json.dumps([*place, words]).encode() + b"\n")
        answer, pipes, _, _ = socket.recv_fds(self._control, 64, 1)
        life = Life(self, int(answer), pipes[0])
        self._lives.append(life)
        return life

    def wait(self, pid: int) -> int:
        """How a life ended."""
        self._control.sendall(json.dumps(pid).encode() + b"\n")
        return int(self._control.recv(64))

    def bury(self) -> None:
        """End all lives that there still are."""
        for life in self._lives:
            life.close()
        self._lives.clear()

    def close(self) -> None:
        """End every life, and the server."""
        self.bury()
        self._control.close()
        self._process.wait()


def serve() -> None:
    """In the server: fork when asked, until nobody can ask any more."""
    importlib.import_module("faults.stage")
    # Its tables take longer to load than most lives last.
    count_tokens("")
    gc.freeze()
    with socket.socket(fileno=int(sys.argv[2])) as control, control.makefile("rb") as requests:
        for line in requests:
            request = json.loads(line)
            if isinstance(request, int):
                _, status = os.waitpid(request, 0)
                control.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
            else:
                _fork(control, *request)


def _fork(control: socket.socket, module: str, name: str, words: dict[str, Any]) -> None:
    scene = getattr(importlib.import_module(f"faults.{module}"), name)
    hearing, speaking = os.pipe()
    pid = os.fork()
    if pid == 0:
        control.detach()
        os.close(hearing)
        _live(scene, Voice(speaking), words)
    os.close(speaking)
    socket.send_fds(control, [b"%d\n" % pid], [hearing])
    os.close(hearing)


def _live(scene: Callable[..., None], voice: Voice, words: dict[str, Any]) -> None:
    """In a forked process: play the scene, and end."""
    code = 1
    try:
        scene(voice, **words)
        code = 0
    except BaseException:
        with suppress(OSError):
            voice.say(GRAVE + traceback.format_exc())
    finally:
        # Nothing of the server's is cleared away by its children.
        os._exit(code)
