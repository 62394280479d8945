"""What the attempts of a run say about the agents who made them."""

from __future__ import annotations

from collections.abc import Iterator

from callsheet.agents.figures import Observation
from callsheet.agents.registry import Registry
from callsheet.agents.terms import terms_of

from .record import AttemptRecord, AttemptStatus, RunRecord

_DONE = (AttemptStatus.SUCCEEDED, AttemptStatus.SURPRISED)


def observations_of(record: RunRecord, registry: Registry) -> Iterator[Observation]:
    """Every attempt that succeeded, or failed by its agent's own fault; by step, in the order in which
    they began. What agents ask is taken from those that there are now."""
    terms = {agent.name: terms_of(agent) for agent in registry.agents}
    for step in record.steps.values():
        for attempt in step.attempts:
            succeeded = attempt.status in _DONE
            if attempt.ended is not None and (succeeded or _is_at_fault(attempt)):
                known = terms.get(attempt.agent)
                yield Observation(
                    attempt.agent,
                    step.capability,
                    attempt.ended,
                    max(0.0, attempt.ended - attempt.started),
                    succeeded,
                    0.0 if known is None else known.cost(attempt.usage),
                )


def _is_at_fault(attempt: AttemptRecord) -> bool:
    return attempt.failure is not None and attempt.failure.agent_at_fault
