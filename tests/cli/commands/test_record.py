"""`callsheet record`: a past run becomes a file that replays, and holds no secret."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from callsheet.executor.recording.file import load_recording
from tests.cli.conftest import Invoke, Start, step, write_plan
from tests.cli.recorded import record_revised, run_planned
from tests.cli.script import FAILS, GOAL, MENDS
from tests.cli.terminal import Terminal
from tests.trusted_folder import configure


@pytest.fixture
def loud(invoke: Invoke, folder: Path) -> str:
    """The id of a run of one step."""
    plan = write_plan(folder, step("loud", "shout", text="hello"), answer="loud")
    return str(json.loads(invoke("run", "--plan", plan, "--json").stdout)["run"])


class TestFile:
    def test_a_run_is_written_and_replayed_at_once(self, invoke: Invoke, folder: Path) -> None:
        """A line says what was written, how much there is to it, and that it replays; the next how to go on.
        Nothing was switched on before the run, and the model is gone."""
        run_planned(invoke, folder, [FAILS, MENDS], GOAL)
        done = invoke("record", "-o", "tests/mine/brief.yaml")
        assert (done.exit_code, done.stdout) == (0, "")
        recording = load_recording(folder / "tests/mine/brief.yaml")
        assert done.stderr.splitlines() == [
            f"recorded run {recording.run} in tests/mine/brief.yaml: 15 events, 2 model calls, 3 attempts; "
            "0 secrets removed; replays exactly",
            "to replay it offline: callsheet replay tests/mine/brief.yaml",
        ]
        assert recording.goal == GOAL

    @pytest.mark.parametrize("length", [None, 4])
    def test_the_run_is_the_last_one_or_the_one_that_is_named(
        self, invoke: Invoke, folder: Path, loud: str, length: int | None
    ) -> None:
        """By its id, or the beginning of one."""
        plan = write_plan(folder, step("low", "shout", text="bye"), answer="low")
        assert invoke("run", "--plan", plan).exit_code == 0
        assert invoke("record", loud[:length], "-o", "named.yaml").exit_code == 0
        assert load_recording(folder / "named.yaml").run == loud
        assert invoke("record", "-o", "last.yaml").exit_code == 0
        assert load_recording(folder / "last.yaml").run != loud

    def test_the_command_to_go_on_with_is_quoted_for_a_shell(self, invoke: Invoke, loud: str) -> None:
        """It is to be copied as it is."""
        done = invoke("record", "-o", "my run.yaml")
        assert done.stderr.endswith("callsheet replay 'my run.yaml'\n")

    def test_a_recording_is_replaced(self, invoke: Invoke, folder: Path, loud: str) -> None:
        """Broken or not: the run is what matters."""
        file = folder / "run.yaml"
        assert invoke("record", "-o", file).exit_code == 0
        text = file.read_text()
        file.write_text(f"<<<<<<< HEAD\n{text}")
        assert invoke("record", "-o", file).exit_code == 0
        assert file.read_text() == text

    @pytest.mark.parametrize(
        "text", ["", "my notes", "goal: g\nsteps: []\nanswer: x\n", "goal: g\nrecording: {path: x}\n"]
    )
    def test_anything_else_is_left_as_it_is(self, invoke: Invoke, folder: Path, loud: str, text: str) -> None:
        """Exit 2, with what to do."""
        file = folder / "precious.yaml"
        file.write_text(text)
        done = invoke("record", "-o", file)
        assert (done.exit_code, done.stdout) == (2, "")
        assert done.stderr == (
            f"error: {file}: this file is not a recording, so it was not replaced; choose another name, or "
            "remove it\n"
        )
        assert file.read_text() == text

    def test_a_file_that_cannot_be_written(self, invoke: Invoke, folder: Path, loud: str) -> None:
        """What the system says, and what to do."""
        done = invoke("record", "-o", "team.py/run.yaml")
        assert done.exit_code == 2
        assert done.stderr.startswith("error: team.py/run.yaml: the recording cannot be written: ")
        assert "name another file" in done.stderr

    def test_a_link_leads_to_the_file_that_is_written(self, invoke: Invoke, folder: Path, loud: str) -> None:
        """And stays a link."""
        (folder / "shared").mkdir()
        (folder / "link.yaml").symlink_to("shared/run.yaml")
        assert invoke("record", "-o", "link.yaml").exit_code == 0
        assert (folder / "link.yaml").is_symlink()
        assert load_recording(folder / "shared/run.yaml").run == loud

    def test_a_run_that_waits_is_recorded_too(self, invoke: Invoke, folder: Path) -> None:
        """Up to where it came."""
        asks = {**step("out", "send", text="x"), "approval": True}
        assert invoke("run", "--plan", write_plan(folder, asks, answer="out")).exit_code == 3
        done = invoke("record", "-o", "run.yaml")
        assert done.exit_code == 0
        assert "replays exactly" in done.stderr
        assert not (folder / "sent.txt").exists()


class TestStdout:
    def test_without_a_file_it_goes_to_stdout(self, invoke: Invoke, folder: Path, loud: str) -> None:
        """The same, to the byte, and nothing else; a dash says so too."""
        assert invoke("record", "-o", "run.yaml").exit_code == 0
        for done in (invoke("record"), invoke("record", "-o", "-")):
            assert done.exit_code == 0
            assert done.stdout_bytes == (folder / "run.yaml").read_bytes()
            assert f"recorded run {loud}: 5 events, 0 model calls, 1 attempt; " in done.stderr
        assert not (folder / "-").exists()

    def test_what_would_move_a_terminal_survives_a_pipe(self, invoke: Invoke, folder: Path) -> None:
        """A recording is data: what was said is in it, letter by letter."""
        text = "\u202egnp.exe\u202c is 東京\n\tand more"
        plan = write_plan(folder, step("loud", "shout", text=text), answer="loud")
        assert invoke("run", "--plan", plan).exit_code == 0
        (folder / "piped.yaml").write_bytes(invoke("record").stdout_bytes)
        assert load_recording(folder / "piped.yaml").record.steps["loud"].output == {"result": text.upper()}

    @pytest.mark.slow
    def test_a_terminal_is_shown_nothing_that_moves_it(
        self, invoke: Invoke, folder: Path, terminal: Callable[..., Terminal]
    ) -> None:
        """There it is for reading."""
        plan = write_plan(folder, step("loud", "shout", text="\u202egnp"), answer="loud")
        assert invoke("run", "--plan", plan).exit_code == 0
        running = terminal("record")
        assert running.wait() == 0
        assert "GNP" in running.screen and "\u202e" not in running.screen


class TestJson:
    def test_a_document_says_what_was_written(self, invoke: Invoke, folder: Path, loud: str) -> None:
        """For programs."""
        done = invoke("record", "-o", "run.yaml", "--json")
        assert done.exit_code == 0
        assert json.loads(done.stdout) == {
            "file": "run.yaml",
            "run": loud,
            "events": 5,
            "secrets": 0,
            "exact": True,
            "drifts": [],
        }

    def test_without_a_file_the_document_has_the_recording(self, invoke: Invoke, loud: str) -> None:
        """There is one document on stdout, whatever else."""
        text = invoke("record").stdout
        document = json.loads(invoke("record", "--json", "--no-check").stdout)
        assert (document["file"], document["exact"], document["recording"]) == (None, None, text)


class TestSecrets:
    def test_they_are_taken_out_and_counted(
        self, invoke: Invoke, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The values of secret variables, and what somebody's own pattern matches; each counts once."""
        monkeypatch.setenv("DB_PASSWORD", "CORRECT-HORSE-4711")
        text = "CORRECT-HORSE-4711 for CUST-12345678, again CORRECT-HORSE-4711"
        plan = write_plan(folder, step("loud", "shout", text=text), answer="loud")
        assert invoke("run", "--plan", plan).exit_code == 0
        done = invoke("record", "-o", "run.yaml", "--secret", "CUST-[0-9]{8}")
        assert done.exit_code == 0
        assert "; 2 secrets removed; replays exactly" in done.stderr
        written = (folder / "run.yaml").read_text()
        assert "<secret:DB_PASSWORD>" in written and "<secret-1>" in written
        assert "HORSE" not in written and "12345678" not in written

    def test_the_configuration_has_patterns_too(self, invoke: Invoke, folder: Path, loud: str) -> None:
        """Beside those that are typed."""
        configure(folder, 'agents = ["team.py"]\nsecret_patterns = ["HELLO"]\n')
        assert "; 1 secret removed; " in invoke("record", "-o", "run.yaml").stderr

    def test_a_secret_that_the_run_depends_on_is_told(self, invoke: Invoke, folder: Path) -> None:
        """The file is written all the same, and holds no secret; what drifts is shown, with what to do."""
        plan = write_plan(
            folder,
            step("code", "shout", text="launch 0451"),
            {**step("loud", "shout", text="x"), "condition": "len(code.result) == 11"},
            answer="code",
        )
        assert invoke("run", "--plan", plan).exit_code == 0
        done = invoke("record", "-o", "run.yaml", "--secret", "(?i)launch 0451")
        assert (done.exit_code, done.stdout) == (5, "")
        assert "; it does not replay exactly\n  decision drift, loud: " in done.stderr
        assert "record it again without removing that" in done.stderr
        assert "launch 0451" not in (folder / "run.yaml").read_text()
        assert invoke("record", "-o", "run.yaml", "--secret", "(?i)launch 0451", "--no-check").exit_code == 0
        assert json.loads(invoke("record", "--secret", "(?i)launch 0451", "--json").stdout)["exact"] is False

    @pytest.mark.parametrize("flags", [("-o", "deep/run.yaml"), ()])
    def test_a_secret_that_the_run_is_made_of_is_told(
        self, invoke: Invoke, folder: Path, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...]
    ) -> None:
        """The variable that has the name of a step or a capability; nothing is written then."""
        (folder / "team.py").write_text(
            "import callsheet\n\n\n@callsheet.agent(effect='pure')\ndef uppercase_it(text: str) -> str:\n"
            '    """Make it loud."""\n    return text.upper()\n'
        )
        plan = write_plan(folder, step("step_one", "uppercase_it", text="hello"), answer="step_one")
        assert invoke("run", "--plan", plan).exit_code == 0
        for word in ("step_one", "uppercase_it"):
            monkeypatch.setenv("MY_SECRET", word)
            done = invoke("record", *flags)
            assert (done.exit_code, done.stdout) == (2, "")
            assert "the value of the environment variable MY_SECRET (" in done.stderr
            assert "unset or rename the variable" in done.stderr
        assert not (folder / "deep").exists()

    def test_a_pattern_that_is_none(self, invoke: Invoke, folder: Path, loud: str) -> None:
        """Nothing is written."""
        for pattern in ("(", "x*"):
            done = invoke("record", "-o", "run.yaml", "--secret", pattern)
            assert done.exit_code == 2
            assert f"the pattern {pattern!r} for secrets " in done.stderr
        assert not (folder / "run.yaml").exists()


class TestRefused:
    def test_there_is_no_such_run(self, invoke: Invoke, folder: Path) -> None:
        """Exit 2, and nothing is made by looking."""
        assert invoke("record").exit_code == 2
        assert invoke("record", "nosuch", "-o", "run.yaml").exit_code == 2
        assert not (folder / ".callsheet").exists() and not (folder / "run.yaml").exists()

    @pytest.mark.slow
    def test_a_run_that_somebody_has_is_still_going_on(
        self, invoke: Invoke, start: Start, gated: Path
    ) -> None:
        """The process is named; once it is killed, what happened until then is recorded."""
        plan = write_plan(gated, step("held", "gate", text="x"), answer="held")
        running = start("run", "--plan", plan)
        running.until_begun("gate")
        done = invoke("record", "-o", "run.yaml")
        assert done.exit_code == 2
        assert f"is running in process {running.pid} on " in done.stderr
        assert not (gated / "run.yaml").exists()
        running.kill()
        done = invoke("record", "-o", "run.yaml")
        assert done.exit_code == 0
        assert "replays exactly" in done.stderr


def test_the_same_run_gives_the_same_file(invoke: Invoke, folder: Path) -> None:
    """Byte for byte."""
    first, second = record_revised(invoke, folder, "one.yaml"), folder / "two.yaml"
    assert invoke("record", "-o", second).exit_code == 0
    assert first.read_bytes() == second.read_bytes()
