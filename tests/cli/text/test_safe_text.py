"""Text from models, agents and files cannot steer a terminal."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.cli.text.safe_text import one_line, plain
from callsheet.prompts.hidden import spelled


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;new title\x07text", "text"),
        ("\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bPdevice control\x1b\\text", "text"),
        ("\x9b2Jcleared", "cleared"),
        ("\x9d0;title\x9ctext", "text"),
        ("harmless\rHARMFUL", "harmlessHARMFUL"),
        ("back\x08\x08\x7fspace", "backspace"),
        ("pay \u202eeur 001\u202c", "pay eur 001"),
        ("one\r\ntwo\tthree\n", "one\ntwo\tthree\n"),
        ("cut off \x1b[", "cut off "),
        ("[bold]not markup[/bold] :smile:", "[bold]not markup[/bold] :smile:"),
        ("Zürich, 東京, 👩‍👩‍👧", "Zürich, 東京, 👩‍👩‍👧"),
    ],
)
def test_what_steers_a_terminal_is_gone(text: str, shown: str) -> None:
    """Escape sequences go as a whole; what people wrote stays as it is."""
    assert plain(text) == shown


@given(st.text(st.characters() | st.sampled_from("\x1b\x9b\x9d[];?0m\x07\\\r\u202e")))
def test_for_every_text_no_control_character_is_left(text: str) -> None:
    """For every text: nothing but newline and tab is left of the control characters, and once is enough."""
    shown = plain(text)
    assert not [c for c in shown if unicodedata.category(c) == "Cc" and c not in "\n\t"]
    assert plain(shown) == shown


@given(st.text(), st.integers(min_value=2, max_value=50))
def test_for_every_text_one_line_is_one_short_line(text: str, most: int) -> None:
    """For every text: what is shown in a column is one line and no longer than asked."""
    shown = one_line(text, most)
    assert len(shown) <= most
    assert len(shown.splitlines()) <= 1


def test_what_is_cut_says_so() -> None:
    """A text that is cut ends with an ellipsis."""
    assert one_line("a long  sentence\nindeed", 12) == "a long sent…"
    assert one_line("short\nenough", 12) == "short enough"


def test_what_was_written_out_stays_written_out() -> None:
    """A mark that would be dropped from a path is escaped, and no terminal takes the escape for more."""
    assert plain(spelled("a\x9b2Jb")) == "a\\u009b2Jb"


@pytest.mark.parametrize("hidden", ["\u200b", "\u2060", "\ufeff", "\u00ad", "\u3164", "\U000e0041", "\u200d"])
def test_what_cannot_be_seen_is_not_shown(hidden: str) -> None:
    """The list is that of prompts."""
    assert plain(f"boss@example{hidden}.com") == "boss@example.com"
