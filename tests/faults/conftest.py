"""The fork server, once for all tests of a process; and runs to be killed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .fork_server import ForkServer
from .story import Story

MakeStory = Callable[[dict[str, Any]], Story]


@pytest.fixture(scope="session")
def only_server() -> Iterator[ForkServer]:
    """Started with the first test that wants it."""
    if not hasattr(os, "fork"):
        pytest.skip("this platform cannot fork")
    server = ForkServer()
    yield server
    server.close()


@pytest.fixture
def server(only_server: ForkServer) -> Iterator[ForkServer]:
    """The server, whose lives end with the test."""
    yield only_server
    only_server.bury()


@pytest.fixture
def make_story(server: ForkServer, tmp_path: Path) -> MakeStory:
    """Makes runs, each in a folder of its own."""
    count = iter(range(10_000))

    def make(plan: dict[str, Any]) -> Story:
        folder = tmp_path / str(next(count))
        folder.mkdir()
        return Story(server, folder, plan)

    return make
