"""The settings, where each value comes from, and which one holds.

The later source wins: defaults, `[tool.callsheet]` in pyproject.toml, callsheet.toml, the environment,
flags. Both files are looked for in the working folder only. What is sensitive in them (see `trust`) holds
once the user trusts the folder. An API key may be in neither file, since both get committed.
"""

from __future__ import annotations

import codecs
import json
import os
import re
import tomllib
import warnings
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Annotated, Any, NamedTuple, Self, TypeAlias, cast

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

from callsheet.agents.contracts.duration import seconds_of
from callsheet.agents.contracts.errors import DurationError
from callsheet.agents.contracts.pydantic_problem import pydantic_sentence
from callsheet.agents.selection.errors import StrategyError
from callsheet.agents.selection.strategies import strategy_named
from callsheet.agents.spending.budget import Budget
from callsheet.agents.spending.errors import BudgetError, PriceError
from callsheet.agents.spending.prices import Prices
from callsheet.executor.journal.schema import Durability
from callsheet.executor.run.options import MAX_CONCURRENCY, MAXIMA, OPTIONS, RunKeywords, RunOptions
from callsheet.settings.errors import ConfigError, UntrustedSettings
from callsheet.settings.trust import COMMAND, SensitiveSettings, TrustStore, sensitive_keys
from callsheet.suggestions import nearest

DEFAULT = "default"
_FILES = (("pyproject.toml", ("tool", "callsheet")), ("callsheet.toml", ()))
FILE_NAMES = tuple(name for name, _ in _FILES)
"""The files of a folder that may hold settings."""
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
"""The flags whose names differ from the settings."""


def _expand(path: Path) -> Path:
    try:
        return path.expanduser()
    except RuntimeError:
        if path.parts[0] != "~":
            # A file may be called so, and no user is.
            return path
        raise ValueError(
            "`~` is the home folder, and this user has none; set HOME, or give the whole path"
        ) from None


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
            raise ValueError(f"{pattern!r} is not a valid regular expression: {error}") from None
    return patterns


SpelledPath: TypeAlias = Annotated[Path, AfterValidator(_expand)]
"""A path as the user writes it; `~` is the home folder."""


class Settings(BaseModel):
    """Everything that can be set, each value checked. Paths are relative to the working folder.

    The options of runs (`fail_fast`, `budget` and so on) are described at `RunOptions`; those of the settings
    hold for runs that start, not for runs that are resumed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str | None = Field(default=None, min_length=1)
    """The name of the model that plans: `openai/NAME`, `local` or `local/FILE`; None: the first available."""
    api_key: SecretStr | None = None
    """The key for the server; only from the environment."""
    base_url: str | None = Field(default=None, pattern=r"^https?://[^\s/]")
    """The address of a server that speaks OpenAI's protocol."""
    local_model: SpelledPath | None = None
    """A GGUF file to use as the embedded model."""
    cache: SpelledPath | None = None
    """The folder that weights are downloaded into; None: the user's cache folder."""
    store: SpelledPath = Path(".callsheet/runs.db")
    """The file of the journal."""
    workspace: SpelledPath = Path()
    """The folder that agents may read and write."""
    agents: tuple[str, ...] = ()
    """Python files or modules with agents of the user."""
    builtin: bool = True
    """Whether the built-in agents are available as well."""
    max_concurrency: int = Field(default=MAX_CONCURRENCY, ge=1, le=MAXIMA["max_concurrency"])
    capability_limits: Mapping[str, PositiveInt] = Field(default_factory=dict[str, int])
    """The maximum of concurrent attempts at a capability, over all runs of a process."""
    strategy: Annotated[str, AfterValidator(_known_strategy)] = "balanced"
    fail_fast: bool = True
    hedge: bool = False
    durability: Durability = Durability.NORMAL
    """What a journaled event survives: `normal` the death of the process, `full` a power cut."""
    budget: Annotated[str, BeforeValidator(_known_budget)] | None = None
    time_limit: Annotated[float, BeforeValidator(_known_duration)] | None = None
    stream: bool = False
    prices: Annotated[Mapping[str, Mapping[str, float]], AfterValidator(_known_prices)] = Field(
        default_factory=dict[str, Mapping[str, float]]
    )
    """Prices of models, in dollars for a million tokens; tried before the published ones."""
    max_replans: int | None = Field(default=None, ge=0, le=MAXIMA["max_replans"])
    secret_patterns: Annotated[tuple[str, ...], AfterValidator(_known_patterns)] = ()
    """Regular expressions for secrets to keep out of recordings, besides those that are recognized anyway."""
    sources: Mapping[str, str] = Field(default_factory=dict[str, str])
    """Where each value comes from: a file, a variable, a flag, or `default`."""
    sensitive: SensitiveSettings = SensitiveSettings(Path(), {})
    """What the files set that needs the user's trust, whether or not it holds."""
    ignored_note: str | None = None
    """One line about what would hold if the user trusted the folder; None if there is nothing."""

    @classmethod
    def load(
        cls,
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
        flags: Mapping[str, Any] | None = None,
        *,
        trust: bool = False,
        has_files: bool = True,
    ) -> Self:
        """The settings for `folder` (by default the working folder). A flag of None was not given. With
        `trust`, the folder's files are trusted this time; without `has_files` they are not read.

        Raises ConfigError if a file cannot be read, or a key or value is not valid.
        """
        folder = folder or _working_folder()
        variables = os.environ if environment is None else environment
        all_layers = chain(_files_of(folder) if has_files else (), _own(variables, flags or {}))
        layers = [(layer, _checked(layer)) for layer in all_layers]
        sensitive = SensitiveSettings(folder, dict(_sensitive_parts(layers, folder)))
        is_trusted = not sensitive or trust or TrustStore().trusts(sensitive)
        ignored = {} if is_trusted else dict(sensitive.files)
        values: dict[str, Any] = {}
        sources: dict[str, str] = {}
        for layer, checked in layers:
            held = {key: value for key, value in checked.items() if key not in ignored.get(layer.name, ())}
            values.update(held)
            sources.update({key: layer.origin(key) for key in held})
        replaced = {key for key in sources if sources[key] not in FILE_NAMES}
        missed = {name: [key for key in keys if key not in replaced] for name, keys in ignored.items()}
        return cls(
            **values,
            sources={key: sources.get(key, DEFAULT) for key in SETTINGS},
            sensitive=sensitive,
            ignored_note=_ignored_note(missed, TrustStore().knows(folder)) if any(missed.values()) else None,
        )

    @classmethod
    def load_here(cls, folder: Path | None = None) -> Self:
        """The settings for a call from Python, which learns by a warning what was ignored. Raises what `load`
        does."""
        settings = cls.load(folder)
        if settings.ignored_note is not None:
            warnings.warn(settings.ignored_note, UntrustedSettings, stacklevel=2)
        return settings

    def replaced(self, values: Mapping[str, Any], source: str) -> Self:
        """The settings with other values, which come from this source. Raises ConfigError."""
        checked = _checked(_Layer(source, values))
        return self.model_copy(
            update={**checked, "sources": {**self.sources, **dict.fromkeys(checked, source)}}
        )

    @property
    def options(self) -> RunOptions:
        """The options of runs that start."""
        return self._options_in(OPTIONS)

    @property
    def flagged(self) -> RunOptions:
        """The options that come from flags, and so are meant for this very run, also if it is resumed."""
        return self._options_in(key for key in OPTIONS if self.source(key) == _flag(key))

    def _options_in(self, keys: Iterable[str]) -> RunOptions:
        return RunOptions.of(**cast("RunKeywords", {key: getattr(self, key) for key in keys}))

    def source(self, key: str) -> str:
        """Where a value comes from: a file, a variable, a flag, or `default`."""
        return self.sources.get(key, DEFAULT)


_DERIVED = ("sources", "sensitive", "ignored_note")
SETTINGS = tuple(key for key in Settings.model_fields if key not in _DERIVED)
"""The names of all settings."""
_FILE_KEYS = tuple(key for key in SETTINGS if key != "api_key")


def _working_folder() -> Path:
    try:
        return Path.cwd()
    except OSError as error:
        problem = f"cannot be used: {error.strerror}; change to another one"
        raise ConfigError("the working folder", None, problem) from None


class _Layer(NamedTuple):
    """The values of one source; `each` names the origin of a single value, if it has one of its own.

    A `typed` layer has values of TOML's types, where `true` is not `"true"`; the others have strings.
    """

    name: str
    values: Mapping[str, Any]
    each: Mapping[str, str] = {}
    typed: bool = False

    def origin(self, key: str) -> str:
        return self.each.get(key, self.name)


def _files_of(folder: Path) -> Iterator[_Layer]:
    for name, path in _FILES:
        yield _Layer(name, _read_file(folder / name, name, path), typed=True)


def _own(environment: Mapping[str, str], flags: Mapping[str, Any]) -> Iterator[_Layer]:
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
        content = tomllib.loads(_decoded(path.read_bytes()))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigError(name, None, f"cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise ConfigError(name, None, "is not valid TOML: it is not UTF-8; save it as UTF-8") from None
    except ValueError as error:
        raise ConfigError(name, None, f"is not valid TOML: {error}") from None
    for part in table:
        inner = content.get(part, {})
        if not isinstance(inner, dict):
            raise ConfigError(name, ".".join(table), "must be a table")
        content = cast("dict[str, Any]", inner)
    _refuse_unknown(name, content)
    return content


def _decoded(content: bytes) -> str:
    """The text of a file. TOML is UTF-8; some editors mark it, and some save UTF-16 with its mark."""
    is_wide = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and len(content) > 2
    # Lines may end as on Windows.
    return content.decode("utf-16" if is_wide else "utf-8-sig").replace("\r\n", "\n")


def _refuse_unknown(name: str, content: Mapping[str, Any]) -> None:
    for key in content:
        if key == "api_key":
            raise ConfigError(
                name, key, "an API key does not belong in a file; set the environment variable OPENAI_API_KEY"
            )
        if key not in _FILE_KEYS:
            near = nearest(key, _FILE_KEYS)
            hint = f"did you mean {near!r}?" if near else f"the settings are: {', '.join(_FILE_KEYS)}"
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
        raise ConfigError(layer.origin(key), place, pydantic_sentence(problem)) from None
    return {key: getattr(settings, key) for key in layer.values}


def _sensitive_parts(
    layers: Iterable[tuple[_Layer, Mapping[str, Any]]], folder: Path
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for layer, checked in layers:
        if layer.typed and (keys := sensitive_keys(checked, folder)):
            yield layer.name, {key: layer.values[key] for key in keys}


def _ignored_note(ignored: Mapping[str, Iterable[str]], is_known: bool) -> str:
    said = "; ".join(f"{', '.join(keys)} in {name}" for name, keys in ignored.items() if keys)
    why = "changed since you trusted this folder" if is_known else "you have not trusted this folder"
    return f"ignored: {said} ({why}; to allow: {COMMAND})"
