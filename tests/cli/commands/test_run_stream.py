"""`callsheet run --stream`: steps begin while the plan is still being written."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Invoke, step, write_plan
from tests.cli.script import FIGURES, GOAL, MENDS, NUMBERS, TWICE, do, mailed, plan, question

STREAMED = ("run", GOAL, "--yes", "--stream")
GOOD = plan(FIGURES, TWICE, answer="{twice}")


def test_a_streamed_plan_comes_to_the_same_answer(invoke: Invoke, said: list[str]) -> None:
    """Every step is done once; what is kept is one plan, the first revision."""
    said += [GOOD]
    done = invoke(*STREAMED)
    assert (done.exit_code, done.stdout) == (0, "84\n")
    assert (done.stderr.count("read: started"), done.stderr.count("twice: started")) == (1, 1)
    assert invoke("show", "--revisions").stdout.endswith(
        "revision 1: read, twice\nthe plan was never revised\n"
    )


def test_what_was_begun_before_a_repair_is_not_begun_again(invoke: Invoke, said: list[str]) -> None:
    """The first answer has a step that nobody can do; the second repeats the good one."""
    said += [plan(FIGURES, do("x", "nobody_does_this"), answer="{x}"), GOOD]
    done = invoke(*STREAMED)
    assert (done.exit_code, done.stdout) == (0, "84\n")
    assert done.stderr.count("read: started") == 1


def test_a_failure_of_a_streamed_plan_is_mended(invoke: Invoke, said: list[str]) -> None:
    """Once there is a plan the planner is asked as ever."""
    said += [plan(NUMBERS, TWICE, answer="{twice}"), MENDS]
    done = invoke(*STREAMED)
    assert (done.exit_code, done.stdout) == (0, "84\n")
    assert invoke("diff").stdout == '~ read\n    inputs.file: "numbers" -> "figures"\n'


def test_nothing_that_cannot_be_undone_begins_unseen(invoke: Invoke, said: list[str], folder: Path) -> None:
    """It waits for the whole plan to check: a later step that does not keeps it from happening."""
    mail = do("out", "mail", to="kim", text="{read}")
    said += [plan(FIGURES, mail, do("x", "nobody_does_this"), answer="{x}")]
    done = invoke("run", "Mail kim the revenue, which is in figures", "--yes", "--stream")
    assert done.exit_code == 1
    assert mailed(folder) == ""


def test_an_unclear_goal_is_asked_about(invoke: Invoke, said: list[str]) -> None:
    """A plan that is streamed may turn out to be a question: exit 3, and the answer goes on."""
    said += [question("Which year?"), GOOD]
    first = invoke("run", "Double the revenue", "--yes", "--stream")
    assert (first.exit_code, first.stdout) == (3, "")
    assert "the planner asks: Which year?" in first.stderr
    done = invoke("answer", "last", "the last; numbers and figures have it")
    assert (done.exit_code, done.stdout) == (0, "84\n")


def test_json_has_the_whole_run(invoke: Invoke, said: list[str]) -> None:
    """The same document as of any other run."""
    said += [GOOD]
    document = json.loads(invoke(*STREAMED, "--json").stdout)
    assert (document["status"], document["answer"], document["revision"]) == ("completed", 84, 1)
    assert [each["status"] for each in document["steps"]] == ["completed", "completed"]


def test_streaming_goes_with_a_goal_and_with_yes(invoke: Invoke, folder: Path) -> None:
    """Nobody can look at a plan before it is written, and one that is there cannot be streamed: exit 2."""
    file = write_plan(folder, step("loud", "shout", text="x"), answer="loud")
    for words in (["run", GOAL, "--stream"], ["run", "--plan", file, "--yes", "--stream"]):
        done = invoke(*words)
        assert done.exit_code == 2
        assert "--stream" in done.stderr
