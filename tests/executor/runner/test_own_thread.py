"""Plain functions are called outside any event loop, in a copy of the context of the code that started the
run."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from typing import Any, cast

import pytest

import callsheet
from callsheet.executor.journal.journal import MemoryJournal

TENANT: ContextVar[str] = ContextVar("tenant", default="nobody")


async def _own_loop() -> str:
    await asyncio.sleep(0)
    return TENANT.get()


@callsheet.agent(effect="pure")
def start_loop(word: str) -> str:
    """Start an event loop, which Python refuses inside a running one."""
    return asyncio.run(_own_loop())


@callsheet.agent(effect="pure")
def tell_and_change(word: str) -> str:
    """Tell whose work it is, and change that."""
    tenant = TENANT.get()
    TENANT.set(f"{tenant}, changed")
    return tenant


@callsheet.agent(effect="pure")
async def tell_on_loop(word: str) -> str:
    """Tell whose work it is, on the run's event loop."""
    return TENANT.get()


@callsheet.agent(effect="pure", isolation="thread")
async def tell_in_thread(word: str) -> str:
    """Tell whose work it is, on a loop in a thread."""
    return await _own_loop()


@callsheet.agent(effect="pure")
def give_awaitable(word: str) -> str:
    """Give what has to be awaited, as a function that a decorator wrapped."""
    return cast("str", _own_loop())


@callsheet.agent(effect="pure", isolation="process")
def loop_in_process(word: str) -> str:
    """Start an event loop in a process."""
    return asyncio.run(_own_loop())


def _plan(agent: Any) -> dict[str, Any]:
    work = {"capability": agent.name, "inputs": {"word": "x"}}
    return {
        "goal": "whose work",
        "steps": [{"id": "one", **work}, {"id": "two", "depends_on": ["one"], **work}],
        "answer": {"from": "two"},
    }


async def _answer(agent: Any, tenant: str, orchestrator: Any = callsheet) -> object:
    TENANT.set(tenant)
    if orchestrator is callsheet:
        return (await callsheet.run(plan=_plan(agent), agents=[agent], store=MemoryJournal())).answer
    return (await orchestrator.run(plan=_plan(agent))).answer


AGENTS: list[Any] = [start_loop, tell_and_change, tell_on_loop, tell_in_thread, give_awaitable]


@pytest.mark.parametrize("agent", AGENTS, ids=[agent.name for agent in AGENTS])
async def test_an_agent_has_the_context_of_the_code_that_started_the_run(agent: Any) -> None:
    """A plain function too, which may start an event loop; and what it sets stays in its copy."""
    assert await _answer(agent, "tenant 1") == "tenant 1"
    assert TENANT.get() == "tenant 1"


@pytest.mark.parametrize("agent", AGENTS, ids=[agent.name for agent in AGENTS])
def test_so_it_is_in_a_synchronous_run(agent: Any) -> None:
    """The context is the caller's."""
    token = TENANT.set("tenant 2")
    try:
        result = callsheet.run_sync(plan=_plan(agent), agents=[agent], store=MemoryJournal())
    finally:
        TENANT.reset(token)
    assert result.answer == "tenant 2"


async def test_runs_that_share_their_agents_keep_their_contexts_apart() -> None:
    """Also where one waits for an agent that the other has, and is woken when it ends."""

    @callsheet.agent(effect="pure", terms=callsheet.Terms(max_concurrency=1))
    def alone(word: str) -> str:
        """Tell whose work it is."""
        return TENANT.get()

    async with callsheet.Orchestrator([alone], store=MemoryJournal()) as orchestrator:
        tenants = [f"tenant {number}" for number in range(6)]
        runs = [asyncio.create_task(_answer(alone, tenant, orchestrator)) for tenant in tenants]
        assert await asyncio.gather(*runs) == tenants


@pytest.mark.slow
def test_a_plain_function_in_a_process_may_start_an_event_loop() -> None:
    """The same holds there; the context stays here."""
    plan = _plan(loop_in_process)
    assert callsheet.run_sync(plan=plan, agents=[loop_in_process], store=MemoryJournal()).answer == "nobody"


def test_a_plain_function_may_ask_the_runs_model() -> None:
    """On a loop of its own: the call is made on the run's."""

    @callsheet.agent(effect="pure")
    def ask_model(word: str, context: callsheet.Context) -> str:
        """Ask."""
        from callsheet.agents.models.chat import ChatRequest, Message, ask

        assert context.model is not None
        return asyncio.run(ask(context.model, ChatRequest((Message("user", word),)))).text

    model = callsheet.ScriptedModel(["first", "second"])
    result = callsheet.run_sync(plan=_plan(ask_model), agents=[ask_model], model=model, store=MemoryJournal())
    assert result.answer == "second"
