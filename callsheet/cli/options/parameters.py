"""The parameters of a plan at the command line: read from flags, and listed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
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
    """The values that the user gave: `texts` by name, and a `file` with more values."""

    texts: Mapping[str, str]
    file: Path | None = None

    def __bool__(self) -> bool:
        return bool(self.texts) or self.file is not None

    def values(self, parameters: Parameters) -> dict[str, JsonValue]:
        """The values for these parameters. Raises DocumentError if the file does not hold a mapping."""
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
                problem = "it is not a list of parameters; write one `name: value` per line"
                raise DocumentError(str(self.file), problem)


def parameter_options(function: Callable[..., ExitCode]) -> Callable[..., ExitCode]:
    """Give a command `--param` and `--params`, and pass it the values as `given`."""

    @click.option(
        "--param",
        "texts",
        multiple=True,
        metavar="NAME=VALUE",
        help="The value of a parameter of the plan. Repeatable.",
    )
    @click.option("--params", "values", type=FILE, help="A YAML or JSON file with values of parameters.")
    @wraps(function)
    def gather(*args: Any, texts: tuple[str, ...], values: Path | None, **kwargs: Any) -> ExitCode:
        return function(*args, given=Given(_by_name(texts), values), **kwargs)

    return gather


def check_given(document: object, given: Given, catalog: Iterable[Capability]) -> CheckResult:
    """Check a plan, or its JSON document, with the given values of its parameters. If the result has a plan,
    it can run.

    Raises ParameterError if the plan is valid but the values are not, and DocumentError.
    """
    capabilities = tuple(catalog)
    result = check(document, capabilities)
    if result.plan is None:
        return result
    values = given.values(Parameters.from_plan(result.plan.plan))
    return replace(check_filled(result.plan.plan, values, capabilities), source=result.source)


def parameter_lines(parameters: Parameters) -> Iterator[str]:
    """Each parameter with its type and its default."""
    for name, each in parameters.items():
        default = "" if each.is_required else f" (default: {each.default_text})"
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
            raise click.UsageError(f"--param takes NAME=VALUE, not {text!r}")
        if name in found:
            raise click.UsageError(f"--param {name}=... is given twice")
        found[name] = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return found
