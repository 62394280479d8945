"""Commands that need no model don't pay for one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Invoke, step, write_plan
from .recorded import record_revised

HEAVY = {"openai", "httpx", "httpx2", "jinja2", "polars", "xllamacpp", "tiktoken", "tokenizers"}
HEAVY |= {"genai_prices", "numpy", "wordllama"}
CLIENTS = {"openai", "httpx", "httpx2", "xllamacpp"}
PROBE = """
import sys
from callsheet.cli import main
try:
    main()
finally:
    sys.stderr.write("\\n" + " ".join(sorted(sys.modules)))
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--version"],
        ["run", "--help"],
        ["check", "plan.yaml"],
        ["show", "last"],
        ["runs"],
        ["agents"],
        ["approve", "last", "--no-resume"],
        ["cancel", "last"],
        ["pause", "last"],
        ["record", "last", "-o", "again.yaml"],
        ["replay", "run.yaml"],
    ],
)
def test_no_heavy_library_is_imported(
    invoke: Invoke, folder: Path, child_environment: dict[str, str], arguments: list[str]
) -> None:
    """--help, check, show, runs, agents, words to a run, and recordings of plans that were given import no
    model's client, no template engine, no table library."""
    plan = write_plan(folder, {**step("loud", "shout", text="x"), "approval": True}, answer="loud")
    assert invoke("run", "--plan", plan).exit_code == 3
    assert invoke("record", "-o", "run.yaml").exit_code == 0
    assert not imported_by(arguments, folder, child_environment) & HEAVY


@pytest.mark.slow
def test_a_replay_needs_no_model(invoke: Invoke, folder: Path, child_environment: dict[str, str]) -> None:
    """Where the planner was asked its prompts are rendered, and nobody is asked: no client of a model, no
    engine, and nothing that speaks HTTP is imported, whichever model is at hand."""
    record_revised(invoke, folder)
    environment = {**child_environment, "OPENAI_API_KEY": "sk-unused-0123456789"}
    assert not imported_by(["replay", "run.yaml"], folder, environment) & CLIENTS


def imported_by(arguments: list[str], folder: Path, child_environment: dict[str, str]) -> set[str]:
    """The modules that a command has imported when it ends, in a process of its own."""
    command = [sys.executable, "-c", PROBE, *arguments]
    done = subprocess.run(
        command, cwd=folder, env=child_environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    imported = set(done.stderr.splitlines()[-1].split())
    assert "callsheet.cli.application" in imported
    return imported
