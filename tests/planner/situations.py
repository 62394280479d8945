"""Plans in the middle of a run, as the replanner is told of them."""

from __future__ import annotations

from typing import Any

from pydantic import JsonValue

from callsheet.agents.contracts.capability import Capability, Effect, JsonObject
from callsheet.planner.check.checker import check
from callsheet.planner.plan.checked_plan import CheckedPlan
from callsheet.planner.revision.situation import Mishap, Situation, Standing, StepStanding, Trouble

from .catalogs import CATALOG, TEXT, capability

SEND = capability(
    "send",
    {"to": TEXT, "body": TEXT},
    {"receipt": TEXT},
    effect=Effect.IRREVERSIBLE,
    description="send a letter",
)
FIND = capability("find", {"pattern": TEXT}, {"path": TEXT}, effect=Effect.READ)
OFFICE = (*CATALOG, SEND, FIND)
GOAL = "Read a.txt, shorten it, and send it to kim@example.org"
STEPS: list[JsonObject] = [
    {"id": "s1", "capability": "read_file", "inputs": {"path": "a.txt"}},
    {"id": "s2", "capability": "shorten", "inputs": {"text": {"from": "s1"}}},
    {"id": "s3", "capability": "send", "inputs": {"to": "kim@example.org", "body": {"from": "s2"}}},
]
MISSING = Mishap(None, "error", "there is no file a.txt", 3, {"path": "a.txt"})
SHORT = Mishap(
    item=None,
    kind="surprise",
    message="the expectation `len(output.text) > 10` does not hold",
    attempts=1,
    inputs={"path": "a.txt"},
    expectation="len(output.text) > 10",
    values={"output.text": "hello"},
    output={"text": "hello", "bytes": 5},
)


def plan(
    *steps: JsonObject, answer: JsonValue = None, goal: str = GOAL, catalog: tuple[Capability, ...] = OFFICE
) -> CheckedPlan:
    """A checked plan of these steps, its answer the last one."""
    document = {
        "goal": goal,
        "steps": list(steps),
        "answer": {"from": str(steps[-1]["id"])} if answer is None else answer,
    }
    return check(document, catalog).require()


def situation(checked: CheckedPlan | None = None, **given: Any) -> Situation:
    """The plan of `STEPS` with its first step in trouble, unless said otherwise.

    `standings` may give some; `s1="done"` gives a standing by its value, and an output with it.
    """
    checked = checked or plan(*STEPS)
    given.setdefault("trouble", Trouble(next(iter(checked.steps)), (MISSING,)))
    standings = dict.fromkeys(checked.steps, StepStanding(Standing.NOT_STARTED))
    if given["trouble"]:
        standings[given["trouble"].step] = StepStanding(Standing.IN_TROUBLE)
    outputs: dict[str, JsonValue] = given.pop("outputs", {})
    for id, standing in given.pop("standings", {}).items():
        standings[id] = StepStanding(Standing(standing), outputs.get(id))
    given.setdefault("catalog", OFFICE)
    given.setdefault("used_ids", frozenset(checked.steps))
    return Situation(goal=checked.plan.goal, plan=checked, standings=standings, **given)
