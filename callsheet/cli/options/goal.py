"""The goal as given in a shell."""

from __future__ import annotations

import sys

STDIN = "-"


def read_goal(argument: str) -> str:
    """The goal in an argument; `-` reads stdin. Bytes that are not UTF-8 become replacement characters."""
    if argument == STDIN:
        return sys.stdin.buffer.read().decode("utf-8", "replace")
    return argument.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
