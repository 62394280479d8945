"""Settings: the later source wins, every value says where it comes from, and mistakes are named."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from callsheet.errors import ExitCode
from callsheet.settings.errors import ConfigError
from callsheet.settings.settings import Settings


def _load(folder: Path, environment: dict[str, str] | None = None, **flags: Any) -> Settings:
    return Settings.load(folder, environment or {}, flags)


def _write(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text, "utf-8")


def test_without_anything_the_defaults_hold(tmp_path: Path) -> None:
    """In an empty folder every setting has its default, and says so."""
    settings = _load(tmp_path)
    assert settings.store == Path(".callsheet/runs.db")
    assert settings.workspace == Path()
    assert settings.model is None
    assert set(settings.sources.values()) == {"default"}


@pytest.mark.parametrize("name", ["pyproject.toml", "callsheet.toml"])
def test_a_file_may_begin_with_a_byte_order_mark(tmp_path: Path, name: str) -> None:
    """As editors on Windows write it."""
    table = "[tool.callsheet]\n" if name == "pyproject.toml" else ""
    _write(tmp_path, name, f'\ufeff{table}model = "one"\n')
    assert _load(tmp_path).model == "one"


def test_each_source_wins_over_the_one_before(tmp_path: Path) -> None:
    """pyproject.toml < callsheet.toml < environment < flags, value by value."""
    _write(tmp_path, "pyproject.toml", '[tool.callsheet]\nmodel = "one"\nstore = "one.db"\nbuiltin = false\n')
    settings = _load(tmp_path)
    assert (settings.model, settings.source("model")) == ("one", "pyproject.toml")

    _write(tmp_path, "callsheet.toml", 'model = "two"\nstore = "two.db"\n')
    settings = _load(tmp_path)
    assert (settings.model, settings.source("model")) == ("two", "callsheet.toml")
    assert settings.builtin is False

    environment = {"CALLSHEET_MODEL": "three"}
    settings = _load(tmp_path, environment)
    assert (settings.model, settings.source("model")) == ("three", "CALLSHEET_MODEL")

    settings = _load(tmp_path, environment, model="four")
    assert (settings.model, settings.source("model")) == ("four", "--model")
    assert (settings.store, settings.source("store")) == (Path("two.db"), "callsheet.toml")


def test_flags_not_given_and_empty_variables_count_for_nothing(tmp_path: Path) -> None:
    """None for a flag, or a variable set to nothing, leaves the value below standing."""
    _write(tmp_path, "callsheet.toml", 'model = "kept"\n')
    assert _load(tmp_path, {"CALLSHEET_MODEL": ""}, model=None).model == "kept"


def test_the_environment_is_read_by_its_documented_names(tmp_path: Path) -> None:
    """Every variable sets what it says."""
    settings = _load(
        tmp_path,
        {
            "OPENAI_API_KEY": "sk-secret",
            "OPENAI_BASE_URL": "http://localhost:8080/v1",
            "CALLSHEET_LOCAL_MODEL": "~/m.gguf",
            "CALLSHEET_STORE": "s.db",
            "CALLSHEET_WORKSPACE": "w",
            "CALLSHEET_AGENTS": os.pathsep.join(["team.py", "pkg.mod"]),
            "CALLSHEET_MAX_CONCURRENCY": "3",
            "CALLSHEET_STRATEGY": "cheapest",
            "CALLSHEET_DURABILITY": "full",
        },
    )
    assert settings.api_key is not None and settings.api_key.get_secret_value() == "sk-secret"
    assert settings.base_url == "http://localhost:8080/v1"
    assert settings.local_model == Path.home() / "m.gguf"
    assert (settings.store, settings.workspace) == (Path("s.db"), Path("w"))
    assert settings.agents == ("team.py", "pkg.mod")
    assert settings.max_concurrency == 3
    assert (settings.strategy, settings.durability) == ("cheapest", "full")


def test_how_work_is_shared_out_is_read_from_a_file(tmp_path: Path) -> None:
    """Strategy, limits, hedging, durability and what a failure does stand in a file as they are called."""
    _write(
        tmp_path,
        "pyproject.toml",
        '[tool.callsheet]\nstrategy = "fastest"\nfail_fast = false\nhedge = true\ndurability = "full"\n'
        "[tool.callsheet.capability_limits]\nweb_search = 2\n",
    )
    settings = _load(tmp_path)
    assert (settings.strategy, settings.fail_fast, settings.hedge) == ("fastest", False, True)
    assert (settings.durability, settings.capability_limits) == ("full", {"web_search": 2})
    assert settings.source("capability_limits") == "pyproject.toml"


def test_the_source_of_a_flag_is_the_flag_as_it_was_written(tmp_path: Path) -> None:
    """Whoever looks where a value comes from finds what was typed."""
    settings = _load(tmp_path, {}, builtin=False, store="s.db", fail_fast=False, max_concurrency=2)
    assert (settings.source("builtin"), settings.source("store")) == ("--no-builtin", "--store")
    assert settings.source("fail_fast") == "--keep-going"
    assert settings.source("max_concurrency") == "--max-concurrency"


def test_a_key_is_never_shown(tmp_path: Path) -> None:
    """However settings are printed, the API key isn't among it."""
    settings = _load(tmp_path, {"OPENAI_API_KEY": "sk-secret"})
    assert "sk-secret" not in f"{settings} {settings!r} {settings.model_dump_json()}"


@pytest.mark.parametrize(
    ("text", "key", "says"),
    [
        ('modle = "x"', "modle", "did you mean 'model'?"),
        ("zzz = 1", "zzz", "the settings are: model"),
        ("model = 3", "model", "not a string"),
        ('builtin = "yes"', "builtin", "not a boolean"),
        ("max_concurrency = 0", "max_concurrency", "below 1"),
        ('agents = "team.py"', "agents", "not a list"),
        ('base_url = "localhost:8080"', "base_url", "match"),
        ("store = 7", "store", "not a string"),
        ('strategy = "fastst"', "strategy", "did you mean 'fastest'?"),
        ('durability = "most"', "durability", "'normal' or 'full'"),
        ("hedge = 1", "hedge", "not a boolean"),
        ("fail_fast = 0", "fail_fast", "not a boolean"),
        ("capability_limits = {search = 0}", "capability_limits.search", "not above 0"),
        ("capability_limits = 3", "capability_limits", "an object"),
        ('api_key = "sk-secret"', "api_key", "OPENAI_API_KEY"),
        ("sources = {}", "sources", "no such setting"),
    ],
)
@pytest.mark.parametrize(
    ("file", "table"), [("pyproject.toml", "[tool.callsheet]\n"), ("callsheet.toml", "")]
)
def test_a_mistake_in_a_file_is_named(
    tmp_path: Path, file: str, table: str, text: str, key: str, says: str
) -> None:
    """An unknown key, a wrong type or a value out of range is an error that names file and key."""
    _write(tmp_path, file, table + text)
    with pytest.raises(ConfigError) as caught:
        _load(tmp_path)
    error = caught.value
    assert (error.source, error.key) == (file, key)
    assert says in str(error)
    assert "sk-secret" not in str(error)
    assert error.exit_code is ExitCode.USAGE


def test_a_mistake_in_the_environment_names_the_variable(tmp_path: Path) -> None:
    """A bad variable is named as the person wrote it, and a flag as well."""
    with pytest.raises(ConfigError, match="CALLSHEET_MAX_CONCURRENCY"):
        _load(tmp_path, {"CALLSHEET_MAX_CONCURRENCY": "many"})
    with pytest.raises(ConfigError, match="--model"):
        _load(tmp_path, model="")


@pytest.mark.parametrize("content", [b"model = ", b"\xff\xfe", b"[tool\n"])
def test_a_file_that_is_no_toml_is_named(tmp_path: Path, content: bytes) -> None:
    """A file that cannot be parsed, or is not text, gives one error with its name."""
    (tmp_path / "callsheet.toml").write_bytes(content)
    with pytest.raises(ConfigError, match=r"callsheet\.toml: is not valid TOML"):
        _load(tmp_path)


def test_a_table_that_is_no_table_is_named(tmp_path: Path) -> None:
    """`callsheet = 1` under [tool] isn't taken for a table."""
    _write(tmp_path, "pyproject.toml", "[tool]\ncallsheet = 1\n")
    with pytest.raises(ConfigError, match="must be a table"):
        _load(tmp_path)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """A folder where the file should be is an error, not nothing."""
    (tmp_path / "callsheet.toml").mkdir()
    with pytest.raises(ConfigError, match=r"callsheet\.toml: cannot be read"):
        _load(tmp_path)


def test_other_tools_in_pyproject_are_left_alone(tmp_path: Path) -> None:
    """A pyproject.toml that says nothing of Callsheet sets nothing."""
    _write(tmp_path, "pyproject.toml", '[tool.other]\nmodel = "x"\n[project]\nname = "y"\n')
    assert _load(tmp_path).model is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("name", ["pyproject.toml", "callsheet.toml"])
def test_a_file_may_have_a_mark_of_its_encoding(tmp_path: Path, name: str, encoding: str) -> None:
    """A byte order mark, of UTF-16 too, stops no command; what is no text of either is said."""
    table = "[tool.callsheet]\r\n" if name == "pyproject.toml" else ""
    (tmp_path / name).write_bytes(f'# é\r\n{table}model = "one"\r\n'.encode(encoding))
    assert Settings.load(tmp_path, {}).model == "one"
    (tmp_path / name).write_bytes(b'model = "\xe9"\n')
    with pytest.raises(ConfigError, match="is not valid TOML: it is not UTF-8; save it as UTF-8"):
        Settings.load(tmp_path, {})
