"""The dependencies between steps: cycles, what may be skipped, and what is of any use."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from .plan import Join

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Node:
    """A step in the graph. `fickle` where it may end without a result by its own doing: it has
    a condition, or may fail without failing the run."""

    dependencies: tuple[str, ...]
    join: Join
    fickle: bool


def find_cycles(graph: Mapping[str, Node]) -> list[list[str]]:
    """Every group of steps that wait for each other, each as one way round, in plan order."""
    place = {step: at for at, step in enumerate(graph)}
    groups = (group for group in _components(graph) if _is_cyclic(graph, group))
    return [_way_round(graph, group, min(group, key=place.__getitem__)) for group in groups]


def order(graph: Mapping[str, Node]) -> list[str]:
    """The steps, each behind its dependencies. The graph has no cycles."""
    return [step for component in _components(graph) for step in component]


def skippable(graph: Mapping[str, Node]) -> frozenset[str]:
    """The steps that may end without a result although the run goes on. The graph has no cycles."""
    found: set[str] = set()
    for step in order(graph):
        node = graph[step]
        lost = [dependency in found for dependency in node.dependencies]
        by_join = {Join.ALL: any(lost), Join.ANY: bool(lost) and all(lost), Join.DONE: False}
        if node.fickle or by_join[node.join]:
            found.add(step)
    return frozenset(found)


def needed_for(graph: Mapping[str, Node], ends: Iterable[str]) -> frozenset[str]:
    """The steps that the given ones depend on, and these themselves."""
    return closure((end for end in ends if end in graph), lambda step: graph[step].dependencies)


def closure(starts: Iterable[_T], following: Callable[[_T], Iterable[_T]]) -> frozenset[_T]:
    """The starts, and what follows from them, near or far."""
    reached: set[_T] = set()
    pending = list(starts)
    while pending:
        each = pending.pop()
        if each not in reached:
            reached.add(each)
            pending += following(each)
    return frozenset(reached)


def _components(graph: Mapping[str, Node]) -> list[list[str]]:
    """Strongly connected components, each behind those it depends on (Tarjan, 1972; without recursion)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    open_: dict[str, None] = {}
    components: list[list[str]] = []
    for root in graph:
        if root in index:
            continue
        index[root] = low[root] = len(index)
        open_[root] = None
        visits = [(root, iter(graph[root].dependencies))]
        while visits:
            step, rest = visits[-1]
            unseen = next(
                (each for each in rest if each not in index or _settle(each, step, open_, index, low)), None
            )
            if unseen is not None:
                index[unseen] = low[unseen] = len(index)
                open_[unseen] = None
                visits.append((unseen, iter(graph[unseen].dependencies)))
                continue
            visits.pop()
            if visits:
                parent = visits[-1][0]
                low[parent] = min(low[parent], low[step])
            if low[step] == index[step]:
                components.append(_close(step, open_))
    return components


def _settle(
    seen: str, step: str, open_: Mapping[str, None], index: Mapping[str, int], low: dict[str, int]
) -> bool:
    """Take note of an edge to a step that was seen before; it needs no visit."""
    if seen in open_:
        low[step] = min(low[step], index[seen])
    return False


def _close(root: str, open_: dict[str, None]) -> list[str]:
    component: list[str] = []
    while True:
        step, _ = open_.popitem()
        component.append(step)
        if step == root:
            return component


def _is_cyclic(graph: Mapping[str, Node], group: Sequence[str]) -> bool:
    return len(group) > 1 or group[0] in graph[group[0]].dependencies


def _way_round(graph: Mapping[str, Node], group: Sequence[str], start: str) -> list[str]:
    """A shortest way from the start back to it, each step waiting for the next."""
    members = set(group)
    waits: dict[str, str] = {}
    frontier = [start]
    while start not in waits:
        reached: list[str] = []
        for step in frontier:
            for dependency in graph[step].dependencies:
                if dependency in members and dependency not in waits:
                    waits[dependency] = step
                    reached.append(dependency)
        frontier = reached
    way = [waits[start]]
    while way[-1] != start:
        way.append(waits[way[-1]])
    return way[::-1]
