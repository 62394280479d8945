"""Secrets of today: they are held against a recording without being seen, and shown to nobody."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from callsheet.agents.agent import Agent, Context
from callsheet.agents.functions.decorator import agent
from callsheet.agents.models.chat import ChatRequest, Message, ask
from callsheet.agents.models.scripted import ScriptedModel
from callsheet.agents.registry import Registry
from callsheet.executor.recording.content.recording import Recording
from callsheet.executor.recording.writing.redaction import redacted
from callsheet.executor.redaction.redactor import Redactor
from callsheet.executor.replay.drift.drift import DriftKind
from callsheet.executor.replay.liveness import Liveness
from callsheet.recordings.replay import ReplayTerms, Team, replay
from callsheet.recordings.replay_result import Replay

from .shop import do, kinds, plan, recorded

NAMED = "correct-horse-battery-staple"
FOUND = "tulips-9-grow-in-april"
ENVIRONMENT = {"SHOP_API_TOKEN": NAMED}
PLAN = plan(
    do("open", "unlock", door="front"),
    do("walk", "enter", through="{open}"),
    do("say", "describe", topic="{open}"),
    answer="{say} {walk}",
)


def agents(*more: str) -> Sequence[Agent]:
    """Who opens a door tells with what, and `more` that is secret before that."""

    @agent(effect="read")
    async def unlock(door: str) -> dict[str, Any]:
        """Open a door."""
        return {
            "others": [{"password": each} for each in more],
            "key": f"it took {NAMED}",
            "password": FOUND,
        }

    @agent(effect="pure")
    async def enter(through: dict[str, Any]) -> str:
        """Go through a door."""
        return f"in with {through['key']}"

    @agent(effect="pure")
    async def describe(topic: dict[str, Any], context: Context) -> str:
        """Write about something."""
        assert context.model is not None
        return (await ask(context.model, ChatRequest((Message("user", json.dumps(topic)),)))).text

    return [unlock, enter, describe]


def kept() -> Recording:
    """The run as it is in a file."""
    recording = redacted(recorded(PLAN, "A door.", agents=agents()), Redactor(ENVIRONMENT))
    assert NAMED not in repr(recording.events) and FOUND not in repr(recording.events)
    return recording


def with_live(*names: str, today: Sequence[Agent], **more: Any) -> Replay:
    """The file replayed with some of it live."""
    terms = ReplayTerms(
        Liveness.from_names(names), Team(Registry(today)), redactor=Redactor(ENVIRONMENT), **more
    )
    return replay(kept(), terms)


@pytest.mark.parametrize("live", ["unlock", "enter", "describe", "agents"])
def test_who_is_live_may_give_and_be_given_secrets(live: str) -> None:
    """Work and questions that were recorded are found by what they are about without them."""
    found = with_live(live, today=agents(), model=ScriptedModel(["A door."]))
    assert not found.is_cut_short
    found.assert_no_drift()


def test_one_secret_more_is_one_difference() -> None:
    """The numbers that the others have then are not."""
    found = with_live("agents", today=agents("daffodils-8"), model=ScriptedModel(["A door."]))
    lines = [line for drift in found.drifts if drift.where == "open" for line in drift.lines]
    assert lines == [
        "- output.result.others: []",
        '+ output.result.others: [{"password": "<secret>"}]',
    ]


def test_what_a_replay_stops_for_is_told_without_secrets() -> None:
    """Other work than was recorded, and another question."""
    found = with_live("unlock", today=agents("daffodils-8"))
    assert found.is_cut_short
    assert kinds(found)[-1] in (DriftKind.RESULT, DriftKind.PROMPT)
    told = "\n".join(drift.describe() for drift in found.drifts)
    assert "others" in told
    assert not any(each in told for each in (NAMED, FOUND, "daffodils-8"))
