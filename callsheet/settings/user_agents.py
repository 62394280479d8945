"""The user's own agents, in a Python file or module."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any

from callsheet.agents.agent import Agent
from callsheet.agents.contracts.errors import CapabilityError
from callsheet.agents.errors import meant_error
from callsheet.agents.functions.function_agent import FunctionAgent
from callsheet.agents.functions.method import AgentMethod
from callsheet.errors import error_text
from callsheet.settings.errors import AgentsNotLoaded
from callsheet.tracebacks import last_own_line

_MARKS = ("name", "capabilities", "isolation", "perform")


def load_agents(place: str) -> tuple[Agent, ...]:
    """The agents at the top of a Python file (a path that ends in `.py`) or an importable module, in
    their order there, those that are methods of an object included. A file finds the modules in its folder,
    as if Python were started with it; other modules are searched for in the working folder too.

    Raises AgentsNotLoaded.
    """
    try:
        module = _load_file(Path(place)) if place.endswith(".py") else _load_module(place)
    except AgentsNotLoaded:
        raise
    except (Exception, SystemExit) as error:
        raise AgentsNotLoaded(place, _blame(error)) from error
    agents = tuple(_agents_in(module))
    if not agents:
        raise AgentsNotLoaded(
            place,
            "has no agents; put `@callsheet.agent` on a function at its top level, or "
            "on methods of an object there",
        )
    return agents


def _load_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise AgentsNotLoaded(str(path), "there is no such file")
    path = path.resolve()
    _search_in(path.parent)
    spec = importlib.util.spec_from_file_location(_free_name(path), path)
    if spec is None or spec.loader is None:
        raise AgentsNotLoaded(str(path), "Python cannot load it")
    module = importlib.util.module_from_spec(spec)
    # Annotations are looked up through the module's name.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _free_name(path: Path) -> str:
    """The name of the module, which two files of one name in different folders do not share."""
    name = wanted = f"callsheet_agents_{path.stem}"
    for number in count(2):
        known: str | None = getattr(sys.modules.get(name), "__file__", None)
        if known is None or Path(known) == path:
            break
        name = f"{wanted}_{number}"
    return name


def _load_module(name: str) -> ModuleType:
    _search_in(Path.cwd())
    return importlib.import_module(name)


def _search_in(folder: Path) -> None:
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


def _agents_in(module: ModuleType) -> list[Agent]:
    agents: list[Agent] = []
    for value in vars(module).values():
        found = [value] if _is_agent(value) else _methods_of(value)
        agents += (each for each in found if each not in agents)
    return agents


def _is_agent(value: Any) -> bool:
    return not isinstance(value, type) and all(hasattr(value, mark) for mark in _MARKS)


def _methods_of(value: Any) -> Iterator[Agent]:
    """The agents that are methods of an object, static ones included."""
    if isinstance(value, type | ModuleType):
        return
    for kind in type(value).__mro__[::-1]:
        for name, member in vars(kind).items():
            inner = member.__func__ if isinstance(member, staticmethod) else member
            if isinstance(inner, AgentMethod | FunctionAgent):
                yield getattr(value, name)


def _blame(error: BaseException) -> str:
    """What the code raised, and the last place in it."""
    meant = meant_error(error)
    said = f"cannot be imported: {type(meant).__name__}: {error_text(meant)}"
    is_placed = isinstance(error, CapabilityError) and bool(error.where)
    where = "" if is_placed else last_own_line(error)
    return f"{said} (at {where})" if where else said
