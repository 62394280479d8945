"""The README's goal through a real OpenAI-compatible server: the SDK over a socket, and real files."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from callsheet.agents.models.openai.model import OpenAIModel
from callsheet.agents.models.weights.cache import WeightsCache, cache_folder
from callsheet.agents.models.weights.weights import QWEN
from callsheet.executor.run.events import ModelCalled
from callsheet.executor.run.state import RunStatus
from callsheet.orchestration.orchestrator import Orchestrator
from callsheet.planner.formats.small.plan_format import LinesFormat

pytestmark = [pytest.mark.model, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
SERVER = ROOT / "tests/agents/models/openai/loopback_server.py"
GOAL = (
    "Read examples/sales/notes.md and examples/sales/q3.csv, find which region sold most in the third "
    "quarter, and write a three-sentence summary to summary.md"
)


@pytest.fixture
def address() -> Iterator[str]:
    """The base URL of a server that runs the embedded default's weights."""
    weights = WeightsCache(cache_folder(os.environ.get("CALLSHEET_CACHE"))).find_file(QWEN)
    if weights is None:
        pytest.skip(f"the weights of {QWEN.name} are not in the cache")
    command = [sys.executable, str(SERVER), str(weights), "8192"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        yield process.stdout.readline().strip() + "/v1"
        process.stdin.close()
        process.wait(60)


async def test_the_readmes_goal_over_a_socket(address: str, tmp_path: Path) -> None:
    """Planned, run and answered by a model behind HTTP: the file is written, and it names the region.

    The journal has every call with the answer as it was streamed and the server's count of tokens.
    """
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    model = OpenAIModel(
        "qwen", base_url=address, context_tokens=8192, timeout_seconds=600, schema_in_prompt=False
    )
    orchestrator = Orchestrator(model=model, store=None, workspace=tmp_path, wire_format=LinesFormat())
    result = await orchestrator.run(GOAL)
    assert result.status is RunStatus.COMPLETED, result.account
    assert "South" in (tmp_path / "summary.md").read_text("utf-8")
    calls = [
        event for event in orchestrator.journal.read_events(result.run) if isinstance(event, ModelCalled)
    ]
    assert calls[0].step is None and calls[0].reply.startswith("s1 = ")
    assert all(call.usage.output_tokens and not call.usage.estimated for call in calls)
