"""For every plan, every way in which its work can end, and everything that a planner can decide about it."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from callsheet.agents.agent import Context
from callsheet.agents.errors import Permanent, Retryable, Surprise
from callsheet.agents.models.scripted import ScriptedModel
from callsheet.agents.registry import Registry
from callsheet.agents.selection.breaker import BreakerPolicy
from callsheet.errors import CallsheetError
from callsheet.executor.clocks.virtual_loop import VirtualClock, run_virtually
from callsheet.executor.dispatch.agent_pool import AgentPool
from callsheet.executor.driver.control import RunControl
from callsheet.executor.driver.executor import Executor
from callsheet.executor.journal.errors import RunEnded
from callsheet.executor.journal.journal import MemoryJournal
from callsheet.executor.machine.recovery import recheck
from callsheet.executor.run.events import (
    ApprovalRequested,
    DoubtVerdict,
    Event,
    PlanAdopted,
    RunCreated,
    RunStarted,
    encode,
)
from callsheet.executor.run.options import RunOptions
from callsheet.executor.run.reducer import run_state_of
from callsheet.executor.run.result import RunResult
from callsheet.executor.run.state import RUN_ENDED, RunStatus
from callsheet.planner.check.checker import check
from callsheet.planner.plan.checked_plan import CheckedPlan
from callsheet.planner.revision.decision import Accept, Ask, Decision, GiveUp, Revise
from callsheet.planner.revision.situation import Situation
from tests.executor.onlooker import Onlooker
from tests.executor.revisions import CATALOG, cast
from tests.executor.stage import HALL
from tests.replay.world import Document, chance, given_by, planned, value

NAMES = ("think", "look", "save", "send", "publish")
INPUTS = ("red", "green", "blue")
ENDS = ("good", "good", "good", "good", "good", "good", "broken", "flaky", "closed", "raised", "stubborn")
OTHER_EDITS = ("drop", "rename", "give", "add", "repoint", "expect", "hope", "order", "condition")
EDITS = ("mend", "mend", "mend", *OTHER_EDITS)
VERDICTS: tuple[DoubtVerdict, ...] = ("done", "again", "failed")
MAX_REPLANS = 5
PATIENT = BreakerPolicy(threshold=10_000)
MAX_VISITS = 60


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """A plan of three to eight steps with every kind of flow, over data and order."""
    steps: list[Document] = []
    for place in range(draw(st.integers(3, 8))):
        before = [each["id"] for each in steps]
        of = draw(st.lists(st.sampled_from(before), unique=True, max_size=2)) if before else []
        after = draw(st.lists(st.sampled_from(before), unique=True, max_size=1)) if before else []
        it = given_by(of) if of else draw(st.sampled_from(INPUTS))
        step: Document = {"id": f"s{place}", "capability": draw(st.sampled_from(NAMES)), "inputs": {"it": it}}
        if after:
            step["depends_on"] = after
        step |= draw(st.sampled_from([{}, {}, {"expect": ["output.value != 0"]}]))
        step |= draw(st.sampled_from([{}, {}, {"on_failure": "continue"}]))
        step |= draw(st.sampled_from([{}, {}, {"join": "any"}, {"join": "done"}]))
        step |= draw(st.sampled_from([{}, {}, {}, {"approval": True}]))
        step |= draw(st.sampled_from([{}, {}, {}, {"total_timeout_seconds": 5.0}]))
        if draw(st.integers(0, 4)) == 4:
            conditions = ["true", "false", *(f"str({value(each)}) != '1'" for each in of)]
            step["condition"] = draw(st.sampled_from(conditions))
        if draw(st.integers(0, 3)) == 3:
            step["for_each"] = {"from": f"[{', '.join(['1', *map(value, of), '1', '2'])}]"}
            step["inputs"]["it"] = {"from": "[item]"}
        steps.append(step)
    return planned(steps)


@dataclass(frozen=True)
class World:
    """How work ends and how long it takes, by what it is; and what people say."""

    ends: Sequence[str]
    paces: Sequence[int]
    approves: Sequence[bool]

    async def act(self, inputs: Mapping[str, JsonValue], context: Context) -> JsonValue:
        """Do the work, as its inputs have it."""
        lot = chance(dict(inputs))
        end = self.ends[lot % len(self.ends)]
        try:
            await asyncio.sleep(self.paces[lot % len(self.paces)])
        except asyncio.CancelledError:
            if end != "stubborn":
                raise
        match end:
            case "broken":
                raise Permanent("broken")
            case "flaky" if context.attempt % 2:
                raise Retryable("not yet")
            case "closed":
                raise Surprise("closed")
            case "raised":
                raise RuntimeError(f"raised in attempt {context.attempt}")
            case _:
                return lot % 3

    def says(self, step: str) -> bool:
        """Whether somebody approves of a step."""
        return self.approves[chance(step) % len(self.approves)]

    async def approve(self, request: ApprovalRequested) -> bool:
        """A person who takes their time."""
        await asyncio.sleep(3)
        return self.says(request.step)


WORLDS = st.builds(
    World,
    st.lists(st.sampled_from(ENDS), min_size=1, max_size=7),
    st.lists(st.integers(0, 9), min_size=1, max_size=5),
    st.lists(st.booleans(), min_size=1, max_size=3),
)

Edit: TypeAlias = tuple[str, int, int]
Turn: TypeAlias = tuple[str, Sequence[Edit]]


@dataclass(frozen=True)
class Wavering:
    """A planner that decides by how much has been decided before: always the same in the same situation."""

    turns: Sequence[Turn]
    seconds: float

    async def decide(self, situation: Situation) -> Decision:
        """The turn that it is."""
        await asyncio.sleep(self.seconds)
        turn = len(situation.history) + bool(situation.refusal)
        kind, edits = self.turns[turn % len(self.turns)]
        match kind:
            case "accept":
                return Accept("fine")
            case "ask":
                return Ask("what now?")
            case "give up":
                return GiveUp("no way")
            case "fail":
                raise CallsheetError("no answer")
            case _:
                return revised(situation, edits)


def revised(situation: Situation, edits: Sequence[Edit]) -> Decision:
    """The plan with its steps changed; given up where that makes no plan."""
    document: Any = situation.plan.document
    steps: list[Document] = list(document["steps"])
    trouble = situation.trouble.step if situation.trouble else None
    for number, (kind, which, what) in enumerate(edits):
        ids = [step["id"] for step in steps]
        at = ids.index(trouble) if kind == "mend" and trouble in ids else which % max(1, len(ids))
        if steps:
            change(steps, kind, at, what, f"n{len(situation.used_ids)}_{number}")
    checked = check(planned(steps), CATALOG).plan
    return Revise(checked, "better") if checked else GiveUp("no plan comes of it")


def change(steps: list[Document], kind: str, at: int, what: int, fresh: str) -> None:
    """One edit to the plan."""
    step = steps[at] = dict(steps[at])
    other = steps[what % at]["id"] if at else None
    match kind:
        case "drop":
            del steps[at]
            point(steps, step["id"], None)
        case "rename":
            point(steps, step["id"], fresh)
            steps[at] = steps[at] | {"id": fresh}
        case "add":
            does = {"id": fresh, "capability": NAMES[what % len(NAMES)], "inputs": {"it": INPUTS[at % 3]}}
            steps.append(does | {"depends_on": [step["id"]]})
        case "give" | "mend":
            step["inputs"] = {"it": INPUTS[what % len(INPUTS)]}
        case "expect":
            step["expect"] = [f"output.value != {what % 3}"]
        case "hope":
            step.pop("expect", None)
        case "condition":
            step["condition"] = "true" if what % 2 else "false"
        case "repoint" if other is not None and "for_each" not in step:
            step["inputs"] = {"it": given_by([other])}
        case "order" if other is not None:
            step["depends_on"] = [other]
        case _:
            pass


def point(steps: list[Document], old: str, new: str | None) -> None:
    """What named one step names another, or nothing."""
    for at, step in enumerate(steps):
        text = json.dumps(step | {"id": "", "depends_on": []})
        text = re.sub(rf"\b{old}\b", "null" if new is None else new, text)
        order = [new if each == old else each for each in step.get("depends_on", ())]
        steps[at] = json.loads(text) | {"id": step["id"], "depends_on": [each for each in order if each]}


TURNS = st.lists(
    st.tuples(
        st.sampled_from(["revise", "revise", "revise", "revise", "accept", "ask", "give up", "fail"]),
        st.lists(
            st.tuples(st.sampled_from(EDITS), st.integers(0, 7), st.integers(0, 5)), min_size=1, max_size=3
        ),
    ),
    min_size=1,
    max_size=4,
)
PLANNERS = st.builds(Wavering, TURNS, st.sampled_from([0.0, 2.0, 20.0]))


@dataclass
class Scene:
    """A run with everybody whom it needs."""

    document: Document
    world: World
    planner: Wavering
    fail_fast: bool = True
    approves_at_once: bool = True

    def __post_init__(self) -> None:
        self.checked = check(self.document, CATALOG).require()
        self.journal = MemoryJournal()
        self.rests = 0

    def executor(self) -> Executor:
        """Whoever carries the run out."""
        registry = Registry([cast(self.world.act)])
        return Executor(
            registry,
            self.journal,
            RunOptions(max_concurrency=99, max_replans=MAX_REPLANS, fail_fast=self.fail_fast),
            chooser=AgentPool(registry, breaker=PATIENT),
            workspace=HALL,
            clock=VirtualClock(),
            model=ScriptedModel([]),
            replanner=lambda model: self.planner,
            approve=self.world.approve if self.approves_at_once else None,
        )

    def play(self, *, wish: float | None = None) -> RunResult:
        """The run from its beginning to its end; after so many seconds somebody has a wish."""

        async def begin() -> RunResult:
            await self.journal.create(RunCreated(VirtualClock().now(), "r", "a goal", 7))
            said = asyncio.create_task(self._say(wish))
            result = await self.executor().run("r", self.checked)
            self.see(result)
            result = await self._go_on(result)
            said.cancel()
            return result

        return run_virtually(begin())

    def resume(self, events: Sequence[Event]) -> RunResult:
        """The run from where another process left it, to its end."""

        async def begin() -> RunResult:
            assert isinstance(events[0], RunCreated)
            await asyncio.sleep(events[-1].at - VirtualClock().now())
            await self.journal.create(events[0], *events[1:])
            return await self._go_on(RunResult.from_state(run_state_of(events)))

        return run_virtually(begin())

    @property
    def events(self) -> list[Event]:
        """What has happened."""
        return self.journal.read_events("r")

    @property
    def plans(self) -> dict[int, CheckedPlan]:
        """Every plan that was adopted."""
        adopted = [event for event in self.events if isinstance(event, PlanAdopted)]
        return {event.revision: recheck(event, Registry(())) for event in adopted}

    async def _go_on(self, result: RunResult) -> RunResult:
        for _ in range(MAX_VISITS):
            if result.status not in (RunStatus.RUNNING, RunStatus.PAUSED):
                return result
            if result.status is RunStatus.PAUSED:
                self.rests += 1
                await self._answer(result)
            result = await self.executor().resume("r")
            self.see(result)
        raise AssertionError("the run never ends")

    def see(self, result: RunResult) -> None:
        """What is told of a run is what its journal says, and where it rests somebody can help."""
        assert result == RunResult.from_state(run_state_of(self.events))
        if result.status is RunStatus.PAUSED:
            assert result.asked or result.in_doubt or result.question, "nobody can help a run that rests"

    async def _answer(self, result: RunResult) -> None:
        control = RunControl(self.journal, VirtualClock())
        for asked in result.asked:
            say = control.approve if self.world.says(asked.step) else control.deny
            await say("r", asked.step)
        for doubt in result.in_doubt:
            verdict = VERDICTS[chance(doubt.step, doubt.item) % len(VERDICTS)]
            output = {"value": 1} if verdict == "done" else None
            await control.settle("r", verdict, step=doubt.step, item=doubt.item, output=output)
        if result.question:
            await control.tell("r", "go on")

    async def _say(self, seconds: float | None) -> None:
        if seconds is not None:
            await asyncio.sleep(seconds)
            with suppress(RunEnded):
                await RunControl(self.journal, VirtualClock()).tell("r", "in another way, please")


@settings(max_examples=150, deadline=None)
@given(
    documents(),
    WORLDS,
    PLANNERS,
    st.booleans(),
    st.booleans(),
    st.sampled_from([None, None, 1.0, 7.0]),
)
def test_every_run_ends_and_keeps_what_is_promised(
    document: Document,
    world: World,
    planner: Wavering,
    fail_fast: bool,
    approves_at_once: bool,
    wish: float | None,
) -> None:
    """For every plan, behaviour and planner: the run ends, or rests where a person can help; at every event
    the Onlooker finds everything as it should be; and what is told of it is what its journal says."""
    scene = Scene(document, world, planner, fail_fast, approves_at_once)
    result = scene.play(wish=wish)
    state = Onlooker(scene.plans, punctual=True).read(scene.events)
    assert RunResult.from_state(state.run) == result


@settings(max_examples=100, deadline=None)
@given(documents(), WORLDS, PLANNERS, st.booleans(), st.sampled_from([None, 1.0]), st.integers(0, 999))
def test_a_run_cut_off_anywhere_goes_on_and_does_nothing_twice(
    document: Document,
    world: World,
    planner: Wavering,
    fail_fast: bool,
    wish: float | None,
    cut: int,
) -> None:
    """For every beginning of a journal in which the run has started: another process goes on with it to an
    end, and the two of them together keep what is promised of one."""
    scene = Scene(document, world, planner, fail_fast)
    scene.play(wish=wish)
    events = scene.events
    first = 1 + next(at for at, event in enumerate(events) if isinstance(event, RunStarted))
    again = Scene(document, world, planner, fail_fast)
    kept = events[: first + cut % (len(events) - first)]
    result = again.resume(kept)
    assert list(map(encode, again.events[: len(kept)])) == list(map(encode, kept))
    state = Onlooker(again.plans).read(again.events)
    assert RunResult.from_state(state.run) == result
    assert state.run.status in RUN_ENDED
