"""The ways to carry out a plan that a model is writing: Callsheet's two, and LLMCompiler's."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from time import perf_counter
from typing import Protocol

import callsheet
from callsheet.agents.models.chat import ChatModel, ChatRequest, Message
from callsheet.errors import CallsheetError

from .streaming_plans import Work, Written

_LINE = re.compile(r"(\d+)\. (\w+)\((.*)\)\s*")
_REFERENCE = re.compile(r"\$(\d+)")
_GOAL = "Brief me on what the annual reports of Acme and Globex say"


class Stage:
    """Where the steps of one plan are done: each takes its time, `speed` times as fast as it says.

    `started` and `done` are steps by number, from 0, in order. `on_start` is called as the first begins.
    """

    def __init__(self, work: Work, speed: float, on_start: Callable[[], object] = lambda: None) -> None:
        self.work = work
        self.started: list[int] = []
        self.done: list[int] = []
        self.begun = perf_counter()
        self.first = 0.0
        self._speed = speed
        self._on_start = on_start

    async def perform(self, step: int) -> str:
        """Do one step."""
        if not self.started:
            self.first = perf_counter() - self.begun
            self._on_start()
        self.started.append(step)
        await asyncio.sleep(self.work.seconds[step] / self._speed)
        self.done.append(step)
        return f"result {step + 1}"

    def require_done(self, way: str, answer: object) -> None:
        """Raise PlanNotDone where the steps were not done once each, in an order that the graph allows, or
        the answer is not the result of the last."""
        fault = self.work.graph.find_fault(self.done)
        if fault is None and answer != (last := f"result {len(self.work.graph)}"):
            fault = f"the answer is {answer!r}, and {last!r} is right"
        if fault is not None:
            raise PlanNotDone(way, self.work.graph.name, fault)


class PlanNotDone(CallsheetError):
    """A plan was not carried out rightly, so that there is nothing to measure."""

    def __init__(self, way: str, plan: str, fault: str) -> None:
        super().__init__(f"{way} did not carry out the {plan} rightly: {fault}")
        self.way = way
        self.plan = plan
        self.fault = fault


class Way(Protocol):
    """A way to come from a model that writes a plan to the plan's answer."""

    @property
    def name(self) -> str:
        """What the table calls it."""
        ...

    def write(self, work: Work) -> Written:
        """The plan as the model writes it."""
        ...

    async def pursue(self, model: ChatModel, stage: Stage) -> object:
        """The answer, of which every step was done on the stage."""
        ...


class Ours:
    """Our own: with `stream` the steps start while the plan is written, without it afterwards."""

    def __init__(self, *, stream: bool) -> None:
        self._stream = stream

    @property
    def name(self) -> str:
        """What the table calls it."""
        return "Callsheet, streaming" if self._stream else "Callsheet, plan first"

    def write(self, work: Work) -> Written:
        """In the full format."""
        return work.ours

    async def pursue(self, model: ChatModel, stage: Stage) -> object:
        """Run the goal."""
        async with callsheet.Orchestrator(make_agents(stage), model=model, store=None) as orchestrator:
            return (await orchestrator.run(_GOAL, stream=self._stream)).answer


class LineByLine:
    """A model of how LLMCompiler schedules, not its code, which needs an openai from before version 2.

    A line is a step as soon as its end is there; it starts once what it refers to is done. That is
    kinder than the original: there a step that could start waits for the next line, or a poll of
    10 ms, and the answer is another call of the model.
    """

    name = "LLMCompiler's way, modelled"

    def write(self, work: Work) -> Written:
        """In its lines."""
        return work.lines

    async def pursue(self, model: ChatModel, stage: Stage) -> object:
        """Start each line as it comes, and wait for all of them."""
        steps: list[asyncio.Task[str]] = []
        rest = ""
        async for chunk in model.stream(ChatRequest((Message("user", _GOAL),))):
            *lines, rest = (rest + chunk.text).split("\n")
            steps += [asyncio.create_task(_perform(line, steps, stage)) for line in lines]
        return (await asyncio.gather(*steps))[-1]


def make_agents(stage: Stage) -> list[callsheet.Agent]:
    """Who does the steps of our plans: two tools that differ by name."""

    @callsheet.agent(effect="pure")
    async def research(task: str, context: callsheet.Context) -> str:
        """Look something up."""
        return await stage.perform(int(context.step[1:]) - 1)

    @callsheet.agent(effect="pure")
    async def combine(task: str, context: callsheet.Context) -> str:
        """Draw conclusions from what was found."""
        return await stage.perform(int(context.step[1:]) - 1)

    return [research, combine]


async def _perform(line: str, steps: list[asyncio.Task[str]], stage: Stage) -> str:
    match = _LINE.fullmatch(line)
    if match is None:
        raise PlanNotDone(LineByLine.name, stage.work.graph.name, f"this is no step: {line!r}")
    await asyncio.gather(*(steps[int(number) - 1] for number in _REFERENCE.findall(match[3])))
    return await stage.perform(int(match[1]) - 1)
