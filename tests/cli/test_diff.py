"""`callsheet diff`: two plans, of files and of runs, side by side."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import Invoke, step, write_plan
from .script import FAILS, GOAL, MENDS, question

CHANGED = '~ read\n    inputs.file: "numbers" -> "figures"\n'


@pytest.fixture
def revised(invoke: Invoke, said: list[str]) -> str:
    """The id of a run with two revisions."""
    said += [FAILS, MENDS]
    return str(json.loads(invoke("run", GOAL, "--json").stdout)["run"])


def test_two_files_differ_by_step_id(invoke: Invoke, folder: Path) -> None:
    """What is gone, what is new with all that it has, what changed, and the answer."""
    before = write_plan(
        folder, step("loud", "shout", text="x"), step("no", "refuse", text="x"), answer="loud"
    )
    after = write_plan(
        folder,
        {**step("loud", "shout", text="from out"), "expect": ["len(output.result) > 1"]},
        step("out", "linger", text="y"),
        answer="out",
        name="after.yaml",
    )
    done = invoke("diff", before, after)
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "- no: refuse",
        "+ out: linger",
        '    inputs.text: "y"',
        "~ loud",
        '    inputs.text: "x" -> {"from": "out"}',
        '    expect: ["len(output.result) > 1"] (new)',
        '~ answer: {"from": "loud"} -> {"from": "out"}',
    ]
    assert invoke("diff", before, before).stdout == "no difference\n"


def test_the_difference_is_a_document_too(invoke: Invoke, folder: Path) -> None:
    """With --json, for programs."""
    before = write_plan(folder, step("loud", "shout", text="x"), answer="loud")
    after = write_plan(folder, step("loud", "shout", text="y"), answer="loud", name="after.yaml")
    assert json.loads(invoke("diff", before, after, "--json").stdout) == {
        "added": [],
        "removed": [],
        "changed": {"loud": [{"key": "inputs.text", "before": "x", "after": "y"}]},
        "answer": None,
        "params": [],
    }


@pytest.mark.parametrize(
    "names",
    [(), ("last",), ("last@2",), ("last@1", "last@2"), ("last@1", "last"), ("RUN",), ("RUN@1", "RUN")],
)
def test_revisions_of_a_run_are_plans(invoke: Invoke, revised: str, names: tuple[str, ...]) -> None:
    """Without anything the last run: its first plan and its latest; or those that are named."""
    done = invoke("diff", *(name.replace("RUN", revised) for name in names))
    assert (done.exit_code, done.stdout) == (0, CHANGED)


def test_a_file_is_held_against_a_run(invoke: Invoke, revised: str, folder: Path) -> None:
    """Whichever comes first."""
    file = write_plan(folder, step("read", "revenue", file="figures"), answer="read")
    assert "- twice: double\n" in invoke("diff", revised, file).stdout
    assert "+ twice: double\n" in invoke("diff", file, revised).stdout


def test_what_would_move_a_terminal_is_written_out(invoke: Invoke, folder: Path) -> None:
    """A plan is a stranger's text."""
    before = write_plan(folder, step("loud", "shout", text="x"), answer="loud")
    after = write_plan(folder, step("loud", "shout", text="\x1b[2J\u202egnp"), answer="loud", name="b.yaml")
    shown = invoke("diff", before, after).stdout
    assert "\x1b" not in shown and "\u202e" not in shown
    assert "\\u202egnp" in shown


class TestBadInput:
    """Exit 2, and one sentence with what to do."""

    def test_a_plan_that_is_none_is_refused_with_its_place(self, invoke: Invoke, folder: Path) -> None:
        """The file that is broken is the one that is named."""
        good = write_plan(folder, step("loud", "shout", text="x"), answer="loud")
        broken = folder / "broken.yaml"
        for text in ("goal: [", "- 1\n", "goal: g\nsteps: 3\nanswer: x\n"):
            broken.write_text(text)
            for names in ((good, broken), (broken, good)):
                done = invoke("diff", *names)
                assert (done.exit_code, done.stdout) == (2, "")
                assert "broken.yaml" in done.stderr and "plan.yaml" not in done.stderr

    def test_a_name_that_is_neither_file_nor_run(self, invoke: Invoke, revised: str) -> None:
        """It might have been meant as either."""
        for names in (("nofile.yaml", "last"), ("last", "nofile.yaml"), ("nosuch@1",)):
            done = invoke("diff", *names)
            assert done.exit_code == 2
            assert "is neither a plan's file nor a run; `callsheet runs` lists the runs" in done.stderr

    def test_a_revision_that_a_run_does_not_have(self, invoke: Invoke, revised: str) -> None:
        """Those that it has are named."""
        for name in ("last@3", f"{revised}@0"):
            done = invoke("diff", name)
            assert done.exit_code == 2
            assert f"run '{revised}' has no revision " in done.stderr
            assert done.stderr.endswith("; it has 1, 2\n")

    def test_a_run_without_a_plan(self, invoke: Invoke, said: list[str]) -> None:
        """It waits for the answer to a question."""
        said.append(question("Which year?"))
        assert invoke("run", "Mail the revenue").exit_code == 3
        done = invoke("diff")
        assert done.exit_code == 2
        assert "it has no plan at all" in done.stderr

    def test_one_file_alone(self, invoke: Invoke, folder: Path) -> None:
        """There is nothing to hold it against."""
        done = invoke("diff", write_plan(folder, step("loud", "shout", text="x"), answer="loud"))
        assert done.exit_code == 2
        assert "say with what it is to be compared" in done.stderr

    def test_no_runs_at_all(self, invoke: Invoke, folder: Path) -> None:
        """Nothing is made by looking."""
        assert invoke("diff").exit_code == 2
        assert not (folder / ".callsheet").exists()
