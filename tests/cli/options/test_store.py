"""The journal that a command opens, and the runs that it finds there."""

from __future__ import annotations

from pathlib import Path

import pytest

from callsheet.cli.options.store import existing_journal, open_journal
from callsheet.executor.journal import sqlite
from callsheet.executor.journal.schema import Durability, open_tables
from callsheet.settings.settings import Settings


@pytest.mark.parametrize("durability", list(Durability))
def test_the_journal_is_as_durable_as_it_was_asked_to_be(
    folder: Path, monkeypatch: pytest.MonkeyPatch, durability: Durability
) -> None:
    """`durability` reaches the file, whether it is made or was there."""
    asked: list[Durability] = []

    def spy(path: Path, wanted: Durability, *, must_exist: bool = False) -> object:
        asked.append(wanted)
        return open_tables(path, wanted, must_exist=must_exist)

    monkeypatch.setattr(sqlite, "open_tables", spy)
    (folder / "callsheet.toml").write_text(f'durability = "{durability}"\n')
    for opened in (open_journal, existing_journal):
        with opened(Settings.load(folder, {})):
            pass
    assert asked == [durability, durability]
