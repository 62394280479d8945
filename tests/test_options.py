"""The options of a run: every one of them at every door, as people write it; and what holds on resuming."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, get_type_hints

import click
import pytest

import callsheet
from callsheet.agents.models.errors import ModelNotConfigured
from callsheet.agents.models.scripted import ScriptedModel
from callsheet.agents.selection.errors import StrategyError
from callsheet.agents.selection.strategies import STRATEGIES
from callsheet.agents.spending.budget import Budget
from callsheet.agents.spending.errors import BudgetError
from callsheet.cli.application import application
from callsheet.errors import CallsheetError
from callsheet.executor.journal.journal import MemoryJournal
from callsheet.executor.run.errors import BudgetExceeded, OptionInvalid
from callsheet.executor.run.events import OptionsGiven, RunCreated, RunEquipped, RunResumed, RunStarted
from callsheet.executor.run.options import OPTIONS, RunKeywords, RunOptions
from callsheet.executor.run.state import RunStatus
from callsheet.orchestration.orchestrator import Orchestrator
from callsheet.planner.check.errors import PlanInvalid
from callsheet.planner.documents.errors import DocumentError
from callsheet.planner.plan.checked_plan import CheckedPlan
from callsheet.settings.settings import Settings
from callsheet.testing import RecordingMark
from tests.trusted_folder import configure

PLAN: dict[str, Any] = {
    "goal": "tell everybody",
    "steps": [
        {"id": "loud", "capability": "shout", "inputs": {"text": "hello"}},
        {"id": "out", "capability": "send", "inputs": {"text": {"from": "loud"}}},
    ],
    "answer": {"from": "out"},
}
WRITTEN = json.dumps({"steps": [], "answer": "hello"})

GIVEN: Mapping[str, Any] = {
    "fail_fast": False,
    "hedge": True,
    "max_concurrency": 3,
    "max_replans": 2,
    "budget": "20 attempts",
    "time_limit": "5m",
    "strategy": "cheapest",
    "stream": True,
}
"""Every option, as people write it."""

MEANT = RunOptions(
    fail_fast=False,
    hedge=True,
    max_concurrency=3,
    max_replans=2,
    budget=Budget(attempts=20),
    time_limit=300.0,
    strategy=STRATEGIES["cheapest"],
    stream=True,
)
FLAGS: Mapping[str, list[str]] = {
    "fail_fast": ["--keep-going"],
    "hedge": ["--hedge"],
    "max_concurrency": ["--max-concurrency", "3"],
    "max_replans": ["--max-replans", "2"],
    "budget": ["--budget", "20 attempts"],
    "time_limit": ["--time-limit", "5m"],
    "strategy": ["--strategy", "cheapest"],
    "stream": ["--stream"],
}


@callsheet.agent(effect="pure")
def shout(text: str) -> str:
    """Say it louder."""
    return text.upper()


@callsheet.agent(effect="irreversible")
def send(text: str) -> str:
    """Send it to everybody."""
    return text


TEAM = [shout, send]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, with nothing set up."""
    monkeypatch.chdir(tmp_path)
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def model() -> ScriptedModel:
    """A model that plans nothing but the answer."""
    return ScriptedModel([WRITTEN])


def _paused(journal: MemoryJournal) -> str:
    return callsheet.run_sync(plan=PLAN, agents=TEAM, store=journal).run


def _run(**options: Any) -> None:
    callsheet.run_sync("say hello", agents=TEAM, model=model(), store=None, **options)


def _resume(**options: Any) -> None:
    journal = MemoryJournal()
    callsheet.resume_sync(_paused(journal), agents=TEAM, store=journal, **options)


def _plan(**options: Any) -> None:
    callsheet.plan_sync("say hello", agents=TEAM, model=model(), **options)


def _orchestrator(**options: Any) -> None:
    Orchestrator(TEAM, store=None, **options)


def _method(**options: Any) -> None:
    asyncio.run(Orchestrator(TEAM, store=None, model=model()).run("say hello", **options))


def _resume_method(**options: Any) -> None:
    journal = MemoryJournal()
    run = _paused(journal)
    asyncio.run(Orchestrator(TEAM, store=journal).resume(run, **options))


def _plan_method(**options: Any) -> None:
    asyncio.run(Orchestrator(TEAM, store=None, model=model()).plan("say hello", **options))


DOORS: Mapping[str, Callable[..., None]] = {
    "run": _run,
    "resume": _resume,
    "plan": _plan,
    "Orchestrator": _orchestrator,
    "Orchestrator.run": _method,
    "Orchestrator.resume": _resume_method,
    "Orchestrator.plan": _plan_method,
}


def test_the_table_has_every_option() -> None:
    """The typed keywords, the frozen object and these tables name the same options."""
    assert set(get_type_hints(RunKeywords)) == set(OPTIONS) == set(GIVEN) == set(FLAGS)
    assert RunOptions.of(**GIVEN) == MEANT


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("option", OPTIONS)
def test_every_function_takes_every_option(option: str, door: str) -> None:
    """As people write it; what an option means to a run is shown below."""
    DOORS[door](**{option: GIVEN[option]})


@pytest.mark.parametrize("door", DOORS)
def test_what_is_no_option_is_told(door: str) -> None:
    """With what may have been meant, and before anything happens."""
    with pytest.raises(TypeError, match="did you mean 'max_replans'"):
        DOORS[door](max_replan=3)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    ("option", "value", "error", "says"),
    [
        ("max_concurrency", 0, OptionInvalid, "integer, 1 to 10,000"),
        ("max_concurrency", True, OptionInvalid, "integer"),
        ("max_replans", 101, OptionInvalid, "at most 100"),
        ("time_limit", "soon", OptionInvalid, "write seconds, more than 0, or 90s, 5m"),
        ("time_limit", -1, OptionInvalid, "write seconds"),
        ("fail_fast", "yes", OptionInvalid, "True or False"),
        ("budget", "plenty", BudgetError, "write it like"),
        ("budget", float("nan"), BudgetError, "write it like"),
        ("strategy", "best", StrategyError, "there is no strategy 'best'"),
        ("strategy", 3, OptionInvalid, "the name of a strategy"),
    ],
)
def test_a_bad_value_is_told_at_once(
    door: str, option: str, value: object, error: type[CallsheetError], says: str
) -> None:
    """What is wrong, of which option, and what it takes: an error for people, with the exit code of usage."""
    with pytest.raises(error, match=says) as caught:
        DOORS[door](**{option: value})
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("option", OPTIONS)
def test_settings_and_the_environment_have_every_option(option: str, folder: Path) -> None:
    """In a file with its type, or as a text; in a variable as a text."""
    meant = getattr(MEANT, option)
    written = json.dumps(GIVEN[option])
    (folder / "callsheet.toml").write_text(f"{option} = {written}\n")
    assert getattr(Settings.load(folder, {}).options, option) == meant
    text = str(GIVEN[option]).lower() if isinstance(GIVEN[option], bool) else str(GIVEN[option])
    (folder / "callsheet.toml").unlink()
    settings = Settings.load(folder, {f"CALLSHEET_{option.upper()}": text})
    assert getattr(settings.options, option) == meant
    assert getattr(settings.flagged, option) is None


@pytest.mark.parametrize("command", ["run", "resume", "plan", "approve", "answer"])
@pytest.mark.parametrize("option", OPTIONS)
def test_every_command_has_a_flag_for_every_option(option: str, command: str) -> None:
    """The same flags wherever a run is begun, planned, or gone on with."""
    flags = {
        flag
        for parameter in application.commands[command].params
        for flag in (*parameter.opts, *parameter.secondary_opts)
        if isinstance(parameter, click.Option)
    }
    assert FLAGS[option][0] in flags


def test_the_marker_of_a_recording_takes_every_option() -> None:
    """For the run that is recorded."""
    mark = RecordingMark.from_marker(("run.yaml",), GIVEN)
    assert RunOptions.of(**mark.options) == MEANT


@pytest.mark.parametrize("wrong", [("--time-limit", "soon"), ("--budget", "plenty")])
def test_a_flag_that_means_nothing_is_named(folder: Path, wrong: tuple[str, str]) -> None:
    """What was written, and by which flag."""
    with pytest.raises(CallsheetError, match=wrong[0]):
        Settings.load(folder, {}, {wrong[0].removeprefix("--").replace("-", "_"): wrong[1]})


@pytest.mark.parametrize("written", [2, 2.0, Decimal(2), "$2", Budget(cost=Decimal(2))])
def test_a_budget_is_a_text_a_number_of_dollars_or_a_budget(written: Any) -> None:
    """All of them mean the same."""
    assert RunOptions.of(budget=written).budget == Budget(cost=Decimal(2))


@pytest.mark.parametrize("written", [300, 300.0, "300", "5m", "5 m", timedelta(minutes=5)])
def test_a_duration_is_a_text_or_a_number_of_seconds(written: Any) -> None:
    """All of them mean the same."""
    assert RunOptions.of(time_limit=written).time_limit == 300


def test_a_number_in_the_settings_is_read_too(folder: Path) -> None:
    """TOML has numbers."""
    (folder / "callsheet.toml").write_text("budget = 2\ntime_limit = 300\n")
    options = Settings.load(folder, {}).options
    assert (options.budget, options.time_limit) == (Budget(cost=Decimal(2)), 300.0)


def _events(journal: MemoryJournal, kind: type[Any]) -> list[Any]:
    (summary,) = journal.runs()
    return [event for event in journal.read_events(summary.run) if isinstance(event, kind)]


async def test_what_a_run_is_given_goes_before_what_its_orchestrator_has() -> None:
    """And the rest is the orchestrator's; all of it is in the journal."""
    journal = MemoryJournal()
    whole = Orchestrator(TEAM, store=journal, max_concurrency=4, hedge=True, budget="$9", time_limit=60)
    await whole.run(plan=PLAN, max_concurrency=2, fail_fast=False, budget=1)
    (started,) = _events(journal, RunStarted)
    assert (started.max_concurrency, started.hedge, started.fail_fast) == (2, True, False)
    (created,), (equipped,) = _events(journal, RunCreated), _events(journal, RunEquipped)
    assert (created.budget, equipped.time_limit) == ("$1.00", 60)


async def test_on_resuming_what_is_not_given_stays() -> None:
    """Another orchestrator has other options: they are for the runs that it begins."""
    journal = MemoryJournal()
    first = Orchestrator(
        TEAM, store=journal, max_concurrency=4, hedge=True, budget="50 attempts", fail_fast=False
    )
    paused = await first.run(plan=PLAN)
    second = Orchestrator(TEAM, store=journal, max_concurrency=7, budget="$9", fail_fast=True, time_limit=5)
    again = await second.resume(paused.run)
    assert again.status is RunStatus.PAUSED
    (resumed,) = _events(journal, RunResumed)
    assert resumed == RunResumed(resumed.at, 4)


async def test_on_resuming_what_is_given_holds_and_is_journaled() -> None:
    """Of every option that the journal has, in the event that resumes the run; and it stays so."""
    journal = MemoryJournal()
    whole = Orchestrator(TEAM, store=journal)
    paused = await whole.run(plan=PLAN)
    given = {name: GIVEN[name] for name in OPTIONS if name not in ("strategy", "stream")}
    await whole.resume(paused.run, **given)
    (resumed,) = _events(journal, RunResumed)
    assert resumed == RunResumed(resumed.at, 3, 2, "20 attempts", resumed.at + 300, False, True)
    await whole.resume(paused.run)
    _, later = _events(journal, RunResumed)
    assert later == RunResumed(later.at, 3)


async def test_a_new_time_limit_counts_from_the_resumption() -> None:
    """The run fails by it, however long ago it began."""

    @callsheet.agent(effect="pure")
    async def dawdle(text: str) -> str:
        """Never come to an end."""
        await asyncio.sleep(1000)
        return text

    journal = MemoryJournal()
    steps = [
        {"id": "ask", "capability": "send", "inputs": {"text": "x"}},
        {"id": "slow", "capability": "dawdle", "inputs": {"text": {"from": "ask"}}},
    ]
    whole = Orchestrator([send, dawdle], store=journal)
    paused = await whole.run(plan={"goal": "g", "steps": steps, "answer": {"from": "slow"}})
    await whole.control.approve(paused.run)
    result = await whole.resume(paused.run, time_limit=0.01)
    assert result.account is not None and result.account.failure.kind == "time_limit"


async def test_a_budget_that_is_given_while_a_run_is_planned_holds_when_it_starts() -> None:
    """It was created without one; what whoever goes on with it allows is noted as it starts."""
    journal = MemoryJournal()
    asks = json.dumps({"steps": [], "answer": {"ask": "Which one?"}})
    whole = Orchestrator(TEAM, model=ScriptedModel([asks, WRITTEN]), store=journal)
    paused = await whole.run("say something")
    assert paused.question == "Which one?"
    await whole.control.tell(paused.run, "hello")
    result = await whole.resume(paused.run, budget="100k tokens", max_concurrency=2)
    assert result.answer == "hello"
    (started,) = _events(journal, RunStarted)
    assert (started.budget, started.max_concurrency) == ("100,000 tokens", 2)


def test_planning_keeps_to_the_budget(folder: Path) -> None:
    """`plan` holds the model, and the plan, to what a run with these options may take; and opens no store."""
    scripted = model()
    with pytest.raises(BudgetExceeded):
        asyncio.run(Orchestrator(TEAM, model=scripted).plan("say hello", budget="10 tokens"))
    assert scripted.requests == []
    assert not any(folder.iterdir())


@pytest.mark.parametrize("kind", [str, Path])
async def test_a_plan_may_be_the_path_of_a_file(folder: Path, kind: Callable[[str], Any]) -> None:
    """Wherever a plan is given; a file that is not there is told by its name."""
    (folder / "plan.yaml").write_text(json.dumps(PLAN))
    place = kind("plan.yaml")
    whole = Orchestrator(TEAM, store=None)
    assert whole.check(place).plan is not None
    assert callsheet.check(place, agents=TEAM).plan is not None
    assert (await whole.run(plan=place)).status is RunStatus.PAUSED
    assert (await callsheet.run(plan=place, agents=TEAM, store=None)).status is RunStatus.PAUSED
    with pytest.raises(DocumentError, match=r"nowhere\.yaml"):
        await whole.run(plan=kind("nowhere.yaml"))
    with pytest.raises(PlanInvalid):
        await whole.run(plan=3)  # type: ignore[arg-type]


def test_a_model_may_be_named_wherever_it_is_given(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """By the same names as in the settings, which know the server."""
    configure(folder, 'base_url = "http://127.0.0.1:9/v1"\n')
    assert (
        Orchestrator(TEAM, store=None, model="openai/tiny")._equipment.require_model().name == "openai/tiny"
    )
    with pytest.raises(ModelNotConfigured, match="needs a key or a server"):
        callsheet.LLMAgent("a", "b", "c", input={"text": str}, model="openai/tiny")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    agent = callsheet.LLMAgent("a", "b", "c", input={"text": str}, model="openai/tiny")
    assert agent.demand is not None and agent.demand.calls == 0


@pytest.mark.parametrize("wrong", [42, "", object()])
def test_what_is_no_model_is_told_at_once(wrong: Any) -> None:
    """At construction, not when it is asked."""
    with pytest.raises(ModelNotConfigured, match="neither a model nor the name of one"):
        Orchestrator(TEAM, store=None, model=wrong)
    with pytest.raises(ModelNotConfigured, match="neither a model nor the name of one"):
        callsheet.LLMAgent("a", "b", "c", input={"text": str}, model=wrong)


async def test_what_is_given_before_a_run_starts_is_journaled_too() -> None:
    """A run whose plan waits for its review is taken up with options, and by another process without any:
    they hold, and are those with which it starts."""
    journal = MemoryJournal()

    async def later(_: CheckedPlan) -> None:
        """The review cannot be done now."""

    whole = Orchestrator(TEAM, store=journal, budget="50 attempts", max_concurrency=4)
    waiting = await whole.run(plan=PLAN, review=later)
    given = {name: GIVEN[name] for name in OPTIONS if name not in ("strategy", "stream")}
    await whole.resume(waiting.run, review=later, **given)
    await whole.resume(waiting.run, review=later)
    (noted,) = _events(journal, OptionsGiven)
    assert noted == OptionsGiven(noted.at, 3, 2, "20 attempts", 300, False, True)
    assert (await Orchestrator(TEAM, store=journal).resume(waiting.run)).status is RunStatus.PAUSED
    (started,) = _events(journal, RunStarted)
    assert (started.max_concurrency, started.budget) == (3, "20 attempts")
    assert (started.deadline, started.fail_fast, started.hedge) == (started.at + 300, False, True)
    replay = await callsheet.replay(callsheet.record(waiting.run, store=journal))
    replay.assert_no_drift()
