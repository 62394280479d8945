"""The page about writing agents, docs/writing_agents.md."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

import callsheet

from .product import ROOT

PAGE = ROOT / "docs" / "writing_agents.md"


def test_the_examples_run_and_print_what_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One after the other, in one namespace; the comment behind each `print` is what is printed."""
    monkeypatch.chdir(tmp_path)
    for name in ("CRM_TOKEN", "CRM_KEY"):
        monkeypatch.delenv(name, raising=False)
    text = PAGE.read_text("utf-8")
    # Dataclasses look for the module that their class is in.
    page = ModuleType("writing_agents_page")
    monkeypatch.setitem(sys.modules, page.__name__, page)
    for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        exec(compile(block, str(PAGE), "exec"), vars(page))
    promised = re.findall(r"^ *print\(.*\) +# (.*)$", text, re.MULTILINE)
    assert capsys.readouterr().out.splitlines() == promised
    assert len(promised) == text.count("print(")


def test_every_keyword_and_field_is_on_the_page() -> None:
    """Each field of the context, each effect, each error and each place where work runs."""
    text = PAGE.read_text("utf-8")
    names = [*callsheet.Context.__struct_fields__, *callsheet.Effect, *callsheet.Isolation]
    names += ["Retryable", "Permanent", "Surprise", "NotConfigured"]
    assert [name for name in names if not re.search(rf"`[^`]*\b{name}\b[^`]*`", text)] == []


def test_the_page_is_found() -> None:
    """From the README, and from the pages that a reader comes from."""
    for page in ("README.md", "docs/tutorial.md", "docs/agents.md"):
        assert "writing_agents.md" in (ROOT / page).read_text("utf-8"), page
