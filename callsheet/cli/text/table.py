"""Aligned columns, never cut, so that they can be searched and copied."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

_GAP = "  "


def aligned(rows: Sequence[Sequence[str]], indent: str = "") -> list[str]:
    """Each row as a line, its columns as wide as their widest cell; the last column is not padded."""
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    return [indent + _GAP.join(map(_fill, row, widths)).rstrip() for row in rows]


def _fill(cell: str, width: int) -> str:
    return cell + " " * (width - cell_len(cell))
