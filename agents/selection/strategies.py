"""Which of the agents that could begin now gets the work.

A strategy is a function of the candidates alone, so the same candidates always give the same choice. Where an
estimate is needed, what is known of a candidate counts as far as it can be trusted (`Figures.trust`), and the
rest is optimism: an unknown agent is thought to be as fast as the fastest and never to fail, so it is tried.
While it has running attempts and no history, optimism shrinks, so it isn't flooded. History fades with a
half-life of an hour, so no agent is banned for ever.

Candidates whose estimates lie within a tenth of the best count as equal: of these the one with the fewest
running attempts is taken, then the one that was given work longest ago, then the first. So load spreads over
equal agents, in whatever order they stand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

import msgspec

from callsheet.agents.agent import Agent
from callsheet.agents.models.chat import Usage
from callsheet.agents.selection.errors import StrategyError
from callsheet.agents.spending.terms import FREE, Terms
from callsheet.suggestions import nearest

from .statistics import Figures

TYPICAL = Usage(input_tokens=1_000, output_tokens=1_000)
"""What an attempt is thought to use at an agent of which no cost is known."""

TOLERANCE = 0.1
"""Estimates that lie no further apart, as a share of the best, are no reason to prefer one."""

_UNKNOWN = Figures()


class Candidate(msgspec.Struct, frozen=True, eq=False):
    """An agent that could begin now."""

    agent: Agent
    """The agent."""

    figures: Figures | None = None
    """How it has done this capability, as that counts now; None without history."""

    terms: Terms = FREE
    """Its prices and limits."""

    running: int = 0
    """How many of its attempts are running."""

    failures: int = 0
    """How many attempts at this very work it failed."""

    turn: int = 0
    """The number of the last choice that fell on it (0: none yet), so the least has waited longest."""


Strategy: TypeAlias = Callable[[Sequence[Candidate]], Candidate]
"""Chooses one of the candidates, who are at least one, in the order of the registry."""


def balanced(candidates: Sequence[Candidate]) -> Candidate:
    """The least `(1 + time + cost + load) / reliability`.

    Time and cost are estimates over the mean of all candidates', load is the share of all their running
    attempts. So twice as slow weighs as much as twice as dear, a busy agent leaves work to the others, and
    one that fails every second time counts double: it takes two attempts to get an answer from it.
    """
    times, costs = _shares(_seconds(candidates)), _shares(_costs(candidates))
    running = sum(each.running for each in candidates) or 1
    return _least(
        candidates,
        [
            (1 + time + cost + each.running / running) / max(_figures(each).reliability, 0.01)
            for each, time, cost in zip(candidates, times, costs, strict=True)
        ],
    )


def fastest(candidates: Sequence[Candidate]) -> Candidate:
    """The least mean time, among those at least half as reliable as the best."""
    sound = _sound(candidates)
    return _least(sound, _seconds(sound))


def cheapest(candidates: Sequence[Candidate]) -> Candidate:
    """The least mean cost, among those at least half as reliable as the best."""
    sound = _sound(candidates)
    return _least(sound, _costs(sound))


def most_reliable(candidates: Sequence[Candidate]) -> Candidate:
    """The least likely to fail. A candidate with little history is doubted while it has running attempts."""
    return _least(candidates, [1 / max(_reliability(each), 0.01) for each in candidates])


def round_robin(candidates: Sequence[Candidate]) -> Candidate:
    """The one that was given work longest ago."""
    return min(candidates, key=lambda each: each.turn)


def least_loaded(candidates: Sequence[Candidate]) -> Candidate:
    """The one with the fewest running attempts."""
    return min(candidates, key=lambda each: (each.running, each.turn))


STRATEGIES: Mapping[str, Strategy] = MappingProxyType(
    {each.__name__: each for each in (balanced, fastest, cheapest, most_reliable, round_robin, least_loaded)}
)
"""Every strategy that has a name."""


def strategy_named(name: str) -> Strategy:
    """The strategy of this name. Raises StrategyError."""
    if name in STRATEGIES:
        return STRATEGIES[name]
    found = nearest(name, STRATEGIES)
    suggestion = f"did you mean {found!r}? " if found else ""
    raise StrategyError(f"there is no strategy {name!r}; {suggestion}there are {', '.join(STRATEGIES)}")


def _figures(candidate: Candidate) -> Figures:
    return candidate.figures or _UNKNOWN


def _seconds(candidates: Sequence[Candidate]) -> list[float]:
    figures = [_figures(each) for each in candidates]
    best = min((each.mean_seconds for each in figures if each.speed_trust), default=1.0)
    return [
        each.speed_trust * each.mean_seconds + (1 - each.speed_trust) * best * (1 + candidate.running)
        for each, candidate in zip(figures, candidates, strict=True)
    ]


def _costs(candidates: Sequence[Candidate]) -> list[float]:
    return [_cost(each, _figures(each)) for each in candidates]


def _cost(candidate: Candidate, figures: Figures) -> float:
    return figures.trust * figures.mean_cost + (1 - figures.trust) * candidate.terms.cost(TYPICAL)


def _reliability(candidate: Candidate) -> float:
    figures = _figures(candidate)
    doubt = (1 - figures.trust) * candidate.running / (candidate.running + 1)
    return figures.reliability - doubt


def _sound(candidates: Sequence[Candidate]) -> Sequence[Candidate]:
    enough = max(_figures(each).reliability for each in candidates) / 2
    return [each for each in candidates if _figures(each).reliability >= enough]


def _shares(values: Sequence[float]) -> Sequence[float]:
    """Each value over the mean of all; all 0 where that is 0."""
    mean = sum(values) / len(values)
    return [value / mean if mean else 0.0 for value in values]


def _least(candidates: Sequence[Candidate], estimates: Sequence[float]) -> Candidate:
    enough = min(estimates) * (1 + TOLERANCE)
    near = [each for each, estimate in zip(candidates, estimates, strict=True) if estimate <= enough]
    return least_loaded(near)
