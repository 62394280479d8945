"""`callsheet answer` with free text: what the planner asked, and what somebody wishes for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.chat_server import ChatServer
from tests.cli.conftest import Invoke, Start, step, write_plan
from tests.cli.script import ASKS, FAILS, FIGURES, GOAL, MENDS, decision, do, mailed, plan, question


@pytest.fixture
def asked(invoke: Invoke, said: list[str]) -> str:
    """The id of a run in the middle of which the planner asked something."""
    said += [FAILS, ASKS, MENDS]
    document = json.loads(invoke("run", GOAL, "--json").stdout)
    assert (document["status"], document["question"]) == ("paused", "Which file?")
    return str(document["run"])


def heard(server: ChatServer) -> str:
    """All that the model was told last."""
    return json.dumps(server.questions[-1]["messages"])


class TestQuestionsOfThePlanner:
    def test_a_question_ends_the_command_with_3_and_says_how_to_answer(
        self, invoke: Invoke, said: list[str]
    ) -> None:
        """The question and the command to type; `show` and `resume` say them again."""
        said += [FAILS, ASKS, MENDS]
        for command in (["run", GOAL], ["resume"]):
            done = invoke(*command)
            assert (done.exit_code, done.stdout) == (3, "")
            assert "is waiting for your" in done.stderr
            assert "the planner asks: Which file?\n  to answer: callsheet answer " in done.stderr
        assert "the planner asks: Which file?\n  to answer: callsheet answer " in invoke("show").stdout

    def test_the_answer_reaches_the_planner_and_the_run_goes_on(
        self, invoke: Invoke, asked: str, server: ChatServer
    ) -> None:
        """Here and now, where nobody has the run; the page tells the question and the answer."""
        done = invoke("answer", asked, "the one with the figures")
        assert (done.exit_code, done.stdout) == (0, "84\n")
        assert f"run {asked}: message sent to the planner" in done.stderr
        assert "Which file?" in heard(server) and "the one with the figures" in heard(server)
        page = invoke("show", "--revisions").stdout
        assert "  the planner asked back: Which file?\n" in page
        assert "  message: the one with the figures\n  revision 2: the other file\n" in page

    def test_an_answer_may_come_from_stdin(self, invoke: Invoke, asked: str, server: ChatServer) -> None:
        """`-` reads it, so that it need not be quoted for a shell."""
        assert invoke("answer", "last", "-", input='it\'s in "figures"\n').exit_code == 0
        assert "it's in" in heard(server)

    @pytest.mark.parametrize("word", ["done", "again", "failed"])
    def test_a_question_may_be_answered_by_any_word(self, invoke: Invoke, asked: str, word: str) -> None:
        """Where nothing is in doubt, the words for that are words like any other."""
        assert invoke("answer", asked, word).exit_code == 0

    def test_an_answer_can_be_left_for_whoever_resumes(self, invoke: Invoke, asked: str) -> None:
        """With --no-resume nothing is done; `resume` finds it."""
        left = invoke("answer", asked, "figures", "--no-resume")
        assert (left.exit_code, left.stderr) == (0, "")
        assert (
            f"message sent to the planner; no process is running it; to continue: callsheet resume {asked}"
            in left.stdout
        )
        document = json.loads(invoke("answer", asked, "please", "--no-resume", "--json").stdout)
        assert document == {"run": asked, "said": "message sent to the planner", "owner": None}
        done = invoke("resume")
        assert (done.exit_code, done.stdout) == (0, "84\n")
        assert "figures" in done.stderr and "please" in done.stderr

    def test_a_goal_that_is_unclear_is_asked_about_before_there_is_a_plan(
        self, invoke: Invoke, said: list[str], server: ChatServer
    ) -> None:
        """Exit 3 and no plan; the answer makes one, and it is shown and run."""
        said += [question("Which year?"), plan(FIGURES, answer="{read}")]
        first = invoke("run", "Find the revenue")
        assert first.exit_code == 3
        assert "the planner asks: Which year?" in first.stderr and "plan:" not in first.stderr
        assert "there is no plan yet" in invoke("show").stdout
        assert "before the first plan, the planner asked: Which year?" in invoke("show", "--revisions").stdout
        done = invoke("answer", "last", "the last; it is in figures")
        assert (done.exit_code, done.stdout) == (0, "42\n")
        assert "plan: 1 step" in done.stderr
        page = invoke("show", "--revisions").stdout
        assert "Which year?\n  message: the last; it is in figures\nrevision 1: read\n" in page

    def test_yes_is_said_to_the_plan_that_is_made_with_the_answer(
        self, invoke: Invoke, said: list[str], folder: Path
    ) -> None:
        """Where there is no terminal to show it at."""
        said += [question("To whom?"), plan(do("out", "mail", to="kim", text="hello"), answer="{out}")]
        assert invoke("run", "Mail hello").exit_code == 3
        done = invoke("answer", "last", "to kim", "--yes")
        assert (done.exit_code, done.stdout) == (0, "sent\n")
        assert mailed(folder) == "kim: hello\n"

    def test_a_goal_that_is_only_planned_leaves_its_question(self, invoke: Invoke, said: list[str]) -> None:
        """There is no run to answer: exit 3, and the question is the error."""
        said += [question("Which year?")]
        done = invoke("plan", "Find the revenue")
        assert (done.exit_code, done.stdout) == (3, "")
        assert "Which year?" in done.stderr


class TestWishes:
    """A word that nobody asked for."""

    @pytest.fixture
    def waits(self, invoke: Invoke, said: list[str]) -> str:
        """The id of a run whose revision wants to mail somebody, and waits for approval."""
        mail = do("out", "mail", to="eve", text="{read}")
        said += [FAILS, decision("revise", "tell eve, too", replace=[FIGURES], add=[mail])]
        return str(json.loads(invoke("run", GOAL, "--yes", "--json").stdout)["run"])

    def test_a_wish_changes_the_plan(
        self, invoke: Invoke, waits: str, said: list[str], server: ChatServer, folder: Path
    ) -> None:
        """The planner hears it; what is done stays done, and what is not wanted any more never happens."""
        said[:] = [decision("revise", "eve is left out", remove=["out"])]
        done = invoke("answer", waits, "don't write to eve")
        assert (done.exit_code, done.stdout) == (0, "84\n")
        assert "don't write to eve" in heard(server)
        assert "the plan was revised: eve is left out" in done.stderr
        assert "read: started" not in done.stderr
        assert mailed(folder) == ""
        assert invoke("diff", "last@2", "last@3").stdout == "- out: mail\n"

    def test_a_word_to_a_plan_that_nobody_may_change_is_refused(self, invoke: Invoke, folder: Path) -> None:
        """A plan that was given is carried out as it is: whoever wants something else is told so."""
        out = {**step("out", "send", text="hi"), "approval": True}
        assert invoke("run", "--plan", write_plan(folder, out, answer="out")).exit_code == 3
        done = invoke("answer", "last", "send something else")
        assert (done.exit_code, done.stdout) == (2, "")
        assert "has no planner" in done.stderr and "--max-replans" in done.stderr
        assert "something else" not in invoke("show").stdout

    @pytest.mark.slow
    def test_a_live_process_hears_it(
        self, invoke: Invoke, said: list[str], start: Start, gated: Path, server: ChatServer
    ) -> None:
        """`answer` only tells; the process that has the run asks its planner."""
        said += [plan(do("held", "gate", text="hello"), answer="{held}")]
        said += [decision("revise", "it is being done")]
        running = start("run", "say hello at the gate")
        running.until_begun("gate")
        told = invoke("answer", "last", "be quick")
        assert (told.exit_code, told.stderr) == (0, "")
        assert f"message sent to the planner (running in process {running.pid} on " in told.stdout
        while running.line() != "asking the planner\n":
            pass
        assert "it is being done" in running.line()
        (gated / "open").touch()
        assert running.wait()[:2] == (0, "hello\n")


class TestBadInput:
    """Exit 2, one sentence, and the run waits as before."""

    @pytest.mark.parametrize(("word", "says"), [("", "not 0"), ("  \n", "not 0"), ("x" * 30_000, "30,000")])
    def test_a_word_is_neither_empty_nor_a_book(
        self, invoke: Invoke, asked: str, word: str, says: str
    ) -> None:
        """What is too long goes in a file."""
        done = invoke("answer", asked, word)
        assert (done.exit_code, done.stdout) == (2, "")
        assert says in done.stderr and "1 to 20,000 characters" in done.stderr
        assert invoke("resume").exit_code == 3

    def test_flags_about_doubts_do_not_go_with_free_text(self, invoke: Invoke, asked: str) -> None:
        """They would mean nothing."""
        for flags in (["--step", "read"], ["--item", "0"], ["--output", "{}"]):
            done = invoke("answer", asked, "figures", *flags)
            assert done.exit_code == 2
            assert "belong to the answers done, again and failed" in done.stderr

    def test_runs_that_cannot_hear(self, invoke: Invoke, asked: str) -> None:
        """There is no such run; or it has ended."""
        assert "there is no run 'zzz'" in invoke("answer", "zzz", "hello").stderr
        assert invoke("answer", asked, "figures").exit_code == 0
        done = invoke("answer", asked, "and now?")
        assert done.exit_code == 2
        assert "has ended (completed)" in done.stderr and "start a new run" in done.stderr

    def test_a_word_of_settling_where_nothing_is_in_doubt(self, invoke: Invoke, folder: Path) -> None:
        """It is not mistaken for a wish."""
        out = {**step("out", "send", text="hi"), "approval": True}
        invoke("run", "--plan", write_plan(folder, out, answer="out"))
        done = invoke("answer", "last", "again")
        assert done.exit_code == 2
        assert "no step is waiting for a decision" in done.stderr
