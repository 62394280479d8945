"""The agents that the settings name: the built-in ones, and the user's own."""

from __future__ import annotations

from itertools import chain

from callsheet.agents.builtin import builtin_agents
from callsheet.agents.registry import Registry
from callsheet.settings.settings import Settings
from callsheet.settings.user_agents import load_agents


def registry_of(settings: Settings) -> Registry:
    """The registry that the settings ask for.

    Raises AgentsNotLoaded, and what Registry raises if two agents don't fit together.
    """
    builtin = builtin_agents() if settings.builtin else ()
    return Registry(chain(builtin, *map(load_agents, settings.agents)))
