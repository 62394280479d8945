"""A folder's files can neither steal a key or a file nor run code, until the user trusts the folder."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import platformdirs
import pytest

import callsheet
from callsheet.settings.errors import TrustNotKept, UntrustedSettings
from callsheet.settings.settings import Settings
from callsheet.settings.trust import TrustStore

SENSITIVE: dict[str, tuple[Any, Any]] = {
    "base_url": ("http://evil.example/v1", None),
    "agents": (["evil.py"], ()),
    "cache": ("weights", None),
    "local_model": ("evil.gguf", None),
    "prices": ({"gpt-5": {"input": 0.0, "output": 0.0}}, {}),
    "model": ("local/evil.gguf", None),
    "store": ("../runs.db", Path(".callsheet/runs.db")),
    "workspace": ("/", Path()),
}
"""A value that needs trust, and what holds instead of it."""
HARMLESS = {
    "model": "openai/gpt-5-mini",
    "store": "journal/runs.db",
    "workspace": "files",
    "budget": "$1",
    "time_limit": "5m",
    "strategy": "cheapest",
    "max_replans": 2,
    "builtin": False,
    "secret_patterns": ["AB[0-9]+"],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A working folder."""
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


def write(folder: Path, values: dict[str, Any], name: str = "callsheet.toml") -> None:
    """The values as the folder's settings."""
    table = "[tool.callsheet]\n" if name == "pyproject.toml" else ""
    (folder / name).write_text(table + "".join(f"{key} = {_toml(value)}\n" for key, value in values.items()))


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f'"{key}" = {_toml(each)}' for key, each in value.items()) + " }"
    return json.dumps(value)


def load(folder: Path, *, environment: dict[str, str] | None = None, **flags: Any) -> Settings:
    """The settings of the folder."""
    return Settings.load(folder, environment or {}, flags)


@pytest.mark.parametrize("name", ["callsheet.toml", "pyproject.toml"])
@pytest.mark.parametrize("key", SENSITIVE)
def test_what_is_sensitive_needs_trust(folder: Path, key: str, name: str) -> None:
    """It is ignored, and said to be; it holds once the folder is trusted, and no longer when it is not."""
    value, without = SENSITIVE[key]
    write(folder, {key: value}, name)
    untrusted = load(folder)
    assert getattr(untrusted, key) == without
    assert untrusted.source(key) == "default"
    assert untrusted.ignored_note is not None
    assert f"{key} in {name}" in untrusted.ignored_note
    TrustStore().trust(untrusted.sensitive)
    trusted = load(folder)
    assert getattr(trusted, key) != without
    assert (trusted.source(key), trusted.ignored_note) == (name, None)
    assert TrustStore().forget(folder)
    assert getattr(load(folder), key) == without


def test_what_is_harmless_needs_no_trust(folder: Path) -> None:
    """Limits, a strategy, a model of the server that is configured, places within the folder."""
    write(folder, HARMLESS)
    settings = load(folder)
    assert {settings.source(key) for key in HARMLESS} == {"callsheet.toml"}
    assert settings.ignored_note is None
    assert not settings.sensitive


def test_other_values_need_trust_again(folder: Path) -> None:
    """A pull that changes the server, or the agents' file, does not inherit the trust."""
    write(folder, {"base_url": "http://good.example/v1", "budget": "$1"})
    TrustStore().trust(load(folder).sensitive)
    write(folder, {"base_url": "http://good.example/v1", "budget": "$2"})
    assert load(folder).base_url == "http://good.example/v1"
    write(folder, {"base_url": "http://good.example.evil/v1"})
    changed = load(folder)
    assert changed.base_url is None
    assert "changed since you trusted" in str(changed.ignored_note)


def test_trust_is_for_one_folder(folder: Path, tmp_path: Path) -> None:
    """A copy elsewhere is not trusted; the folder itself is, by whatever path."""
    copy, link = tmp_path / "copy", tmp_path / "link"
    copy.mkdir()
    link.symlink_to(folder)
    for each in (folder, copy):
        write(each, {"agents": ["team.py"]})
    TrustStore().trust(load(folder).sensitive)
    assert load(copy).agents == ()
    assert load(link).agents == ("team.py",)


@pytest.mark.parametrize("key", ["store", "workspace"])
def test_a_link_does_not_lead_out_of_the_folder(folder: Path, tmp_path: Path, key: str) -> None:
    """A path that looks as if it stayed within the folder is followed."""
    (folder / "inside").symlink_to(tmp_path)
    write(folder, {key: "inside/x"})
    assert load(folder).source(key) == "default"
    assert load(folder).ignored_note is not None


def test_what_the_user_says_needs_no_trust(folder: Path) -> None:
    """Flags and the environment are the user's own; what they replace is not said to be ignored."""
    write(folder, {"base_url": "http://evil.example/v1", "agents": ["evil.py"], "workspace": "/"})
    settings = load(
        folder,
        environment={"OPENAI_BASE_URL": "http://own.example/v1", "CALLSHEET_AGENTS": "own.py"},
        workspace=Path("/srv"),
    )
    assert (settings.base_url, settings.agents) == ("http://own.example/v1", ("own.py",))
    assert settings.workspace == Path("/srv")
    assert settings.ignored_note is None


@pytest.mark.parametrize("content", ["", "[]", "{", '{"sha256": 1}', "\x00"])
def test_trust_that_cannot_be_read_is_none(folder: Path, tmp_path: Path, content: str) -> None:
    """A damaged file of trust trusts nothing."""
    write(folder, {"agents": ["team.py"]})
    store = TrustStore(tmp_path / "state")
    store.trust(load(folder).sensitive)
    assert store.trusts(load(folder).sensitive)
    for file in (tmp_path / "state" / "trusted").iterdir():
        file.write_text(content)
    assert not store.trusts(load(folder).sensitive)


def test_trust_is_never_kept_in_the_folder_itself(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A state folder that is a relative path, as an unset HOME makes one, trusts nothing."""
    monkeypatch.chdir(folder)
    write(folder, {"agents": ["team.py"]})
    TrustStore(folder / "~" / "callsheet").trust(load(folder).sensitive)
    monkeypatch.setattr(platformdirs, "user_state_path", lambda *_, **__: Path("~/callsheet"))
    assert load(folder).agents == ()
    with pytest.raises(TrustNotKept, match="--trust"):
        TrustStore().trust(load(folder).sensitive)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs permissions of POSIX")
def test_trust_that_cannot_be_written_is_an_error(folder: Path, tmp_path: Path) -> None:
    """The user learns what keeps it from being remembered."""
    (tmp_path / "state").write_text("a file")
    write(folder, {"agents": ["team.py"]})
    with pytest.raises(TrustNotKept, match="cannot be written"):
        TrustStore(tmp_path / "state").trust(load(folder).sensitive)


def test_python_hears_of_it_by_a_warning(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call from Python in the folder does not use the settings either."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-own")
    write(folder, {"base_url": "http://evil.example/v1"})
    with pytest.warns(UntrustedSettings, match="base_url in callsheet.toml"):
        found = callsheet.run_sync(plan={"goal": "x", "steps": [], "answer": "1"}, store=None)
    assert found.answer == "1"
