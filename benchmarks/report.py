"""The result of a benchmark: a table, printed as text or as JSON."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from pydantic import JsonValue

_WIDTH = 180

Cell: TypeAlias = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Report:
    """Rows of figures under `columns`, and `totals` over all of them.

    A column's name carries its unit, such as `seconds` or `input tokens`. `met` is False if the
    benchmark missed its target; None if it has none.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    totals: Mapping[str, Cell] = field(default_factory=dict[str, Cell])
    met: bool | None = None

    def to_document(self) -> dict[str, JsonValue]:
        """The same figures as JSON: each row an object under the columns' names."""
        rows: list[JsonValue] = [dict(zip(self.columns, row, strict=True)) for row in self.rows]
        return {"title": self.title, "rows": rows, "totals": dict(self.totals), "met": self.met}


class Benchmark(Protocol):
    """A module of this package that can be run by its name."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add the benchmark's own options."""
        ...

    def run(self, options: argparse.Namespace) -> Report:
        """Measure. Progress goes to standard error."""
        ...


def shown(cell: Cell) -> str:
    """A cell as text."""
    match cell:
        case None:
            return ""
        case bool():
            return "yes" if cell else "no"
        case float():
            return f"{cell:,.2f}" if abs(cell) < 100 else f"{cell:,.0f}"
        case int():
            return f"{cell:,}"
        case str():
            return cell


def print_report(report: Report) -> None:
    """Print the report as a table, as wide as the terminal."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(title=report.title, box=box.SIMPLE_HEAD, title_justify="left")
    for at, column in enumerate(report.columns):
        numeric = _is_numeric(report.rows, at)
        table.add_column(column, justify="right" if numeric else "left", overflow="fold")
    for row in report.rows:
        table.add_row(*(shown(cell).replace("[", r"\[") for cell in row))
    # A file or a pipe has no width, and lines of a table must not be wrapped there.
    console = Console(width=None if sys.stdout.isatty() else _WIDTH)
    console.print(table)
    for name, cell in report.totals.items():
        console.print(f"{name}: {shown(cell)}", markup=False, highlight=False)
    if report.met is not None:
        console.print(f"target: {'met' if report.met else 'missed'}", highlight=False)


def _is_numeric(rows: Sequence[Sequence[Cell]], at: int) -> bool:
    cells = [row[at] for row in rows if row[at] is not None]
    return bool(cells) and all(
        isinstance(cell, (int, float)) and not isinstance(cell, bool) for cell in cells
    )
