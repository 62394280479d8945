"""What hides in a text is taken out of it, or shown to those who approve it."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.prompts.hidden import spelled, without_hidden

SEEN = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")
"""Format characters with a shape: signs that enclose the numbers behind them."""


def test_every_format_character_without_a_shape_is_hidden() -> None:
    """Of all that Unicode has, by its own category; joiners shape letters, and go where they shape none."""
    formats = {chr(each) for each in range(sys.maxunicode + 1) if unicodedata.category(chr(each)) == "Cf"}
    assert {each for each in formats if without_hidden(f"a{each}b") != "ab"} == SEEN
    assert all(spelled(f"a{each}b").isascii() for each in formats - SEEN)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("boss@example\u200b.com", "boss@example\\u200b.com"),
        ("boss@example\u2060.com", "boss@example\\u2060.com"),
        ("boss\ufeff@example.com", "boss\\ufeff@example.com"),
        ("ex\u00adample.com", "ex\\u00adample.com"),
        ("a\u3164b", "a\\u3164b"),
        ("pay\U000e0041\U000e0042", "pay\\U000e0041\\U000e0042"),
        ("boss@example\u200d.com", "boss@example\\u200d.com"),
        ("a\ufe0f", "a\\ufe0f"),
        ("out/\u202egnp.txt", "out/\\u202egnp.txt"),
        ("a\u2028b", "a\\u2028b"),
        ("boss@exa\u2800mple.com", "boss@exa\\u2800mple.com"),
    ],
)
def test_what_is_to_be_approved_hides_nothing(text: str, shown: str) -> None:
    """Two addresses never look alike because of a mark between their letters."""
    assert spelled(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("to p\u0430ypal.com now", "to p\\u0430ypal.com now"),
        ("b\u03bfss@example.com", "b\\u03bfss@example.com"),
        ("notes/p\u0430sswd", "notes/p\\u0430sswd"),
        ("localh\u043est:80", "localh\\u043est:80"),
        ("\u0430\u0440\u0440\u04cf\u0435.com", "\\u0430\\u0440\\u0440\\u04cf\\u0435.com"),
        (
            "https://\u0430\u0440\u0440\u04cf\u0435.com/in",
            "https://\\u0430\\u0440\\u0440\\u04cf\\u0435.com/in",
        ),
    ],
)
def test_letters_of_two_alphabets_in_an_address_are_told_apart(text: str, shown: str) -> None:
    """What only looks like a letter of ASCII is escaped."""
    assert spelled(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "Z\u00fcrich, \u6771\u4eac, \U0001f469\u200d\U0001f467",
        "https://ru.example/\u043f\u0440\u0438\u0432\u0435\u0442",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "m\u00fcller@m\u00fcnchen.example",
        "https://\u043f\u0440\u0435\u0437\u0438\u0434\u0435\u043d\u0442.\u0440\u0444",
        "\u043e\u0442\u0447\u0451\u0442.docx",
        "\u65e5\u672ctokyo.example",
        "tabs\tand\nlines",
        "5 \u03bcm and \u0394x",
        "\u0438/\u0438\u043b\u0438, \u043e/\u0441.md",
    ],
)
def test_what_people_write_stays_as_it_is(text: str) -> None:
    """Emoji, Persian, one alphabet a name, and Latin letters among Chinese ones."""
    assert spelled(text) == text


@given(st.text())
def test_for_every_text_nothing_is_left_to_spell(text: str) -> None:
    """For every text: once is enough."""
    assert spelled(spelled(text)) == spelled(text)
