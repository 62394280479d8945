"""The lists of words that lie beside the code as text files."""

from __future__ import annotations

from importlib.resources import files


def lines_of(name: str) -> list[str]:
    """The lines of a list, without blank lines and comments."""
    lines = files("callsheet.planner.catalog").joinpath(name).read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]
