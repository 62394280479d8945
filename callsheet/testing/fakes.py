"""Fakes for a test: one for every capability that the given agents offer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from os import PathLike
from types import MappingProxyType
from typing import TypeAlias

from callsheet.agents.agent import Agent
from callsheet.agents.contracts.capability import Capability
from callsheet.agents.fakes.fake_agent import FakeAgent, FakeAnswers, fake_agents
from callsheet.agents.registry import Registry

from .site import Site

Offers: TypeAlias = str | PathLike[str] | Iterable[Agent | Capability] | Registry
"""What to fake: agents, capabilities, a registry, or a Python file or module with agents."""


def fakes_of(
    offers: Offers, site: Site, answers: Mapping[str, FakeAnswers] = MappingProxyType({})
) -> tuple[FakeAgent, ...]:
    """A fake for every capability, each once, with the answers under its name, or samples of its
    output schema. Raises what `fake_agents` does, AgentsNotLoaded, and NoAgent."""
    return fake_agents(_capabilities(offers, site), answers)


def _capabilities(offers: Offers, site: Site) -> Iterable[Capability]:
    if isinstance(offers, Registry):
        return offers.catalog
    if isinstance(offers, str | PathLike):
        return site.registry(offers).catalog
    given = tuple(offers)
    agents = Registry(each for each in given if not isinstance(each, Capability))
    return (*(each for each in given if isinstance(each, Capability)), *agents.capabilities.values())
