"""What a person sees and can do at a terminal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.background import begun
from tests.cli.conftest import Invoke, step, write_plan
from tests.cli.terminal import Terminal

pytestmark = pytest.mark.slow

Start = Callable[..., Terminal]


@pytest.fixture
def writing(folder: Path) -> Path:
    """A plan that writes a file."""
    return write_plan(
        folder,
        step("loud", "shout", text="hello"),
        step("save", "write_file", path="out.txt", content="from loud"),
        answer="loud",
    )


def test_the_plan_is_shown_and_a_yes_runs_it(terminal: Start, writing: Path, folder: Path) -> None:
    """Before anything is written the plan is shown with its effects, and `y` lets it run."""
    screen = terminal("run", "--plan", writing)
    screen.expect("Go ahead? [y/N]")
    assert "save  write_file  WRITES  after loud" in screen.screen
    assert not (folder / "out.txt").exists()
    screen.type("y\n")
    assert screen.wait() == 0
    assert (folder / "out.txt").read_text() == "HELLO"
    assert "✓  save  write_file" in screen.screen
    assert "2 of 2 steps completed" in screen.screen
    assert "HELLO\n" in screen.screen


@pytest.mark.parametrize("answer", ["n\n", "\n", "\x04", "yeah sure\n"])
def test_anything_but_yes_does_nothing(terminal: Start, writing: Path, folder: Path, answer: str) -> None:
    """No, nothing, end of file or something else: nothing is done, and the journal says so."""
    screen = terminal("run", "--plan", writing)
    screen.expect("Go ahead? [y/N]")
    screen.type(answer)
    assert screen.wait() == 1
    assert "nothing was done" in screen.screen
    assert not (folder / "out.txt").exists()


def test_ctrl_c_at_the_question_ends_it_at_once(
    terminal: Start, writing: Path, folder: Path, invoke: Invoke
) -> None:
    """Ctrl-C while a question stands ends with 130, nothing done, and a run that can be resumed."""
    screen = terminal("run", "--plan", writing)
    screen.expect("Go ahead? [y/N]")
    screen.interrupt()
    assert screen.wait() == 130
    assert "interrupted" in screen.screen
    assert "Traceback" not in screen.screen
    assert not (folder / "out.txt").exists()
    assert "its plan waits for your approval" in invoke("show", "last").stdout
    assert invoke("resume", "--yes").exit_code == 0
    assert (folder / "out.txt").exists()


def test_ctrl_c_while_a_step_runs_leaves_a_run_that_can_be_resumed(
    terminal: Start, folder: Path, invoke: Invoke
) -> None:
    """Ctrl-C in the middle ends with 130, and says how to go on; `cancel` is what ends a run."""
    plan = write_plan(
        folder, step("loud", "shout", text="hello"), step("wait", "linger", text="from loud"), answer="wait"
    )
    screen = terminal("run", "--plan", plan)
    screen.expect("▸  wait")
    screen.interrupt()
    assert screen.wait() == 130
    assert "callsheet resume" in screen.screen
    assert "Traceback" not in screen.screen
    shown = invoke("show", "last").stdout
    assert ": interrupted" in shown
    assert "loud  shout  completed" in shown
    assert invoke("cancel", "last").exit_code == 0
    assert ": cancelled in " in invoke("show", "last").stdout


def test_what_an_agent_says_cannot_steer_the_terminal(terminal: Start, folder: Path) -> None:
    """Escape sequences in an error never reach the terminal, and brackets are no markup."""
    plan = write_plan(folder, step("no", "refuse", text="[bold]x[/bold]"), answer="no")
    screen = terminal("run", "--plan", plan)
    assert screen.wait() == 1
    assert "I will not" in screen.screen
    assert "\x1b[31mI will not" not in screen.raw
    assert "[bold]x[/bold]" in screen.screen


def test_a_step_that_wants_approval_is_asked_about_with_its_inputs(terminal: Start, folder: Path) -> None:
    """A step with `approval: true` is asked about again when it is due, with what it would be given."""
    asked = {**step("out", "send", text="from loud"), "approval": True}
    plan = write_plan(folder, step("loud", "shout", text="hello"), asked, answer="out")
    screen = terminal("run", "--plan", plan)
    screen.expect("does what cannot be undone (out). Go ahead? [y/N]")
    screen.type("y\n")
    screen.expect('out: send (irreversible) with {"text": "HELLO"}')
    screen.expect("Approve it? [y/N]")
    assert not (folder / "sent.txt").exists()
    screen.type("yes\n")
    assert screen.wait() == 0
    assert (folder / "sent.txt").read_text() == "HELLO"


def test_resume_asks_about_what_waits(terminal: Start, folder: Path, invoke: Invoke) -> None:
    """A run that was paused because nobody could be asked goes on at a terminal, where somebody can."""
    asked = {**step("out", "send", text="from loud"), "approval": True}
    plan = write_plan(folder, step("loud", "shout", text="hello"), asked, answer="out")
    assert invoke("run", "--plan", plan).exit_code == 3
    screen = terminal("resume")
    screen.expect('out: send (irreversible) with {"text": "HELLO"}')
    screen.expect("Approve it? [y/N]")
    screen.type("y\n")
    assert screen.wait() == 0
    assert "✓  loud  shout" in screen.screen
    assert "2 of 2 steps completed" in screen.screen


def test_a_question_that_somebody_else_answers_is_withdrawn(
    terminal: Start, gated: Path, invoke: Invoke
) -> None:
    """Approved from another process, a step goes on without the person at the terminal, who is told by
    whom; what is typed then answers the next question."""
    first = {**step("first", "note", text="one"), "approval": True}
    second = {**step("second", "note", text="from first"), "approval": True}
    screen = terminal("run", "--plan", write_plan(gated, first, second, answer="second"))
    screen.expect("Go ahead? [y/N]")
    screen.type("y\n")
    screen.expect("first: note (pure) with")
    told = invoke("approve", "last", "first")
    assert "(running in process" in told.stdout
    screen.expect("first: approved by ")
    screen.expect("second: note (pure) with")
    screen.type("y\n")
    assert screen.wait() == 0
    assert begun(gated) == ["note", "note"]


def test_sigterm_at_the_question_ends_it_at_once(terminal: Start, writing: Path, invoke: Invoke) -> None:
    """SIGTERM while a question stands ends with 130, and the run can be resumed."""
    screen = terminal("run", "--plan", writing)
    screen.expect("Go ahead? [y/N]")
    screen.terminate()
    assert screen.wait() == 130
    assert "Traceback" not in screen.screen
    assert "its plan waits for your approval" in invoke("show").stdout
