"""The names that `callsheet` offers: all there, all sorted, and free until they are used."""

from __future__ import annotations

import ast
import asyncio
import re
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

import callsheet
from callsheet.errors import CallsheetError


def _source() -> ast.Module:
    return ast.parse(Path(str(callsheet.__file__)).read_text("utf-8"))


def _names_for_type_checkers() -> dict[str, str]:
    """What stands under `if TYPE_CHECKING:`, each name with the module it comes from."""
    block = next(node for node in _source().body if isinstance(node, ast.If))
    return {
        alias.name: str(node.module)
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def _modules_after(code: str) -> set[str]:
    """The top-level modules that a fresh Python has imported after running the code."""
    script = f"{code}\nimport sys; print('\\n'.join(sorted(m.partition('.')[0] for m in sys.modules)))"
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_all_is_sorted_and_without_repeats() -> None:
    """`__all__` reads like a dictionary, capitals first."""
    assert callsheet.__all__ == sorted(set(callsheet.__all__))


@pytest.mark.parametrize("name", callsheet.__all__)
def test_every_name_can_be_had(name: str) -> None:
    """Every name in `__all__` is there, and is what its own module has."""
    value = getattr(callsheet, name)
    assert getattr(value, "__name__", name) == name
    assert name in dir(callsheet)


def test_type_checkers_see_the_same_names() -> None:
    """What is imported for type checkers is what is found when running, name by name."""
    assert sorted(_names_for_type_checkers()) == callsheet.__all__
    for name, module in _names_for_type_checkers().items():
        assert getattr(import_module(module), name) is getattr(callsheet, name)


def test_every_name_is_documented() -> None:
    """Whoever asks `help()` gets a sentence."""
    for name in callsheet.__all__:
        assert (getattr(callsheet, name).__doc__ or "").strip(), name


def test_an_unknown_name_is_an_attribute_error() -> None:
    """What isn't there raises as it does for any module."""
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = callsheet.nothing


def test_star_import_gives_all_names() -> None:
    """`from callsheet import *` gives what `__all__` lists."""
    names: dict[str, object] = {}
    exec("from callsheet import *", names)
    assert set(callsheet.__all__) <= set(names)


def test_importing_callsheet_imports_nothing_heavy() -> None:
    """`import callsheet` brings in no third-party library at all."""
    bare = _modules_after("")
    assert _modules_after("import callsheet") - bare <= {"callsheet"} | set(sys.stdlib_module_names)


def test_the_version_looks_like_one() -> None:
    """`callsheet.__version__` is a version; the package's metadata are made from it."""
    assert re.fullmatch(r"\d+\.\d+\.\d+([a-z]+\d+)?", callsheet.__version__)


def test_waiting_inside_of_a_loop_is_refused_with_the_way_out() -> None:
    """In a notebook, or in any async code, the functions called `_sync` say what to write instead."""

    async def ask(function: Callable[[str], object]) -> None:
        function("a goal")

    functions: dict[str, Callable[[str], object]] = {
        "run": callsheet.run_sync,
        "plan": callsheet.plan_sync,
        "resume": callsheet.resume_sync,
    }
    for instead, function in functions.items():
        with pytest.raises(CallsheetError, match=rf"await callsheet\.{instead}\("):
            asyncio.run(ask(function))
