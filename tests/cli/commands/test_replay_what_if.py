"""`callsheet replay --fail, --return, --slow, --kill`: what would have come of a run if."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.chat_server import ChatServer
from tests.cli.conftest import Invoke, step, write_plan
from tests.cli.recorded import model_at, record_plan, record_revised
from tests.cli.script import decision


@pytest.fixture
def revised(invoke: Invoke, folder: Path) -> Path:
    """A run that comes to 84 in two steps, `read` and `twice`, under its second plan."""
    return record_revised(invoke, folder)


@pytest.fixture
def given(invoke: Invoke, folder: Path) -> Path:
    """A run of a plan that was given: nobody is asked where a step fails."""
    steps = step("loud", "shout", text="hello"), step("again", "shout", text="from loud")
    return record_plan(invoke, folder, write_plan(folder, *steps, answer="again"), "given.yaml")


class TestFail:
    def test_one_attempt_fails_and_the_next_does_not(self, invoke: Invoke, revised: Path) -> None:
        """The story is told as `show` tells it; then what is different. The run completes: exit 0."""
        done = invoke("replay", revised, "--fail", "twice:1", "connection lost")
        assert (done.exit_code, done.stderr) == (0, "")
        lines = done.stdout.splitlines()
        assert lines[:2] == ["what if twice:1 fails: connection lost", ""]
        assert lines[2].startswith("the run: completed in ")
        assert lines[3:6] == ["  revision 2: the other file", "", lines[5]]
        assert lines[5].startswith("read  revenue  completed in ")
        first, second = (line for line in lines if line.startswith("  attempt") and "double" in line)
        assert "failed" in first and first.endswith("connection lost") and "succeeded" in second
        assert lines[lines.index("answer:") + 1] == "84"
        different = lines[lines.index("differences from the recorded run:") + 1 :]
        assert different[0] == "  decision drift, twice: the executor decides differently"
        assert "    +retry scheduled twice attempt 2" in different

    def test_what_nobody_was_asked_cuts_it_short(self, invoke: Invoke, revised: Path) -> None:
        """Every attempt fails, and the planner is asked: exit 5, with the question, and what would help."""
        done = invoke("replay", revised, "--fail", "twice", "nothing works")
        assert done.exit_code == 5
        assert "the run: cut short\n" in done.stdout
        _, _, end = done.stdout.partition(
            "the replay stops here, because it needs something that was not recorded:\n"
        )
        assert end.startswith(
            "  prompt drift, replanner: the model is asked a question that was not recorded"
        )
        assert "    +nothing works\n" in end
        assert end.endswith("\n  to ask the planner: --live planner\n")

    def test_what_keeps_a_model_from_being_asked_is_told_as_well(self, invoke: Invoke, revised: Path) -> None:
        """The planner cannot be live without one."""
        done = invoke("replay", revised, "--fail", "twice", "nothing works", "--model", "recorded")
        assert done.exit_code == 5
        assert done.stdout.endswith(
            "\n  to ask the planner: --live planner\n"
            "  --model recorded cannot answer that; leave it out, or name a model\n"
        )

    def test_with_the_planner_live_it_goes_on(self, invoke: Invoke, revised: Path) -> None:
        """Only what was not recorded is asked; the planner gives up, and the run fails: exit 1."""
        answers = [decision("give_up", "it cannot be doubled")]
        with ChatServer(answers).serving() as server, model_at(server):
            done = invoke("replay", revised, "--fail", "twice", "nothing works", "--live", "planner")
        assert (done.exit_code, len(server.questions), done.stderr) == (
            1,
            1,
            f"model: openai/gpt-5 at {server.host}\n",
        )
        assert "the run: failed in " in done.stdout
        assert "the planner gave up: it cannot be doubled" in done.stdout
        assert "  result drift, the run: the run ends differently\n" in done.stdout

    def test_where_no_planner_is_asked_the_run_fails(self, invoke: Invoke, given: Path) -> None:
        """Exit 1, as the run would have ended."""
        done = invoke("replay", given, "--fail", "loud", "no \x1b[31mvoice")
        assert done.exit_code == 1
        assert "failed: step 'loud' failed after 3 attempts: no voice\n" in done.stdout
        assert "\x1b" not in done.stdout


class TestReturn:
    def test_another_output_leads_to_another_answer(self, invoke: Invoke, given: Path) -> None:
        """Step and answer differ, each with what it was."""
        done = invoke("replay", given, "--return", "again", '{"result": "psst"}')
        assert done.exit_code == 0
        assert done.stdout.startswith('what if again returns {"result": "psst"}\n')
        _, _, different = done.stdout.partition("differences from the recorded run:\n")
        assert different.splitlines() == [
            "  result drift, again: the step has a different result",
            '    - output.result: "HELLO"',
            '    + output.result: "psst"',
            "  result drift, the run: the run ends differently",
            '    - answer: "HELLO"',
            '    + answer: "psst"',
        ]

    def test_what_follows_from_it_may_be_done_live(self, invoke: Invoke, folder: Path, given: Path) -> None:
        """What an agent was not given before is not recorded: exit 5, and it is said whom to ask."""
        otherwise = ("--return", "loud", '{"result": "psst"}')
        done = invoke("replay", given, *otherwise)
        assert done.exit_code == 5
        assert "shout is called with unrecorded inputs; the nearest call: again, attempt 1\n" in done.stdout
        assert done.stdout.endswith("\n  to run it: --live shout\n")
        done = invoke("replay", given, *otherwise, "--live", "shout", "--model", "recorded")
        assert done.exit_code == 0
        assert '    + answer: "PSST"\n' in done.stdout

    def test_an_output_that_breaks_the_contract_is_judged(self, invoke: Invoke, given: Path) -> None:
        """As if the agent had returned it."""
        done = invoke("replay", given, "--return", "again", '{"result": 7}')
        assert done.exit_code == 1
        assert "its output is not what 'shout' promises" in done.stdout


class TestSlow:
    def test_time_goes_by_and_nobody_waits(self, invoke: Invoke, given: Path) -> None:
        """A minute and a half longer, in no time."""
        done = invoke("replay", given, "--slow", "loud", "1.5m")
        assert done.exit_code == 0
        assert "what if loud takes 90 s longer\n" in done.stdout
        assert "the run: completed in 1 m 30 s\n" in done.stdout
        assert "loud  shout  completed in 1 m 30 s\n" in done.stdout

    def test_it_may_be_too_long(self, invoke: Invoke, given: Path) -> None:
        """Each attempt has its time limit."""
        done = invoke("replay", given, "--slow", "loud", "1d")
        assert done.exit_code == 1
        assert "failed: step 'loud' failed" in done.stdout


class TestKill:
    def test_the_process_dies_and_another_goes_on(self, invoke: Invoke, given: Path) -> None:
        """The attempt is lost, and made again."""
        done = invoke("replay", given, "--kill", "again")
        assert done.exit_code == 0
        assert done.stdout.startswith("what if the process is killed while again is running\n")
        assert "  attempt 1  shout  lost       no end recorded\n" in done.stdout
        assert "    +attempt lost again attempt 1\n" in done.stdout

    def test_what_cannot_be_undone_is_in_doubt(self, invoke: Invoke, folder: Path) -> None:
        """The run would wait for a person: exit 3."""
        made = write_plan(folder, step("out", "send", text="x"), answer="out")
        file = record_plan(invoke, folder, made, "run.yaml", "--yes")
        (folder / "sent.txt").unlink()
        done = invoke("replay", file, "--kill", "out")
        assert done.exit_code == 3
        assert "the run: paused\n" in done.stdout
        assert not (folder / "sent.txt").exists()


def test_several_things_happen_otherwise(invoke: Invoke, given: Path) -> None:
    """Each is named, and all of them happen."""
    done = invoke("replay", given, "--fail", "loud:1", "a", "--fail", "again:1", "b", "--slow", "again", "2s")
    assert done.exit_code == 0
    assert done.stdout.splitlines()[:3] == [
        "what if again takes 2 s longer",
        "what if loud:1 fails: a",
        "what if again:1 fails: b",
    ]


def test_what_never_comes_about_is_said(invoke: Invoke, given: Path) -> None:
    """There is no ninth attempt, so nothing was tried: that is a mistake, not a result."""
    done = invoke("replay", given, "--fail", "loud:9", "boom")
    assert done.exit_code == 2
    assert "this does not happen in the run: loud:9 fails: boom" in done.stderr


def test_one_document_has_what_happened_otherwise(invoke: Invoke, revised: Path) -> None:
    """The same keys as without."""
    flags = ("--fail", "twice", "boom", "--kill", "read[0]:2", "--json")
    done = invoke("replay", revised, *flags)
    assert done.exit_code == 5
    (told,) = json.loads(done.stdout)["recordings"]
    empty = {"item": None, "attempt": None, "message": "", "output": None, "seconds": 0.0}
    assert told["what_if"] == [
        {**empty, "action": "kill", "step": "read", "item": 0, "attempt": 2},
        {**empty, "action": "fail", "step": "twice", "message": "boom"},
    ]
    assert (told["cut_short"], told["exact"], told["status"]) == (True, False, "running")
    assert [each["kind"] for each in told["drifts"]] == ["prompt"]
    assert told.keys() == json.loads(invoke("replay", revised, "--json").stdout)["recordings"][0].keys()


def test_the_file_is_left_as_it_is(invoke: Invoke, given: Path) -> None:
    """It tells what was, not what would be."""
    before = given.read_bytes()
    assert invoke("replay", given, "--fail", "loud:1", "boom").exit_code == 0
    assert given.read_bytes() == before


class TestBadInput:
    """Exit 2, and one sentence with what to do."""

    @pytest.mark.parametrize(
        ("flags", "problem"),
        [
            (("--fail", "lowd", "x"), "no plan of the recording has a step 'lowd'; there are: loud, again"),
            (
                ("--fail", "Loud 1", "x"),
                "'Loud 1' is not a place in a plan; write STEP, STEP[ITEM] or STEP:ATT",
            ),
            (("--kill", ""), "'' is not a place in a plan"),
            (("--return", "loud", "{"), "the output for 'loud' cannot be read: this is not valid JSON: "),
            (("--return", "loud", '{"result": NaN}'), "NaN is not valid JSON"),
            (("--return", "loud", "[1]"), "the output for 'loud' is not an object"),
            (("--slow", "loud", "soon"), "'soon' is not a duration; write seconds, more than 0, or 90s"),
            (("--slow", "loud", "-1"), "'-1' is not a duration"),
            (("--fail", "loud", "x", "--update"), "--update cannot be combined with --fail"),
            (("--fail", "loud"), "requires 2 arguments"),
        ],
    )
    def test_what_cannot_be_is_refused(
        self, invoke: Invoke, given: Path, flags: tuple[str, ...], problem: str
    ) -> None:
        """Before anything is replayed."""
        done = invoke("replay", given, *flags)
        assert (done.exit_code, done.stdout) == (2, "")
        assert problem in done.stderr
        assert "Traceback" not in done.stderr and "defect" not in done.stderr

    def test_only_one_recording_at_a_time(self, invoke: Invoke, folder: Path, given: Path) -> None:
        """A folder with a single one is one; with two it is not."""
        assert invoke("replay", folder, "--kill", "loud").exit_code == 0
        (folder / "other.yaml").write_text(given.read_text())
        done = invoke("replay", folder, "--kill", "loud")
        assert done.exit_code == 2
        assert "--fail, --return, --slow and --kill take one recording, and there are 2" in done.stderr

    def test_a_file_that_is_no_recording(self, invoke: Invoke, folder: Path) -> None:
        """As without what-ifs."""
        done = invoke("replay", "nosuch.yaml", "--kill", "loud")
        assert (done.exit_code, done.stdout) == (2, "")
        assert done.stderr.startswith("error: nosuch.yaml: it cannot be read: ")
