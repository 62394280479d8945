"""Which agents are available, and for which capabilities."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from callsheet.agents.contracts.capability import Capability
from callsheet.agents.contracts.same_schema import same_schema

from .agent import Agent
from .errors import AgentNameTaken, CapabilityClash, NoAgent, UnknownCapability

_CONTRACT = ("input_schema", "output_schema", "main_output", "effect", "version")
"""What must be equal in every agent's contract of one capability. Wording and default policy may differ:
those of the first agent apply."""

_AGENT = ("name", "capabilities", "isolation", "perform")
"""What makes an object an agent: its attributes, not its class, so that adapters need no base class."""


class Registry:
    """The agents of a run, frozen. It may be empty: the planner refuses to plan with it.

    Raises AgentNameTaken where two agents have one name, CapabilityClash where two provide one capability
    with different contracts, NoAgent for what is not an agent.
    """

    def __init__(self, agents: Iterable[Agent] = ()) -> None:
        self._agents: dict[str, Agent] = {}
        self._capabilities: dict[str, Capability] = {}
        self._offers: dict[str, tuple[Agent, ...]] = {}
        if not hasattr(agents, "__iter__") or isinstance(agents, str):
            raise NoAgent(agents, listed=False)
        for agent in agents:
            self._add(agent)

    @property
    def agents(self) -> Sequence[Agent]:
        """All agents, in the order they were given."""
        return tuple(self._agents.values())

    @property
    def catalog(self) -> Sequence[Capability]:
        """Every capability that an agent provides, sorted by name."""
        return tuple(self._capabilities[name] for name in sorted(self._capabilities))

    @property
    def capabilities(self) -> Mapping[str, Capability]:
        """Every capability that an agent provides, by name."""
        return MappingProxyType(self._capabilities)

    def capability(self, name: str) -> Capability:
        """The contract of this name. Raises UnknownCapability."""
        if name not in self._capabilities:
            raise UnknownCapability(name, tuple(sorted(self._capabilities)))
        return self._capabilities[name]

    def agents_for(self, capability: str) -> Sequence[Agent]:
        """The agents that provide it, in the order they were given; at least one. Raises
        UnknownCapability."""
        return self._offers[self.capability(capability).name]

    def _add(self, agent: Agent) -> None:
        if not all(hasattr(agent, part) for part in _AGENT):
            raise NoAgent(agent)
        if agent.name in self._agents:
            raise AgentNameTaken(agent.name)
        self._agents[agent.name] = agent
        for capability in agent.capabilities:
            self._offer(agent, capability)

    def _offer(self, agent: Agent, capability: Capability) -> None:
        name = capability.name
        known = self._capabilities.setdefault(name, capability)
        others = self._offers.get(name, ())
        if differing := differences(known, capability):
            raise CapabilityClash(name, (others[0].name, agent.name), differing)
        self._offers[name] = (*others, agent)


def differences(known: Capability, other: Capability) -> tuple[str, ...]:
    """In what two contracts of one name differ, of that which every agent has to keep."""
    return tuple(part for part in _CONTRACT if not _equal(getattr(known, part), getattr(other, part)))


def _equal(part: Any, other: Any) -> bool:
    if part == other:
        return True
    return isinstance(part, dict) and isinstance(other, dict) and same_schema(part, other)
