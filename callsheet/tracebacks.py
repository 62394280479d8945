"""Where in the user's own code an error comes from."""

from __future__ import annotations

import sysconfig
import traceback
from types import FrameType

_INSTALLED = tuple(sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib", "purelib", "platlib"))
"""The folders of Python's own modules and of installed packages."""


def last_own_line(error: BaseException) -> str:
    """The last line of the user's own code that the error passed, `FILE, line N`: not of Python, of Callsheet
    or of an installed package, except where there is no other; empty where it passed none."""
    lines = [
        (_rank(frame), f"{frame.f_code.co_filename}, line {line}")
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    best = max((rank for rank, _ in lines), default=0)
    return next((line for rank, line in reversed(lines) if rank == best), "") if best else ""


def _rank(frame: FrameType) -> int:
    """Whose code it is: 2 the user's own, 1 an installed package's, 0 of Callsheet or Python."""
    file, module = frame.f_code.co_filename, str(frame.f_globals.get("__name__", ""))
    if module.partition(".")[0] == "callsheet" or file.startswith("<frozen"):
        return 0
    if "site-packages" in file or "dist-packages" in file:
        return 1
    return 0 if file.startswith(_INSTALLED) else 2
