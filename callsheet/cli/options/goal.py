"""The goal, as it comes from a shell."""

from __future__ import annotations

import sys

STDIN = "-"


def read_goal(argument: str) -> str:
    """The goal of an argument; `-` means whatever stdin holds. Bytes that are no UTF-8 become marks."""
    if argument == STDIN:
        return sys.stdin.buffer.read().decode("utf-8", "replace")
    return argument.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
