"""What an agent is given in these tests: a real folder, and no model unless a test brings one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from callsheet.agents.agent import Context
from callsheet.agents.models.chat import ChatModel
from callsheet.agents.workspace.workspace import Workspace

MakeContext = Callable[..., Context]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The workspace's folder; what lies beside it must stay out of reach."""
    (tmp_path / "secret.txt").write_text("outside")
    inside = tmp_path / "work"
    inside.mkdir()
    return inside


@pytest.fixture
def make_context(folder: Path) -> MakeContext:
    """Makes the context of an attempt, with a model or without."""

    def make(model: ChatModel | None = None) -> Context:
        return Context(
            run="run",
            step="step",
            attempt=1,
            idempotency_key="run:step",
            workspace=Workspace(folder),
            model=model,
        )

    return make
