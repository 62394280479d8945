"""What an orchestrator works with: journaled with every run, so that the run can be replayed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from callsheet.agents.models.chat import ChatModel, Usage, host_of
from callsheet.agents.models.errors import ModelNotConfigured
from callsheet.agents.registry import Registry
from callsheet.agents.spending.demand import demand_of
from callsheet.agents.spending.prices import Prices
from callsheet.agents.spending.terms import FREE, terms_of
from callsheet.executor.run.events import EquippedAgent, RunEquipped
from callsheet.planner.formats.plan_format import WireFormat
from callsheet.planner.plan.policy import Policy

_MILLION = 1_000_000
_PRICED = (
    Usage(input_tokens=_MILLION),
    Usage(output_tokens=_MILLION),
    Usage(input_tokens=_MILLION, cached_tokens=_MILLION),
)


class Equipment:
    """The catalog, the agents and the model of an orchestrator. What never changes is computed once.

    `wire_format` is how the model writes plans; None leaves that to the model.
    """

    def __init__(
        self,
        registry: Registry,
        model: ChatModel | None,
        policy: Policy,
        prices: Prices,
        wire_format: WireFormat | None,
    ) -> None:
        self.registry = registry
        self.model = model
        self.policy = policy
        self.prices = prices
        self.wire_format = wire_format

    def require_model(self) -> ChatModel:
        """The model. Raises ModelNotConfigured where there is none."""
        if self.model is None:
            raise ModelNotConfigured(
                "planning needs a model, and this orchestrator has none; give it `model=`"
            )
        return self.model

    @cached_property
    def digest(self) -> str:
        """Identifies a catalog: SHA-256 over the contracts, cut to 16 characters."""
        return digest_of(self._contracts)

    def noted(self, at: float, time_limit: float | None) -> RunEquipped:
        """The event of a run that begins now. Raises TermsError for invalid terms or an invalid demand."""
        return RunEquipped(
            at,
            self._contracts,
            self._agents,
            self.policy.max_steps,
            tuple(sorted(self.policy.approval_for)),
            0 if self.model is None else self.model.context_tokens,
            "" if self.wire_format is None else self.wire_format.name,
            self._price(at),
            time_limit,
            "" if self.model is None else host_of(self.model),
        )

    @cached_property
    def _contracts(self) -> tuple[dict[str, Any], ...]:
        return tuple(capability.model_dump(mode="json") for capability in self.registry.catalog)

    @cached_property
    def _agents(self) -> tuple[EquippedAgent, ...]:
        return equipped_agents(self.registry)

    def _price(self, at: float) -> tuple[str, str, str] | None:
        if self.model is None:
            return None
        amounts = [self.prices.cost(self.model.name, usage, at) for usage in _PRICED]
        asked, answered, cached = (None if amount is None else str(amount) for amount in amounts)
        return None if asked is None or answered is None or cached is None else (asked, answered, cached)


def digest_of(contracts: Sequence[dict[str, Any]]) -> str:
    """Identifies a catalog: SHA-256 over the contracts, cut to 16 characters."""
    return hashlib.sha256(json.dumps(list(contracts), sort_keys=True).encode()).hexdigest()[:16]


def equipped_agents(registry: Registry) -> tuple[EquippedAgent, ...]:
    """The agents of a registry, as a run notes them. Raises TermsError."""
    return tuple(
        EquippedAgent(
            agent.name,
            tuple(capability.name for capability in agent.capabilities),
            None if (terms := terms_of(agent)) == FREE else terms,
            demand_of(agent),
        )
        for agent in registry.agents
    )
