"""A duration, as it is given at the command line."""

from __future__ import annotations

import math

import click

_SECONDS = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}


def duration(_context: click.Context, _option: click.Parameter, text: str | None) -> float | None:
    """The callback of an option: seconds over 0, from `90`, `1.5s`, `5m`, `2h` or `1d`."""
    return None if text is None else seconds_of(text)


def seconds_of(text: str) -> float:
    """The same for one text. Raises click.BadParameter."""
    number = text.strip().rstrip("smhd")
    unit = text.strip().removeprefix(number)
    try:
        seconds = float(number) * _SECONDS[unit]
    except (ValueError, KeyError):
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise click.BadParameter(f"{text!r} is no duration; write seconds, or 90s, 5m, 2h, 1d")
    return seconds
