"""What is recorded anew has the times that it had: the diff of its file is what changed, and what follows."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings

from callsheet.agents.agent import Agent, Context
from callsheet.agents.errors import Retryable
from callsheet.agents.functions.decorator import agent
from callsheet.agents.models.chat import ChatModel, ChatRequest, Message, ask
from callsheet.agents.models.scripted import ScriptedModel
from callsheet.agents.registry import Registry
from callsheet.executor.clocks.virtual_loop import VirtualClock, run_virtually
from callsheet.executor.journal.journal import MemoryJournal
from callsheet.executor.recording.content.recording import Recording
from callsheet.executor.recording.content.times import times_of
from callsheet.executor.recording.writing.text import text_of
from callsheet.executor.replay.liveness import Liveness
from callsheet.executor.run.events import (
    AttemptStarted,
    AttemptSucceeded,
    Event,
    ModelCalled,
    RetryDue,
    RetryScheduled,
    RunStarted,
    encode,
)
from callsheet.orchestration.orchestrator import Orchestrator
from callsheet.planner.plan.checked_plan import CheckedPlan
from callsheet.recordings.replay import ReplayTerms, Team, replay
from callsheet.recordings.replay_result import Replay
from callsheet.recordings.retiming import retimings
from tests.replay.drawn import NATURES, stories
from tests.replay.exact import require_exact
from tests.replay.story import MortalJournal, Story
from tests.replay.world import Mind, Nature, hands

COUNT = {"id": "count", "capability": "stock", "inputs": {"article": "chair"}, "timeout_seconds": 9.0}
WORTH = {
    "id": "worth",
    "capability": "price",
    "inputs": {"pieces": {"from": "count"}},
    "max_retries": 3,
    "total_timeout_seconds": 40.0,
}
TEXT = {"id": "text", "capability": "describe", "inputs": {"topic": "chairs"}}
BEHIND = {"id": "behind", "capability": "describe", "inputs": {"topic": "tables"}, "depends_on": ["count"]}
PLAN = {
    "goal": "Say what all chairs are worth",
    "steps": [COUNT, TEXT, WORTH, BEHIND],
    "answer": {"template": "{text}: {worth}; {behind}"},
}


def shop(chairs: int = 12, seconds: float = 0.0, wait: float | None = None) -> Sequence[Agent]:
    """Who works in the shop, each for so many `seconds`. Of its chairs it takes two attempts to count them
    where there is something to `wait` for."""

    @agent(effect="read")
    async def stock(article: str, context: Context) -> int:
        """Look up how many pieces of an article there are."""
        await asyncio.sleep(1.5 * seconds)
        if wait is not None and context.attempt == 1:
            raise Retryable("being counted", retry_after=wait)
        return chairs

    @agent(effect="pure")
    async def price(pieces: int, context: Context) -> int:
        """Say what so many pieces are worth, at the third time of asking."""
        await asyncio.sleep(0.2 * seconds)
        if context.attempt < 3:
            raise Retryable("busy")
        return 10 * pieces

    @agent(effect="pure")
    async def describe(topic: str, context: Context) -> str:
        """Write a sentence about a topic."""
        assert context.model is not None
        question = ChatRequest((Message("user", f"agent {topic}"),))
        return (await ask(context.model, question)).text

    return [stock, price, describe]


def recorded(plan: Any = PLAN, *, goal: str | None = None, model: ChatModel | None = None) -> Recording:
    """What happened once, in the shop with twelve chairs, within a minute."""
    journal = MemoryJournal()

    async def fine(checked: CheckedPlan) -> bool:
        return True

    async def pursue() -> None:
        thinking = model or Mind(["nothing"], Nature(thinking=[1.0]))
        orchestrator = Orchestrator(shop(seconds=1.0), model=thinking, store=journal, clock=VirtualClock())
        await orchestrator.run(goal, plan=plan, time_limit=60.0, review=fine)

    run_virtually(pursue())
    return Recording.from_events(journal.read_events(journal.runs()[0].run))


def recorded_plan(written: str) -> Recording:
    """The same, where a model writes this plan, which takes it a second."""
    model = Mind([written], Nature(thinking=[1.0]), "scripted")
    return recorded(None, goal="Say what all chairs are worth", model=model)


def updated(
    recording: Recording, *live: str, agents: Sequence[Agent], model: ChatModel | None = None
) -> Replay:
    """The recording, with what is live done by these."""
    return replay(
        recording, ReplayTerms(Liveness.from_names(live), Team(Registry(agents)), model, update=True)
    )


def of_kind(recording: Recording, kind: type[Any], **fields: Any) -> list[Any]:
    """Its events of one kind that have these fields."""
    events = (event for event in recording.events if isinstance(event, kind))
    return [each for each in events if all(getattr(each, name) == field for name, field in fields.items())]


def without_times(event: Event) -> bytes:
    """What the event says beside times."""
    times = dict.fromkeys(times_of(type(event)), 0.0)
    more: dict[str, Any] = {"chunks": ()} if isinstance(event, ModelCalled) else {}
    if isinstance(event, RunStarted) and event.deadline is None:
        del times["deadline"]
    return encode(msgspec.structs.replace(event, **times, **more))


class TestOneResultIsAnother:
    """In a run with retries, an agent that asks a model which answers in pieces, and limits."""

    def test_the_file_differs_in_that_and_in_what_follows(self) -> None:
        """No line has another time: although the live agent took none, and was done before what was
        recorded beside it, which it was not then."""
        recording = recorded()
        found = updated(recording, "stock", agents=shop(7))
        assert found.updated is not None and found.events == found.updated.events
        expected = text_of(recording)
        for before, after in (("result: 12", "result: 7"), ("pieces: 12", "pieces: 7"), ("120", "70")):
            changed = expected.replace(f"{before}}}", f"{after}}}").replace(f"{before}; ", f"{after}; ")
            assert changed != expected
            expected = changed
        assert text_of(found.updated) == expected

    def test_it_replays(self) -> None:
        """With the new result, and all that was recorded."""
        found = updated(recorded(), "stock", agents=shop(7))
        assert found.updated is not None
        require_exact(found.updated)
        assert of_kind(found.updated, ModelCalled) == of_kind(found.recording, ModelCalled)
        assert len(of_kind(found.updated, RetryScheduled)) == 2

    def test_an_end_of_another_kind_is_at_the_same_time(self) -> None:
        """An attempt that failed in the end, where that is allowed."""

        @agent(effect="read")
        async def stock(article: str) -> str:
            """Look up how many pieces of an article there are."""
            raise LookupError("no such article")

        steps = [{**COUNT, "on_failure": "continue", "max_retries": 0}, TEXT]
        plan = {**PLAN, "steps": steps, "answer": {"from": "[text, default(count, 0)]"}}
        recording = recorded(plan)
        found = updated(recording, "stock", agents=[stock, *shop()[1:]])
        assert found.updated is not None
        require_exact(found.updated)
        assert [event.at for event in recording.events[:-1]] == [
            event.at for event in found.updated.events if type(event).__name__ != "StepFailed"
        ][:-1]


class TestSomethingNew:
    def test_another_step_in_between(self) -> None:
        """What was recorded keeps its times, and what is new comes between it: nothing runs backwards."""
        first, worth = do("count", "stock", article="chair"), do("worth", "price", pieces="{count}")
        more = do("more", "describe", topic="tables")
        recording = recorded_plan(planned(first, worth, answer="{worth}"))
        turns = [planned(first, worth, more, answer="{worth} {more}"), "Tables are for plates."]
        with ScriptedModel(turns) as live:
            found = updated(recording, "planner", "describe", agents=shop(), model=live)
        assert found.updated is not None
        require_exact(found.updated)
        times = [event.at for event in found.updated.events]
        assert times == sorted(times)
        for step in ("count", "worth"):
            for kind in (AttemptStarted, AttemptSucceeded, RetryScheduled):
                before, after = (of_kind(each, kind, step=step) for each in (recording, found.updated))
                assert [event.at for event in before] == [event.at for event in after]
        (begun,), (called,) = (
            of_kind(found.updated, AttemptStarted, step="more"),
            of_kind(found.updated, ModelCalled, step="more"),
        )
        assert begun.at <= called.started <= called.at
        assert begun.deadline - begun.at == pytest.approx(120.0)

    def test_what_now_comes_the_other_way_round(self) -> None:
        """First one step and then the other, and today the other first: it stays so, and what came before
        them keeps its times."""
        count, text = do("count", "stock", article="chair"), do("text", "describe", topic="{count} chairs")
        recording = recorded_plan(planned(count, text, answer="{count} {text}"))
        count, text = do("count", "stock", article="{text}"), do("text", "describe", topic="chairs")
        with ScriptedModel(
            [planned(count, text, answer="{count} {text}"), "Chairs are for sitting."]
        ) as model:
            found = updated(recording, "planner", "agents", agents=shop(), model=model)
        assert found.updated is not None and not runs_backwards(found.updated)
        require_exact(found.updated)
        assert [event.step for event in of_kind(found.updated, AttemptStarted)] == ["text", "count"]
        before, after = (of_kind(each, RunStarted) for each in (recording, found.updated))
        assert (after[0].at, after[0].deadline) == (before[0].at, before[0].deadline)
        assert after[0].at == pytest.approx(recording.created.at + 1.0)

    def test_what_has_no_room_keeps_the_times_of_today(self) -> None:
        """There was nothing between the count and what follows, and now there is half a minute: the recording
        would not replay otherwise."""
        found = updated(recorded(), "stock", agents=shop(wait=30.0))
        assert found.updated is not None
        require_exact(found.updated)
        (scheduled,) = of_kind(found.updated, RetryScheduled, step="count")
        (due,) = of_kind(found.updated, RetryDue, step="count")
        assert due.at - scheduled.at >= 29.9


def do(id: str, capability: str, **inputs: Any) -> dict[str, Any]:
    """A step as a model writes it."""
    return {"id": id, "do": {capability: inputs}}


def planned(*steps: dict[str, Any], answer: str) -> str:
    """A plan as a model writes it."""
    return msgspec.json.encode({"steps": steps, "answer": answer}).decode()


def otherwise(story: Story, nature: Nature) -> Story:
    """The same story, where agents are of another nature."""
    model = replace(story.model, asked=0) if isinstance(story.model, Mind) else story.model
    return replace(story, agents=partial(hands, nature), model=model, journal=MortalJournal())


def runs_backwards(recording: Recording) -> bool:
    """Whether an event comes before the one that it stands behind."""
    return any(after.at < before.at for before, after in pairwise(recording.events))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(stories(), NATURES)
def test_nothing_is_lost_and_no_time_runs_backwards(story: Story, nature: Nature) -> None:
    """For every two runs of a goal, however different: one with the times of the other says what it said, its
    limits are as far away as they were, its calls take no longer than either of them did, and no call began
    before whoever asked."""
    for before, after in zip(story.tell(), otherwise(story, nature).tell(), strict=False):
        for retimed in retimings(before, after):
            assert Counter(map(without_times, retimed.events)) == Counter(map(without_times, after.events))
            assert runs_backwards(before) or not runs_backwards(retimed)
            assert limits(retimed) == pytest.approx(limits(after), abs=0.02)
            lasted = [call.at - call.started for each in (before, after) for call in calls(each)]
            for call in calls(retimed):
                assert before.created.at <= call.started <= call.at <= call.started + max(lasted) + 1e-6
                begun = of_kind(retimed, AttemptStarted, step=call.step, item=call.item, attempt=call.attempt)
                assert all(each.at <= call.started for each in begun)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(stories())
def test_a_run_that_is_as_it_was_has_its_times(story: Story) -> None:
    """For every run: with the times of another in which the same happened, an hour later and slower, it is
    as that one was."""
    for recording in story.tell():
        slower = [later(event, recording.created.at) for event in recording.events]
        again = replace(recording, events=tuple(slower))
        assert [each.events for each in retimings(recording, again)] == [recording.events]


def later(event: Event, created: float) -> Event:
    """The event as it is where everything takes twice as long, but for what is due by a clock."""
    at = created + 3600.0 + 2 * (event.at - created)
    match event:
        case AttemptStarted():
            return msgspec.structs.replace(event, at=at, deadline=at + event.deadline - event.at)
        case RetryScheduled():
            return msgspec.structs.replace(event, at=at, due=at + event.due - event.at)
        case ModelCalled():
            return msgspec.structs.replace(event, at=at, started=at - 2 * (event.at - event.started))
        case _:
            return msgspec.structs.replace(event, at=at)


def calls(recording: Recording) -> list[ModelCalled]:
    """Its calls of a model."""
    return of_kind(recording, ModelCalled)


def limits(recording: Recording) -> dict[str, float]:
    """In how many seconds attempts have to be over, and others begin."""
    deadlines = {
        f"{each.step}[{each.item}]:{each.attempt}": each.deadline - each.at
        for each in of_kind(recording, AttemptStarted)
    }
    dues = {
        f"{each.step}[{each.item}]:{each.attempt} is due": each.due - each.at
        for each in of_kind(recording, RetryScheduled)
    }
    return deadlines | dues
