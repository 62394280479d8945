"""What of a replay is live: the rest is as recorded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from callsheet.agents.contracts.capability import Effect

PLANNER = "planner"
AGENTS = "agents"


@dataclass(frozen=True, slots=True)
class Liveness:
    """What is done by today's planner and agents. With `all_agents` it is every capability but those whose
    work cannot be undone: they are named one by one.

    With `only_missing` what was recorded is replayed all the same, and what was not is live. With `fills`
    whatever was not recorded, and can be undone, is live, named or not.
    """

    planner: bool = False
    all_agents: bool = False
    capabilities: frozenset[str] = frozenset()
    only_missing: bool = False
    fills: bool = False

    @classmethod
    def from_names(cls, names: Iterable[str], *, only_missing: bool = False) -> Self:
        """By the words that people use: `planner`, `agents`, and names of capabilities."""
        said = frozenset(names)
        return cls(PLANNER in said, AGENTS in said, said - {PLANNER, AGENTS}, only_missing)

    def __bool__(self) -> bool:
        """Whether anything is live, or may become it."""
        return self.planner or self.all_agents or bool(self.capabilities) or self.fills

    @property
    def replans(self) -> bool:
        """Whether today's planner is asked from the beginning, and so sees what it can plan with today."""
        return self.planner and not self.only_missing

    @property
    def plans_on(self) -> bool:
        """Whether today's planner is asked what was not recorded."""
        return self.planner or self.fills

    def has(self, capability: str, effect: Effect) -> bool:
        """Whether work of this capability is done by today's agents, recorded or not."""
        return not self.only_missing and self._names(capability, effect)

    def fills_in(self, capability: str, effect: Effect) -> bool:
        """Whether work of this capability is done by today's agents where it was not recorded."""
        return self._names(capability, effect) or (self.fills and effect is not Effect.IRREVERSIBLE)

    def _names(self, capability: str, effect: Effect) -> bool:
        return capability in self.capabilities or (self.all_agents and effect is not Effect.IRREVERSIBLE)
