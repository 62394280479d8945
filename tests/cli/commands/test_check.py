"""`callsheet check`: findings with a place, and an exit code to go by."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Invoke, step, write_plan

BAD = """\
goal: try it
steps:
  - id: loud
    capability: shuot
    inputs: {text: hello}
  - id: idle
    capability: shout
    inputs:
      text: 3
answer: {from: loud}
"""


def test_a_good_plan_is_ready(invoke: Invoke, folder: Path) -> None:
    """A plan without findings ends with 0, and says so."""
    plan = write_plan(folder, step("loud", "shout", text="x"), answer="loud")
    done = invoke("check", plan)
    assert (done.exit_code, done.stdout) == (0, f"{plan}: 1 step, ready to run\n")


def test_every_finding_has_file_line_pointer_and_hint(invoke: Invoke, folder: Path) -> None:
    """Errors end with 2; each finding stands on its line of the file, with code, pointer, step and hint."""
    (folder / "bad.yaml").write_text(BAD)
    done = invoke("check", "bad.yaml")
    assert done.exit_code == 2
    assert "bad.yaml:4: error: no agent provides `shuot` [unknown-capability]\n" in done.stdout
    assert "    at /steps/0/capability, step loud\n    hint: did you mean `shout`?\n" in done.stdout
    assert "bad.yaml:9: error: " in done.stdout
    assert "bad.yaml:6: warning: " in done.stdout
    assert done.stdout.endswith("bad.yaml: 2 errors, 1 warning\n")


def test_json_has_the_same_findings(invoke: Invoke, folder: Path) -> None:
    """Programs get code, severity, pointer, step, message, hint and line."""
    (folder / "bad.yaml").write_text(BAD)
    done = invoke("check", "bad.yaml", "--json")
    document = json.loads(done.stdout)
    assert (done.exit_code, document["valid"]) == (2, False)
    first = document["diagnostics"][0]
    assert (first["code"], first["line"]) == ("unknown-capability", 4)
    assert (first["pointer"], first["step"]) == ("/steps/0/capability", "loud")


def test_warnings_alone_let_a_plan_pass(invoke: Invoke, folder: Path) -> None:
    """Work that nothing uses is a warning, and the exit code stays 0."""
    steps = (step("loud", "shout", text="x"), step("idle", "shout", text="y"))
    done = invoke("check", write_plan(folder, *steps, answer="loud"))
    assert done.exit_code == 0
    assert "1 warning" in done.stdout


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("broken.yaml", b"goal: [", "broken.yaml"),
        ("broken.json", b'{"goal": }', "line 1"),
        ("binary.yaml", b"\xff\xfe\x00", "UTF-8"),
        ("empty.yaml", b"", ""),
    ],
)
def test_a_file_that_is_no_plan_ends_with_2(
    invoke: Invoke, folder: Path, name: str, content: bytes, says: str
) -> None:
    """What cannot be read as a document, or is none of a plan, is explained."""
    (folder / name).write_bytes(content)
    done = invoke("check", name)
    assert done.exit_code == 2
    assert says in done.stderr + done.stdout


def test_a_file_that_is_not_there_ends_with_2(invoke: Invoke) -> None:
    """A missing file is named."""
    done = invoke("check", "gone.yaml")
    assert done.exit_code == 2
    assert "gone.yaml" in done.stderr


@pytest.mark.parametrize("command", [("run", "--plan"), ("diff", "good.yaml")])
def test_whoever_reads_a_plan_shows_file_and_line(
    invoke: Invoke, folder: Path, command: tuple[str, ...]
) -> None:
    """D5. `run --plan` and `diff` tell a finding as `check` does, whatever kind it is."""
    (folder / "good.yaml").write_text("goal: g\nsteps: []\nanswer: x\n")
    (folder / "bad.yaml").write_text(BAD.replace("id: idle", "id: idle\n    retries: 2"))
    done = invoke(*command, "bad.yaml")
    assert done.exit_code == 2
    told = f"{done.stdout}{done.stderr}"
    assert "the plan is not valid:\n  bad.yaml:7: error: a step has no `retries` [unknown-entry]\n" in told
    assert "      at /steps/1/retries, step idle\n      hint: did you mean `max_retries`?\n" in told
    assert ("bad.yaml:4: error: no agent provides `shuot`" in told) is (command[0] == "run")
