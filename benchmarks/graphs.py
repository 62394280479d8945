"""The graphs that every contender of a benchmark carries out: pure data, the same for all."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

SEED = 20261101
LAYER_WIDTH = 40
"""Steps in one layer, whatever the size: a larger graph is a longer one, not another kind."""
MAX_DEPENDENCIES = 3


@dataclass(frozen=True)
class Graph:
    """Steps numbered from 0, each with the steps that it needs, all of them lower numbers."""

    name: str
    dependencies: tuple[tuple[int, ...], ...]

    def __len__(self) -> int:
        return len(self.dependencies)

    @cached_property
    def dependants(self) -> tuple[tuple[int, ...], ...]:
        """Of each step, the steps that need it."""
        dependants: list[list[int]] = [[] for _ in self.dependencies]
        for step, needed in enumerate(self.dependencies):
            for dependency in needed:
                dependants[dependency].append(step)
        return tuple(map(tuple, dependants))

    @cached_property
    def roots(self) -> tuple[int, ...]:
        """The steps that need nothing."""
        return tuple(step for step, needed in enumerate(self.dependencies) if not needed)

    @cached_property
    def depth(self) -> int:
        """How many steps the longest path has: the critical path, where all take the same time."""
        depths: list[int] = []
        for needed in self.dependencies:
            depths.append(1 + max((depths[dependency] for dependency in needed), default=0))
        return max(depths, default=0)

    def find_fault(self, order: Sequence[int]) -> str | None:
        """Why steps that were done in this order were not done rightly; None where they were."""
        done: set[int] = set()
        for step in order:
            if step in done:
                return f"step {step} was done twice"
            if not done.issuperset(self.dependencies[step]):
                return f"step {step} was done before what it needs"
            done.add(step)
        return None if len(done) == len(self) else f"{len(self) - len(done)} steps were not done"


def chain(size: int) -> Graph:
    """One step after the other."""
    return Graph("chain", tuple((step - 1,) if step else () for step in range(size)))


def fan_out(leaves: int) -> Graph:
    """One root, so many leaves, and one step that needs all of them."""
    between = tuple(range(1, leaves + 1))
    return Graph("fan-out", ((), *((0,) for _ in between), between))


def layered(size: int, width: int = LAYER_WIDTH) -> Graph:
    """Layers of `width` steps, each needing one to three of the layer before, drawn with a fixed seed."""
    draw = random.Random(SEED)
    dependencies: list[tuple[int, ...]] = []
    for step in range(size):
        first = step - step % width
        before = range(max(0, first - width), first)
        count = min(len(before), draw.randint(1, MAX_DEPENDENCIES))
        dependencies.append(tuple(sorted(draw.sample(before, count))))
    return Graph("layered", tuple(dependencies))
