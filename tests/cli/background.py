"""A `callsheet` that runs beside the test, until it ends or is killed."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

PATIENCE = 60.0
"""Seconds before a test gives up on a program that hangs; nothing else depends on it."""


class Background:
    """A program without a terminal."""

    def __init__(self, command: list[str], folder: Path, environment: dict[str, str]) -> None:
        self._folder = folder
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    def until_begun(self, agent: str, times: int = 1) -> None:
        """Wait until the agent has been given its work so many times, as the log in the folder has it."""
        end = time.monotonic() + PATIENCE
        while begun(self._folder).count(agent) < times:
            assert self._process.poll() is None, self._process.communicate()[1]
            assert time.monotonic() < end, f"{agent} was never given anything"
            time.sleep(0.02)

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        self._process.send_signal(number)

    def line(self) -> str:
        """The next line that it writes to stderr."""
        assert self._process.stderr is not None
        line = self._process.stderr.readline()
        assert line, "the program has ended"
        return line

    def kill(self) -> None:
        """End it at once, as kill -9 does."""
        self._process.kill()
        self._process.communicate()

    def wait(self) -> tuple[int, str, str]:
        """Wait for the end: the exit code, what it wrote to stdout, and what to stderr."""
        stdout, stderr = self._process.communicate(timeout=PATIENCE)
        return self._process.returncode, stdout, stderr

    def close(self) -> None:
        """Leave nothing behind."""
        if self._process.poll() is None:
            self.kill()
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()


def begun(folder: Path) -> list[str]:
    """The agents of the folder's team that were given work, in order."""
    log = folder / "log.txt"
    return log.read_text().split() if log.exists() else []
