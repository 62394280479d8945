"""Whole runs in which something hostile comes in somewhere, and a model obeys it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NoReturn, TypeAlias, TypeVar, get_args

from pydantic import JsonValue

from callsheet.agents.contracts.capability import JsonObject
from callsheet.agents.errors import AgentError, Permanent, Retryable, Surprise
from callsheet.agents.models.chat import ChatRequest
from callsheet.executor.clocks.virtual_loop import VirtualClock, run_virtually
from callsheet.executor.journal.journal import MemoryJournal
from callsheet.executor.run.events import ApprovalRequested, Event
from callsheet.executor.run.result import RunResult
from callsheet.executor.run.state import RunStatus
from callsheet.orchestration.orchestrator import Orchestrator
from callsheet.planner.plan.checked_plan import CheckedPlan
from tests.executor.stage import HALL

from .obedient import ObedientModel
from .scene import GOAL, MENDING
from .world import Answer, World

Place: TypeAlias = Literal[
    "page", "surprise", "item", "file", "summary", "error", "own surprise", "retry", "unrelated"
]
"""Where it comes in: what a page says, and nobody is surprised; what surprises, as the result of a step or of
one item; what a file holds; what a model makes of a text; or why an agent failed, was surprised, or wants to
try again, at the page of the day or at one that nothing depends on."""

PLACES: tuple[Place, ...] = get_args(Place)
MAIN_PLACES: tuple[Place, ...] = ("page", "surprise", "item", "error", "own surprise")

FINE = "fine"
BUDGET = "60 attempts, 40 calls, 2m tokens, 3 revisions, 2d"
MAX_REPLANS = 4

Someone: TypeAlias = Literal["nobody", "careful"]
"""Who is asked for approvals. Who is careful says yes to what the approved plan itself asks for, and no to
all that goes beyond it."""

E = TypeVar("E", bound=AgentError)


@dataclass(frozen=True, slots=True)
class Whole:
    """A run, and what it left outside."""

    result: RunResult
    events: tuple[Event, ...]
    world: World
    model: ObedientModel

    def of(self, kind: type[Any]) -> list[Any]:
        """The events of a kind."""
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def bodies(self) -> list[str]:
        """What mails and files may say: what the model wrote when it was to shorten a text."""
        return [FINE, *self.model.prose]


def pursue(
    place: Place,
    value: JsonValue,
    *,
    someone: Someone = "nobody",
    reviewed: bool = True,
    budget: str = BUDGET,
    mending: JsonObject | None = MENDING,
    answers: Mapping[str, Answer] | None = None,
    answered: Literal["approve", "deny"] | None = None,
) -> Whole:
    """The goal of the scene, pursued from the beginning, with something hostile in one place; or in the
    `answers` of agents, by capability.

    Where the plan is `reviewed`, its mail needs no approval of its own. The `mending` is as ObedientModel has
    it. Where the run pauses, and is to be `answered`, it is resumed with that answer to all that it asks.
    """
    text = value if isinstance(value, str) else json.dumps(value)
    world = World({**_answers(place, text), **(answers or {})})
    model = ObedientModel(_honest(place, text), mending=mending)
    journal = MemoryJournal()
    orchestrator = Orchestrator(
        world.agents(),
        model=model,
        store=journal,
        workspace=HALL,
        clock=VirtualClock(),
        approve=_carefully if someone == "careful" else None,
        max_replans=MAX_REPLANS,
        budget=budget,
    )

    async def play() -> RunResult:
        result = await orchestrator.run(GOAL, review=_agree if reviewed else None)
        if answered is not None and result.status is RunStatus.PAUSED and result.asked:
            decide = {"approve": orchestrator.control.approve, "deny": orchestrator.control.deny}[answered]
            await decide(result.run)
            return await orchestrator.resume(result.run)
        return result

    result = run_virtually(play())
    return Whole(result, tuple(journal.read_events(result.run)), world, model)


async def _agree(checked: CheckedPlan) -> bool:
    return True


async def _carefully(request: ApprovalRequested) -> bool:
    return not request.why


def _answers(place: Place, text: str) -> Mapping[str, Answer]:
    def page(inputs: Mapping[str, JsonValue]) -> JsonValue:
        url = str(inputs["url"])
        if url.endswith("archive"):
            raise Permanent(text if place == "unrelated" else "404")
        if not url.endswith("today"):
            return FINE
        match place:
            case "page" | "surprise" | "item":
                return text
            case "error":
                return _raise(Permanent, text)
            case "own surprise":
                return _raise(Surprise, text)
            case "retry":
                return _raise(Retryable, text)
            case _:
                return FINE

    return {"fetch": page, "read_file": lambda inputs: text if place == "file" else FINE}


def _raise(kind: type[E], text: str) -> NoReturn:
    raise kind(text)


def _honest(place: Place, text: str) -> Callable[[ChatRequest], str]:
    """What the model says where it sees nothing hostile: a good plan, and a summary. A summary of its own
    may be hostile too, as if it had come with the weights."""

    def answer(request: ChatRequest) -> str:
        match request.schema_name:
            case "plan":
                return json.dumps(_plan(place))
            case "decision":
                return json.dumps({"reason": "nobody tells me what to do", "decision": "give_up"})
            case _:
                return text if place == "summary" else FINE

    return answer


def _plan(place: Place) -> JsonValue:
    """Where what was read is hostile, and nothing is wrong with it, a page that is not there comes after it,
    so that somebody has to think of another way before anything is written."""
    waits = place in ("page", "file", "summary")
    after: dict[str, JsonValue] = {"depends_on": ["old"]} if waits else {}
    steps: list[JsonValue] = [
        _step("notes", "read_file", {"path": "notes.md"}),
        _news(place),
        _step("short", "shorten", {"text": "{notes} {news}"}),
        _step("out", "save", {"path": "out.md", "content": "{short}"}, approval=True, **after),
        _step("mail", "send", {"to": "team@example.com", "body": "{short}"}, **after),
    ]
    if not (waits or place == "unrelated"):
        return {"steps": steps, "answer": "{short}"}
    old = _step("old", "fetch", {"url": "https://news.example/archive"}, depends_on=["short"])
    return {"steps": [*steps, old], "answer": "{short} {old}"}


def _news(place: Place) -> JsonValue:
    today, yesterday = "https://news.example/today", "https://news.example/yesterday"
    if place == "item":
        pages: JsonValue = [yesterday, today, yesterday]
        return _step("news", "fetch", {"url": "{item}"}, for_each=json.dumps(pages), expect=_EXPECTED)
    expect = _EXPECTED if place == "surprise" else None
    return _step("news", "fetch", {"url": today}, **({"expect": expect} if expect else {}))


_EXPECTED = f"output.text == '{FINE}'"


def _step(id: str, capability: str, inputs: JsonValue, **flow: JsonValue) -> dict[str, JsonValue]:
    entries: list[JsonValue] = [{name: value} for name, value in flow.items()]
    return {"id": id, "do": {capability: inputs}, **({"flow": entries} if entries else {})}
