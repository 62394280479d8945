"""The length of a text as people ask for it."""

from __future__ import annotations

import pytest

from callsheet.agents.builtin.length import sentences_asked


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Write a three-sentence summary", 3),
        ("in 2 sentences", 2),
        ("One sentence about tea.", 1),
        ("a summary of ten sentences", 10),
        ("three sentences. Really three sentences!", 3),
        ("a short summary", None),
        ("about three sentences", None),
        ("at most 2 sentences", None),
        ("two or three sentences", None),
        ("2-3 sentences", None),
        ("first two sentences, then four sentences", None),
        ("50 sentences", None),
        ("0 sentences", None),
        ("sentences", None),
        ("", None),
    ],
)
def test_an_exact_number_of_sentences_is_understood(text: str, count: int | None) -> None:
    """Exact numbers up to 20 count; loose or contradictory ones are left to the model."""
    assert sentences_asked(text) == count
