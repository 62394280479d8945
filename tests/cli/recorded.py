"""Runs of a scripted planner, recorded; the planner's server is gone by then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from .chat_server import ChatServer
from .conftest import Invoke
from .script import FAILS, GOAL, MENDS, SHOP, open_shop


@contextmanager
def model_at(server: ChatServer) -> Iterator[ChatServer]:
    """While the block lasts, the environment names this server as the model."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_BASE_URL", server.base_url)
        patch.setenv("OPENAI_API_KEY", "sk-of-the-test-0123456789")
        yield server


def run_planned(
    invoke: Invoke, folder: Path, answers: Sequence[str], goal: str, *flags: object, shop: str = SHOP
) -> None:
    """Pursue a goal with the agents of the shop and a model that gives these answers, and is gone then."""
    open_shop(folder)
    (folder / "shop.py").write_text(shop)
    with ChatServer(answers).serving() as server, model_at(server):
        done = invoke("run", goal, *flags)
    assert done.exit_code in (0, 1, 3), done.stderr


def record_revised(invoke: Invoke, folder: Path, name: str = "run.yaml") -> Path:
    """The recording of a run whose first plan failed, and whose second did not: it comes to 84."""
    run_planned(invoke, folder, [FAILS, MENDS], GOAL)
    return record_last(invoke, folder, name)


def record_plan(invoke: Invoke, folder: Path, plan: Path, name: str, *flags: object) -> Path:
    """The recording of a run of a plan that no model was asked for."""
    done = invoke("run", "--plan", plan, *flags)
    assert done.exit_code in (0, 1, 3), done.stderr
    return record_last(invoke, folder, name)


def record_last(invoke: Invoke, folder: Path, name: str) -> Path:
    """The recording of the last run."""
    file = folder / name
    done = invoke("record", "-o", file)
    assert done.exit_code == 0, done.stderr
    return file
