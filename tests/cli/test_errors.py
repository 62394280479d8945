"""Whatever goes wrong: one clear paragraph, the right exit code, and a traceback only when asked."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from callsheet.cli.options.command import command
from callsheet.cli.options.output import Output
from callsheet.errors import CallsheetError, ExitCode

from .conftest import Invoke


class _Budget(CallsheetError):
    exit_code = ExitCode.BUDGET


@click.command()
@click.argument("kind")
@command
def _fail(output: Output, kind: str) -> ExitCode:
    raise {
        "foreseen": _Budget("the budget is \x1b[1mspent\x1b[0m; allow more"),
        "defect": ZeroDivisionError("division by zero"),
        "interrupt": KeyboardInterrupt(),
    }[kind]


@pytest.mark.parametrize(
    ("kind", "code", "text"),
    [
        ("foreseen", 4, "error: the budget is spent; allow more\n"),
        ("defect", 1, "ZeroDivisionError: division by zero\n"),
        ("interrupt", 130, "interrupted\n"),
    ],
)
def test_an_error_is_a_paragraph_and_an_exit_code(kind: str, code: int, text: str) -> None:
    """A foreseen error, a defect of ours and Ctrl-C each end with their code, and without a traceback."""
    done = CliRunner().invoke(_fail, [kind])
    assert (done.exit_code, done.stdout) == (code, "")
    assert done.stderr.endswith(text)
    assert len(done.stderr.splitlines()) == 1


def test_debug_shows_the_traceback() -> None:
    """--debug shows where the error arose, and changes nothing else."""
    done = CliRunner().invoke(_fail, ["defect", "--debug"])
    assert done.exit_code == 1
    assert "Traceback (most recent call last)" in done.stderr


def test_with_json_an_error_is_a_document() -> None:
    """A program that asked for JSON gets the error as JSON too."""
    done = CliRunner().invoke(_fail, ["foreseen", "--json"])
    assert done.exit_code == 4
    assert json.loads(done.stdout)["error"] == {
        "type": "_Budget",
        "message": "the budget is \x1b[1mspent\x1b[0m; allow more",
        "exit_code": 4,
    }


def test_a_mistake_in_the_configuration_names_file_and_key(invoke: Invoke, folder: Path) -> None:
    """The command line passes on what the settings say, with exit code 2."""
    (folder / "callsheet.toml").write_text("modle = 'x'\n")
    done = invoke("agents")
    assert done.exit_code == 2
    assert "callsheet.toml, key 'modle'" in done.stderr
    assert "did you mean 'model'?" in done.stderr


@pytest.mark.slow
def test_a_closed_pipe_is_quiet(folder: Path, child_environment: dict[str, str]) -> None:
    """When whoever reads stdout goes away, as `head` does, the command ends without a word."""
    child = subprocess.Popen(
        [sys.executable, "-m", "callsheet", "agents", "--json"],
        cwd=folder,
        env=child_environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stdout is not None and child.stderr is not None
    child.stdout.close()
    assert child.stderr.read() == b""
    child.stderr.close()
    assert child.wait() == 141


@pytest.mark.slow
def test_a_narrow_encoding_is_no_reason_to_fail(folder: Path, child_environment: dict[str, str]) -> None:
    """What the encoding of stdout lacks comes as an escape."""
    source = 'def greet(text: str) -> str:\n    """Grüße nach 東京."""\n    return text\n'
    (folder / "team.py").write_text(f"import callsheet\n\n@callsheet.agent(effect='pure')\n{source}", "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "callsheet", "agents", "--no-builtin"],
        cwd=folder,
        env={**child_environment, "PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Grüße nach \\u6771\\u4eac".encode("latin-1") in done.stdout


@pytest.mark.parametrize(
    "arguments", [("run",), ("check",), ("nonsense",), ("runs", "--limit", "0"), ("agents", "--nonsense")]
)
def test_with_json_bad_usage_is_a_document_too(invoke: Invoke, arguments: tuple[str, ...]) -> None:
    """What click finds before a command begins comes as JSON as well, and without --json as ever."""
    done = invoke(*arguments, "--json")
    assert done.exit_code == 2
    error = json.loads(done.stdout)["error"]
    assert (error["type"], error["exit_code"]) == ("UsageError", 2)
    assert error["message"] in done.stderr
    plain = invoke(*arguments)
    assert (plain.exit_code, plain.stdout) == (2, "")


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_a_full_disk_behind_stdout_is_no_defect(
    folder: Path, child_environment: dict[str, str], flags: tuple[str, ...]
) -> None:
    """Where stdout takes nothing more, that is said, and no traceback is shown."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "callsheet", "agents", *flags],
            cwd=folder,
            env=child_environment,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.startswith("error: the result cannot be written to stdout: ")
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_a_closed_stdout_is_no_defect(folder: Path, child_environment: dict[str, str]) -> None:
    """A command that was started with stdout closed does its work and says nothing there."""
    command = f"{sys.executable} -m callsheet agents >&-"
    done = subprocess.run(
        command, shell=True, cwd=folder, env=child_environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
