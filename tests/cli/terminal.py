"""A program on a pseudo-terminal, driven the way a person drives it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
from pathlib import Path

PATIENCE = 60.0
"""Seconds before a test gives up on a program that hangs; nothing else depends on it."""
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """A program whose stdin, stdout and stderr are one terminal, as wide as $COLUMNS of its environment."""

    def __init__(self, command: list[str], folder: Path, environment: dict[str, str]) -> None:
        self._master, slave = pty.openpty()
        size = struct.pack("HHHH", 50, int(environment["COLUMNS"]), 0, 0)
        fcntl.ioctl(slave, termios.TIOCSWINSZ, size)
        try:
            self._process = subprocess.Popen(
                command, cwd=folder, env=environment, stdin=slave, stdout=slave, stderr=slave
            )
        finally:
            os.close(slave)
        self._raw = ""

    @property
    def screen(self) -> str:
        """All that was shown until now, without colours and cursor movements."""
        return _ESCAPES.sub("", self._raw).replace("\r\n", "\n")

    @property
    def lines(self) -> list[str]:
        """What stands on the terminal now, as if it were wide enough for every line."""
        rows, row = [""], 0
        for part in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|[\r\n]|[^\x1b\r\n]+", self._raw):
            if part == "\n":
                row += 1
                rows += [""] if row == len(rows) else []
            elif part.endswith("A") and part.startswith("\x1b"):
                row = max(0, row - int(part[2:-1] or 1))
            elif part == "\x1b[2K":
                rows[row] = ""
            elif not part.startswith(("\x1b", "\r")):
                rows[row] += part
        return rows

    @property
    def raw(self) -> str:
        """All that was sent to the terminal until now."""
        return self._raw

    def expect(self, text: str) -> None:
        """Wait until the text was shown."""
        while text not in self.screen:
            assert self._read(), f"{text!r} never came; this did:\n{self.screen}"

    def type(self, text: str) -> None:
        """Type the text."""
        os.write(self._master, text.encode())

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        self._process.send_signal(signal.SIGINT)

    def terminate(self) -> None:
        """Ask it to end, as `kill` does."""
        self._process.send_signal(signal.SIGTERM)

    def wait(self) -> int:
        """Wait for the end, and return the exit code."""
        while self._read():
            pass
        return self._process.wait(PATIENCE)

    def close(self) -> None:
        """Leave nothing behind."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        os.close(self._master)

    def _read(self) -> bool:
        ready, _, _ = select.select([self._master], [], [], PATIENCE)
        assert ready, f"the program hangs; it showed:\n{self.screen}"
        try:
            data = os.read(self._master, 65_536)
        except OSError:
            # Linux says so once the other side is closed.
            return False
        self._raw += data.decode("utf-8", "replace")
        return bool(data)
