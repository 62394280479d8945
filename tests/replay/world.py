"""A world in which runs go in every way: plans, agents, a model and people, all of them drawn."""

from __future__ import annotations

import asyncio
import json
import zlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from pydantic import JsonValue

from callsheet.agents.agent import Agent, Context, Isolation
from callsheet.agents.contracts.capability import Capability, Effect, JsonObject
from callsheet.agents.models.chat import ChatChunk, ChatRequest, Usage
from callsheet.agents.models.errors import ModelUnavailable
from callsheet.agents.spending.terms import Terms

from .mishaps import ASKING, DOINGS, ERRORS, OUTPUTS

Document: TypeAlias = dict[str, Any]

NEVER = 1_000.0
"""In seconds: longer than anybody waits."""


def offers(name: str, effect: Effect, cache: float | None = None) -> Capability:
    """A capability that takes anything as `it`, and gives a `value`."""
    return Capability(
        name=name,
        description=f"Somebody to {name}.",
        input_schema={"type": "object", "properties": {"it": {}}},
        output_schema={"type": "object", "properties": {"value": {}}, "required": ["value"]},
        main_output="value",
        effect=effect,
        cache=cache,
    )


THINK = offers("think", Effect.PURE)
LOOK = offers("look", Effect.READ, cache=86_400.0)
SAVE = offers("save", Effect.WRITE)
SEND = offers("send", Effect.IRREVERSIBLE)
MUSE = offers("muse", Effect.PURE)
GRIND = offers("grind", Effect.READ)
CATALOG = (THINK, LOOK, SAVE, SEND, MUSE, GRIND)
NAMES = tuple(each.name for each in CATALOG)


def chance(*of: Any) -> int:
    """A number that nobody would guess, and always the same."""
    return zlib.crc32(json.dumps(of, sort_keys=True, default=str).encode())


@dataclass(frozen=True)
class Nature:
    """How work ends and how long it takes, by what it is; and how long the model thinks."""

    ends: Sequence[str] = ("good",)
    paces: Sequence[float] = (0.0,)
    thinking: Sequence[float] = (0.0,)

    async def act(self, capability: str, inputs: Mapping[str, JsonValue], context: Context) -> Any:
        """Do the work, in one way or another."""
        lot = chance(capability, dict(inputs), context.attempt)
        end = self.ends[lot % len(self.ends)]
        if capability == "muse" and end == "good":
            end = ASKING[lot % len(ASKING)]
        if end in ASKING and context.model is None:
            end = "good"
        pace = self.paces[lot % len(self.paces)]
        if pace:
            await asyncio.sleep(pace)
        if end in ERRORS:
            raise ERRORS[end]
        if end in DOINGS:
            return await DOINGS[end](context)
        return OUTPUTS.get(end, {"value": lot % 3})


class Hand:
    """An agent who does what nature has in store."""

    def __init__(
        self,
        name: str,
        capabilities: Sequence[Capability],
        nature: Nature,
        terms: Terms | None = None,
        isolation: Isolation = Isolation.LOOP,
    ) -> None:
        self.name = name
        self.capabilities = capabilities
        self.isolation = isolation
        self.terms = terms
        self._nature = nature

    async def perform(self, capability: str, inputs: Mapping[str, JsonValue], context: Context) -> JsonObject:
        """One piece of work."""
        output: JsonObject = await self._nature.act(capability, inputs, context)
        return output


def hands(nature: Nature, terms: Sequence[Terms | None] = (None,)) -> list[Agent]:
    """Three agents, two of whom offer nearly the same, and one of whom works in threads."""
    quick = Nature([end for end in nature.ends if end not in DOINGS] or ("good",))
    return [
        Hand("ann", (THINK, LOOK, SAVE, SEND, MUSE), nature, terms[0]),
        Hand("bob", (THINK, LOOK, SAVE, MUSE), nature, terms[-1]),
        Hand("cas", (GRIND,), quick, isolation=Isolation.THREAD),
    ]


@dataclass
class Mind:
    """A model: it answers the planner with what is written down, one turn after the other, and agents with
    whatever comes to it. `seconds` is how long it thinks about each turn."""

    turns: Sequence[str | BaseException]
    nature: Nature = Nature()
    name: str = "mind"
    context_tokens: int = 16_000
    pieces: int = 1
    asked: int = 0
    usages: Sequence[Usage] = field(default_factory=lambda: [Usage(100, 20)])

    async def stream(self, request: ChatRequest) -> AsyncIterator[ChatChunk]:
        """One answer."""
        last = request.messages[-1].content
        if last.startswith("agent "):
            async for chunk in self._help(last):
                yield chunk
            return
        turn = self.turns[min(self.asked, len(self.turns) - 1)]
        self.asked += 1
        async for chunk in self._say(turn, self.nature.thinking[self.asked % len(self.nature.thinking)]):
            yield chunk

    async def _help(self, said: str) -> AsyncIterator[ChatChunk]:
        lot = chance(said)
        await asyncio.sleep(self.nature.thinking[lot % len(self.nature.thinking)])
        if said.endswith("fail"):
            raise ModelUnavailable(self.name, "busy", retry_after=1.5)
        if said.endswith("slow"):
            await asyncio.sleep(5.0)
        if said.endswith("never"):
            await asyncio.sleep(NEVER)
        yield ChatChunk("well, ")
        await asyncio.sleep(0.25)
        yield ChatChunk(str(lot % 10), self.usages[lot % len(self.usages)], "stop")

    async def _say(self, turn: str | BaseException, seconds: float) -> AsyncIterator[ChatChunk]:
        if isinstance(turn, BaseException):
            await asyncio.sleep(seconds)
            raise turn
        size = max(1, -(-len(turn) // self.pieces))
        for start in range(0, len(turn), size):
            await asyncio.sleep(seconds / self.pieces)
            yield ChatChunk(turn[start : start + size])
        yield ChatChunk("", self.usages[len(turn) % len(self.usages)], "stop")


def value(step: str) -> str:
    """What a step gave, or nothing."""
    return f"default({step}, null)"


def given_by(steps: Sequence[str]) -> JsonValue:
    """What these steps gave, as an input."""
    return {"from": f"[{', '.join(map(value, steps))}]"}


def planned(steps: Sequence[Document]) -> Document:
    """A plan of these steps, which answers with what all of them gave."""
    return {"goal": "a goal", "steps": list(steps), "answer": given_by([each["id"] for each in steps])}


def written(document: Document) -> str:
    """The plan as a model writes it in the full format."""
    steps = [
        {"id": step["id"], "call": {"capability": step["capability"], "inputs": step["inputs"]}}
        | {key: part for key, part in step.items() if key not in ("id", "capability", "inputs")}
        for step in document["steps"]
    ]
    return json.dumps({"steps": steps, "answer": document["answer"]})


def decision(kind: str, reason: str = "because", **parts: Any) -> str:
    """A decision as a model writes it in the full format."""
    empty: Document = {
        "add": [],
        "replace": [],
        "remove": [],
        "repoint": [],
        "answer": None,
        "question": None,
    }
    return json.dumps({"reason": reason, "decision": kind, **empty, **parts})
