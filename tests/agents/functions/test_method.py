"""Agents from methods and from objects with state."""

from __future__ import annotations

import functools
import inspect
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import callsheet
from callsheet.agents.contracts.errors import CapabilityError
from callsheet.agents.errors import NoAgent
from callsheet.executor.journal.journal import MemoryJournal


@dataclass
class Crm:
    """Customers, by name. As a dataclass it has no hash."""

    customers: dict[str, int]
    asked: list[str] = field(default_factory=list[str])

    @callsheet.agent(effect="read")
    def find(self, name: str) -> int:
        """Find the number of a customer."""
        self.asked.append(name)
        return self.customers[name]

    @callsheet.agent(effect="read")
    async def find_async(self: Crm, name: str, context: callsheet.Context) -> int:
        """Find the number of a customer."""
        return self.customers[name]

    @callsheet.agent(effect="pure")
    @classmethod
    def kind(cls, name: str) -> str:
        """Tell the kind."""
        return cls.__name__

    @callsheet.agent(effect="pure")
    @staticmethod
    def double(name: str) -> str:
        """Say it twice."""
        return name * 2

    @staticmethod
    @callsheet.agent(effect="pure")
    def triple(name: str) -> str:
        """Say it three times."""
        return name * 3

    def plain(self, name: str) -> int:
        """Find a customer, without a decorator."""
        return self.customers[name]


class CustomerFinder:
    """Can be called."""

    def __call__(self, name: str) -> int:
        """Find a customer."""
        return 7


def prefixed(prefix: str, name: str, *, suffix: str) -> str:
    """Put something before a name."""
    return prefix + name + suffix


@functools.cache
def remembered(name: str) -> str:
    """Remember."""
    return name


CRM = Crm({"ann": 1})
OTHER = Crm({"ann": 2})


def _answer(agent: Any) -> object:
    plan = {
        "goal": "find",
        "steps": [{"id": "s1", "capability": agent.capability.name, "inputs": {"name": "ann"}}],
        "answer": {"from": "s1"},
    }
    return callsheet.run_sync(plan=plan, agents=[agent], store=MemoryJournal()).answer


@pytest.mark.parametrize(
    ("agent", "name", "answer"),
    [
        (CRM.find, "find", 1),
        (OTHER.find, "find", 2),
        (CRM.find_async, "find_async", 1),
        (Crm.kind, "kind", "Crm"),
        (CRM.kind, "kind", "Crm"),
        (Crm.double, "double", "annann"),
        (Crm.triple, "triple", "annannann"),
        (callsheet.agent(CRM.plain, effect="pure"), "plain", 1),
        (callsheet.agent(name="look_up", effect="read")(CRM.plain), "look_up", 1),
        (callsheet.agent(CustomerFinder(), effect="pure"), "customer_finder", 7),
        (
            callsheet.agent(functools.partial(prefixed, "Ms ", suffix="!"), effect="pure"),
            "prefixed",
            "Ms ann!",
        ),
        (callsheet.agent(remembered, effect="pure"), "remembered", "ann"),
    ],
)
def test_an_agent_of_an_object_works(agent: Any, name: str, answer: object) -> None:
    """It has the object's state; only what is left to give is an input."""
    assert agent.name == name
    assert list(agent.capability.input_schema["properties"]) == ["name"]
    assert _answer(agent) == answer


def test_a_method_is_still_a_method() -> None:
    """It is called as before, of the object or of the class, and overridden as before."""

    class Louder(Crm):
        """Says who."""

        @callsheet.agent(effect="read")
        def find(self, name: str) -> int:
            """Find the number of a customer, twice as loud."""
            return 2 * super().find(name)

    find: Any = CRM.find
    assert find("ann") == Crm.find(CRM, "ann") == 1
    louder: Any = Louder({"ann": 4}).find
    assert louder("ann") == 8
    assert inspect.getdoc(Crm.find) == "Find the number of a customer."


def test_the_agent_of_an_object_is_the_same_each_time() -> None:
    """And another one than that of another object."""
    assert CRM.find == CRM.find
    assert hash(CRM.find) == hash(CRM.find)
    assert CRM.find != OTHER.find


def test_a_method_of_no_object_is_refused() -> None:
    """With what to write instead."""
    unbound: Any = Crm.find
    with pytest.raises(NoAgent, match="an object's methods"):
        callsheet.Registry([unbound])
    with pytest.raises(CapabilityError, match="it is a class; put @agent on its methods"):
        callsheet.agent(Crm, effect="pure")


def test_an_error_at_decoration_has_the_users_line() -> None:
    """The line of the decorator, or of the call; and no frame of Callsheet's but the decorator's own."""
    file = Path(__file__)
    with pytest.raises(CapabilityError) as caught:

        @callsheet.agent(effect="pure")
        def wrong(name) -> str:  # type: ignore[no-untyped-def]
            """Lack a hint."""
            return str(name)

    line = 1 + file.read_text().splitlines().index('        @callsheet.agent(effect="pure")')
    assert str(caught.value).endswith(f"has no type hint; add one (at {file}, line {line})")
    assert [each.name for each in caught.traceback] == [
        "test_an_error_at_decoration_has_the_users_line",
        "decorate",
    ]
