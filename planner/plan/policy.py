"""What a plan may be and do without the user's review."""

from __future__ import annotations

from dataclasses import dataclass, field

from callsheet.agents.contracts.capability import Effect


@dataclass(frozen=True, slots=True)
class Policy:
    """Bounds that the checker holds a plan to.

    `approval_for` are the effects whose steps must carry `approval: true`.
    """

    max_steps: int = 10_000
    approval_for: frozenset[Effect] = field(default_factory=frozenset[Effect])
