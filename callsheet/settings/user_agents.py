"""The user's own agents, in a Python file or module."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from callsheet.agents.agent import Agent
from callsheet.settings.errors import AgentsNotLoaded

_MARKS = ("name", "capabilities", "isolation", "perform")


def load_agents(place: str) -> tuple[Agent, ...]:
    """The agents at the top of a Python file (a path that ends in `.py`) or an importable module, in
    their order there. Modules are searched for in the working folder too, as Python does.

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
        raise AgentsNotLoaded(place, "has no agents; put `@callsheet.agent` on a function at its top level")
    return agents


def _load_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise AgentsNotLoaded(str(path), "there is no such file")
    spec = importlib.util.spec_from_file_location(f"callsheet_agents_{path.stem}", path.resolve())
    if spec is None or spec.loader is None:
        raise AgentsNotLoaded(str(path), "Python cannot load it")
    module = importlib.util.module_from_spec(spec)
    # Annotations are looked up through the module's name.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _load_module(name: str) -> ModuleType:
    folder = str(Path.cwd())
    if folder not in sys.path:
        sys.path.insert(0, folder)
    return importlib.import_module(name)


def _agents_in(module: ModuleType) -> Iterator[Agent]:
    seen = set[int]()
    for value in vars(module).values():
        if _is_agent(value) and id(value) not in seen:
            seen.add(id(value))
            yield value


def _is_agent(value: Any) -> bool:
    return not isinstance(value, type) and all(hasattr(value, mark) for mark in _MARKS)


def _blame(error: BaseException) -> str:
    """What the code raised, and the last place it was at."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "importlib" not in frame.filename and frame.filename != __file__]
    where = f" (at {own[-1].filename}, line {own[-1].lineno})" if own else ""
    return f"cannot be imported: {type(error).__name__}: {error}{where}"
