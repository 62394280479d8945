"""Columns stay columns, whatever stands in them."""

from __future__ import annotations

from callsheet.cli.text.table import aligned


def test_columns_line_up_and_nothing_is_cut() -> None:
    """Every column is as wide as its widest cell, and lines have no blanks at their ends."""
    assert aligned([("a", "long name", ""), ("bbb", "x", "end")], indent="  ") == [
        "  a    long name",
        "  bbb  x          end",
    ]


def test_wide_characters_count_for_two() -> None:
    """What takes two places on a terminal is counted so."""
    assert aligned([("東京", "x"), ("ab", "y")]) == ["東京  x", "ab    y"]


def test_no_rows_are_no_lines() -> None:
    """A table of nothing is nothing."""
    assert aligned([]) == []
