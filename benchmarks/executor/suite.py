"""The whole table, section after section."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

from benchmarks.report import Report

from .line import COLUMNS, Line
from .rivals import peers
from .sections import Scale, at_once, building, imports, in_file, in_memory, large, makespan

Section: TypeAlias = Callable[[Scale], Iterator[Line]]
SECTIONS: Mapping[str, Section] = {
    "memory": in_memory,
    "runs": at_once,
    "makespan": makespan,
    "journal": in_file,
    "building": building,
    "imports": imports,
    "peers": peers,
    "large": large,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options: what is measured, how often, and how large."""
    parser.add_argument(
        "--only", choices=SECTIONS, action="append", help="one section alone; may be given again"
    )
    parser.add_argument(
        "--peers", action=argparse.BooleanOptionalAction, default=True, help="measure other engines too"
    )
    parser.add_argument("--large", action="store_true", help="a plan of 100,000 steps too")
    parser.add_argument("--rounds", type=int, default=7, help="of which the median counts (default: 7)")
    parser.add_argument("--steps", type=int, default=1_000, help="of the graphs (default: 1,000)")
    parser.add_argument("--runs", type=int, default=500, help="at once (default: 500)")
    parser.add_argument(
        "--folder", type=Path, help="where files are made, on the disk in question (default: a temporary one)"
    )


def run(options: argparse.Namespace) -> Report:
    """Measure. Raises GraphNotDone where Callsheet or a reference did not do its work."""
    scale = Scale(options.steps, options.runs, options.rounds, options.folder)
    lines: list[Line] = []
    for name in _wanted(options):
        print(f"measuring: {name}", file=sys.stderr, flush=True)
        lines += SECTIONS[name](scale)
    verdicts = [line.met for line in lines if line.met is not None]
    return Report(
        title=f"the executor, median of {scale.rounds} interleaved rounds",
        columns=COLUMNS,
        rows=tuple(line.cells() for line in lines),
        totals={"targets met": f"{sum(verdicts)} of {len(verdicts)}"},
        met=all(verdicts) if verdicts else None,
    )


def _wanted(options: argparse.Namespace) -> list[str]:
    left_out = {name for name, wanted in (("peers", options.peers), ("large", options.large)) if not wanted}
    return options.only or [name for name in SECTIONS if name not in left_out]
