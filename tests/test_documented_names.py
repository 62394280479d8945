"""Everything that README and docs name exists: commands, options, settings, variables, benchmarks, agents."""

from __future__ import annotations

import ast
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import callsheet
from callsheet.agents.builtin import builtin_agents
from callsheet.cli.application import application
from callsheet.settings.settings import SETTINGS

from .product import ROOT, product_files
from .test_docs import LIVING, code_spans, fences, name_of

OF_OTHERS = {"--dist", "--junitxml", "--figures"}
"""Options of pytest-xdist, of pytest, and of `scripts/structure.py`."""


def options_of(command: click.Command) -> set[str]:
    """Every spelling of every option of a command."""
    named = {each for param in command.params for each in (*param.opts, *param.secondary_opts)}
    return {each for each in named if each.startswith("-")} | {"--help", "-h"}


ALL_OPTIONS = set().union(*(options_of(each) for each in application.commands.values()), {"--version"})


def pytest_options() -> set[str]:
    """The options and ini-settings of the pytest plugin."""
    text = (ROOT / "callsheet" / "testing" / "pytest_plugin.py").read_text("utf-8")
    return set(re.findall(r'"(--callsheet-[\w-]+)"', text))


def benchmark_options() -> set[str]:
    """The options of all benchmarks."""
    files = (ROOT / "benchmarks").rglob("*.py")
    return {each for file in files for each in re.findall(r'"(--[\w-]+)"', file.read_text("utf-8"))}


def lines_of(page: Path) -> Iterator[str]:
    """What a reader may type: the lines of blocks that call `callsheet`, joined, and spans of code."""
    for block in fences(page.read_text("utf-8")):
        for line in re.sub(r"\\\n\s*", " ", block).splitlines():
            found = re.match(r"\s*(?:\$ )?(callsheet [a-z].*)", line)
            if found:
                yield found[1]
    yield from (each for each in code_spans(page) if re.match(r"callsheet -?-?[a-z]", each))


def words_of(line: str) -> list[str]:
    """The words of a command, without what a comment says."""
    try:
        return shlex.split(line, comments=True)
    except ValueError:
        return line.split()


@pytest.mark.parametrize("page", LIVING, ids=name_of)
def test_every_command_and_its_options_exist(page: Path) -> None:
    """What stands behind `callsheet` is a command, and takes every option that is given to it."""
    wrong: list[str] = []
    for line in lines_of(page):
        _, name, *words = words_of(line)
        if name in ("--help", "--version"):
            continue
        if name not in application.commands:
            wrong.append(line)
            continue
        given = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
        wrong += (f"{line}: {each}" for each in given - options_of(application.commands[name]))
    assert wrong == []


@pytest.mark.parametrize("page", LIVING, ids=name_of)
def test_every_option_that_is_named_alone_exists(page: Path) -> None:
    """It is one of a command, of the pytest plugin, or of a benchmark."""
    known = ALL_OPTIONS | pytest_options() | benchmark_options() | OF_OTHERS
    named = {found for span in code_spans(page) for found in re.findall(r"(?<![\w-])--[a-z][\w-]*", span)}
    assert named - known == set()


@pytest.mark.parametrize("page", LIVING, ids=name_of)
def test_every_setting_of_an_example_exists(page: Path) -> None:
    """A block of TOML has settings that there are, in either file."""
    for block in fences(page.read_text("utf-8"), "toml"):
        content = tomllib.loads(block)
        tables = content.get("tool", {"callsheet": content})
        assert set(tables.get("callsheet", {})) <= {*SETTINGS}


@pytest.mark.parametrize("page", LIVING, ids=name_of)
def test_every_variable_is_read(page: Path) -> None:
    """A variable of Callsheet's is one that the code knows."""
    text = "\n".join(path.read_text("utf-8") for path in product_files())
    named = set(re.findall(r"\bCALLSHEET_[A-Z_]+\b", page.read_text("utf-8")))
    assert {each for each in named if each not in text} == set()


@pytest.mark.parametrize("page", LIVING, ids=name_of)
def test_every_benchmark_and_script_exists(page: Path) -> None:
    """`python -m benchmarks NAME` is one of them."""
    text = page.read_text("utf-8")
    known = {path.stem for path in (ROOT / "benchmarks").iterdir()} | {"NAME"}
    named = set(re.findall(r"python -m benchmarks ([\w-]+)", text))
    assert {each for each in named if each.replace("-", "_") not in known} == set()
    scripts = set(re.findall(r"(?<![\w/])scripts/[\w.]+\b", text))
    assert {each for each in scripts if not (ROOT / each).exists()} == set()


@pytest.mark.parametrize("page", LIVING, ids=name_of)
def test_every_member_of_the_package_exists(page: Path) -> None:
    """What an example takes of `callsheet` is there, wherever it stands in the code."""
    missing: list[str] = []
    for block in fences(page.read_text("utf-8"), "python"):
        for node in ast.walk(ast.parse(block)):
            match node:
                case ast.Attribute(value=ast.Name(id="callsheet"), attr=name) if not hasattr(callsheet, name):
                    missing.append(name)
                case _:
                    pass
    assert missing == []


def test_the_readme_says_what_agents_are_built_in() -> None:
    """Each of them, with its effect."""
    readme = (ROOT / "README.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| (\w+) \|", readme, re.MULTILINE))
    assert rows == {each.name: each.effect.value for agent in builtin_agents() for each in agent.capabilities}


def test_the_readme_has_every_command() -> None:
    """A reader of the README learns of all of them."""
    readme = (ROOT / "README.md").read_text("utf-8")
    assert [name for name in application.commands if not re.search(rf"callsheet {name}\b", readme)] == []


def test_the_readme_says_of_the_embedded_model_what_the_page_about_it_says() -> None:
    """How many of the goals came out well, by half and badly."""
    page = (ROOT / "docs" / "goals.md").read_text("utf-8")
    verdicts = re.findall(r"^\| (good|half|bad) \|", page, re.MULTILINE)
    counts = {each: verdicts.count(each) for each in ("good", "half", "bad")}
    readme = " ".join((ROOT / "README.md").read_text("utf-8").split())
    said = "of {} goals over the files in `examples/` it did {} well, {} by half and {} badly"
    assert said.format(len(verdicts), *counts.values()) in readme
