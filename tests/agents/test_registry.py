"""Who is available, and for what."""

from __future__ import annotations

from typing import Any

import pytest

from callsheet.agents.errors import AgentNameTaken, CapabilityClash, NoAgent, UnknownCapability
from callsheet.agents.functions.decorator import agent
from callsheet.agents.functions.function_agent import FunctionAgent
from callsheet.agents.registry import Registry


@agent(effect="pure")
def shout(text: str) -> str:
    """say it loudly"""
    return text.upper()


@agent(effect="pure")
def whisper(text: str) -> str:
    """say it softly"""
    return text.lower()


class Named:
    """The same work under another agent's name, as a second provider would offer it."""

    def __init__(self, name: str, work: FunctionAgent[Any, Any], **changes: Any) -> None:
        self.name = name
        self.capabilities = (work.capability.model_copy(update=changes),)
        self.isolation = work.isolation
        self.perform = work.perform


def test_the_catalog_is_sorted_and_every_offer_found() -> None:
    """Capabilities come by name, agents in the order they were given."""
    second = Named("second", shout)
    registry = Registry([whisper, shout, second])
    assert [each.name for each in registry.catalog] == ["shout", "whisper"]
    assert registry.capability("shout") == shout.capability
    assert list(registry.agents_for("shout")) == [shout, second]
    assert list(registry.agents) == [whisper, shout, second]


def test_an_unknown_capability_is_named_with_the_nearest_one() -> None:
    """A slip of a letter is recognised."""
    registry = Registry([shout, whisper])
    for ask in (registry.capability, registry.agents_for):
        with pytest.raises(UnknownCapability, match="did you mean 'whisper'") as caught:
            ask("wisper")
        assert caught.value.suggestion == "whisper"
        assert caught.value.known == ("shout", "whisper")


def test_an_empty_registry_is_allowed() -> None:
    """An empty registry is allowed: what needs an agent refuses it."""
    assert list(Registry().catalog) == []
    with pytest.raises(UnknownCapability, match="no capabilities at all") as caught:
        Registry().capability("shout")
    assert caught.value.suggestion is None


def test_two_agents_cannot_share_a_name() -> None:
    """Journals and people tell agents apart by name."""
    with pytest.raises(AgentNameTaken, match="'shout'"):
        Registry([shout, shout])


@pytest.mark.parametrize(
    ("changes", "differing"),
    [
        ({"effect": "write"}, ("effect",)),
        ({"version": "2"}, ("version",)),
        ({"main_output": "other"}, ("main_output",)),
        ({"input_schema": {"type": "object"}, "output_schema": {}}, ("input_schema", "output_schema")),
    ],
)
def test_contracts_that_differ_clash(changes: dict[str, Any], differing: tuple[str, ...]) -> None:
    """A plan that was checked against one agent's contract must hold for the other's."""
    with pytest.raises(CapabilityClash) as caught:
        Registry([shout, Named("other", shout, **changes)])
    assert caught.value.agents == ("shout", "other")
    assert caught.value.differing == differing
    assert all(part in str(caught.value) for part in differing)


def test_wording_and_default_policy_may_differ() -> None:
    """They aren't part of the contract; the first agent's are shown."""
    registry = Registry([shout, Named("slow", shout, description="loudly", timeout_seconds=900.0)])
    assert registry.capability("shout").description == "say it loudly"


def test_a_registry_is_frozen() -> None:
    """What it gives back cannot be changed."""
    with pytest.raises(TypeError):
        Registry([shout]).capabilities["x"] = shout.capability  # type: ignore[index]


@pytest.mark.parametrize(
    ("given", "says"), [([len], "is not an agent"), ("team.py", "not a list"), (shout, "not a list")]
)
def test_what_is_no_agent_is_refused(given: Any, says: str) -> None:
    """A function without the decorator, a file's name, an agent without its list: said, with what to give."""
    with pytest.raises(NoAgent, match=says) as caught:
        Registry(given)
    assert "@callsheet.agent" in str(caught.value)
