"""Where the code of an agent lies, so that another process can find the same agent again."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from contextvars import ContextVar
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec

from callsheet.agents.agent import Agent
from callsheet.agents.errors import Permanent

MAIN = "__callsheet_main__"
"""What the file that Python was started with is called where it is only loaded."""

_ADVICE = "put it at the top level of a Python file or module, under its own name"

_is_loading: ContextVar[bool] = ContextVar("callsheet_is_loading", default=False)


class AgentReference(msgspec.Struct, frozen=True):
    """A `name` (with dots, where it is a member of something) at the top level of a module, which is
    imported under its own name, or, where that leads elsewhere, loaded from its file."""

    module: str
    file: str | None
    name: str


def place_of(agent: Agent) -> AgentReference:
    """Where another process finds this agent.

    Raises Permanent, with what to do, where it would not find it: one that was made inside a
    function, or whose module is no file.
    """
    module = sys.modules.get(agent.__module__)
    name = getattr(agent, "__qualname__", None)
    if module is not None and (name is None or _member(module, name) is not agent):
        name = _name_in(module, agent)
    if module is None or name is None:
        raise _not_found(
            agent.name, f"nothing at the top level of {agent.__module__} is this agent; {_ADVICE}"
        )
    file = getattr(module, "__file__", None)
    if agent.__module__ != "__main__":
        return AgentReference(agent.__module__, file, name)
    spec = module.__spec__
    if spec is not None and spec.name != "__main__":
        return AgentReference(spec.name, file, name)
    if file is None:
        raise _not_found(agent.name, "it was typed in, and is in no file; put it in one")
    return AgentReference(MAIN, str(Path(file).absolute()), name)


def agent_at(place: AgentReference) -> Agent:
    """The agent, after its module was loaded if need be.

    Raises Permanent where the module cannot be loaded, or has no such agent.
    """
    try:
        module = sys.modules.get(place.module) or _load(place)
    except (Exception, SystemExit) as error:
        raise _not_found(
            place.name, f"its module cannot be loaded there: {type(error).__name__}: {error}"
        ) from error
    agent: Agent | None = _member(module, place.name)
    if agent is None:
        raise _not_found(place.name, f"the module {place.module!r} has no such agent there; {_ADVICE}")
    return agent


def check_not_loading() -> None:
    """Raises Permanent where work is wanted while a process loads its agents: the file
    would do its whole work once more in each process."""
    if _is_loading.get():
        raise Permanent(
            "a process that only wants the agents of this file would run its plan again; put what the "
            'file does when it is started under `if __name__ == "__main__":`'
        )


def _load(place: AgentReference) -> ModuleType:
    token = _is_loading.set(True)
    try:
        if place.file is None or _is_importable(place.module, place.file):
            return importlib.import_module(place.module)
        return _load_file(place.module, place.file)
    finally:
        _is_loading.reset(token)


def _is_importable(module: str, file: str) -> bool:
    """Whether importing the module by its name would give the same file."""
    try:
        spec = importlib.util.find_spec(module)
    except (ModuleNotFoundError, ValueError):
        return False
    return (
        spec is not None and spec.origin is not None and Path(spec.origin).resolve() == Path(file).resolve()
    )


def _load_file(name: str, file: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"Python cannot load {file}")
    module = importlib.util.module_from_spec(spec)
    # Annotations are looked up through the module's name.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _name_in(module: ModuleType, agent: Agent) -> str | None:
    """What a module calls an agent that does not know its own name, or a method of an object there."""
    receiver = getattr(agent, "receiver", None)
    for name, value in vars(module).items():
        if value is agent:
            return name
        if receiver is not None and value is receiver:
            own = f"{name}.{getattr(agent, '__name__', '')}"
            if _member(module, own) == agent:
                return own
    return None


def _member(module: ModuleType, name: str) -> Any:
    value: Any = module
    for each in name.split("."):
        value = getattr(value, each, None)
    return value


def _not_found(agent: str, problem: str) -> Permanent:
    return Permanent(
        f"agent {agent!r} is to work in a process of its own and cannot be found there: {problem}"
    )
