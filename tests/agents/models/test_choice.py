from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from callsheet.agents.models.choice import ModelSettings, choose_model
from callsheet.agents.models.errors import ModelNotConfigured, ModelRejected, WeightsUnavailable

KEY = "sk-secret"


@pytest.fixture
def gguf(tmp_path: Path) -> Path:
    path = tmp_path / "own.gguf"
    path.write_bytes(b"GGUF")
    return path


@pytest.fixture
def without_xllamacpp(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("openai/gpt-x", "openai/gpt-x"),
        ("gpt-x", "openai/gpt-x"),
        ("Qwen/Qwen3-8B", "openai/Qwen/Qwen3-8B"),
        ("openai/Qwen/Qwen3-8B", "openai/Qwen/Qwen3-8B"),
        (None, "openai/gpt-5"),
    ],
)
def test_a_server_is_used_where_there_is_a_key(model: str | None, name: str) -> None:
    """With or without the prefix; a name may have slashes of its own."""
    assert choose_model(ModelSettings(model=model, api_key=KEY)).name == name


def test_an_address_is_enough() -> None:
    """Servers at home take no key."""
    assert choose_model(ModelSettings(base_url="http://127.0.0.1:8000/v1")).name == "openai/gpt-5"


def test_a_server_without_key_or_address_is_refused() -> None:
    """The error names what to set."""
    with pytest.raises(ModelNotConfigured, match="OPENAI_API_KEY"):
        choose_model(ModelSettings(model="openai/gpt-x"))


def test_local_is_asked_for_even_where_there_is_a_key(gguf: Path) -> None:
    """What was asked for wins over what is set up."""
    settings = ModelSettings(model="local", api_key=KEY, local_model=gguf)
    assert choose_model(settings).name == "local/own"


def test_a_path_is_its_own_model(gguf: Path) -> None:
    """`local/PATH` needs no variable."""
    model = choose_model(ModelSettings(model=f"local/{gguf}", context_tokens=512))
    assert (model.name, model.context_tokens) == ("local/own", 512)


def test_local_is_the_last_resort(gguf: Path) -> None:
    """Without key and address, what is installed is used."""
    assert choose_model(ModelSettings(local_model=gguf)).name == "local/own"


def test_weights_are_looked_for(tmp_path: Path) -> None:
    """Where they are nowhere, the error says so; nothing was fetched here, since no source was given."""
    for model, weights in ((None, "qwen2.5-coder-1.5b"), ("local/smollm2-135m", "smollm2-135m")):
        with pytest.raises(WeightsUnavailable) as caught:
            choose_model(ModelSettings(model=model, cache=tmp_path), sources=())
        assert caught.value.weights == weights


def test_a_path_that_is_no_model_is_said(tmp_path: Path) -> None:
    """Before anything runs."""
    with pytest.raises(ModelRejected, match="cannot be read"):
        choose_model(ModelSettings(model=f"local/{tmp_path}/none.gguf"))


def test_without_anything_the_three_ways_are_listed(without_xllamacpp: None) -> None:
    """A key, a server, or the extra."""
    with pytest.raises(ModelNotConfigured) as caught:
        choose_model(ModelSettings())
    for way in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "callsheet[local]"):
        assert way in str(caught.value)


def test_local_without_the_extra_is_said(without_xllamacpp: None) -> None:
    """With the command that mends it."""
    with pytest.raises(ModelNotConfigured, match="pip install"):
        choose_model(ModelSettings(model="local"))


def test_the_key_is_in_no_repr() -> None:
    """Neither that of the settings, nor that of the model."""
    settings = ModelSettings(model="gpt-x", api_key=KEY)
    assert KEY not in repr(settings)
    assert KEY not in repr(choose_model(settings))
