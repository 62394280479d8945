"""What the attempts of a run say about the agents who made them."""

from __future__ import annotations

from collections import deque

from callsheet.agents.registry import Registry
from callsheet.agents.selection.statistics import Observation
from callsheet.agents.spending.terms import FREE, Terms, terms_of
from callsheet.executor.run.state import AttemptRecord, AttemptStatus, RunState

MAX_OBSERVED = 64
_DONE = (AttemptStatus.SUCCEEDED, AttemptStatus.SURPRISED)


def observations_of(run: RunState, registry: Registry) -> list[Observation]:
    """The attempts that succeeded, or failed by their agent's own fault, in the order in which they
    ended; of each agent at each capability the latest 64, since figures forget those before. What agents
    ask is taken from those that there are now."""
    terms = {agent.name: terms_of(agent) for agent in registry.agents}
    latest: dict[tuple[str, str], deque[AttemptRecord]] = {}
    for step in run.steps.values():
        for attempt in step.attempts:
            if attempt.ended is not None and (attempt.status in _DONE or _is_at_fault(attempt)):
                place = attempt.agent, attempt.capability
                known = latest.get(place)
                if known is None:
                    known = latest[place] = deque(maxlen=MAX_OBSERVED)
                known.append(attempt)
    seen = [
        _observation(attempt, capability, terms.get(agent, FREE))
        for (agent, capability), attempts in latest.items()
        for attempt in attempts
    ]
    return sorted(seen, key=lambda each: each.at)


def _observation(attempt: AttemptRecord, capability: str, terms: Terms) -> Observation:
    ended = attempt.started if attempt.ended is None else attempt.ended
    return Observation(
        attempt.agent,
        capability,
        ended,
        max(0.0, ended - attempt.started),
        attempt.status in _DONE,
        terms.cost(attempt.usage),
    )


def _is_at_fault(attempt: AttemptRecord) -> bool:
    return attempt.failure is not None and attempt.failure.agent_at_fault
