"""Whether the capabilities that a goal needs are in the first cut of a catalog of 1,000."""

from __future__ import annotations

import argparse
import sys
import time

from benchmarks.report import Cell, Report
from callsheet.planner.catalog.embeddings import WordEmbeddings, installed_vectors
from callsheet.planner.catalog.shortlist import MAX_SHORTLISTED, RetrievedShortlist

from .catalog import large_catalog
from .needs import SETS, Need, is_met, read_needs

TARGET = 98
"""Goals of the first set, of a hundred, all of whose capabilities are to be in the first cut."""
COLUMNS = ("goals", "search by", "cut", "all found", "of", "capabilities found", "of all", "ms a goal")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options: how large the cuts are, and whether what is missed is shown."""
    parser.add_argument(
        "--cuts",
        type=int,
        nargs="+",
        default=[40, 60, 80, MAX_SHORTLISTED],
        help=f"capabilities (default: up to {MAX_SHORTLISTED})",
    )
    parser.add_argument("--misses", action="store_true", help="show what is missed, on standard error")


def run(options: argparse.Namespace) -> Report:
    """Cut the catalog for every goal. The target is for the first set, with everything installed."""
    rows: list[tuple[Cell, ...]] = []
    for name in SETS:
        for vectors in dict.fromkeys((installed_vectors(), None)):
            rows += [_row(name, vectors, cut, show=options.misses) for cut in options.cuts]
    totals: dict[str, Cell] = {}
    if installed_vectors() is None:
        totals["word vectors"] = "not installed: pip install 'callsheet[retrieval]'"
    found = found_whole(SETS[0], installed_vectors())
    totals[f"{SETS[0]}, first cut of {MAX_SHORTLISTED}"] = f"{found} of 100, target {TARGET}"
    return Report("A first cut of 1,000 capabilities", COLUMNS, tuple(rows), totals, met=found >= TARGET)


def found_whole(name: str, vectors: WordEmbeddings | None, cut: int = MAX_SHORTLISTED) -> int:
    """For how many goals of a set everything needed is in the cut."""
    shortlist = RetrievedShortlist(large_catalog(), most=cut, vectors=vectors)
    return sum(not _missing(shortlist, goal, needs) for goal, needs in read_needs(name))


def _row(name: str, vectors: WordEmbeddings | None, cut: int, *, show: bool) -> tuple[Cell, ...]:
    goals = read_needs(name)
    shortlist = RetrievedShortlist(large_catalog(), most=cut, vectors=vectors)
    # What is made ready once does not count.
    shortlist.first("make ready")
    started = time.perf_counter()
    missing = [_missing(shortlist, goal, needs) for goal, needs in goals]
    milliseconds = (time.perf_counter() - started) / len(goals) * 1e3
    by = "words" if vectors is None else "words and vectors"
    for (goal, _), missed in zip(goals, missing, strict=True):
        if show and missed:
            print(f"{name}, {by}, {cut}: {goal}: {missed}", file=sys.stderr)
    needed = sum(len(needs) for _, needs in goals)
    lacking = sum(map(len, missing))
    whole = sum(not missed for missed in missing)
    return (name, by, cut, whole, len(goals), needed - lacking, needed, milliseconds)


def _missing(shortlist: RetrievedShortlist, goal: str, needs: tuple[Need, ...]) -> list[Need]:
    names = {each.name for each in shortlist.first(goal)}
    return [need for need in needs if not is_met(need, names)]
