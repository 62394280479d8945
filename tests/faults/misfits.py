"""Lives with agents as nobody wants them."""

from __future__ import annotations

import asyncio
import math
import os
import time
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import JsonValue

from callsheet.agents.agent import Agent, Context, Isolation, SoloAgent
from callsheet.agents.contracts.capability import Capability, JsonObject
from callsheet.agents.functions.decorator import agent

from .fork_server import Voice
from .scenes import perform
from .stage import Stage, team


def with_team(voice: Voice, folder: str, plan: dict[str, Any], change: str, **words: Any) -> None:
    """A life in which whoever looked things up is `gone`, has another `name`, or another `schema`."""
    voice.say("alive")
    stage = Stage(folder, **words)
    agents = team(stage.work)
    others = [each for each in agents if each.name != "look_up"]
    (capability,) = next(each.capabilities for each in agents if each.name == "look_up")

    @agent(name="librarian", capability=capability)
    async def look_up(numbers: list[int], salt: int, context: Context) -> int:
        """Add, for everybody who wants to know."""
        return await stage.work.do(context, numbers, salt)

    @agent(name="look_up", cache="1d", effect="read")
    async def look_up_in_words(numbers: list[int], salt: int) -> str:
        """Add, for everybody who wants to know."""
        return str(sum(numbers) + salt)

    instead: dict[str, list[Agent]] = {"gone": [], "name": [look_up], "schema": [look_up_in_words]}
    perform(voice, stage, plan, others + instead[change])


GIFTS: dict[str, Callable[[], object]] = {
    "large": lambda: {"value": "x" * 3_000_000},
    "nan": lambda: {"value": math.nan},
    "set": lambda: {"value": {1, 2}},
    "object": lambda: {"value": object()},
    "too large": lambda: {"value": "x" * (16 * 1024 * 1024 + 1)},
    "wrong shape": lambda: {"worth": "x"},
    "generator": lambda: ({"value": each} for each in "x"),
}


class Giver(SoloAgent):
    """Gives what it is told to, whatever its capability promises."""

    def __init__(self, stage: Stage) -> None:
        text: JsonObject = {"type": "object", "properties": {"what": {"type": "string"}}}
        value: JsonObject = {"type": "object", "properties": {"value": {}}, "required": ["value"]}
        contract = Capability(name="give", description="Give.", input_schema=text, output_schema=value)
        super().__init__("giver", contract, Isolation.LOOP)
        self._stage = stage

    async def perform(self, capability: str, inputs: Mapping[str, JsonValue], context: Context) -> JsonObject:
        """Give it."""
        self._stage.witness.begin(context)
        gift: Any = GIFTS[str(inputs["what"])]()
        return gift  # type: ignore[no-any-return]


def give(voice: Voice, folder: str, plan: dict[str, Any], **words: Any) -> None:
    """A life whose first step gives something."""
    voice.say("alive")
    stage = Stage(folder, **words)

    @agent(effect="pure")
    async def measure(value: str) -> int:
        """The length of a text."""
        return len(value)

    perform(voice, stage, plan, [Giver(stage), measure])


def end_itself(voice: Voice, folder: str, plan: dict[str, Any], times: int, **words: Any) -> None:
    """A life that its second step ends, as an exit with code 3, unless it has done so `times` times."""
    voice.say("alive")
    stage = Stage(folder, **words)

    def work(context: Context, numbers: list[int]) -> int:
        stage.witness.begin(context)
        if context.step == "b" and context.attempt <= times:
            os._exit(3)
        return sum(numbers)

    @agent(effect="pure")
    async def add(numbers: list[int], salt: int, context: Context) -> int:
        """Add."""
        return work(context, numbers)

    @agent(effect="irreversible")
    async def send(numbers: list[int], salt: int, context: Context) -> int:
        """Add, for good."""
        return work(context, numbers)

    perform(voice, stage, plan, [add, send])


def be_deaf(voice: Voice, folder: str, plan: dict[str, Any], isolation: str, **words: Any) -> None:
    """A life in which the first attempt at the second step does not listen when it is told to stop."""
    voice.say("alive")
    stage = Stage(folder, **words)

    @agent(effect="pure", isolation=isolation, timeout_seconds=0.1)
    async def add(numbers: list[int], salt: int, context: Context) -> int:
        """Add, at last."""
        stage.witness.begin(context)
        if context.step == "b" and context.attempt == 1:
            if isolation == "thread":
                time.sleep(3)  # noqa: ASYNC251 - nothing stops it
            else:
                await _outlast(10)
            return -1
        return sum(numbers)

    perform(voice, stage, plan, [add])


async def _outlast(seconds: float) -> None:
    """Wait so long, whoever asks otherwise."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while (left := end - loop.time()) > 0:
        try:
            await asyncio.sleep(left)
        except asyncio.CancelledError:
            continue


def exhaust(voice: Voice, folder: str, plan: dict[str, Any], **words: Any) -> None:
    """A life in which every first attempt at one kind of work fails, and another kind takes a while."""
    voice.say("alive")
    stage = Stage(folder, **words)

    @agent(effect="pure")
    async def add(numbers: list[int], salt: int) -> int:
        """Add, after a tenth of a second."""
        await asyncio.sleep(0.1)
        return sum(numbers)

    others = [each for each in team(stage.work) if each.name != "add"]
    perform(voice, stage, plan, [*others, add])
