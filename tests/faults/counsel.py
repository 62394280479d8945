"""Lives in which the planner is asked what to do: a step of their plan always fails, or somebody speaks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from typing import Any, TypeAlias

from callsheet.agents.models.chat import ChatChunk, ChatRequest, Usage
from callsheet.executor.clocks.virtual_loop import run_virtually

from .fork_server import Voice
from .plans import chain
from .scenes import GATE, NO_PLAN, perform, step_as_written
from .stage import QUICK, Stage, go_on, say_yes, settle_by, summary

Think: TypeAlias = Callable[[], Awaitable[None]]
"""How a model spends its time."""

MAX_REPLANS = 5
TROUBLE = "c"
QUESTION = "Which numbers?"
WORD = "the good ones"


def troubled() -> dict[str, Any]:
    """A chain whose third step always fails, when something was done that cannot be undone."""
    return chain("add", "send", "refuse", "add")


def mended(plan: dict[str, Any]) -> str:
    """The decision, as a model writes it in the full format, to have the step in trouble done by others."""
    step = next(each for each in plan["steps"] if each["id"] == TROUBLE)
    return decision("revise", replace=[step_as_written(step | {"capability": "add"})])


def decision(kind: str, **parts: Any) -> str:
    """Any decision, as a model writes it."""
    empty: dict[str, Any] = {"add": [], "replace": [], "answer": None, "remove": [], "repoint": []}
    return json.dumps({"reason": "it never adds", "decision": kind, "question": None} | empty | parts)


def _says(request: ChatRequest, text: str) -> bool:
    return any(text in each.content for each in request.messages)


class Thinker:
    """A model that takes its time, so that what it said before is kept by then, and is witnessed."""

    name = "thinker"
    context_tokens = 32_000

    def __init__(self, stage: Stage, answer: Callable[[ChatRequest], str], think: Think) -> None:
        self._stage = stage
        self._answer = answer
        self._think = think

    async def stream(self, request: ChatRequest) -> AsyncIterator[ChatChunk]:
        """The answer, in one piece."""
        self._stage.witness.note("asked")
        await self._think()
        yield ChatChunk(self._answer(request), Usage(10, 10), "stop")


async def _for_a_while() -> None:
    await asyncio.sleep(1.0)


def mend(voice: Voice, folder: str, plan: dict[str, Any], **words: Any) -> None:
    """A life in which the planner mends the plan: its first answer is none, the second is good."""
    voice.say("alive")
    stage = Stage(folder, **words)
    model = Thinker(stage, lambda request: mended(plan) if _says(request, NO_PLAN) else NO_PLAN, _for_a_while)
    orchestrator = stage.orchestrator(model=model, approve=say_yes, max_replans=MAX_REPLANS)
    with closing(stage.journal):
        result = run_virtually(go_on(orchestrator, plan, settle_by(stage.folder / "witness")))
    voice.say(summary(result))


def consult(voice: Voice, folder: str, plan: dict[str, Any], **words: Any) -> None:
    """A life in which the planner asks a person first. It rests until there is an answer."""
    voice.say("alive")
    stage = Stage(folder, **words)
    asking = decision("ask", question=QUESTION)
    model = Thinker(stage, lambda request: mended(plan) if _says(request, WORD) else asking, _for_a_while)
    perform(voice, stage, plan, model=model, max_replans=MAX_REPLANS)


def ponder(voice: Voice, folder: str, plan: dict[str, Any], **words: Any) -> None:
    """A life by the clock on the wall, in which the planner thinks until the gate is open."""
    voice.say("alive")
    stage = Stage(folder, lease=QUICK, **words)

    async def hold() -> None:
        voice.say("asked")
        while not (stage.folder / GATE).exists():  # noqa: ASYNC110 - another process makes it
            await asyncio.sleep(0.01)

    model = Thinker(stage, lambda request: mended(plan), hold)
    perform(voice, stage, plan, model=model, max_replans=MAX_REPLANS, really=True)
