"""Commands that need no model don't pay for one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import Invoke, step, write_plan

HEAVY = {"openai", "httpx", "httpx2", "jinja2", "polars", "xllamacpp", "tiktoken", "tokenizers"}
HEAVY |= {"genai_prices", "numpy", "wordllama"}
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
    ],
)
def test_no_heavy_library_is_imported(
    invoke: Invoke, folder: Path, child_environment: dict[str, str], arguments: list[str]
) -> None:
    """--help, check, show, runs, agents, and words to a run import no model's client, no template engine, no
    table library."""
    plan = write_plan(folder, {**step("loud", "shout", text="x"), "approval": True}, answer="loud")
    assert invoke("run", "--plan", plan).exit_code == 3
    command = [sys.executable, "-c", PROBE, *arguments]
    done = subprocess.run(
        command, cwd=folder, env=child_environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    imported = set(done.stderr.splitlines()[-1].split())
    assert "callsheet.cli.application" in imported
    assert not imported & HEAVY
