"""The pure rooms are pure: whatever decides can be imported without anything that acts."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys

import pytest

ROOMS = [
    "callsheet.executor.machine",
    "callsheet.executor.run",
    "callsheet.executor.evaluation",
    "callsheet.planner.check",
    "callsheet.planner.plan",
    "callsheet.planner.expressions",
]
IMPURE = ["asyncio", "jinja2", "openai", "socket", "sqlite3", "threading", "yaml"]

# pydantic imports threading, and jsonschema_rs and the entry points that pydantic reads import socket, for
# purposes of their own. Both are what plans and schemas are made of: they are loaded before the room is
# looked at, and so is a model, because pydantic looks for its plugins when the first one is made.
LOOK = """
import importlib, sys
import jsonschema_rs, msgspec, pydantic
pydantic.create_model("Any")
before = set(sys.modules)
for module in sys.argv[1].split():
    importlib.import_module(module)
print(*sorted(set(sys.argv[2].split()) & (set(sys.modules) - before)))
print(*sorted(set(sys.argv[2].split()) & before))
"""


def _modules_of(room: str) -> list[str]:
    folder = importlib.import_module(room).__path__
    return [room, *(f"{room}.{module.name}" for module in pkgutil.iter_modules(folder))]


def _loaded_by(room: str) -> tuple[set[str], set[str]]:
    """What all modules of a room load of what is impure, and what the libraries below had loaded before."""
    said = subprocess.run(
        [sys.executable, "-c", LOOK, " ".join(_modules_of(room)), " ".join(IMPURE)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")
    return set(said[0].split()), set(said[1].split())


@pytest.mark.parametrize("room", ROOMS)
def test_no_module_of_a_pure_room_loads_what_acts(room: str) -> None:
    """No loop, no thread, no socket, no database, no model, no template, no YAML."""
    by_the_room, by_libraries = _loaded_by(room)
    assert by_the_room == set()
    assert by_libraries <= {"socket", "threading"}


def test_the_look_sees_an_impure_room() -> None:
    """The journal loads sqlite3, and the test above would say so."""
    by_the_room, _ = _loaded_by("callsheet.executor.journal")
    assert "sqlite3" in by_the_room
