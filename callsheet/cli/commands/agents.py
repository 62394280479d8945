"""`callsheet agents`: the capabilities, and the agents that provide them."""

from __future__ import annotations

from collections.abc import Sequence

import click

from callsheet.agents.agent import Agent
from callsheet.agents.contracts.capability import Capability, JsonObject
from callsheet.agents.registry import Registry
from callsheet.cli.options.command import command, settings_options
from callsheet.cli.options.output import Output
from callsheet.cli.text.contract import contract_text
from callsheet.cli.text.safe_text import one_line
from callsheet.errors import ExitCode
from callsheet.settings.registry import registry_of
from callsheet.settings.settings import Settings


@click.command("agents", short_help="List capabilities and the agents that provide them.")
@command
@settings_options
def agents(output: Output, settings: Settings) -> ExitCode:
    """List every capability: its effect, inputs, outputs, and the agents that provide it."""
    registry = registry_of(settings)
    if output.as_json:
        output.document({"capabilities": [_document(registry, each) for each in registry.catalog]})
    elif not registry.catalog:
        output.line("no agents are available; add yours with --agents FILE")
    else:
        for capability in registry.catalog:
            _print(output, capability, registry.agents_for(capability.name))
    return ExitCode.DONE


def _print(output: Output, capability: Capability, providers: Sequence[Agent]) -> None:
    output.line(f"{capability.name} ({capability.effect}): {one_line(capability.description)}")
    output.line(f"  {contract_text(capability)}")
    output.line(f"  provided by {', '.join(agent.name for agent in providers)}")


def _document(registry: Registry, capability: Capability) -> JsonObject:
    return {
        **capability.model_dump(mode="json"),
        "agents": [agent.name for agent in registry.agents_for(capability.name)],
    }
