"""Runs as they happen: an orchestrator, agents that are functions, and a model that says what it is to."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from callsheet.agents.errors import Permanent, Retryable, Surprise
from callsheet.agents.functions.decorator import agent
from callsheet.agents.models.scripted import Script, ScriptedModel
from callsheet.errors import CallsheetError
from callsheet.executor.clocks.virtual_loop import VirtualClock
from callsheet.executor.journal.journal import MemoryJournal
from callsheet.executor.recording.content.recording import Recording
from callsheet.orchestration.orchestrator import Orchestrator
from callsheet.planner.plan.checked_plan import CheckedPlan

GOAL = "Find out what the double of the revenue is, which is in numbers or in figures"


@agent(effect="read")
def revenue(file: str) -> int:
    """Read the revenue from a file."""
    if file == "clay":
        raise Surprise("the file is a clay tablet")
    if file != "figures":
        raise Permanent(f"there is no {file}")
    return 42


@agent(effect="pure", cache="1d")
def double(number: int) -> int:
    """Double a number."""
    return 2 * number


@agent(effect="irreversible")
def mail(to: str, text: str) -> str:
    """Send a mail."""
    return f"sent to {to}: {text}"


@agent(effect="read")
def flicker(times: list[int]) -> int:
    """Fails, and helps when it is tried again."""
    times.append(1)
    raise Retryable("not yet")


def do(id: str, capability: str, **inputs: Any) -> dict[str, Any]:
    """A step as the full format has it."""
    return {"id": id, "do": {capability: inputs}}


def plan(*steps: dict[str, Any], answer: Any) -> str:
    """What a model writes for a plan."""
    return json.dumps({"steps": steps, "answer": answer})


def decision(kind: str, reason: str = "because", **others: Any) -> str:
    """What a model writes for a decision."""
    empty: dict[str, Any] = {key: [] for key in ("add", "replace", "remove", "repoint")}
    return json.dumps(
        {"reason": reason, "decision": kind, **empty, "answer": None, "question": None, **others}
    )


READ = do("read", "revenue", file="figures")
TWICE = do("twice", "double", number="{read}")
MISTAKEN = plan(do("read", "revenue", file="numbers"), TWICE, answer="{twice}")


async def _pursued(*turns: Script, goal: str = GOAL, **options: Any) -> Recording:
    journal = MemoryJournal()
    model = ScriptedModel(turns)
    review = options.pop("review", None)
    agents = (revenue, double, mail, flicker)
    orchestrator = Orchestrator(agents, model=model, store=journal, clock=VirtualClock(), **options)
    # What goes wrong is in the journal.
    with suppress(CallsheetError):
        await orchestrator.run(goal, review=review)
    (summary,) = journal.runs()
    return Recording.from_events(journal.read_events(summary.run))


async def planned() -> Recording:
    """The plan is right at once."""
    return await _pursued(plan(READ, TWICE, answer="{twice}"))


async def replanned() -> Recording:
    """The plan reads another file than there is, and is revised."""
    return await _pursued(MISTAKEN, decision("revise", "the other file", replace=[READ]))


async def surprised() -> Recording:
    """A file is not what it was thought to be, and there is no way on."""
    return await _pursued(plan(do("read", "revenue", file="clay"), answer="{read}"), decision("give_up"))


async def paused() -> Recording:
    """What cannot be taken back waits for somebody's word."""
    sends = do("out", "mail", to="ada@example.org", text="The revenue is {read}.")
    sends["flow"] = [{"approval": True}]
    return await _pursued(plan(READ, sends, answer="{out}"))


async def failed() -> Recording:
    """Trying again does not help."""
    return await _pursued(plan(do("try", "flicker", times=[]), answer="{try}"), max_replans=0)


async def asked() -> Recording:
    """The goal leaves something open, and nobody answers."""
    return await _pursued(json.dumps({"steps": [], "answer": {"ask": "Which revenue?"}}))


async def nonsense() -> Recording:
    """The model writes no plan."""
    return await _pursued(*["nonsense"] * 4)


async def declined() -> Recording:
    """A person looks at the plan, and wants another."""

    async def no(checked: CheckedPlan) -> bool:
        return False

    return await _pursued(plan(READ, answer="{read}"), review=no)


REAL_RUNS: tuple[Callable[[], Coroutine[Any, Any, Recording]], ...] = (
    planned,
    replanned,
    surprised,
    paused,
    failed,
    asked,
    nonsense,
    declined,
)
