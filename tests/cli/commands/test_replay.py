"""`callsheet replay`: recorded runs carried out again, and what is no longer as it was."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from callsheet.cli.commands.replay import worst_code
from callsheet.cli.replaying.replay_session import ReplayOutcome
from callsheet.errors import ExitCode
from callsheet.executor.recording.content.errors import RecordingInvalid
from callsheet.executor.recording.file import load_recording
from callsheet.recordings.network_guard import NetworkForbidden
from tests.cli.chat_server import ChatServer
from tests.cli.conftest import Invoke, step, write_plan
from tests.cli.recorded import model_at, record_last, record_plan, record_revised
from tests.cli.script import FAILS, FIGURES, MENDS, SHOP, TWICE, mailed, open_shop, plan
from tests.trusted_folder import configure

AS_RECORDED = re.compile(
    r"(?P<file>\S+): as recorded \(completed, 2 steps, 2 plans, 2 model calls; [^;]+ in [^;]+s\)\n"
)
OTHER_DOUBLE = SHOP.replace("def double(number: int)", "def double(number: int, times: int = 2)")
"""The shop with another contract of `double`."""
TRIPLES = SHOP.replace("2 * number", "3 * number")
"""The shop with another result of `double`."""
WRITER = """
import callsheet
headline = callsheet.LLMAgent(
    "headline", "write a headline", "One line about {{ about }}.", input={"about": str}
)
"""
CUSTOMER = """
import callsheet

@callsheet.agent(effect="read")
def customer(by: str) -> str:
    "Look up the number of a customer."
    return "CUST-11112222"
"""
"""The number of a customer is as secret as `--secret` says."""
SECRET = ("--secret", "CUST-[0-9]{8}")


@pytest.fixture
def revised(invoke: Invoke, folder: Path) -> Path:
    """The recording of a run with two plans and two calls of a model that is gone."""
    return record_revised(invoke, folder)


@pytest.fixture
def given(invoke: Invoke, folder: Path) -> Path:
    """The recording of a run of a plan that was given, with the agents of the shop."""
    open_shop(folder)
    steps = step("read", "revenue", file="figures"), step("twice", "double", number="from read")
    return record_plan(invoke, folder, write_plan(folder, *steps, answer="twice"), "given.yaml")


@pytest.fixture
def model() -> Iterator[ChatServer]:
    """A model at hand, other than the one that is recorded."""
    with ChatServer(["done"]).serving() as server, model_at(server):
        yield server


def edited(file: Path, old: str, new: str) -> Path:
    """The file with other words in it."""
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    return file


class TestAsRecorded:
    def test_one_line_says_so(self, invoke: Invoke, folder: Path, revised: Path) -> None:
        """With how much was replayed, how long that took then, and now. Nothing is asked of anybody."""
        done = invoke("replay", "run.yaml")
        assert (done.exit_code, done.stderr) == (0, "")
        found = AS_RECORDED.fullmatch(done.stdout)
        assert found and found["file"] == "run.yaml"

    def test_nothing_is_asked_of_a_model_at_hand(
        self, invoke: Invoke, revised: Path, model: ChatServer
    ) -> None:
        """Nor is it chosen."""
        done = invoke("replay", revised)
        assert (done.exit_code, done.stderr, model.questions) == (0, "", [])


class TestFolders:
    @pytest.fixture
    def shelf(self, invoke: Invoke, folder: Path, given: Path) -> Path:
        """A folder with two recordings, and files that are none."""
        shelf = folder / "shelf"
        (shelf / "deep").mkdir(parents=True)
        text = given.read_text()
        (shelf / "deep" / "b.yml").write_text(text)
        (shelf / "a.yaml").write_text(text)
        (shelf / "plan.yaml").write_text("goal: g\nsteps: []\nanswer: x\n")
        (shelf / "mkdocs.yml").write_text("markdown: !!python/name:os.system\n---\nother: &a [*a]\n")
        (shelf / "notes.txt").write_text("recording: 1\n")
        (shelf / "folder.yaml").mkdir()
        return shelf

    def test_all_recordings_in_it_are_replayed_in_order(self, invoke: Invoke, shelf: Path) -> None:
        """Those below as well; what is none is passed over. The last line counts."""
        done = invoke("replay", "shelf")
        assert (done.exit_code, done.stderr) == (0, "")
        lines = done.stdout.splitlines()
        assert [line.partition(":")[0] for line in lines] == [
            "shelf/a.yaml",
            "shelf/deep/b.yml",
            "2 recordings",
        ]
        assert lines[-1] == "2 recordings: 2 as recorded"

    def test_files_and_folders_stand_side_by_side(self, invoke: Invoke, shelf: Path, given: Path) -> None:
        """A file that is named twice is replayed once."""
        done = invoke("replay", "shelf/deep/b.yml", "given.yaml", "shelf")
        assert done.exit_code == 0
        files = [line.partition(":")[0] for line in done.stdout.splitlines()]
        assert files == ["shelf/deep/b.yml", "given.yaml", "shelf/a.yaml", "3 recordings"]

    def test_a_broken_one_keeps_no_other_from_being_replayed(self, invoke: Invoke, shelf: Path) -> None:
        """Each is told with its line, on stderr; the exit code is 2, whatever drifted beside it."""
        edited(shelf / "a.yaml", "events:", "evnts:")
        (shelf / "c.yaml").write_text("recording: 1\nevents: [\n")
        (shelf / "d.yaml").write_text('{"recording": 99}')
        done = invoke("replay", "shelf", "--no-builtin")
        assert done.exit_code == 2
        first, third, fourth = done.stderr.splitlines()
        assert re.match(r"error: shelf/a\.yaml, line \d+: unknown field 'evnts'", first)
        assert re.match(r"error: shelf/c\.yaml, line \d+: this is not valid YAML", third)
        assert first.startswith("error: ") and "shelf/d.yaml: written in format 99" in fourth
        assert "shelf/deep/b.yml: as recorded" in done.stdout
        assert done.stdout.endswith("4 recordings: 1 as recorded, 3 not replayed\n")

    def test_one_that_is_damaged_beyond_recognition_is_not_passed_over(
        self, invoke: Invoke, shelf: Path
    ) -> None:
        """Empty, no text, no YAML, or without the line that says what it is: a test that is lost is told."""
        whole = (shelf / "a.yaml").read_bytes()
        damaged = {
            "binary.yml": (b"\xff\xfe\x00" + whole[:50], "it is not UTF-8 text; restore the file"),
            "empty.yaml": (b"", "this is not a recording"),
            "headless.yaml": (whole.replace(b"recording: 1\n", b""), "the line `recording:` is missing"),
            "rubbish.yaml": (b"<<<<<<< HEAD\n: [}\n", "this is not valid YAML"),
            "text.yaml": (b'{"catalog": {}, "events": []}', "the line `recording:` is missing"),
        }
        for name, (data, _) in damaged.items():
            (shelf / name).write_bytes(data)
        done = invoke("replay", "shelf")
        assert done.exit_code == 2
        lines = sorted(done.stderr.splitlines())
        for line, (name, (_, problem)) in zip(lines, damaged.items(), strict=True):
            assert line.startswith(f"error: shelf/{name}") and problem in line
        assert done.stdout.endswith("7 recordings: 2 as recorded, 5 not replayed\n")

    def test_a_folder_without_any_is_no_success(self, invoke: Invoke, folder: Path) -> None:
        """A test that is not run must not pass."""
        done = invoke("replay", ".")
        assert done.exit_code == 2
        assert (
            "there are no recordings in this folder; `callsheet record RUN -o FILE` writes one" in done.stderr
        )

    @pytest.mark.parametrize(
        ("name", "text", "problem"),
        [
            ("nosuch.yaml", None, "it cannot be read"),
            ("plan.yaml", "goal: g\nsteps: []\nanswer: x\n", "this is a plan, not a recording"),
            ("bytes.yaml", "\ud800", "it is not UTF-8 text"),
        ],
    )
    def test_a_file_that_is_named_has_to_be_one(
        self, invoke: Invoke, folder: Path, name: str, text: str | None, problem: str
    ) -> None:
        """It is named in the error, and what is wrong."""
        if text is not None:
            (folder / name).write_bytes(text.encode("utf-8", "surrogatepass"))
        done = invoke("replay", name)
        assert (done.exit_code, done.stdout) == (2, "")
        assert done.stderr.startswith(f"error: {name}") and problem in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [("",), ("run.yaml", "")],
)
def test_an_empty_name_is_refused(
    invoke: Invoke, folder: Path, given: Path, arguments: tuple[str, ...]
) -> None:
    """It is a variable of the shell that was never set, and not the working folder."""
    given.rename(folder / "run.yaml")
    done = invoke("replay", *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "the path is empty (an unset shell variable?); give a path" in done.stderr


class TestDrifted:
    def test_a_contract_that_changed_is_shown_by_its_field(
        self, invoke: Invoke, folder: Path, given: Path
    ) -> None:
        """Every drift has a kind and a place; exit 5, and what to do is on stderr."""
        (folder / "shop.py").write_text(OTHER_DOUBLE)
        done = invoke("replay", "given.yaml")
        assert done.exit_code == 5
        assert done.stdout.splitlines() == [
            "given.yaml: drifted",
            "  agent-schema drift, double: its contract changed",
            '    + input_schema.properties.times: {"type": "integer", "default": 2}',
        ]
        assert done.stderr == (
            "if these changes are intended, update the recordings: callsheet replay --update given.yaml\n"
        )

    def test_agents_that_are_named_are_the_whole_team(
        self, invoke: Invoke, folder: Path, given: Path
    ) -> None:
        """What none of them offers is gone; and the command that is proposed names them again."""
        (folder / "callsheet.toml").unlink()
        (folder / "few.py").write_text(SHOP.partition('@callsheet.agent(effect="pure")')[0])
        done = invoke("replay", given, "--agents", "few.py", "--no-builtin")
        assert done.exit_code == 5
        assert "agent-schema drift, double: no agent provides it any more" in done.stdout
        assert "the plan no longer passes the check with today's contracts" in done.stdout
        assert "--agents few.py --no-builtin\n" in done.stderr

    def test_without_agents_the_recorded_ones_stand_in(
        self, invoke: Invoke, folder: Path, given: Path
    ) -> None:
        """Nothing but the file is needed; with --no-builtin there is nobody, and that is another team."""
        (folder / "callsheet.toml").unlink()
        (folder / "shop.py").unlink()
        assert invoke("replay", given).exit_code == 0
        done = invoke("replay", given, "--no-builtin")
        assert done.exit_code == 5
        assert done.stdout.count("no agent provides it any more") == 3

    def test_agents_that_cannot_be_loaded(self, invoke: Invoke, folder: Path, given: Path) -> None:
        """As everywhere: exit 2, and why."""
        (folder / "shop.py").write_text("import nosuchmodule")
        done = invoke("replay", given)
        assert (done.exit_code, done.stdout) == (2, "")
        assert "shop.py" in done.stderr and "nosuchmodule" in done.stderr

    def test_a_prompt_that_changed_is_shown_by_its_lines(self, invoke: Invoke, revised: Path) -> None:
        """What was asked and what would be asked today."""
        done = invoke("replay", edited(revised, "You plan work.", "You dream."))
        assert done.exit_code == 5
        assert "  prompt drift, planner: the model is asked a question that was not recorded" in done.stdout
        assert "    -You dream." in done.stdout and "    +You plan work." in done.stdout

    def test_what_would_move_a_terminal_is_written_out(
        self, invoke: Invoke, folder: Path, given: Path
    ) -> None:
        """Recordings and agents are a stranger's text."""
        (folder / "shop.py").write_text(SHOP.replace("Double a number.", "\\x1b[2JDouble\\u202e a number."))
        done = invoke("replay", given)
        assert done.exit_code == 5
        assert "\x1b" not in done.stdout and "\u202e" not in done.stdout
        assert "\\u001b[2JDouble\\u202e a number." in done.stdout

    def test_several_are_counted_by_what_came_of_them(
        self, invoke: Invoke, folder: Path, given: Path, revised: Path
    ) -> None:
        """One drifted, the other one did not."""
        edited(revised, "You plan work.", "You dream.")
        done = invoke("replay", ".")
        assert done.exit_code == 5
        assert done.stdout.endswith("\n2 recordings: 1 as recorded, 1 drifted\n")
        assert "callsheet replay --update .\n" in done.stderr


class TestLive:
    def test_a_live_agent_does_its_work_today(self, invoke: Invoke, folder: Path, given: Path) -> None:
        """The others are as recorded; another result is a drift."""
        (folder / "shop.py").write_text(TRIPLES)
        assert invoke("replay", given).exit_code == 0
        assert invoke("replay", given, "--live", "revenue").exit_code == 0
        for live in ("double", "agents"):
            done = invoke("replay", given, "--live", live)
            assert done.exit_code == 5
            assert "  result drift, twice: the step has a different result\n" in done.stdout
            assert "    - output.result: 84\n    + output.result: 126\n" in done.stdout
            assert f"callsheet replay --update --live {live} {given}\n" in done.stderr

    def test_a_live_planner_plans_today(self, invoke: Invoke, revised: Path, model: ChatServer) -> None:
        """It is asked, and agents do as recorded what they are given; another plan is a drift."""
        model.answers[:] = [FAILS, MENDS]
        done = invoke("replay", revised, "--live", "planner")
        assert (done.exit_code, len(model.questions)) == (0, 2)
        assert done.stderr == f"model: openai/gpt-5 at {model.host}\n"
        model.answers[:] = [plan(FIGURES, TWICE, answer="{twice}")]
        done = invoke("replay", revised, "--live", "planner")
        assert done.exit_code == 5
        assert "  plan drift, revision 1: the plan changed\n    ~ read\n" in done.stdout
        assert '        inputs.file: "numbers" -> "figures"\n' in done.stdout
        assert "  plan drift, revision 2: this revision is missing now\n" in done.stdout

    def test_a_live_planner_needs_a_model(self, invoke: Invoke, revised: Path) -> None:
        """Exit 2, with what to set; nothing is replayed."""
        done = invoke("replay", revised, "--live", "planner", "--model", "openai/some")
        assert (done.exit_code, done.stdout) == (2, "")
        assert "set OPENAI_API_KEY or OPENAI_BASE_URL" in done.stderr
        done = invoke("replay", revised, "--live", "planner", "--model", "recorded")
        assert (done.exit_code, done.stdout) == (2, "")
        assert "--live planner needs a model, and --model recorded uses none" in done.stderr

    def test_live_agents_make_do_without_a_model(
        self, invoke: Invoke, given: Path, model: ChatServer
    ) -> None:
        """The one at hand is named; none is chosen where that is wanted."""
        done = invoke("replay", given, "--live", "agents")
        assert (done.exit_code, done.stderr) == (0, f"model: openai/gpt-5 at {model.host}\n")
        done = invoke("replay", given, "--live", "agents", "--model", "recorded")
        assert (done.exit_code, done.stderr, model.questions) == (0, "", [])

    def test_what_nobody_offers_cannot_be_live(self, invoke: Invoke, given: Path) -> None:
        """Exit 2, with those that could be meant."""
        done = invoke("replay", given, "--live", "doubel")
        assert (done.exit_code, done.stdout) == (2, "")
        assert "no agent provides 'doubel'; did you mean 'double'?" in done.stderr

    def test_without_agents_it_is_said_how_to_name_them(
        self, invoke: Invoke, folder: Path, given: Path
    ) -> None:
        """What was recorded is offered by nobody yet."""
        (folder / "callsheet.toml").unlink()
        done = invoke("replay", given, "--live", "double")
        assert (done.exit_code, done.stdout) == (2, "")
        assert done.stderr.startswith("error: no agent provides 'double'; available are: analyze_table, ")
        assert done.stderr.endswith("; live steps run on your current agents: name them with --agents FILE\n")
        assert invoke("replay", given, "--live", "double", "--agents", "shop.py").exit_code == 0

    def test_a_live_agent_works_in_the_workspace(
        self, invoke: Invoke, folder: Path, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        """In the one that is named."""
        (folder / "callsheet.toml").unlink()
        (folder / "note.txt").write_text("then")
        made = write_plan(folder, step("read", "read_file", path="note.txt"), answer="read")
        file = record_plan(invoke, folder, made, "run.yaml")
        elsewhere = tmp_path_factory.mktemp("elsewhere")
        (elsewhere / "note.txt").write_text("now")
        assert invoke("replay", file, "--live", "read_file").exit_code == 0
        done = invoke("replay", file, "--live", "read_file", "--workspace", elsewhere)
        assert done.exit_code == 5
        assert '+ answer: "now"' in done.stdout


class TestUpdate:
    def test_what_drifted_is_recorded_anew(self, invoke: Invoke, revised: Path, model: ChatServer) -> None:
        """The model is asked that one question; the rest is kept, and the file replays then."""
        before = load_recording(revised)
        edited(revised, "You plan work.", "You dream.")
        model.answers[:] = [FAILS]
        done = invoke("replay", "run.yaml", "--update")
        assert (done.exit_code, done.stdout, len(model.questions)) == (0, "updated run.yaml: prompt\n", 1)
        after = load_recording(revised)
        assert (after.run, after.record.answer) == (before.run, before.record.answer)
        assert invoke("replay", revised).exit_code == 0
        assert len(model.questions) == 1

    def test_a_contract_is_recorded_anew_without_any_model(
        self, invoke: Invoke, folder: Path, given: Path
    ) -> None:
        """No planner was asked, so none is."""
        (folder / "shop.py").write_text(OTHER_DOUBLE)
        done = invoke("replay", given, "--update", "--model", "recorded")
        assert (done.exit_code, done.stdout) == (0, f"updated {given}: agent-schema\n")
        assert invoke("replay", given).stdout.startswith(f"{given}: as recorded")

    def test_a_result_is_recorded_anew_where_its_agent_is_live(
        self, invoke: Invoke, folder: Path, given: Path
    ) -> None:
        """What was recorded as 84 is 126 from now on."""
        (folder / "shop.py").write_text(TRIPLES)
        done = invoke("replay", given, "--update", "--live", "double", "--model", "recorded")
        assert (done.exit_code, done.stdout) == (0, f"updated {given}: result\n")
        assert load_recording(given).record.answer == 126
        assert invoke("replay", given).exit_code == 0

    def test_what_cannot_be_undone_is_done_where_it_is_named(self, invoke: Invoke, folder: Path) -> None:
        """Only there, and once; else the file is not updated, and nothing is done."""
        open_shop(folder)
        mail = step("out", "mail", to="ann", text="")
        mail["inputs"]["text"] = {"template": "{read}"}
        made = write_plan(folder, step("read", "revenue", file="figures"), mail, answer="out")
        file = record_plan(invoke, folder, made, "run.yaml", "--yes")
        (folder / "mailed.txt").unlink()
        (folder / "shop.py").write_text(SHOP.replace("return 42", "return 43"))
        before, flags = file.read_bytes(), ("--update", "--live", "revenue", "--model", "recorded")
        done = invoke("replay", file, *flags)
        assert (done.exit_code, mailed(folder), file.read_bytes()) == (5, "", before)
        assert "mail is called with unrecorded inputs" in done.stdout
        assert "\n    to run it: --live mail\n" in done.stdout
        done = invoke("replay", file, *flags, "--live", "mail")
        assert (done.exit_code, mailed(folder)) == (0, "ann: 43\n")
        assert load_recording(file).record.steps["out"].output == {"result": "sent"}
        assert invoke("replay", file).exit_code == 0

    def test_where_nothing_drifted_nothing_is_written(
        self, invoke: Invoke, revised: Path, model: ChatServer
    ) -> None:
        """Nor is a model chosen."""
        before = revised.read_bytes(), revised.stat().st_mtime_ns
        done = invoke("replay", "run.yaml", "--update")
        assert (done.exit_code, done.stdout, done.stderr) == (0, "run.yaml: nothing to update\n", "")
        assert (revised.read_bytes(), revised.stat().st_mtime_ns) == before

    @pytest.mark.parametrize(
        ("flags", "setting", "problem"),
        [
            ((), "", "no model is available to answer that; `callsheet doctor` says how to set one up"),
            (
                ("--model", "recorded"),
                "",
                "--model recorded cannot answer that; leave it out, or name a model",
            ),
            (
                (),
                "recorded",
                "the model is `recorded` (CALLSHEET_MODEL), which cannot answer that; name a model with "
                "--model",
            ),
        ],
    )
    def test_without_a_model_a_question_stays_unanswered(
        self,
        invoke: Invoke,
        revised: Path,
        monkeypatch: pytest.MonkeyPatch,
        flags: tuple[str, ...],
        setting: str,
        problem: str,
    ) -> None:
        """Exit 5: what is missing is said, and why, and the file is as it was."""
        monkeypatch.setenv("CALLSHEET_MODEL", setting)
        edited(revised, "You plan work.", "You dream.")
        before = revised.read_bytes()
        done = invoke("replay", "run.yaml", "--update", *flags)
        assert done.exit_code == 5
        assert done.stdout.startswith("run.yaml: drifted, not updated\n  prompt drift, planner: ")
        assert "  it could not be updated because of this:\n    prompt drift, planner: " in done.stdout
        assert f"    {problem}\n" in done.stdout
        assert revised.read_bytes() == before

    def test_the_command_that_is_proposed_asks_a_model_where_it_takes_one(
        self, invoke: Invoke, folder: Path
    ) -> None:
        """An agent's prompt drifted, offline; what is proposed records it anew."""
        (folder / "callsheet.toml").unlink()
        (folder / "writer.py").write_text(WRITER)
        made = write_plan(folder, step("line", "headline", about="chairs"), answer="line")
        with ChatServer(["Chairs"]).serving() as server, model_at(server):
            record_plan(invoke, folder, made, "run.yaml", "--agents", "writer.py")
        (folder / "writer.py").write_text(WRITER.replace("One line", "Two lines"))
        flags = ("--agents", "writer.py", "--live", "headline")
        done = invoke("replay", "run.yaml", *flags, "--model", "recorded")
        assert done.exit_code == 5
        assert "prompt drift, line, attempt 1: the model is asked a question that was not" in done.stdout
        proposed = done.stderr.partition("update the recordings: ")[2].rstrip()
        assert proposed == "callsheet replay --update --live headline run.yaml --agents writer.py"
        with ChatServer(["Stools"]).serving() as server, model_at(server):
            done = invoke(*shlex.split(proposed)[1:])
        assert (done.exit_code, done.stdout) == (0, "updated run.yaml: prompt, result\n")
        assert load_recording(folder / "run.yaml").record.answer == "Stools"

    def test_the_command_that_is_proposed_keeps_the_recorded_model_where_it_will_do(
        self, invoke: Invoke, folder: Path, given: Path
    ) -> None:
        """Nobody asks a model there."""
        (folder / "shop.py").write_text(TRIPLES)
        done = invoke("replay", given, "--live", "double", "--model", "recorded")
        assert f"callsheet replay --update --live double {given} --model recorded\n" in done.stderr

    def test_the_command_that_is_proposed_names_a_model_where_a_setting_has_none(
        self, invoke: Invoke, revised: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Which one, nobody knows but the person."""
        monkeypatch.setenv("CALLSHEET_MODEL", "recorded")
        done = invoke("replay", edited(revised, "You plan work.", "You dream."))
        assert f"callsheet replay --update {revised} --model NAME\n" in done.stderr

    def test_a_model_that_does_not_answer_spoils_nothing(self, invoke: Invoke, revised: Path) -> None:
        """A run that failed for want of an answer takes the place of no other."""
        edited(revised, "You plan work.", "You dream.")
        before = revised.read_bytes()
        with ChatServer(["done"]).serving() as gone:
            pass
        with model_at(gone):
            done = invoke("replay", revised, "--update")
        assert done.exit_code == 5
        assert "model drift, planner: the live model does not answer: " in done.stdout
        assert "fix the model, or choose another one with --model" in done.stdout
        assert revised.read_bytes() == before

    def test_work_that_nobody_does_today_is_told(self, invoke: Invoke, folder: Path, given: Path) -> None:
        """With who could."""
        (folder / "callsheet.toml").unlink()
        edited(given, "inputs: {number: 42}", "inputs: {number: 43}")
        done = invoke("replay", given, "--update", "--model", "recorded")
        assert done.exit_code == 5
        assert (
            "no available agent does that, or it cannot be undone; add an agent with --agents" in done.stdout
        )

    def test_secrets_stay_out_of_what_is_written(
        self, invoke: Invoke, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As when it was recorded."""
        made = write_plan(folder, step("loud", "shout", text="x"), answer="loud")
        file = record_plan(invoke, folder, made, "run.yaml")
        monkeypatch.setenv("DB_PASSWORD", "correct-horse-4711")
        source = (folder / "team.py").read_text()
        (folder / "team.py").write_text(source.replace("text.upper()", '"correct-horse-4711"'))
        done = invoke("replay", file, "--update", "--live", "shout", "--model", "recorded")
        assert done.exit_code == 0
        assert "correct-horse" not in file.read_text() and "<secret:DB_PASSWORD>" in file.read_text()

    def test_what_is_written_and_does_not_replay_is_told(self, invoke: Invoke, folder: Path) -> None:
        """A secret that the run depends on; exit 5."""
        made = write_plan(
            folder,
            step("code", "shout", text="x"),
            {**step("loud", "shout", text="y"), "condition": "len(code.result) == 11"},
            answer="code",
        )
        file = record_plan(invoke, folder, made, "run.yaml")
        source = (folder / "team.py").read_text()
        (folder / "team.py").write_text(source.replace("text.upper()", '"LAUNCH 0451"'))
        configure(folder, 'agents = ["team.py"]\nsecret_patterns = ["LAUNCH 0451"]\n')
        done = invoke("replay", file, "--update", "--live", "shout", "--model", "recorded")
        assert done.exit_code == 5
        assert done.stdout.startswith(f"updated {file}: ")
        assert "  the updated recording does not replay exactly:\n    decision drift, loud: " in done.stdout


class TestSecrets:
    """What `--secret` matches is neither shown nor written."""

    @pytest.fixture
    def secret(self, invoke: Invoke, folder: Path) -> Path:
        """The recording of a run with a secret that looks like none."""
        (folder / "customer.py").write_text(CUSTOMER)
        configure(folder, 'agents = ["customer.py"]\nmodel = "recorded"\n')
        made = write_plan(folder, step("who", "customer", by="ann"), answer="who")
        assert invoke("run", "--plan", made).exit_code == 0
        assert invoke("record", "-o", "run.yaml", *SECRET).exit_code == 0
        (folder / "customer.py").write_text(CUSTOMER.replace("CUST-11112222", "CUST-33334444, new"))
        return folder / "run.yaml"

    @pytest.mark.parametrize(
        "flags",
        [
            (),
            ("--json",),
            ("--return", "who", '{"result": "CUST-33334444, new"}'),
            ("--return", "who", '{"result": "CUST-33334444, new"}', "--json"),
        ],
    )
    def test_nothing_that_is_told_has_it(self, invoke: Invoke, secret: Path, flags: tuple[str, ...]) -> None:
        """Neither what is told to people nor to programs; what is proposed has the pattern as well."""
        done = invoke("replay", "run.yaml", "--live", "customer", *SECRET, *flags)
        assert "new" in done.output and "<secret" in done.output
        assert "3333" not in done.output
        if "--return" not in flags:
            assert done.exit_code == 5
            assert "callsheet replay --update --live customer --secret 'CUST-[0-9]{8}' run." in done.stderr

    def test_the_answer_of_a_file_that_has_it_is_told_without_it(
        self, invoke: Invoke, folder: Path, secret: Path
    ) -> None:
        """It was recorded without the pattern."""
        assert invoke("record", "-o", "open.yaml").exit_code == 0
        (folder / "customer.py").write_text(CUSTOMER)
        done = invoke("replay", "open.yaml", *SECRET, "--json")
        assert done.exit_code == 0
        assert json.loads(done.stdout)["recordings"][0]["answer"] == "<secret-1>"

    def test_an_update_does_not_write_it(self, invoke: Invoke, folder: Path, secret: Path) -> None:
        """The placeholder is there as before, and nothing is warned of."""
        done = invoke("replay", "run.yaml", "--update", "--live", "customer", *SECRET)
        assert (done.exit_code, done.stdout, done.stderr) == (0, "updated run.yaml: result\n", "")
        assert load_recording(secret).record.answer == "<secret-1>, new"
        assert "3333" not in secret.read_text()

    def test_an_update_that_wants_the_pattern_says_so(
        self, invoke: Invoke, folder: Path, secret: Path
    ) -> None:
        """Where there are fewer placeholders than before."""
        done = invoke("replay", "run.yaml", "--update", "--live", "customer")
        assert (done.exit_code, done.stdout) == (0, "updated run.yaml: result\n")
        assert done.stderr == (
            "warning: run.yaml: it has 1 fewer placeholder for secrets than before; if the old file was made "
            "with --secret, give the same patterns again, or put them into `secret_patterns` of the "
            "settings\n"
        )

    def test_a_broken_file_is_told_without_it(self, invoke: Invoke, folder: Path, secret: Path) -> None:
        """Errors quote what they are about."""
        edited(secret, "events:", "CUST-55556666:")
        done = invoke("replay", "run.yaml", *SECRET)
        assert done.exit_code == 2
        assert "unknown field '<secret-1>'" in done.stderr and "5555" not in done.stderr

    def test_a_pattern_that_is_none(self, invoke: Invoke, folder: Path, secret: Path) -> None:
        """Exit 2 before anything is run."""
        done = invoke("replay", "run.yaml", "--secret", "(")
        assert (done.exit_code, done.stdout) == (2, "")
        assert "the pattern '(' for secrets cannot be read" in done.stderr


class TestJson:
    def test_one_document_has_every_recording(
        self, invoke: Invoke, folder: Path, given: Path, revised: Path
    ) -> None:
        """With what drifted as people see it and as data; and whether all is exact."""
        (folder / "shop.py").write_text(OTHER_DOUBLE)
        (folder / "broken.yaml").write_text("recording: 1\n")
        done = invoke("replay", "given.yaml", "broken.yaml", "--json")
        assert done.exit_code == 2
        document = json.loads(done.stdout)
        assert document["exact"] is False
        drifted, broken = document["recordings"]
        assert drifted.pop("ms") > 0 and drifted.pop("seconds") > 0 and drifted.pop("run")
        assert drifted == {
            "file": "given.yaml",
            "goal": "try it",
            "status": "completed",
            "answer": 84,
            "exact": False,
            "drifts": [
                {
                    "kind": "agent-schema",
                    "where": "double",
                    "summary": "its contract changed",
                    "lines": ['+ input_schema.properties.times: {"type": "integer", "default": 2}'],
                    "data": None,
                }
            ],
            "what_if": [],
            "cut_short": False,
            "updated": False,
            "obstacle": None,
            "slips": [],
            "error": None,
        }
        assert broken["error"]["type"] == "RecordingInvalid" and broken["error"]["exit_code"] == 2
        assert broken.keys() == json.loads(invoke("replay", revised, "--json").stdout)["recordings"][0].keys()

    def test_all_as_recorded_is_exact(self, invoke: Invoke, given: Path) -> None:
        """For a script that asks nothing else."""
        assert json.loads(invoke("replay", given, "--json").stdout)["exact"] is True

    def test_bad_usage_is_a_document_too(self, invoke: Invoke, given: Path) -> None:
        """As with every command."""
        done = invoke("replay", given, "--live", "nobody", "--json")
        assert json.loads(done.stdout)["error"]["type"] == "UnknownCapability"
        done = invoke("replay", "--json")
        assert (done.exit_code, json.loads(done.stdout)["error"]["type"]) == (2, "UsageError")


def test_the_worst_outcome_decides_the_exit_code() -> None:
    """A file that cannot be used before the network that was wanted, and that before what drifted."""
    fine = ReplayOutcome(Path("a.yaml"), 0.0)
    broken = ReplayOutcome(Path("b.yaml"), 0.0, error=RecordingInvalid("b.yaml", "it is empty", 1, "mend it"))
    online = ReplayOutcome(Path("c.yaml"), 0.0, error=NetworkForbidden("connect", "example.com:443"))
    assert worst_code([]) is ExitCode.DONE
    assert worst_code([fine]) is ExitCode.DRIFT
    assert worst_code([fine, online]) is ExitCode.FAILED
    assert worst_code([online, broken, fine]) is ExitCode.USAGE


def test_a_run_that_never_had_a_plan_is_replayed(invoke: Invoke, folder: Path) -> None:
    """It waits for the answer to a question, and so does its replay."""
    open_shop(folder)
    with (
        ChatServer(['{"steps": [], "answer": {"ask": "Which year?"}}']).serving() as server,
        model_at(server),
    ):
        assert invoke("run", "Mail the revenue").exit_code == 3
    done = invoke("replay", record_last(invoke, folder, "run.yaml"))
    assert done.exit_code == 0
    assert "as recorded (paused, 0 steps, 0 plans, 1 model call; " in done.stdout


def test_a_run_that_failed_is_replayed(invoke: Invoke, folder: Path) -> None:
    """That it failed is as recorded, and no failure of the replay."""
    file = record_plan(
        invoke, folder, write_plan(folder, step("no", "refuse", text="x"), answer="no"), "run.yaml"
    )
    done = invoke("replay", file)
    assert done.exit_code == 0
    assert "as recorded (failed, 1 step, 1 plan, 0 model calls; " in done.stdout
