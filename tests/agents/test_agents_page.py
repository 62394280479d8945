"""The page about agents, docs/agents.md."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "agents.md"


def test_the_examples_run_and_print_what_the_page_says(capsys: pytest.CaptureFixture[str]) -> None:
    """One after the other, in one namespace; what a comment after `print` says is what is printed."""
    text = PAGE.read_text(encoding="utf-8")
    namespace: dict[str, Any] = {"__name__": "page"}
    for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        exec(compile(block, str(PAGE), "exec"), namespace)
    printed = capsys.readouterr().out.splitlines()
    assert printed == [
        "['dictionary', 'small']",
        "find 7",
        "find",
        "0.79 2.0 2.0",
        "1.0",
        "small",
        "small",
        "dictionary",
        "Wait(until=31.0)",
        "'translate': `small`: breaker open for 20 s more after 5 failures in a row",
    ]
    for line in {*printed} - {"small", "dictionary"}:
        assert line in text
