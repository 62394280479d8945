"""The environment variables that the user's agents cannot do without."""

from __future__ import annotations

import ast
import inspect
import os
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from types import ModuleType

from callsheet.agents.agent import Agent


def missing_variables(agents: Iterable[Agent], environment: Mapping[str, str]) -> Mapping[str, str]:
    """The variables that are read with `os.environ["NAME"]`, or missed with `NotConfigured("NAME")`, in the
    modules of these agents and those beside them, though the environment does not have them: each with the
    place, `FILE, line N`."""
    return {
        name: f"{module.__file__}, line {line}"
        for module in _with_those_beside({_module_of(agent) for agent in agents})
        for name, line in _variables_read(module)
        if name not in environment
    }


def _with_those_beside(names: Collection[str]) -> Iterator[ModuleType]:
    """The modules of these names, and what else was imported from their folders; none of Callsheet's."""
    own = [name for name in names if not name.startswith("callsheet.")]
    folders = {_folder_of(sys.modules[name]) for name in own if name in sys.modules}
    for name, module in list(sys.modules.items()):
        if name in own or (_folder_of(module) or None) in folders:
            yield module


def _folder_of(module: ModuleType) -> str:
    """The folder of a module's file; empty for one without."""
    file = getattr(module, "__file__", None)
    return os.path.dirname(file) if isinstance(file, str) else ""  # noqa: PTH120 - of every module


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
            case ast.Call(
                func=ast.Attribute(attr="NotConfigured") | ast.Name(id="NotConfigured"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield name, node.lineno
            case _:
                pass
