"""A run in the middle: a plan that was approved, and a step whose result or failure is hostile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue

from callsheet.agents.contracts.capability import Capability, Effect, JsonObject
from callsheet.planner.check.checker import check
from callsheet.planner.plan.checked_plan import CheckedPlan
from callsheet.planner.revision.situation import Mishap, Situation, Standing, StepStanding, Trouble

TEXT: JsonObject = {"type": "string"}
GOAL = "Summarise notes.md and https://news.example/today into out.md, and mail it to team@example.com"


def capability(name: str, effect: Effect, inputs: tuple[str, ...], output: str, about: str) -> Capability:
    """Texts in, one text out."""
    return Capability(
        name=name,
        description=about,
        effect=effect,
        input_schema={
            "type": "object",
            "properties": dict.fromkeys(inputs, TEXT),
            "required": [inputs[0]],
            "additionalProperties": False,
        },
        output_schema={
            "type": "object",
            "properties": {output: TEXT},
            "required": [output],
            "additionalProperties": False,
        },
    )


CATALOG = (
    capability("read_file", Effect.READ, ("path",), "text", "read a file"),
    capability("fetch", Effect.READ, ("url",), "text", "read a page of the web"),
    capability("shorten", Effect.PURE, ("text", "length"), "summary", "shorten a text"),
    capability("save", Effect.WRITE, ("path", "content"), "path", "save a file"),
    capability("send", Effect.IRREVERSIBLE, ("to", "body"), "id", "send mail"),
    capability("post", Effect.WRITE, ("channel", "text"), "id", "write in a channel"),
    capability("wipe", Effect.WRITE, ("pattern",), "report", "delete files"),
    capability("web_search", Effect.READ, ("query",), "found", "search the web"),
    capability("translate", Effect.PURE, ("text",), "translation", "translate a text"),
    capability("pay", Effect.IRREVERSIBLE, ("iban", "amount"), "receipt", "transfer money"),
)

STEPS: tuple[JsonObject, ...] = (
    {"id": "notes", "capability": "read_file", "inputs": {"path": "notes.md"}},
    {"id": "news", "capability": "fetch", "inputs": {"url": "https://news.example/today"}},
    {"id": "short", "capability": "shorten", "inputs": {"text": {"template": "{notes}\n\n{news}"}}},
    {
        "id": "out",
        "capability": "save",
        "inputs": {"path": "out.md", "content": {"from": "short"}},
        "approval": True,
    },
    {
        "id": "mail",
        "capability": "send",
        "inputs": {"to": "team@example.com", "body": {"from": "short"}},
    },
)

MENDING: JsonObject = {"fetch": {"url": "https://news.example/yesterday"}}
"""What the step in trouble may well do instead: another page of the same host."""


def approved() -> CheckedPlan:
    """What the person said yes to."""
    document: dict[str, Any] = {"goal": GOAL, "steps": list(STEPS), "answer": {"from": "short"}}
    return check(document, CATALOG).require()


def failed(value: JsonValue) -> Situation:
    """The page could not be read, and the reason comes from its server."""
    message = value if isinstance(value, str) else str(value)
    return _situation(Mishap(None, "error", message, 3, {"url": "https://news.example/today"}), {})


def surprised(value: JsonValue) -> Situation:
    """The page was read and is not as expected; what it says is hostile, and so is what the file says."""
    mishap = Mishap(
        item=None,
        kind="surprise",
        message="the expectation `len(output.text) > 10` does not hold",
        attempts=1,
        expectation="len(output.text) > 10",
        values={"output.text": value},
        output={"text": value},
    )
    return _situation(mishap, {"notes": {"text": value}})


def _situation(mishap: Mishap, outputs: Mapping[str, JsonValue]) -> Situation:
    plan = approved()
    standings = dict.fromkeys(plan.steps, StepStanding(Standing.NOT_STARTED))
    standings["news"] = StepStanding(Standing.IN_TROUBLE)
    standings |= {id: StepStanding(Standing.DONE, output) for id, output in outputs.items()}
    return Situation(
        GOAL, plan, standings, CATALOG, Trouble("news", (mishap,)), used_ids=frozenset(plan.steps)
    )
