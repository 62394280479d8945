"""The functions of the short way in: what they take from the settings, and runs that are gone on with."""

from __future__ import annotations

import asyncio
import gc
import json
from pathlib import Path
from typing import Any

import pytest

import callsheet
from callsheet.agents.errors import UnknownCapability
from callsheet.agents.models.scripted import ScriptedModel
from callsheet.errors import ExitCode
from callsheet.executor.journal.errors import RunEnded, RunNotFound, RunOwned
from callsheet.executor.journal.journal import MemoryJournal
from callsheet.executor.machine.errors import AgentsChanged
from callsheet.executor.run.state import RunStatus
from callsheet.planner.check.errors import PlanInvalid
from callsheet.settings.errors import AgentsNotLoaded

PLAN: dict[str, Any] = {
    "goal": "tell everybody",
    "steps": [
        {"id": "loud", "capability": "shout", "inputs": {"text": "hello"}},
        {"id": "out", "capability": "send", "inputs": {"text": {"from": "loud"}}},
    ],
    "answer": {"from": "out"},
}


@callsheet.agent(effect="pure")
def shout(text: str) -> str:
    """Say it louder."""
    return text.upper()


@callsheet.agent(effect="irreversible")
def send(text: str) -> str:
    """Send it to everybody."""
    return text


@callsheet.agent(effect="pure")
def refuse(text: str) -> str:
    """Never do it."""
    raise callsheet.Permanent("I will not")


TEAM = [shout, send, refuse]
FILE = '''
import callsheet

@callsheet.agent(effect="pure")
def shout(text: str, times: int = 1) -> str:
    """Say it louder."""
    return text.upper() + "!"
'''
"""A file with an agent whose contract is another, and its result as well."""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


async def _yes(_: object) -> bool:
    return True


def test_a_paused_run_is_resumed(folder: Path) -> None:
    """What waits for approval pauses; `resume_sync` goes on with it, by the beginning of its id, and leaves
    the file to others."""
    paused = callsheet.run_sync(plan=PLAN, agents=TEAM)
    assert (paused.status, [each.step for each in paused.asked]) == (RunStatus.PAUSED, ["out"])
    done = callsheet.resume_sync(paused.run[:10], agents=TEAM, approve=_yes)
    assert (done.run, done.answer) == (paused.run, "HELLO")
    assert [len(step.attempts) for step in done.steps.values()] == [1, 1]
    with pytest.raises(RunEnded):
        callsheet.resume_sync(paused.run, agents=TEAM)
    with pytest.raises(RunNotFound):
        callsheet.resume_sync("zzz", agents=TEAM)


def test_resuming_without_its_agents_changes_nothing() -> None:
    """Agents that a run needs and that are not given are named; with them it still goes on."""
    paused = callsheet.run_sync(plan=PLAN, agents=TEAM)
    with pytest.raises(AgentsChanged, match="'send'"):
        callsheet.resume_sync(paused.run, agents=[shout])
    assert callsheet.resume_sync(paused, agents=TEAM, approve=_yes).answer == "HELLO"


async def test_a_run_that_somebody_has_is_not_resumed() -> None:
    """While a run is carried out a second hand is refused, also within one process and one journal."""
    journal = MemoryJournal()
    asked = asyncio.Event()
    go_on = asyncio.Event()

    async def approve(_: object) -> bool:
        asked.set()
        await go_on.wait()
        return True

    running = asyncio.create_task(callsheet.run(plan=PLAN, agents=TEAM, store=journal, approve=approve))
    await asked.wait()
    (summary,) = journal.runs()
    with pytest.raises(RunOwned) as caught:
        await callsheet.resume(summary.run, agents=TEAM, store=journal)
    assert caught.value.exit_code is ExitCode.USAGE
    go_on.set()
    assert (await running).answer == "HELLO"


def test_what_a_failure_does_is_the_arguments_before_the_settings_word(folder: Path) -> None:
    """`fail_fast` in callsheet.toml holds unless the call says otherwise."""
    steps = [
        {"id": "no", "capability": "refuse", "inputs": {"text": "x"}},
        {"id": "loud", "capability": "shout", "inputs": {"text": "x"}},
        {"id": "more", "capability": "shout", "inputs": {"text": {"from": "loud"}}},
    ]
    plan = {"goal": "try", "steps": steps, "answer": {"from": "more"}}
    (folder / "callsheet.toml").write_text("fail_fast = false\nmax_concurrency = 1\n")
    assert callsheet.run_sync(plan=plan, agents=TEAM).steps["more"].status == "completed"
    assert callsheet.run_sync(plan=plan, agents=TEAM, fail_fast=True).steps["more"].status == "cancelled"


@pytest.fixture
def recording(folder: Path) -> Path:
    """The recording of a run of `shout`."""
    plan = {**PLAN, "steps": PLAN["steps"][:1], "answer": {"from": "loud"}}
    result = callsheet.run_sync(plan=plan, agents=[shout])
    callsheet.record(result.run, "run.yaml")
    return folder / "run.yaml"


@pytest.mark.parametrize("kind", [str, Path])
def test_agents_of_a_replay_may_be_a_file(
    folder: Path, recording: Path, kind: type[str] | type[Path]
) -> None:
    """By its path from the working folder, as for `--agents`: they are held against the recorded contracts,
    and do what is live."""
    (folder / "my_agents.py").write_text(FILE)
    (drift,) = callsheet.replay_sync(recording, agents=kind("my_agents.py")).drifts
    assert (drift.kind, drift.where) == ("agent-schema", "shout")
    assert callsheet.replay_sync(recording, agents=kind("my_agents.py"), live="shout").answer == "HELLO!"


async def test_a_file_of_agents_joins_the_built_in_ones(folder: Path, recording: Path) -> None:
    """Unless the settings leave those out; and one that is not there is told."""
    (folder / "my_agents.py").write_text(FILE)
    both = await callsheet.replay(recording, agents="my_agents.py", live=["shout", "calculate"])
    assert both.answer == "HELLO!"
    (folder / "callsheet.toml").write_text("builtin = false\n")
    with pytest.raises(UnknownCapability, match="'calculate'"):
        await callsheet.replay(recording, agents="my_agents.py", live="calculate")
    with pytest.raises(AgentsNotLoaded, match=r"agents 'nosuch\.py': there is no such file"):
        await callsheet.replay(recording, agents=Path("nosuch.py"))


def test_an_update_writes_no_secret(folder: Path, recording: Path) -> None:
    """What `secret_patterns` fit is taken out, as when it was recorded."""
    (folder / "my_agents.py").write_text(FILE.replace('"!"', '", CUST-12345678"'))
    again = callsheet.replay_sync(
        recording, agents="my_agents.py", live="shout", update=True, secret_patterns=["CUST-[0-9]{8}"]
    )
    assert again.updated is not None
    assert callsheet.replay_sync(recording).answer == "HELLO, <secret-1>"


def test_what_plan_returns_is_a_plan_to_run() -> None:
    """`run(plan=planned)` runs it, as it runs `planned.plan`."""
    draft = [{"id": "s1", "do": {"shout": {"text": "hello"}}}]
    with ScriptedModel([json.dumps({"steps": draft, "answer": "{s1}"})]) as model:
        planned = callsheet.plan_sync("Shout hello", agents=TEAM, model=model)
    assert callsheet.run_sync(plan=planned, agents=TEAM).answer == "HELLO"


def test_an_invalid_plan_in_a_file_is_told_with_its_lines(tmp_path: Path) -> None:
    """D5. From Python too."""
    file = tmp_path / "plan.yaml"
    file.write_text("goal: g\nsteps:\n- {id: a, capability: nothing}\nanswer: {from: a}\n")
    with pytest.raises(PlanInvalid) as raised:
        callsheet.check(file, agents=()).require()
    assert f"{file}:3: error: no agent provides `nothing` [unknown-capability]" in str(raised.value)


@pytest.mark.filterwarnings("error")
def test_ctrl_c_in_an_agent_is_logged_by_no_one_else(caplog: pytest.LogCaptureFixture) -> None:
    """It reaches the caller once; asyncio has no traceback of a task to tell of beside it (issue 12, E1)."""

    @callsheet.agent(effect="pure")
    async def stop(text: str) -> str:
        """Stop all."""
        raise KeyboardInterrupt

    plan = {"goal": "stop", "steps": [{"id": "s", "capability": "stop", "inputs": {"text": "x"}}]}
    with pytest.raises(KeyboardInterrupt):
        callsheet.run_sync(plan={**plan, "answer": {"from": "s"}}, agents=[stop], store=None)
    gc.collect()
    assert [record for record in caplog.records if record.name == "asyncio"] == []
