"""Measuring several contenders in turn, so that what disturbs the machine disturbs them alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.graphs import Graph

from .contender import Contender, Measured


@dataclass(frozen=True, slots=True)
class Rounds:
    """What one contender took in each round."""

    name: str
    all: tuple[Measured, ...]

    @property
    def typical(self) -> Measured:
        """The round of the median; of an even number, the slower one of the two in the middle."""
        return sorted(self.all, key=lambda each: each.seconds)[len(self.all) // 2]

    def ratio_to(self, other: Rounds) -> float:
        """The median of the ratios a step, each within one round."""
        pairs = zip(self.all, other.all, strict=True)
        return median(ours.micros_a_step / theirs.micros_a_step for ours, theirs in pairs)


def take_turns(
    contenders: Sequence[Contender], graph: Graph, rounds: int, *, runs: int = 1, seconds: float = 0.0
) -> list[Rounds]:
    """What each contender took on the graph. Raises GraphNotDone."""
    # A first time each, which does not count: imports, caches, the first plan.
    for contender in contenders:
        contender.measure(graph, runs=runs, seconds=seconds)
    measured = [
        tuple(contender.measure(graph, runs=runs, seconds=seconds) for contender in contenders)
        for _ in range(rounds)
    ]
    by_contender = zip(*measured, strict=True)
    return [Rounds(each.name, all) for each, all in zip(contenders, by_contender, strict=True)]
