"""A question to the person at the terminal."""

from __future__ import annotations

import asyncio
import os
import sys
import threading

from .safe_text import plain


async def ask_yes_or_no(question: str) -> bool:
    """Ask on stderr and wait for a line of stdin; only `y` or `yes` is a yes.

    Work that is under way goes on meanwhile, and Ctrl-C ends the wait as it ends everything else.
    """
    sys.stderr.write(plain(f"{question} [y/N] "))
    sys.stderr.flush()
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[bytes] = loop.create_future()
    threading.Thread(target=_read_line, args=(loop, answer), name="callsheet question", daemon=True).start()
    return (await answer).decode("utf-8", "replace").strip().lower() in ("y", "yes")


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
