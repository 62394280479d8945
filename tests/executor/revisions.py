"""Plans as documents, agents that do as they are told, and a planner whose decisions are written down."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from pydantic import JsonValue

from callsheet.agents.contracts.capability import Capability, Effect, JsonObject
from callsheet.agents.models.scripted import ScriptedModel
from callsheet.executor.journal.journal import Journal
from callsheet.planner.check.checker import check
from callsheet.planner.plan.checked_plan import CheckedPlan
from callsheet.planner.revision.decision import Decision, Revise
from callsheet.planner.revision.situation import Situation
from tests.executor.stage import Actor, Behaviour, Played, play

_OUTPUT: JsonObject = {"type": "object", "properties": {"value": {}}, "required": ["value"]}


def offers(name: str, effect: Effect) -> Capability:
    """A capability that takes anything as `it`, and gives a `value`."""
    return Capability(
        name=name,
        description=f"Somebody to {name}.",
        input_schema={"type": "object", "properties": {"it": {}}},
        output_schema=_OUTPUT,
        main_output="value",
        effect=effect,
    )


CATALOG = (
    offers("think", Effect.PURE),
    offers("look", Effect.READ),
    offers("save", Effect.WRITE),
    offers("send", Effect.IRREVERSIBLE),
    offers("publish", Effect.IRREVERSIBLE),
)

Step: TypeAlias = dict[str, Any]


def step(id: str, capability: str = "think", it: Any = None, **others: Any) -> Step:
    """A step as a document; what `it` is given is its id where nothing is said."""
    return {"id": id, "capability": capability, "inputs": {"it": id if it is None else it}, **others}


def planned(*steps: Step, answer: Any = None, goal: str = "a goal") -> CheckedPlan:
    """A checked plan of these steps; its answer is what the last one gives, where nothing is said."""
    answer = {"from": f"default({steps[-1]['id']}, null)"} if answer is None else answer
    return check({"goal": goal, "steps": list(steps), "answer": answer}, CATALOG).require()


Turn: TypeAlias = Decision | BaseException | Callable[[Situation], Decision]


@dataclass
class Director:
    """A planner that decides what is written down, one turn after the other, each after `seconds`."""

    turns: Sequence[Turn]
    seconds: float = 0.0
    told: list[Situation] = field(default_factory=list[Situation])

    async def decide(self, situation: Situation) -> Decision:
        """The next turn."""
        self.told.append(situation)
        turn = self.turns[len(self.told) - 1]
        await asyncio.sleep(self.seconds)
        if isinstance(turn, BaseException):
            raise turn
        return turn(situation) if callable(turn) else turn


def revise(*steps: Step, reason: str = "it has to be done in another way", **others: Any) -> Revise:
    """The decision to go on with a plan of these steps."""
    return Revise(planned(*steps, **others), reason)


def cast(behaviour: Behaviour, *capabilities: str) -> Actor:
    """One agent for all of these capabilities, or for those there are."""
    known = [each for each in CATALOG if not capabilities or each.name in capabilities]
    return Actor(behaviour, offers=known)


def direct(
    checked: CheckedPlan,
    director: Director,
    behaviour: Behaviour,
    *,
    journal: Journal | None = None,
    **options: Any,
) -> Played:
    """The plan carried out, with somebody to ask about what goes wrong."""
    return play(
        checked,
        cast(behaviour),
        journal=journal,
        model=ScriptedModel([]),
        replanner=lambda model: director,
        **options,
    )


def by_input(**told: Any) -> Behaviour:
    """A behaviour by what `it` is: an exception to raise, a function, or a value; itself where left out."""

    def behaviour(inputs: Mapping[str, JsonValue], context: Any) -> Any:
        found = told.get(str(inputs["it"]), inputs["it"])
        if isinstance(found, BaseException):
            raise found
        return found(inputs, context) if callable(found) else found

    return behaviour
