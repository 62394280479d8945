"""What a person has set, where each value comes from, and which of them holds.

The later wins: what Callsheet itself assumes, `[tool.callsheet]` in pyproject.toml, callsheet.toml,
the environment, flags. Both files are looked for in the working folder alone. They are trusted as far
as the folder's code is: `agents` names Python to import. A key to a service stands in neither.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, ClassVar, NamedTuple, Self, TypeAlias, cast

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PositiveInt,
    SecretStr,
    ValidationError,
)

from callsheet.agents.contracts.duration import DurationError, seconds_of
from callsheet.agents.selection.strategies import StrategyError, strategy_named
from callsheet.agents.spending.budget import Budget, BudgetError
from callsheet.agents.spending.prices import PriceError, Prices
from callsheet.errors import CallsheetError, ExitCode
from callsheet.executor.journal.schema import Durability
from callsheet.executor.run.options import MAX_CONCURRENCY, MOST, OPTIONS, RunKeywords, RunOptions

DEFAULT = "default"
_FILES = (("pyproject.toml", ("tool", "callsheet")), ("callsheet.toml", ()))
_ENVIRONMENT = {
    "model": "CALLSHEET_MODEL",
    "api_key": "OPENAI_API_KEY",
    "base_url": "OPENAI_BASE_URL",
    "local_model": "CALLSHEET_LOCAL_MODEL",
    "cache": "CALLSHEET_CACHE",
    "store": "CALLSHEET_STORE",
    "workspace": "CALLSHEET_WORKSPACE",
    "agents": "CALLSHEET_AGENTS",
    "fail_fast": "CALLSHEET_FAIL_FAST",
    "hedge": "CALLSHEET_HEDGE",
    "max_concurrency": "CALLSHEET_MAX_CONCURRENCY",
    "strategy": "CALLSHEET_STRATEGY",
    "durability": "CALLSHEET_DURABILITY",
    "budget": "CALLSHEET_BUDGET",
    "max_replans": "CALLSHEET_MAX_REPLANS",
    "time_limit": "CALLSHEET_TIME_LIMIT",
    "stream": "CALLSHEET_STREAM",
}
_FLAGS = {"builtin": "--no-builtin", "fail_fast": "--keep-going"}
"""The flags that are not called like what they set."""


class ConfigError(CallsheetError):
    """A setting cannot be used. `source` is the file, variable or flag; `key` None means all of it."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, source: str, key: str | None, problem: str) -> None:
        super().__init__(f"{source}: {problem}" if key is None else f"{source}, key {key!r}: {problem}")
        self.source = source
        self.key = key
        self.problem = problem


def _expand(path: Path) -> Path:
    with suppress(RuntimeError):
        return path.expanduser()
    return path


def _known_strategy(name: str) -> str:
    try:
        strategy_named(name)
    except StrategyError as error:
        raise ValueError(str(error)) from None
    return name


def _known_budget(value: Any) -> Any:
    """The budget as a text, from what `Budget.of` takes."""
    try:
        budget = Budget.of(value)
    except BudgetError as error:
        raise ValueError(str(error)) from None
    return value if isinstance(value, str) else budget.describe()


def _known_duration(value: Any) -> Any:
    try:
        return seconds_of(value)
    except DurationError as error:
        raise ValueError(str(error)) from None


def _known_prices(table: Mapping[str, Mapping[str, float]]) -> Mapping[str, Mapping[str, float]]:
    try:
        Prices.from_table(table)
    except PriceError as error:
        raise ValueError(str(error)) from None
    return table


def _known_patterns(patterns: tuple[str, ...]) -> tuple[str, ...]:
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"{pattern!r} is no regular expression: {error}") from None
    return patterns


SpelledPath: TypeAlias = Annotated[Path, AfterValidator(_expand)]
"""A path as a person writes it; `~` is the home folder."""


class Settings(BaseModel):
    """Everything that can be set, each value checked, and `sources` with where each came from.

    Paths are taken from the working folder. `local_model` is a GGUF file to use as the embedded
    model, `cache` the folder that weights are fetched into (None: the person's usual one). `agents`
    are Python files or modules whose agents join the built-in ones, unless `builtin` is false.
    `capability_limits` bounds the attempts at one capability that are under way at once. `durability` is what
    a journal entry outlives: `normal` the death of the process, `full` a power cut. `prices` are those of
    models (dollars a million tokens), before the published ones. `secret_patterns` are regular expressions
    for what a recording must not hold, beside what looks like a secret anyway. The options of runs are
    described at `RunOptions`; those of the settings hold for runs that begin.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str | None = Field(default=None, min_length=1)
    api_key: SecretStr | None = None
    base_url: str | None = Field(default=None, pattern=r"^https?://[^\s/]")
    local_model: SpelledPath | None = None
    cache: SpelledPath | None = None
    store: SpelledPath = Path(".callsheet/runs.db")
    workspace: SpelledPath = Path()
    agents: tuple[str, ...] = ()
    builtin: bool = True
    max_concurrency: int = Field(default=MAX_CONCURRENCY, ge=1, le=MOST["max_concurrency"])
    capability_limits: Mapping[str, PositiveInt] = Field(default_factory=dict[str, int])
    strategy: Annotated[str, AfterValidator(_known_strategy)] = "balanced"
    fail_fast: bool = True
    hedge: bool = False
    durability: Durability = Durability.NORMAL
    budget: Annotated[str, BeforeValidator(_known_budget)] | None = None
    time_limit: Annotated[float, BeforeValidator(_known_duration)] | None = None
    stream: bool = False
    prices: Annotated[Mapping[str, Mapping[str, float]], AfterValidator(_known_prices)] = Field(
        default_factory=dict[str, Mapping[str, float]]
    )
    max_replans: int | None = Field(default=None, ge=0, le=MOST["max_replans"])
    secret_patterns: Annotated[tuple[str, ...], AfterValidator(_known_patterns)] = ()
    sources: Mapping[str, str] = Field(default_factory=dict[str, str])

    @classmethod
    def load(
        cls,
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
        flags: Mapping[str, Any] | None = None,
    ) -> Self:
        """The settings that hold in `folder` (the working folder). A flag of None was not given.

        Raises ConfigError where a file cannot be read, or a key or value is none that is known.
        """
        values: dict[str, Any] = {}
        sources: dict[str, str] = {}
        variables = os.environ if environment is None else environment
        for layer in _layers(folder or Path.cwd(), variables, flags or {}):
            values.update(_checked(layer))
            sources.update({key: layer.origin(key) for key in layer.values})
        return cls(**values, sources={key: sources.get(key, DEFAULT) for key in _KEYS})

    @property
    def options(self) -> RunOptions:
        """The options of runs that begin."""
        return self._options_in(OPTIONS)

    @property
    def flagged(self) -> RunOptions:
        """Those of the options that a flag gave: what is said to this very run."""
        return self._options_in(key for key in OPTIONS if self.source(key) == _flag(key))

    def _options_in(self, keys: Iterable[str]) -> RunOptions:
        return RunOptions.of(**cast("RunKeywords", {key: getattr(self, key) for key in keys}))

    def source(self, key: str) -> str:
        """Where a value comes from: a file, a variable, a flag, or `default`."""
        return self.sources.get(key, DEFAULT)


_KEYS = tuple(key for key in Settings.model_fields if key != "sources")
_FILE_KEYS = tuple(key for key in _KEYS if key != "api_key")


class _Layer(NamedTuple):
    """The values that come from one place; `each` names the place of one value where they differ.

    A `typed` layer has values of TOML's types, and `true` is not `"true"` there; the others have texts.
    """

    name: str
    values: Mapping[str, Any]
    each: Mapping[str, str] = {}
    typed: bool = False

    def origin(self, key: str) -> str:
        return self.each.get(key, self.name)


def _layers(folder: Path, environment: Mapping[str, str], flags: Mapping[str, Any]) -> Iterator[_Layer]:
    for name, path in _FILES:
        yield _Layer(name, _read_file(folder / name, name, path), typed=True)
    variables = {key: environment[name] for key, name in _ENVIRONMENT.items() if environment.get(name)}
    yield _Layer("environment", _split_agents(variables), _ENVIRONMENT)
    given = {key: value for key, value in flags.items() if value is not None}
    yield _Layer("flags", given, {key: _flag(key) for key in given})


def _flag(key: str) -> str:
    return _FLAGS.get(key) or f"--{key.replace('_', '-')}"


def _split_agents(variables: dict[str, str]) -> dict[str, Any]:
    agents = variables.get("agents")
    return variables if agents is None else {**variables, "agents": agents.split(os.pathsep)}


def _read_file(path: Path, name: str, table: tuple[str, ...]) -> dict[str, Any]:
    try:
        content = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError(name, None, f"cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise ConfigError(name, None, f"is no TOML: {error}") from None
    for part in table:
        inner = content.get(part, {})
        if not isinstance(inner, dict):
            raise ConfigError(name, ".".join(table), "must be a table")
        content = cast("dict[str, Any]", inner)
    _refuse_unknown(name, content)
    return content


def _refuse_unknown(name: str, content: Mapping[str, Any]) -> None:
    for key in content:
        if key == "api_key":
            raise ConfigError(name, key, "a key does not belong in a file; set OPENAI_API_KEY instead")
        if key not in _FILE_KEYS:
            near = get_close_matches(key, _FILE_KEYS, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known are: {', '.join(_FILE_KEYS)}"
            raise ConfigError(name, key, f"there is no such setting; {hint}")


def _checked(layer: _Layer) -> dict[str, Any]:
    """The layer's values as Settings has them."""
    try:
        if layer.typed:
            settings = Settings.model_validate_json(json.dumps(layer.values, default=str), strict=True)
        else:
            settings = Settings.model_validate(dict(layer.values))
    except ValidationError as error:
        problem = error.errors(include_input=False, include_url=False)[0]
        key = str(problem["loc"][0])
        place = ".".join(map(str, problem["loc"])) if isinstance(layer.values[key], Mapping) else key
        raise ConfigError(layer.origin(key), place, problem["msg"].removeprefix("Value error, ")) from None
    return {key: getattr(settings, key) for key in layer.values}
