"""The parameters of a plan at the command line: given as flags, and told."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click
from pydantic import JsonValue

from callsheet.agents.contracts.capability import Capability
from callsheet.errors import ExitCode
from callsheet.planner.check.checker import CheckResult, check
from callsheet.planner.check.parameter_check import check_filled
from callsheet.planner.check.parameters import Parameters
from callsheet.planner.documents.errors import DocumentError
from callsheet.planner.documents.reader import read_document

from .command import FILE


@dataclass(frozen=True, slots=True)
class Given:
    """The values that somebody typed, `texts` by name, and the `file` with more of them."""

    texts: Mapping[str, str]
    file: Path | None = None

    def __bool__(self) -> bool:
        return bool(self.texts) or self.file is not None

    def values(self, parameters: Parameters) -> dict[str, JsonValue]:
        """The values for these parameters. Raises DocumentError where the file holds none."""
        typed = {
            name: parameters[name].read_value(text) if name in parameters else text
            for name, text in self.texts.items()
        }
        return {**self._from_file(), **typed}

    def _from_file(self) -> dict[str, JsonValue]:
        if self.file is None:
            return {}
        match read_document(self.file):
            case dict() as values:
                return values
            case _:
                problem = "it holds no parameters: write `name: value` for each of them"
                raise DocumentError(str(self.file), problem)


def parameter_options(function: Callable[..., ExitCode]) -> Callable[..., ExitCode]:
    """Give a command `--param` and `--params`, and hand it what is `given`."""

    @click.option("--param", "texts", multiple=True, metavar="NAME=VALUE", help="A parameter of the plan.")
    @click.option("--params", "values", type=FILE, help="A YAML or JSON file with parameters of the plan.")
    @wraps(function)
    def gather(*args: Any, texts: tuple[str, ...], values: Path | None, **kwargs: Any) -> ExitCode:
        return function(*args, given=Given(_by_name(texts), values), **kwargs)

    return gather


def check_given(document: object, given: Given, catalog: Iterable[Capability]) -> CheckResult:
    """Check a plan, or the JSON of one, with what is given for its parameters: what comes back can run.

    Raises ParameterError where the plan checks, and does not take the values; DocumentError.
    """
    capabilities = tuple(catalog)
    result = check(document, capabilities)
    if result.plan is None:
        return result
    values = given.values(Parameters.from_plan(result.plan.plan))
    return check_filled(result.plan.plan, values, capabilities)


def parameter_lines(parameters: Parameters) -> Iterator[str]:
    """Each parameter with what it takes, and what is taken where nothing is given."""
    for name, each in parameters.items():
        default = "" if each.is_required else f", or {each.default_text} where nothing is given"
        yield f"    {name}: {each.kind}{default}"


def parameter_documents(parameters: Parameters) -> list[dict[str, JsonValue]]:
    """The same for programs."""
    return [
        {"name": name, "required": each.is_required, "schema": each.schema}
        for name, each in parameters.items()
    ]


def _by_name(texts: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise click.UsageError(f"--param takes NAME=VALUE, and {text!r} is none")
        if name in found:
            raise click.UsageError(f"--param {name}=... is given twice")
        found[name] = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return found
