"""Questions to the person at the terminal."""

from __future__ import annotations

import asyncio
import os
import sys
import threading

from callsheet.cli.text.safe_text import plain


class Questions:
    """Asks on stderr, and waits for lines of stdin; one question at a time.

    Work that is under way goes on meanwhile, and Ctrl-C ends the wait as it ends everything else.
    """

    def __init__(self) -> None:
        self._line: asyncio.Future[bytes] | None = None

    async def ask(self, question: str) -> bool:
        """Whether the answer is yes; only `y` or `yes` is."""
        sys.stderr.write(plain(f"{question} [y/N] "))
        sys.stderr.flush()
        # Nothing can break off the reading of a line. Where a question was withdrawn, the line that is
        # still to come answers the next one; one that came in between answers none.
        if self._line is None or self._line.done():
            self._line = self._read()
        try:
            line = await asyncio.shield(self._line)
        except asyncio.CancelledError:
            sys.stderr.write("\n")
            raise
        return line.decode("utf-8", "replace").strip().lower() in ("y", "yes")

    def _read(self) -> asyncio.Future[bytes]:
        loop = asyncio.get_running_loop()
        line: asyncio.Future[bytes] = loop.create_future()
        threading.Thread(target=_read_line, args=(loop, line), name="callsheet question", daemon=True).start()
        return line


def _read_line(loop: asyncio.AbstractEventLoop, answer: asyncio.Future[bytes]) -> None:
    # From the descriptor, not from sys.stdin: a thread that waits in there when Python ends holds
    # a lock that Python wants, and Python would abort.
    try:
        line = os.read(sys.stdin.fileno(), 4096)
    except OSError:
        line = b""
    try:
        loop.call_soon_threadsafe(_settle, answer, line)
    except RuntimeError:
        # The loop is closed: nobody waits any more.
        return


def _settle(answer: asyncio.Future[bytes], line: bytes) -> None:
    if not answer.done():
        answer.set_result(line)
