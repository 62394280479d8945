"""Which agent gets an attempt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .agent import Agent


def select(
    agents: Sequence[Agent],
    *,
    failures: Mapping[str, int] | None = None,
    running: Mapping[str, int] | None = None,
) -> Agent:
    """One of `agents`, which are at least one, in the registry's order.

    The one with the fewest failures at this very piece of work, among those the one with the
    least work running, among those the first. `failures` and `running` count by agent name; a
    name that isn't there counts zero. The same arguments always give the same agent.
    """
    failed = failures or {}
    load = running or {}
    return min(agents, key=lambda agent: (failed.get(agent.name, 0), load.get(agent.name, 0)))
