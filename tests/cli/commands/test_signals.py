"""`callsheet approve`, `answer`, `pause` and `cancel`: words to a run, whoever has it."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.cli.background import Background, begun
from tests.cli.conftest import Invoke, Start, step, write_plan

HELD = step("held", "gate", text="hello")


@pytest.fixture
def asking(folder: Path, invoke: Invoke) -> str:
    """The id of a run that was paused, because a step waits for approval."""
    out = {**step("out", "send", text="hi"), "approval": True}
    plan = write_plan(folder, step("loud", "shout", text="x"), out, answer="out")
    document = json.loads(invoke("run", "--plan", plan, "--json").stdout)
    assert document["status"] == "paused"
    return str(document["run"])


@pytest.fixture
def held(gated: Path, start: Start) -> Background:
    """A process whose run waits at the gate, and, in another branch, for approval."""
    out = {**step("out", "note", text="approved"), "approval": True}
    running = start("run", "--plan", write_plan(gated, HELD, out, answer="out"))
    running.until_begun("gate")
    return running


def test_approving_goes_on_where_nobody_has_the_run(invoke: Invoke, asking: str, folder: Path) -> None:
    """Without a step's name all that wait are approved, and the run goes on here and now."""
    done = invoke("approve", asking[:8])
    assert (done.exit_code, done.stdout) == (0, "hi\n")
    assert "approved: out" in done.stderr
    assert (folder / "sent.txt").exists()


def test_denying_fails_the_step(invoke: Invoke, asking: str, folder: Path) -> None:
    """A refused step fails, and the run with it: exit 1, nothing sent."""
    done = invoke("approve", asking, "out", "--deny")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "denied" in done.stderr
    assert not (folder / "sent.txt").exists()


def test_word_can_be_left_for_whoever_resumes(invoke: Invoke, asking: str, folder: Path) -> None:
    """With --no-resume nothing is done, and the next resume needs to ask nobody."""
    left = invoke("approve", "last", "--no-resume")
    assert left.exit_code == 0
    assert f"no process is running it; to continue: callsheet resume {asking}" in left.stdout
    document = json.loads(invoke("approve", "last", "out", "--no-resume", "--json").stdout)
    assert document == {"run": asking, "said": "approved: out", "owner": None}
    assert not (folder / "sent.txt").exists()
    assert invoke("resume").exit_code in (0, 3)
    assert (folder / "sent.txt").exists()


def test_what_does_not_wait_cannot_be_approved(invoke: Invoke, asking: str, folder: Path) -> None:
    """A step that does not wait is refused, exit 2, naming those that do, and none of the others is
    approved by the way."""
    done = invoke("approve", asking, "out", "loud")
    assert done.exit_code == 2
    assert "'loud' is not waiting" in done.stderr
    assert "waiting: out" in done.stderr
    assert invoke("resume").exit_code == 3
    assert not (folder / "sent.txt").exists()
    assert invoke("answer", asking, "again").exit_code == 2


@pytest.mark.slow
def test_a_live_process_hears_an_approval(invoke: Invoke, held: Background, gated: Path) -> None:
    """`approve` names the process that has the run, which goes on with the step."""
    told = invoke("approve", "last", "out")
    assert (told.exit_code, told.stderr) == (0, "")
    assert f"process {held.pid} on " in told.stdout
    assert "(running in process" in told.stdout
    held.until_begun("note")
    (gated / "open").touch()
    code, answer, said = held.wait()
    assert (code, answer) == (0, "APPROVED\n")
    assert "out: approved by " in said


@pytest.mark.slow
def test_a_live_process_is_cancelled(invoke: Invoke, held: Background) -> None:
    """`cancel` from another process stops what runs; the journal has it, with the reason."""
    document = json.loads(invoke("cancel", "last", "--reason", "too dear", "--json").stdout)
    assert document["owner"]["pid"] == held.pid
    code, answer, said = held.wait()
    assert (code, answer) == (1, "")
    assert "was cancelled: too dear; 0 of 2 steps were completed" in said
    shown = invoke("show").stdout
    assert "cancelled: too dear" in shown
    assert "attempt 1  gate  cancelled" in shown


@pytest.mark.slow
def test_a_live_process_rests(invoke: Invoke, held: Background, gated: Path) -> None:
    """`pause` lets what runs end, and nothing start: exit 3; resume goes on."""
    assert "(running in process" in invoke("pause", "last").stdout
    while "pausing" not in held.line():
        pass
    (gated / "open").touch()
    code, answer, said = held.wait()
    assert (code, answer) == (3, "")
    assert "held: done in " in said
    assert begun(gated) == ["gate"]
    assert invoke("approve", "last", "out").stdout == "APPROVED\n"
    assert begun(gated) == ["gate", "note"]


def test_a_run_that_nobody_has_is_cancelled_at_once(invoke: Invoke, asking: str, folder: Path) -> None:
    """Without an owner a run ends here and now; after that there is nothing to go on with."""
    done = invoke("cancel", asking, "--reason", "not wanted")
    assert (done.exit_code, done.stdout) == (0, f"run {asking}: cancelled; no process was running it\n")
    assert "cancelled: not wanted" in invoke("show").stdout
    for command in (["resume"], ["approve", "last"], ["cancel", "last"], ["pause", "last"]):
        refused = invoke(*command)
        assert refused.exit_code == 2
        assert "has ended (cancelled)" in refused.stderr
    assert not (folder / "sent.txt").exists()


def test_a_run_that_nobody_has_rests_already(invoke: Invoke, asking: str) -> None:
    """Pausing what no process has leaves no word behind that would stop whoever resumes it."""
    done = invoke("pause", asking)
    assert done.exit_code == 0
    assert (
        f"nothing to pause; no process is running it; to continue: callsheet resume {asking}" in done.stdout
    )
    assert invoke("resume", "--yes").exit_code == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "code", "stdout", "mails"),
    [
        (["done", "--output", '{"result": "it went out"}'], 0, "it went out\n", 1),
        (["again", "--step", "sent"], 0, "HELLO\n", 2),
        (["failed"], 1, "", 1),
    ],
)
def test_work_in_doubt_waits_for_an_answer(
    invoke: Invoke, start: Start, gated: Path, answer: list[str], code: int, stdout: str, mails: int
) -> None:
    """Killed in the middle of what cannot be undone, a run does not do it again: it shows what was given to
    whom and asks; each answer leads on."""
    steps = (step("loud", "note", text="hello"), step("sent", "mail", text="from loud"))
    running = start("run", "--yes", "--plan", write_plan(gated, *steps, answer="sent"))
    running.until_begun("mail")
    running.kill()
    (gated / "open").touch()

    resumed = invoke("resume", "--yes")
    assert resumed.exit_code == 3
    assert 'in doubt: sent: mail with {"text": "HELLO"}' in resumed.stderr
    assert "attempt 1 by mail started at " in resumed.stderr
    assert "answer" in resumed.stderr
    assert "if it was done: callsheet answer" in invoke("show").stdout
    (doubt,) = json.loads(invoke("show", "--json").stdout)["in_doubt"]
    assert (doubt["step"], doubt["agent"], doubt["inputs"]) == ("sent", "mail", {"text": "HELLO"})
    assert begun(gated) == ["note", "mail"]

    for wrong, says in (
        (["done"], "needs an output"),
        (["done", "--output", "[1"], "is not valid JSON"),
        (["done", "--output", "[1]"], "JSON object"),
        (["again", "--step", "loud"], "waiting: sent"),
    ):
        refused = invoke("answer", "last", *wrong)
        assert refused.exit_code == 2
        assert says in refused.stderr

    done = invoke("answer", "last", *answer)
    assert (done.exit_code, done.stdout) == (code, stdout)
    assert begun(gated).count("mail") == mails


@pytest.mark.slow
def test_which_of_several_doubts_is_meant_has_to_be_said(invoke: Invoke, start: Start, gated: Path) -> None:
    """Where several items are in doubt, an answer without one is refused, exit 2, naming them."""
    each = {
        "id": "each",
        "capability": "mail",
        "for_each": ["a", "b"],
        "inputs": {"text": {"from": "item"}},
    }
    running = start("run", "--yes", "--plan", write_plan(gated, each, answer="each"))
    running.until_begun("mail", times=2)
    running.kill()
    (gated / "open").touch()
    assert invoke("resume").exit_code == 3
    unclear = invoke("answer", "last", "again")
    assert unclear.exit_code == 2
    assert "--step each --item 0, --step each --item 1" in unclear.stderr
    one = invoke("answer", "last", "done", "--item", "0", "--output", '{"result": "A"}')
    assert one.exit_code == 3
    two = invoke("answer", "last", "again", "--json")
    assert (two.exit_code, json.loads(two.stdout)["answer"]) == (0, ["A", "b"])


@pytest.mark.slow
def test_sigterm_leaves_a_run_that_can_be_resumed(invoke: Invoke, held: Background, gated: Path) -> None:
    """SIGTERM is taken as Ctrl-C is: exit 130, the last line says how to go on, and that goes on."""
    held.send(signal.SIGTERM)
    code, answer, said = held.wait()
    assert (code, answer) == (130, "")
    run = json.loads(invoke("show", "--json").stdout)["run"]
    last = said.splitlines()[-1]
    assert last.startswith("interrupted; to continue: ") and f"callsheet resume {run}" in last
    assert "interrupted" in invoke("runs").stdout
    (gated / "open").touch()
    assert invoke("resume").exit_code == 3
    assert invoke("approve", run).exit_code == 0


@pytest.mark.slow
def test_a_second_sigterm_ends_it_at_once(invoke: Invoke, start: Start, gated: Path) -> None:
    """While an agent that ignores the first is given its grace, a second one ends the process, and the
    run counts as interrupted."""
    running = start("run", "--plan", write_plan(gated, step("a", "stubborn", text="x"), answer="a"))
    running.until_begun("stubborn")
    running.send(signal.SIGTERM)
    running.until_begun("ignored")
    running.send(signal.SIGTERM)
    assert running.wait()[0] == -signal.SIGTERM
    assert "interrupted" in invoke("runs").stdout
