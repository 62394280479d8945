"""How benchmarks are started, and what they print."""

from __future__ import annotations

import json

import pytest

from benchmarks.__main__ import main
from benchmarks.report import Report, print_report

REPORT = Report("A title", ("name", "seconds"), (("a [b]", 1.5), ("c", None)), {"goals": "1 of 2"}, met=False)


def test_a_report_prints_its_rows_and_totals(capsys: pytest.CaptureFixture[str]) -> None:
    """Brackets in a cell are text."""
    print_report(REPORT)
    printed = capsys.readouterr().out
    assert "a [b]" in printed
    assert "1.50" in printed
    assert "goals: 1 of 2" in printed
    assert "missed" in printed


def test_a_report_is_json() -> None:
    """Each row an object under the names of the columns."""
    document = json.loads(json.dumps(REPORT.to_document()))
    assert document["rows"][0] == {"name": "a [b]", "seconds": 1.5}
    assert document["met"] is False


def test_an_unknown_benchmark_is_bad_usage(capsys: pytest.CaptureFixture[str]) -> None:
    """The ones that there are get listed."""
    with pytest.raises(SystemExit) as caught:
        main(["nonsense"])
    assert caught.value.code == 2
    assert "planning" in capsys.readouterr().err


def test_a_benchmark_without_a_model_says_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    """One clear line on standard error, and an exit code."""
    assert main(["planning", "--model", "local/nowhere.gguf"]) != 0
    assert capsys.readouterr().err.startswith("error: ")
