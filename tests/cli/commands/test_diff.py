"""`callsheet diff`: two plans, of files, of runs and of recordings, side by side; and two whole runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Invoke, step, write_plan
from tests.cli.recorded import record_last, record_plan, record_revised, run_planned
from tests.cli.script import FAILS, FIGURES, GOAL, MENDS, SHOP, TWICE, plan, question

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


def test_a_step_in_another_place_is_told_too(invoke: Invoke, folder: Path) -> None:
    """With where it stands and stood, after what changed and before the answer; alone it is a difference."""
    steps = [step(id, "shout", text=id) for id in ("one", "two", "three")]
    before = write_plan(folder, *steps, answer="one")
    turned = write_plan(folder, steps[2], *steps[:2], answer="one", name="turned.yaml")
    assert invoke("diff", before, turned).stdout == "> three: moved, now in front (was after two)\n"
    assert invoke("diff", turned, before).stdout == "> three: moved, now after two (was in front)\n"
    moved = json.loads(invoke("diff", before, turned, "--json").stdout)["moved"]
    assert moved == [{"step": "three", "before": "two", "after": None}]
    changed = write_plan(
        folder, steps[0], steps[2], step("two", "shout", text="x"), answer="two", name="changed.yaml"
    )
    assert invoke("diff", before, changed).stdout.splitlines() == [
        "~ two",
        '    inputs.text: "two" -> "x"',
        "> three: moved, now after one (was after two)",
        '~ answer: {"from": "one"} -> {"from": "two"}',
    ]


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
        "moved": [],
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


class TestRecordings:
    """The file of a recording stands for its run."""

    @pytest.fixture
    def recording(self, invoke: Invoke, folder: Path) -> Path:
        """A recording with two revisions."""
        return record_revised(invoke, folder)

    @pytest.mark.parametrize("names", [("FILE",), ("FILE@2",), ("FILE@1", "FILE@2"), ("FILE@1", "FILE")])
    def test_its_revisions_are_plans(self, invoke: Invoke, recording: Path, names: tuple[str, ...]) -> None:
        """As those of the run are; alone, what has become of its first plan."""
        done = invoke("diff", *(name.replace("FILE", "run.yaml") for name in names))
        assert (done.exit_code, done.stdout) == (0, CHANGED)

    def test_it_is_the_same_as_its_run(self, invoke: Invoke, recording: Path) -> None:
        """Nothing at all is different."""
        assert invoke("diff", "run.yaml", "last").stdout == "no difference\n"
        assert json.loads(invoke("diff", "last", "run.yaml", "--json").stdout)["drifts"] == []

    def test_a_plan_is_held_against_it(self, invoke: Invoke, folder: Path, recording: Path) -> None:
        """Then plans are all that is compared."""
        file = write_plan(folder, step("read", "revenue", file="figures"), answer="read")
        assert invoke("diff", recording, file).stdout == (
            '- twice: double\n~ answer: {"from": "twice"} -> {"from": "read"}\n'
        )
        assert "drifts" not in json.loads(invoke("diff", recording, file, "--json").stdout)

    def test_a_revision_that_it_does_not_have(self, invoke: Invoke, folder: Path, recording: Path) -> None:
        """Those that it has are named; a plan's file has none."""
        done = invoke("diff", "run.yaml@3")
        assert done.exit_code == 2
        assert "run.yaml has no revision 3; it has 1, 2\n" in done.stderr
        write_plan(folder, step("loud", "shout", text="x"), answer="loud")
        done = invoke("diff", "plan.yaml@1", "run.yaml")
        assert done.exit_code == 2
        assert "plan.yaml is a plan file, which has no revisions: leave out @1" in done.stderr

    def test_a_file_whose_name_looks_like_a_revision(
        self, invoke: Invoke, folder: Path, recording: Path
    ) -> None:
        """What is there is meant."""
        recording.rename(folder / "run@2")
        assert invoke("diff", "run@2").stdout == CHANGED

    def test_a_broken_recording_is_told_with_its_line(self, invoke: Invoke, recording: Path) -> None:
        """Exit 2, as with plans."""
        recording.write_text(recording.read_text().replace("events:", "evnts:"))
        done = invoke("diff", "run.yaml", "last")
        assert (done.exit_code, done.stdout) == (2, "")
        assert "run.yaml, line " in done.stderr


class TestWholeRuns:
    """Beside the plans, everything else that is different."""

    def test_results_and_decisions(self, invoke: Invoke, folder: Path) -> None:
        """The same plan, and another outcome: each drift with its kind and place."""
        made = write_plan(folder, step("loud", "shout", text="x"), answer="loud")
        record_plan(invoke, folder, made, "before.yaml")
        (folder / "team.py").write_text((folder / "team.py").read_text().replace("text.upper()", '"\\x9by"'))
        record_plan(invoke, folder, made, "after.yaml")
        for names in (("before.yaml", "after.yaml"), ("before.yaml", "last")):
            done = invoke("diff", *names)
            assert done.exit_code == 0
            assert done.stdout.splitlines() == [
                "no difference in the plan",
                "",
                "result drift, loud: the step has a different result",
                '  - output.result: "X"',
                '  + output.result: "\\u009by"',
                "result drift, the run: the run ends differently",
                '  - answer: "X"',
                '  + answer: "\\u009by"',
            ]

    def test_plans_are_told_once(self, invoke: Invoke, folder: Path) -> None:
        """The latest first, as ever; then the earlier ones, and what follows from them."""
        record_revised(invoke, folder, "before.yaml")
        run_planned(invoke, folder, [plan(FIGURES, answer="{read}")], GOAL)
        record_last(invoke, folder, "after.yaml")
        shown = invoke("diff", "before.yaml", "after.yaml").stdout
        assert shown.startswith('- twice: double\n~ answer: {"from": "twice"} -> {"from": "read"}\n\n')
        assert "plan drift, revision 1: the plan changed\n" in shown
        assert "plan drift, revision 2: this revision is missing now\n" in shown
        assert "model drift, planner: the same question has a different answer\n" in shown
        assert "prompt drift, replanner: a recorded question is no longer asked\n" in shown
        run_planned(invoke, folder, [plan(FIGURES, TWICE, answer="{twice}")], GOAL)
        shown = invoke("diff", "after.yaml", "last").stdout
        assert shown.startswith("+ twice: double\n")
        assert "plan drift" not in shown

    def test_what_they_began_with(self, invoke: Invoke, folder: Path) -> None:
        """Goal, model and contracts."""
        run_planned(invoke, folder, [plan(FIGURES, TWICE, answer="{twice}")], GOAL)
        record_last(invoke, folder, "before.yaml")
        answers = [plan(FIGURES, TWICE, answer="{twice}")]
        other = SHOP.replace("def double(number: int)", "def double(number: int, times: int = 2)")
        run_planned(invoke, folder, answers, "Double it", "--model", "openai/other", shop=other)
        lines = invoke("diff", "before.yaml", "last").stdout.splitlines()
        assert lines[:9] == [
            "no difference in the plan",
            "",
            "prompt drift, the goal: the goal changed",
            f"  - {GOAL}",
            "  + Double it",
            "model drift, the run: the model changed",
            "  - openai/gpt-5",
            "  + openai/other",
            "agent-schema drift, double: its contract changed",
        ]

    def test_the_document_has_the_drifts(self, invoke: Invoke, folder: Path) -> None:
        """Beside the keys of every difference."""
        made = write_plan(folder, step("loud", "shout", text="x"), answer="loud")
        record_plan(invoke, folder, made, "before.yaml")
        after = write_plan(folder, step("loud", "shout", text="y"), answer="loud")
        assert invoke("run", "--plan", after).exit_code == 0
        document = json.loads(invoke("diff", "before.yaml", "last", "--json").stdout)
        assert document["changed"] == {"loud": [{"key": "inputs.text", "before": "x", "after": "y"}]}
        kinds = [drift["kind"] for drift in document["drifts"]]
        assert kinds == ["plan", "result", "result", "decision"]
        assert document["drifts"][0]["data"] == {key: document[key] for key in document if key != "drifts"}


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
            assert "is neither a file nor a run; `callsheet runs` lists the runs" in done.stderr

    @pytest.mark.parametrize(
        "names",
        [("nosuch.yaml",), ("nosuch.yaml", "last"), ("last", "nosuch.yaml"), ("nosuch.yaml@2", "last")],
    )
    def test_it_is_named_as_it_was_written(
        self, invoke: Invoke, revised: str, names: tuple[str, ...]
    ) -> None:
        """Without a revision that nobody asked for."""
        assert invoke("diff", *names).stderr.startswith("error: 'nosuch.yaml' is neither a file nor ")

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
        assert "it has no plan" in done.stderr

    def test_one_file_alone(self, invoke: Invoke, folder: Path) -> None:
        """There is nothing to hold it against."""
        done = invoke("diff", write_plan(folder, step("loud", "shout", text="x"), answer="loud"))
        assert done.exit_code == 2
        assert "name a second plan, run or recording to compare it with" in done.stderr

    def test_no_runs_at_all(self, invoke: Invoke, folder: Path) -> None:
        """Nothing is made by looking."""
        assert invoke("diff").exit_code == 2
        assert not (folder / ".callsheet").exists()
