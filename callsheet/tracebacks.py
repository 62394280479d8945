"""Where in the user's own code an error comes from, and its traceback as text."""

from __future__ import annotations

import sysconfig
import traceback
from pathlib import PurePath
from types import FrameType, TracebackType
from typing import NamedTuple

from callsheet.errors import first_error

MAX_TRACEBACK = 8_000
"""Characters of a traceback that are kept: a quarter from its beginning, the rest from its end."""

_INSTALLED = tuple(sysconfig.get_paths()[name] for name in ("stdlib", "platstdlib", "purelib", "platlib"))
"""The folders of Python's own modules and of installed packages."""
_CARRIED = "__callsheet_origin__"


class Origin(NamedTuple):
    """Where an error comes from. Both are empty for an error that passed nothing but Callsheet's code."""

    place: str
    """The last line of the user's own code that it passed: `my_agents.py:12, in fetch`."""
    traceback: str
    """From the first line that is not Callsheet's, with the errors that caused it."""


def origin_of(error: BaseException) -> Origin:
    """Where an error comes from; of one that crossed a process or a thread, what was attached to it there."""
    carried = getattr(error, _CARRIED, None)
    return carried if isinstance(carried, Origin) else Origin(_last_own_place(error), traceback_text(error))


def attach_origin(error: BaseException, origin: Origin) -> None:
    """Let the error say where it comes from, whatever its traceback says."""
    setattr(error, _CARRIED, origin)


def last_own_line(error: BaseException) -> str:
    """The last line of the user's own code that the error passed, `FILE, line N`: not of Python, of Callsheet
    or of an installed package, except where there is no other; empty where it passed none."""
    lines = [
        (_rank(frame), f"{frame.f_code.co_filename}, line {line}")
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]
    best = max((rank for rank, _ in lines), default=0)
    return next((line for rank, line in reversed(lines) if rank == best), "") if best else ""


def traceback_text(error: BaseException) -> str:
    """The traceback as Python prints it, without what Callsheet called first, and cut where it is long."""
    began = error.__traceback__
    while began is not None and not _rank(began.tb_frame):
        began = began.tb_next
    if began is None:
        return ""
    try:
        text = "".join(traceback.TracebackException(type(error), error, began, compact=True).format())
    except Exception:  # an agent's own __str__, __notes__ or source loader
        text = "".join(traceback.format_tb(began))
    return _cut(text.rstrip())


def _last_own_place(error: BaseException) -> str:
    own: TracebackType | None = None
    # A group was raised where its tasks were waited for, which is not where anything went wrong.
    trace = first_error(error).__traceback__
    while trace is not None:
        own = trace if _rank(trace.tb_frame) == _OWN else own
        trace = trace.tb_next
    if own is None:
        return ""
    code = own.tb_frame.f_code
    return f"{PurePath(code.co_filename).name}:{own.tb_lineno}, in {code.co_name}"


def _cut(text: str) -> str:
    if len(text) <= MAX_TRACEBACK:
        return text
    first, last = MAX_TRACEBACK // 4, MAX_TRACEBACK - MAX_TRACEBACK // 4
    return f"{text[:first]}\n  [{len(text) - MAX_TRACEBACK:,} characters left out]\n{text[-last:]}"


_OWN = 2


def _rank(frame: FrameType) -> int:
    """Whose code it is: 2 the user's own, 1 an installed package's, 0 of Callsheet or Python."""
    file, module = frame.f_code.co_filename, str(frame.f_globals.get("__name__", ""))
    if module.partition(".")[0] == "callsheet" or file.startswith("<frozen"):
        return 0
    if "site-packages" in file or "dist-packages" in file:
        return 1
    return 0 if file.startswith(_INSTALLED) else _OWN
