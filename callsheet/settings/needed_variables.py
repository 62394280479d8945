"""The environment variables that the user's agents cannot do without."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterable, Iterator, Mapping
from types import ModuleType

from callsheet.agents.agent import Agent


def missing_variables(agents: Iterable[Agent], environment: Mapping[str, str]) -> Mapping[str, str]:
    """The variables that are read with `os.environ["NAME"]` somewhere in the modules of these agents, though
    the environment does not have them: each with the place, `FILE, line N`."""
    modules = dict.fromkeys(sys.modules.get(_module_of(agent)) for agent in agents)
    return {
        name: f"{module.__file__}, line {line}"
        for module in modules
        if module is not None and not module.__name__.startswith("callsheet.")
        for name, line in _variables_read(module)
        if name not in environment
    }


def _module_of(agent: Agent) -> str:
    return str(getattr(agent, "__module__", type(agent).__module__))


def _variables_read(module: ModuleType) -> Iterator[tuple[str, int]]:
    try:
        tree = ast.parse(inspect.getsource(module))
    except (OSError, TypeError, SyntaxError):
        return
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(
                value=ast.Attribute(attr="environ") | ast.Name(id="environ"),
                slice=ast.Constant(value=str(name)),
                ctx=ast.Load(),
            ):
                yield name, node.lineno
            case _:
                pass
