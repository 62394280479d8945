"""An attempt in a thread that runs no event loop, of this process or of another one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from pydantic import JsonValue

from callsheet.agents.agent import Agent, BlockingAgent, Context


def perform_without_loop(
    agent: Agent, capability: str, inputs: Mapping[str, JsonValue], context: Context
) -> object:
    """Do the work and give back what the agent returned: a `BlockingAgent` is called as it is, any other one
    on an event loop of its own. Raises what the agent raises."""
    if isinstance(agent, BlockingAgent):
        return agent.perform_blocking(capability, inputs, context)
    return asyncio.run(agent.perform(capability, inputs, context))
