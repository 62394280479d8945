"""A shop whose runs are replayed when it is no longer as it was."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from callsheet.agents.agent import Agent, Context
from callsheet.agents.errors import Permanent
from callsheet.agents.functions.decorator import agent
from callsheet.agents.models.chat import ChatRequest, Message, ask
from callsheet.agents.models.scripted import Script, ScriptedModel
from callsheet.agents.registry import Registry
from callsheet.errors import CallsheetError
from callsheet.executor.clocks.virtual_loop import VirtualClock, run_virtually
from callsheet.executor.journal.journal import MemoryJournal
from callsheet.executor.recording.content.recording import Recording
from callsheet.executor.replay.drift.drift import DriftKind
from callsheet.executor.replay.liveness import Liveness
from callsheet.orchestration.orchestrator import Orchestrator
from callsheet.planner.plan.checked_plan import CheckedPlan
from callsheet.recordings.replay import ReplayTerms, Team
from callsheet.recordings.replay_result import Replay

GOAL = "Find out what all chairs are worth, and describe them"


@dataclass
class Shop:
    """What the agents of the shop do, and what they did."""

    chairs: int = 12
    done: list[str] = field(default_factory=list[str])

    def agents(self) -> Sequence[Agent]:
        """Those who work here."""

        @agent(effect="read")
        async def stock(article: str) -> int:
            """Look up how many pieces of an article there are."""
            self.done.append(f"stock {article}")
            if article == "chairs":
                raise Permanent("no article is called chairs")
            return self.chairs

        @agent(effect="pure")
        async def price(pieces: int) -> int:
            """Say what so many pieces are worth."""
            self.done.append(f"price {pieces}")
            return 10 * pieces

        @agent(effect="pure")
        async def describe(topic: str, context: Context) -> str:
            """Write a sentence about a topic."""
            self.done.append(f"describe {topic}")
            assert context.model is not None
            question = f"Describe {topic} in a sentence."
            return (await ask(context.model, ChatRequest((Message("user", question),)))).text

        return [stock, price, describe]

    def team(self, **more: Any) -> Team:
        """All of them, as those of today."""
        return Team(Registry(self.agents()), **more)


def do(id: str, capability: str, **inputs: Any) -> dict[str, Any]:
    """A step as a model writes it."""
    return {"id": id, "do": {capability: inputs}}


def plan(*steps: dict[str, Any], answer: str) -> str:
    """A plan as a model writes it."""
    return json.dumps({"steps": steps, "answer": answer})


COUNT = do("count", "stock", article="chair")
WORTH = do("worth", "price", pieces="{count}")
TEXT = do("text", "describe", topic="chairs")
FIRST = plan(do("count", "stock", article="chairs"), WORTH, TEXT, answer="{text} {worth}")
RIGHT = plan(COUNT, WORTH, TEXT, answer="{text} {worth}")
MENDED = json.dumps(
    {"reason": "it is in the singular", "decision": "revise", "replace": [COUNT], "add": [], "remove": []}
)
SENTENCE = "Chairs are for sitting."
SCRIPT: Sequence[Script] = (FIRST, SENTENCE, MENDED)


def recorded(*turns: Script, agents: Sequence[Agent] = ()) -> Recording:
    """What happened once: the first plan was mistaken, and was mended."""
    journal = MemoryJournal()
    team = agents or Shop().agents()

    async def fine(checked: CheckedPlan) -> bool:
        return True

    async def pursue() -> None:
        model = ScriptedModel(turns or SCRIPT)
        orchestrator = Orchestrator(team, model=model, store=journal, clock=VirtualClock())
        with suppress(CallsheetError):
            await orchestrator.run(GOAL, review=fine)

    run_virtually(pursue())
    return Recording.from_events(journal.read_events(journal.runs()[0].run))


def live(
    *names: str, shop: Shop | None = None, turns: Sequence[Script] | None = None, **more: Any
) -> ReplayTerms:
    """Terms with something live: done by a shop of today, asked of a model that says these things."""
    team = None if shop is None else shop.team()
    model = None if turns is None else ScriptedModel(turns)
    return ReplayTerms(Liveness.from_names(names), team, model, **more)


def kinds(replay: Replay) -> list[DriftKind]:
    """The kinds of its drifts, the first one first."""
    return [drift.kind for drift in replay.drifts]
