"""Lives that go otherwise than most: they rest, hold, are told something, or have to do with a fault."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from contextlib import closing
from typing import Any, NoReturn

from callsheet.agents.agent import Agent, Context
from callsheet.agents.functions.decorator import agent
from callsheet.agents.models.chat import ChatRequest
from callsheet.agents.models.scripted import ScriptedModel
from callsheet.executor.clocks.clock import SystemClock
from callsheet.executor.clocks.virtual_loop import run_virtually
from callsheet.executor.errors import ExecutorError
from callsheet.executor.journal.errors import RunOwned
from callsheet.executor.journal.sqlite import SqliteJournal
from callsheet.executor.run.events import ApprovalRequested, DoubtVerdict
from callsheet.executor.run.result import RunResult
from callsheet.orchestration.orchestrator import Orchestrator

from .fork_server import Voice
from .stage import QUICK, Stage, rest_or_end, say_yes, summary, team

GATE = "gate"
"""A file that somebody makes in the folder of a run, when those who hold may go on."""
NO_PLAN = "Let me think."
"""What a model says at first."""


def perform(
    voice: Voice,
    stage: Stage,
    plan: dict[str, Any],
    agents: list[Agent] | None = None,
    *,
    really: bool = False,
    first: Callable[[Orchestrator], Coroutine[Any, Any, object]] | None = None,
    **options: Any,
) -> None:
    """Begin the run, or go on with it, and say what it came to, or which error kept it from that."""
    options.setdefault("approve", say_yes)
    if really:
        options.setdefault("clock", SystemClock())
    orchestrator = stage.orchestrator(agents, **options)

    async def main() -> RunResult:
        if first is not None:
            await first(orchestrator)
        return await rest_or_end(orchestrator, plan)

    with closing(stage.journal):
        try:
            voice.say(summary(asyncio.run(main()) if really else run_virtually(main())))
        except ExecutorError as error:
            pid = getattr(error, "pid", None)
            voice.say({"refused": type(error).__name__, "text": str(error), "pid": pid})


async def for_ever() -> NoReturn:
    """Wait, until somebody stops it."""
    await asyncio.Event().wait()
    raise AssertionError("nothing lasts")


def rest(voice: Voice, folder: str, plan: dict[str, Any], **words: Any) -> None:
    """A life that rests where only a person can help."""
    voice.say("alive")
    perform(voice, Stage(folder, **words), plan)


def settle(
    voice: Voice,
    folder: str,
    plan: dict[str, Any],
    verdict: DoubtVerdict,
    output: dict[str, Any] | None = None,
    **words: Any,
) -> None:
    """A person's word about the one piece of work that is in doubt, once the run rests; and then the rest."""
    voice.say("alive")
    stage = Stage(folder, **words)

    async def speak(orchestrator: Orchestrator) -> None:
        run = orchestrator.journal.runs()[0].run
        await orchestrator.resume(run)
        await orchestrator.control.settle(run, verdict, output=output, by="somebody")

    perform(voice, stage, plan, first=speak)


def hold(voice: Voice, folder: str, plan: dict[str, Any], step: str, **words: Any) -> None:
    """A life by the clock on the wall, in which the attempt at one step goes on until the gate is open."""
    voice.say("alive")
    stage = Stage(folder, lease=QUICK, **words)
    perform(voice, stage, plan, _holding(voice, stage, step), really=True)


def take_over(voice: Voice, folder: str, plan: dict[str, Any], step: str, **words: Any) -> None:
    """The same, of one that waits until it gets the run."""
    voice.say("alive")
    stage = Stage(folder, lease=QUICK, **words)

    async def wait(orchestrator: Orchestrator) -> None:
        run = orchestrator.journal.runs()[0].run
        while orchestrator.journal.owner(run) is not None:  # noqa: ASYNC110 - leases run out unseen
            await asyncio.sleep(0.02)

    perform(voice, stage, plan, _holding(voice, stage, step), really=True, first=wait)


def _holding(voice: Voice, stage: Stage, step: str) -> list[Agent]:
    @agent(effect="pure")
    async def add(numbers: list[int], salt: int, context: Context) -> int:
        """Add, and hold."""
        stage.witness.begin(context)
        if context.step == step:
            voice.say("holding")
            while not (stage.folder / GATE).exists():  # noqa: ASYNC110 - another process makes it
                await asyncio.sleep(0.01)
        stage.witness.finish(context, sum(numbers) + salt)
        return sum(numbers) + salt

    return [add if each.name == "add" else each for each in team(stage.work)]


def claim_error(path: str, run: str) -> Any:
    """Whether the run is to be had; else who has it."""

    async def claim() -> Any:
        with closing(SqliteJournal(path, lease=QUICK)) as journal:
            try:
                await journal.claim(run)
            except RunOwned as error:
                return ["RunOwned", error.pid, error.host]
            return True

    return asyncio.run(claim())


def ask(voice: Voice, folder: str, plan: dict[str, Any], **words: Any) -> None:
    """A life in which somebody is asked for an approval, and does not answer."""
    voice.say("alive")
    stage = Stage(folder, lease=QUICK, **words)

    async def ask_nobody(request: ApprovalRequested) -> bool:
        stage.witness.note("asked")
        voice.say("asked")
        return await for_ever()

    perform(voice, stage, plan, approve=ask_nobody)


def cancel(voice: Voice, folder: str, plan: dict[str, Any], **words: Any) -> None:
    """A life in which the first step has its own run cancelled, and then waits to be stopped."""
    voice.say("alive")
    stage = Stage(folder, **words)
    orchestrator = stage.orchestrator()

    @agent(effect="pure")
    async def add(numbers: list[int], salt: int, context: Context) -> int:
        """Never add."""
        stage.witness.begin(context)
        await orchestrator.control.cancel(context.run, "enough")
        return await for_ever()

    perform(voice, stage, plan, [add])


def anew(voice: Voice, folder: str, plan: dict[str, Any], run: str | None = None, **words: Any) -> None:
    """A life that begins a run beside those that there are, or goes on with one of them."""
    voice.say("alive")
    stage = Stage(folder, **words)
    orchestrator = stage.orchestrator()
    with closing(stage.journal):
        work = orchestrator.run(plan=plan) if run is None else orchestrator.resume(run)
        voice.say(summary(run_virtually(work)))


def plan_it(voice: Voice, folder: str, plan: dict[str, Any], **words: Any) -> None:
    """A life in which a model makes the plan: its first answer does not check, the repair does."""
    voice.say("alive")
    stage = Stage(folder, **words)

    def answer(request: ChatRequest) -> str:
        stage.witness.note("asked")
        is_repair = any(NO_PLAN in each.content for each in request.messages)
        return written(plan) if is_repair else NO_PLAN

    model = ScriptedModel([answer] * 3)
    orchestrator = stage.orchestrator(model=model)

    async def main() -> RunResult:
        runs = stage.journal.runs()
        if runs:
            return await orchestrator.resume(runs[0].run)
        return await orchestrator.run("Add one and two, and then some more.")

    with closing(stage.journal):
        voice.say(summary(run_virtually(main())))


def written(plan: dict[str, Any]) -> str:
    """The plan as a model writes it in the full format."""
    return json.dumps({"steps": list(map(step_as_written, plan["steps"])), "answer": plan["answer"]})


def step_as_written(step: dict[str, Any]) -> dict[str, Any]:
    """A step of it."""
    fields: dict[str, Any] = {"for_each": None, "condition": None, "expect": [], "depends_on": []}
    call = {name: step[name] for name in ("capability", "inputs")}
    return {"id": step["id"], "call": call} | fields | {"join": "all", "on_failure": "fail"}
