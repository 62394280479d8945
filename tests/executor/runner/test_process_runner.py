"""Attempts in processes: what comes across, what a crash or a cancellation does, and that nothing stays."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.agents.agent import Context
from callsheet.agents.errors import AgentError, Permanent, Retryable, Surprise
from callsheet.agents.models.chat import ChatChunk, ChatModel, ChatRequest, Message, Usage
from callsheet.agents.models.errors import (
    AnswerInvalid,
    AnswerTruncated,
    ModelError,
    ModelNotConfigured,
    ModelRefused,
    ModelRejected,
    ModelUnavailable,
)
from callsheet.agents.workspace.workspace import Workspace
from callsheet.executor.clocks.virtual_loop import run_virtually
from callsheet.executor.run.errors import OutputNotKept, ProcessDied
from callsheet.executor.run.events import AttemptFailed, ModelCalled
from callsheet.executor.run.failure import FailureKind
from callsheet.executor.runner.errors import Abandoned, ProcessNotStarted
from callsheet.executor.runner.process_runner import ProcessRunner
from callsheet.executor.runner.remote_error import ErrorMessage, pack, unpack
from callsheet.executor.runner.runner import Assignment, LocalRunner
from callsheet.planner.expressions.tree import Constant, Tree
from callsheet.planner.plan.checked_plan import CompiledStep
from callsheet.tracebacks import origin_of
from tests.executor import process_agents
from tests.executor.stage import plan, play, step

HERE = Context("run", "step", 2, "run:step:4", Workspace(Path(__file__).parent), 4, 99.5)


def carried_by(error: BaseException) -> dict[str, object]:
    """What an error says beside its text and where it was raised."""
    return {name: value for name, value in vars(error).items() if value is not origin_of(error)}


@pytest.fixture
def runner() -> Iterator[ProcessRunner]:
    """One that is closed in the end."""
    runner = ProcessRunner()
    yield runner
    runner.close()


@dataclass
class Parrot:
    """Answers in two pieces, with an error, or never; counts who waits and who went."""

    error: Exception | None = None
    is_mute: bool = False
    name: str = "parrot"
    context_tokens: int = 100
    requests: list[ChatRequest] = field(default_factory=list[ChatRequest])
    given_up: int = 0
    is_asked: asyncio.Event = field(default_factory=asyncio.Event)

    async def stream(self, request: ChatRequest) -> AsyncIterator[ChatChunk]:
        self.requests.append(request)
        self.is_asked.set()
        yield ChatChunk("one ")
        if self.error is not None:
            raise self.error
        try:
            await asyncio.sleep(3600 if self.is_mute else 0)
        except asyncio.CancelledError:
            self.given_up += 1
            raise
        yield ChatChunk("two", Usage(5, 2), "stop")


async def perform(
    runner: ProcessRunner, agent: Any, context: Context = HERE, model: ChatModel | None = None, **inputs: Any
) -> Any:
    """What the agent returned."""
    return await runner.perform(agent, agent.name, inputs, msgspec.structs.replace(context, model=model))


@asynccontextmanager
async def opened(fifo: Path) -> AsyncGenerator[FileIO, None]:
    """The pipe, once somebody has begun to write to it. Its `read` gives None as long as anybody else has
    it open, and nothing once nobody has."""
    with FileIO(os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)) as file:
        assert await news(file) == b"x"
        yield file


async def news(file: FileIO) -> bytes | None:
    """What comes out of the pipe next: nothing when nobody has it open any more."""
    readable, _, _ = await asyncio.to_thread(select.select, [file], [], [], 60)
    assert readable, "for a minute nothing happened"
    return file.read(1)


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    """A named pipe."""
    path = tmp_path / "fifo"
    os.mkfifo(path)
    return path


# What comes across


async def test_inputs_and_context_arrive(runner: ProcessRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole context, the inputs, and the surroundings of this process, in another one."""
    monkeypatch.setenv("CALLSHEET_TEST", "seen")
    seen = await perform(runner, process_agents.surroundings, text="größer", n=[1, 2.5, None])
    assert seen.pop("pid") == seen.pop("session") != os.getpid()
    assert seen == {
        "inputs": {"text": "größer", "n": [1, 2.5, None]},
        "run": "run",
        "step": "step",
        "item": 4,
        "attempt": 2,
        "key": "run:step:4",
        "deadline": 99.5,
        "workspace": str(Path(__file__).parent.resolve()),
        "model": False,
        "folder": str(Path.cwd()),
        "path": sys.path,
        "variable": "seen",
    }


async def test_changed_surroundings_hold_in_the_next_attempt(
    runner: ProcessRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that was started in another folder or environment is not used."""
    await perform(runner, process_agents.surroundings)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CALLSHEET_TEST", "changed")
    monkeypatch.syspath_prepend(str(tmp_path))
    seen = await perform(runner, process_agents.surroundings)
    assert (seen["folder"], seen["variable"], seen["path"]) == (str(tmp_path), "changed", sys.path)


@pytest.mark.parametrize(
    ("what", "kind", "text", "more"),
    [
        ("retryable", Retryable, "busy", {"retry_after": 7.5}),
        ("permanent", Permanent, "never", {}),
        ("surprise", Surprise, "the page is gone", {}),
        ("model", ModelUnavailable, "parrot: it flew off", {"model": "parrot", "retry_after": 3.0}),
        ("exit", Permanent, "the agent raised SystemExit: 4", {}),
        ("interrupt", Permanent, "the agent raised KeyboardInterrupt", {}),
    ],
)
async def test_an_error_of_ours_comes_home_as_it_was(
    runner: ProcessRunner, what: str, kind: type[Exception], text: str, more: dict[str, Any]
) -> None:
    """Class, text and fields."""
    with pytest.raises(kind) as raised:
        await perform(runner, process_agents.fail, what=what)
    place = origin_of(raised.value).place
    assert place.startswith("process_agents.py:")
    assert (type(raised.value), str(raised.value), carried_by(raised.value)) == (kind, text, more)


@pytest.mark.parametrize(
    ("what", "name", "text"),
    [
        ("value", "ValueError", "no such ? thing"),
        ("key", "KeyError", "'k'"),
        ("cancelled", "CancelledError", ""),
        ("unspeakable", "Unspeakable", ""),
    ],
)
async def test_any_other_error_comes_home_by_name_and_text(
    runner: ProcessRunner, what: str, name: str, text: str
) -> None:
    """It is none of ours, so that whoever judges it takes it for what it is."""
    with pytest.raises(Exception) as raised:
        await perform(runner, process_agents.fail, what=what)
    assert (type(raised.value).__name__, str(raised.value)) == (name, text)
    assert not isinstance(raised.value, AgentError)


@given(
    st.sampled_from(
        [Retryable("a", retry_after=2.5), Permanent("a"), Surprise("a"), ModelNotConfigured("a"),
         ModelError("m", "a"), ModelUnavailable("m", "a"), ModelRejected("m", "a"), ModelRefused("m", "a"),
         AnswerTruncated("m", 9, "a"), AnswerInvalid("m", (("a", "b"), ("c", "d")))]
    ),
    st.text(st.characters(exclude_categories=["Cs"])),
)  # fmt: skip
def test_for_every_error_of_ours_the_message_is_the_error(error: Exception, text: str) -> None:
    """Its class, its text and its fields outlive the way through JSON."""
    error.args = (text,)
    arrived = unpack(msgspec.json.decode(msgspec.json.encode(pack(error)), type=ErrorMessage))
    assert (type(arrived), str(arrived), carried_by(arrived)) == (type(error), text, vars(error))


async def test_large_inputs_and_outputs_pass(runner: ProcessRunner) -> None:
    """Ten megabytes each way, far more than a pipe holds."""
    text = "0123456789" * 1_000_000
    assert await perform(runner, process_agents.give, what="large", text=text, times=1) == {"value": text}


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("nan", "NaN"),
        ("object", "type object"),
        ("tuple", "a tuple"),
        ("surrogate", "surrogates"),
        ("vast", "MB|bytes"),
    ],
)
async def test_output_that_is_no_json_does_not_come_home(
    runner: ProcessRunner, what: str, reason: str
) -> None:
    """With the reason that is told of agents that work in this process."""
    inputs: dict[str, Any] = {"what": what}
    if what == "vast":
        inputs = {"what": "large", "text": "x" * 1024, "times": 17 * 1024}
    with pytest.raises(OutputNotKept, match=f"it returned what cannot be kept: .*({reason})"):
        await perform(runner, process_agents.give, **inputs)


async def test_what_is_no_object_comes_home_for_the_schema_to_judge(runner: ProcessRunner) -> None:
    """It is JSON, and whether that will do is for the capability to say."""
    assert await perform(runner, process_agents.give, what="nothing") is None


async def test_what_an_agent_prints_goes_to_stderr(
    runner: ProcessRunner, capfd: pytest.CaptureFixture[str]
) -> None:
    """Printed, written past Python, or written by a process it starts; and there is nothing to read."""
    assert await perform(runner, process_agents.chatter) == {"value": ""}
    captured = capfd.readouterr()
    assert captured.out == ""
    assert captured.err.split() == ["printed", "written", "started"]


# The model


async def test_the_model_is_asked_here(runner: ProcessRunner) -> None:
    """Several calls at once: each request arrives whole, each answer comes back whole."""
    model = Parrot()
    output = await perform(runner, process_agents.converse, model=model, times=3)
    assert output == {"value": [["one two", 5, "stop"]] * 3, "model": ["parrot", 100]}
    request = ChatRequest((Message("user", "How many?"),), {"type": "object"}, "count", 9, 0.5, 7)
    assert model.requests == [request] * 3


async def test_an_error_of_the_model_reaches_the_agent(runner: ProcessRunner) -> None:
    """As the class it is, so that the agent can catch it."""
    model = Parrot(ModelUnavailable("parrot", "it flew off", retry_after=3.0))
    output = await perform(runner, process_agents.lose_patience, model=model, patience=60)
    assert output == {"value": ["parrot: it flew off", 3.0, "parrot"]}


async def test_a_call_that_the_agent_gives_up_is_called_off(runner: ProcessRunner) -> None:
    """Nobody pays for an answer that nobody waits for."""
    model = Parrot(is_mute=True)
    output = await perform(runner, process_agents.lose_patience, model=model, patience=0.01)
    assert output == {"value": "too slow"}
    assert model.given_up == 1


async def test_a_call_ends_with_its_attempt(runner: ProcessRunner) -> None:
    """Cancelling the attempt calls off what it asks."""
    model = Parrot(is_mute=True)
    task = asyncio.create_task(perform(runner, process_agents.converse, model=model, times=1))
    await model.is_asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert model.given_up == 1


async def test_a_call_ends_with_its_process(runner: ProcessRunner) -> None:
    """One that is killed cannot call it off itself."""
    process = (await perform(runner, process_agents.pid))["value"]
    model = Parrot(is_mute=True)
    task = asyncio.create_task(perform(runner, process_agents.converse, model=model, times=1))
    await model.is_asked.wait()
    os.kill(process, signal.SIGKILL)
    with pytest.raises(ProcessDied):
        await task
    assert model.given_up == 1


# Warm processes


async def test_a_process_is_used_again(runner: ProcessRunner) -> None:
    """By the next attempt with an agent of the same module, after a failure too."""
    first = await perform(runner, process_agents.pid)
    with pytest.raises(Retryable):
        await perform(runner, process_agents.fail, what="retryable")
    assert (await perform(runner, process_agents.surroundings))["pid"] == first["value"]


async def test_attempts_at_once_have_a_process_each(runner: ProcessRunner) -> None:
    """And no more processes are kept than were busy."""
    rounds = [
        await asyncio.gather(*(perform(runner, process_agents.pid) for _ in range(3))) for _ in range(3)
    ]
    processes = [{each["value"] for each in each_round} for each_round in rounds]
    assert len(processes[0]) == 3
    assert processes[0] == processes[1] == processes[2]


async def test_no_more_than_so_many_stay() -> None:
    """The others leave at once."""
    runner = ProcessRunner(max_idle=1)
    pids = {
        each["value"]
        for each in await asyncio.gather(*(perform(runner, process_agents.pid) for _ in range(3)))
    }
    later = {
        each["value"]
        for each in await asyncio.gather(*(perform(runner, process_agents.pid) for _ in range(2)))
    }
    assert len(pids & later) == 1
    runner.close()


async def test_one_that_is_idle_for_long_leaves(fifo: Path) -> None:
    """By itself, and the next attempt starts another one."""
    runner = ProcessRunner(idle_seconds=0.01)
    task = asyncio.create_task(perform(runner, process_agents.leave_child, fifo=str(fifo)))
    async with opened(fifo) as file:
        first = await task
        # What the agent started goes with its process.
        assert await news(file) == b""
    assert (await perform(runner, process_agents.pid))["value"] != first["value"]
    runner.close()


async def test_one_that_died_while_it_was_idle_costs_nobody_an_attempt(runner: ProcessRunner) -> None:
    """Another one does the work."""
    first = (await perform(runner, process_agents.pid))["value"]
    os.kill(first, signal.SIGKILL)
    assert (await perform(runner, process_agents.pid))["value"] != first


async def test_closing_ends_all_processes(fifo: Path) -> None:
    """Those that work too: it is told as a death. Afterwards the runner can still be used."""
    runner = ProcessRunner()
    await perform(runner, process_agents.pid)
    task = asyncio.create_task(perform(runner, process_agents.hold, fifo=str(fifo)))
    async with opened(fifo) as file:
        await asyncio.to_thread(runner.close)
        with pytest.raises(ProcessDied):
            await task
        assert file.read() == b""
    assert not _children()
    assert await perform(runner, process_agents.pid)
    runner.close()
    assert not _children()


def test_a_process_serves_one_event_loop_after_the_other() -> None:
    """It belongs to the runner, not to the loop; and a runner that nobody closes leaves nothing behind
    once it is collected."""
    runner = ProcessRunner()
    pids = {asyncio.run(perform(runner, process_agents.pid))["value"] for _ in range(2)}
    assert len(pids) == 1
    threads = [each for each in threading.enumerate() if each.name == "callsheet process"]
    del runner
    for thread in threads:
        thread.join(60)
    assert not _children()


def _children() -> list[str]:
    """The processes of agents that this one has, ended or not."""
    listing = subprocess.run(
        ["ps", "-o", "args=", "--ppid", str(os.getpid())], capture_output=True, text=True, check=False
    ).stdout
    return [
        line
        for line in listing.splitlines()
        if "callsheet.executor.runner.worker" in line or "defunct" in line
    ]


# Death


@pytest.mark.parametrize(
    ("how", "code", "text"),
    [
        ("exit", 3, "its process ended with exit code 3"),
        ("SIGKILL", -9, "its process ended by signal 9 (SIGKILL); the system does that when memory runs out"),
        ("SIGTERM", -15, "its process ended by signal 15 (SIGTERM)"),
        ("segfault", -11, "its process ended by signal 11 (SIGSEGV)"),
    ],
)
async def test_a_crash_fails_the_attempt_and_nothing_else(
    runner: ProcessRunner, how: str, code: int, text: str
) -> None:
    """The failure says what ended the process, and the next attempt has another one."""
    before = (await perform(runner, process_agents.pid))["value"]
    with pytest.raises(ProcessDied) as raised:
        await perform(runner, process_agents.crash, how=how)
    assert (raised.value.agent, raised.value.code) == ("crash", code)
    assert str(raised.value) == f"agent 'crash': {text}"
    assert (await perform(runner, process_agents.pid))["value"] != before


@pytest.mark.slow
async def test_a_process_that_closes_its_channel_is_ended(runner: ProcessRunner) -> None:
    """Nothing could ever come of it; it may notice so itself, and end first."""
    with pytest.raises(ProcessDied, match=r"closed the pipes|ended with exit code 1") as raised:
        await perform(runner, process_agents.crash, how="close")
    assert raised.value.code in (None, 1)


async def test_no_process_to_be_had_is_said(runner: ProcessRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is a failure of the attempt, which may go better later."""
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(ProcessNotStarted, match="'pid': no process can be started"):
        await perform(runner, process_agents.pid)


PARENT = """
import asyncio, sys
from callsheet.agents.agent import Context
from callsheet.agents.workspace.workspace import Workspace
from callsheet.executor.runner.process_runner import ProcessRunner
from agents_of_mine import hold

async def main():
    context = Context("r", "s", 1, "r:s", Workspace("."))
    await ProcessRunner().perform(hold, "hold", {"fifo": sys.argv[1], "child": True}, context)

asyncio.run(main())
"""


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_when_the_run_dies_its_processes_die(tmp_path: Path, fifo: Path, number: signal.Signals) -> None:
    """A real kill -9, or Ctrl-C: the agent's process ends, and the one that it started."""
    (tmp_path / "agents_of_mine.py").write_text(Path(process_agents.__file__).read_text())
    (tmp_path / "main.py").write_text(PARENT)

    async def watch(process: subprocess.Popen[bytes]) -> None:
        async with opened(fifo) as file:
            process.send_signal(number)
            assert await news(file) == b""

    with subprocess.Popen(
        [sys.executable, "main.py", str(fifo)], cwd=tmp_path, stderr=subprocess.DEVNULL, env=_environment()
    ) as process:
        asyncio.run(watch(process))


# Cancelling


@pytest.mark.parametrize("stubborn", [False, pytest.param(True, marks=pytest.mark.slow)])
@pytest.mark.parametrize("child", [False, True])
async def test_cancelling_ends_the_process(
    runner: ProcessRunner, fifo: Path, stubborn: bool, child: bool
) -> None:
    """Whether it ignores SIGTERM or not: once CancelledError is raised it is gone, and what it started
    is ended too."""
    inputs: dict[str, Any] = {"fifo": str(fifo), "stubborn": stubborn, "child": child}
    task = asyncio.create_task(perform(runner, process_agents.hold, **inputs))
    async with opened(fifo) as file:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        # What it started was killed, and may take a moment to be gone.
        assert (await news(file) if child else file.read()) == b""
    assert not _children()


async def test_who_is_told_to_stop_may_tidy_up(runner: ProcessRunner, fifo: Path, tmp_path: Path) -> None:
    """`finally` is run, in a function that blocks too."""
    tidy = tmp_path / "tidy"
    task = asyncio.create_task(perform(runner, process_agents.hold, fifo=str(fifo), tidy=str(tidy)))
    async with opened(fifo):
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert tidy.read_text() == "tidied up"


async def test_cancelling_twice_cuts_the_waiting_short(fifo: Path) -> None:
    """The process is killed at once."""
    runner = ProcessRunner(termination_seconds=3600)
    task = asyncio.create_task(perform(runner, process_agents.hold, fifo=str(fifo), stubborn=True))
    async with opened(fifo) as file:
        task.cancel()
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert file.read() == b""


async def test_a_cancelled_attempt_in_a_local_runner_is_never_abandoned(fifo: Path) -> None:
    """A process can be stopped."""
    runner = LocalRunner()
    agent: Any = process_agents.hold
    task = asyncio.create_task(runner.perform(Assignment(agent, "hold", {"fifo": str(fifo)}, HERE)))
    async with opened(fifo):
        task.cancel()
        with pytest.raises(asyncio.CancelledError) as raised:
            await task
    assert not isinstance(raised.value, Abandoned)
    runner.close()


def test_virtual_time_passes_as_on_the_wall_while_a_process_works() -> None:
    """A timeout does not leap over it; what waits on the loop alone still does."""

    async def main() -> Any:
        runner = ProcessRunner()
        async with asyncio.timeout(60):
            output = await perform(runner, process_agents.converse, model=Parrot(), times=1)
        await asyncio.sleep(180 * 86_400)
        runner.close()
        return output["value"]

    assert run_virtually(main()) == [["one two", 5, "stop"]]


def test_cancelling_works_in_virtual_time(fifo: Path) -> None:
    """The process has its real second to stop, and is gone afterwards."""

    async def main() -> None:
        runner = ProcessRunner()
        task = asyncio.create_task(perform(runner, process_agents.hold, fifo=str(fifo)))
        async with opened(fifo) as file:
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert file.read() == b""

    run_virtually(main())


# Finding the agent


async def test_a_member_of_a_class_is_found(runner: ProcessRunner) -> None:
    """By its qualified name."""
    assert await perform(runner, process_agents.Group.member) == {"value": "found"}


async def test_an_agent_that_no_other_process_can_find_is_refused(runner: ProcessRunner) -> None:
    """Before anything is started, and with what to do about it."""

    @process_agents.Alone
    def inner(inputs: Any, context: Context) -> Any:
        return {}

    lost = process_agents.Alone(process_agents.pid.behaviour)
    for agent in (inner, lost):
        with pytest.raises(Permanent, match="put it at the top level of a Python file"):
            await perform(runner, agent)


SCRIPT = """
import asyncio
from callsheet.agents.agent import Agent, Context, Isolation
from callsheet.agents.workspace.workspace import Workspace
from callsheet.executor.runner.runner import Assignment, LocalRunner

class Mine:
    name, capabilities, isolation = "mine", (), Isolation.PROCESS

    async def perform(self, capability, inputs, context):
        return {"value": __name__}

mine = Mine()

def main():
    context = Context("r", "s", 1, "r:s", Workspace("."))
    print(asyncio.run(LocalRunner().perform(Assignment(mine, "work", {}, context))))

"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "name"), [(("script.py",), "__callsheet_main__"), (("-m", "script"), "script")]
)
def test_agents_of_the_file_that_was_started_are_found(
    tmp_path: Path, arguments: tuple[str, ...], name: str
) -> None:
    """Without what stands under `if __name__ == "__main__"`, and under the name of a module where it
    has one; an instance goes by the name it has in its module."""
    (tmp_path / "script.py").write_text(SCRIPT + 'if __name__ == "__main__":\n    main()\n')
    done = _python(tmp_path, *arguments)
    assert (done.stdout, done.stderr) == (f"{{'value': '{name}'}}\n", "")


@pytest.mark.slow
def test_a_file_that_runs_when_it_is_loaded_is_told_so(tmp_path: Path) -> None:
    """Instead of starting processes that start processes."""
    (tmp_path / "script.py").write_text(SCRIPT + "main()\n")
    done = _python(tmp_path, "script.py")
    assert done.returncode == 1
    assert 'put what the file does when it is started under `if __name__ == "__main__":`' in done.stderr


@pytest.mark.slow
def test_what_was_typed_in_is_refused(tmp_path: Path) -> None:
    """It is in no file."""
    done = _python(tmp_path, "-c", SCRIPT + "main()\n")
    assert "it was typed in, and is in no file" in done.stderr


@pytest.mark.slow
def test_agents_of_a_file_given_by_its_path_are_found(tmp_path: Path) -> None:
    """As `--agents FILE` loads them, from wherever one stands."""
    (tmp_path / "mine.py").write_text(SCRIPT)
    program = """
import asyncio
from callsheet.agents.agent import Context
from callsheet.agents.workspace.workspace import Workspace
from callsheet.settings.user_agents import load_agents
from callsheet.executor.runner.process_runner import ProcessRunner

(mine,) = load_agents("../mine.py")
print(asyncio.run(ProcessRunner().perform(mine, "work", {}, Context("r", "s", 1, "r:s", Workspace(".")))))
"""
    (tmp_path / "elsewhere").mkdir()
    done = _python(tmp_path / "elsewhere", "-c", program)
    assert (done.stdout, done.stderr) == ("{'value': 'callsheet_agents_mine'}\n", "")


def _environment() -> dict[str, str]:
    """As a user has it, whose scripts find the modules beside them."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONSAFEPATH"}


def _python(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        cwd=folder,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


# In a run


def test_a_crash_is_tried_again_in_another_process() -> None:
    """As a failure for which the agent is to blame."""
    played = play(plan(_work(process_agents.crash, "SIGKILL")), process_agents.crash)
    failures = [each.failure for each in played.of(AttemptFailed)]
    assert [(each.retryable, each.agent_at_fault, each.exception) for each in failures] == [
        (True, True, "ProcessDied")
    ] * 2
    assert failures[0].message.startswith(
        "ProcessDied: agent 'crash': its process ended by signal 9 (SIGKILL)"
    )


def test_a_crash_in_irreversible_work_is_not_tried_again() -> None:
    """Nobody knows how far it came: the run pauses, and asks."""
    played = play(plan(_work(process_agents.wipe, "exit")), process_agents.wipe)
    (failed,) = played.of(AttemptFailed)
    assert (failed.failure.retryable, failed.failure.agent_at_fault) == (False, True)
    assert failed.failure.in_doubt
    assert (str(played.result.status), len(played.result.waiting)) == ("paused", 1)


def test_output_that_is_no_json_fails_the_attempt_once() -> None:
    """As it does of an agent in this process."""
    nan = step("a", does=process_agents.give.capabilities[0], inputs={"what": Constant("nan")}, max_retries=1)
    played = play(plan(nan), process_agents.give)
    (failed,) = played.of(AttemptFailed)
    assert (failed.failure.kind, failed.failure.retryable) == (FailureKind.INVALID_OUTPUT, False)


def test_a_timeout_really_ends_the_work(fifo: Path) -> None:
    """Real time passes, and the attempt is not abandoned."""
    does = process_agents.hold.capabilities[0]
    inputs: dict[str, Tree] = {"fifo": Constant(str(fifo)), "stubborn": Constant(False)}
    with FileIO(os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)) as file:
        played = play(plan(step("a", does=does, inputs=inputs, timeout_seconds=3.0)), process_agents.hold)
        assert (file.read(2), file.read(1)) == (b"x", b"")
    (failed,) = played.of(AttemptFailed)
    assert (failed.failure.kind, failed.failure.abandoned) == (FailureKind.TIMEOUT, False)


def test_model_calls_are_journaled_under_their_attempt() -> None:
    """Before the attempt ends, as anywhere else."""
    does = process_agents.converse.capabilities[0]
    work = step("a", does=does, inputs={"times": Constant(2)})
    played = play(plan(work), process_agents.converse, model=Parrot())
    assert [(each.step, each.attempt, each.reply) for each in played.of(ModelCalled)] == [
        ("a", 1, "one two")
    ] * 2
    names = played.names()
    assert names.index("AttemptSucceeded") > max(
        index for index, name in enumerate(names) if name == "ModelCalled"
    )


def _work(agent: process_agents.Alone, how: str) -> CompiledStep:
    return step("a", does=agent.capabilities[0], inputs={"how": Constant(how)}, max_retries=1)
