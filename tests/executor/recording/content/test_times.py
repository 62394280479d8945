"""The pieces of a reply add up to it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from callsheet.executor.recording.content.times import fitted

pieces = st.lists(st.tuples(st.floats(0, 9), st.integers(1, 50)), max_size=6)


@given(pieces, st.integers(0, 200))
def test_every_reply_is_filled(chunks: list[tuple[float, int]], characters: int) -> None:
    """For every reply and all pieces: what is kept adds up to it, at the times at which it came; there are no
    empty pieces, and none where there were none."""
    kept = fitted(chunks, characters)
    assert sum(count for _, count in kept) == (characters if chunks else 0)
    assert all(count > 0 for _, count in kept)
    assert [seconds for seconds, _ in kept] == [seconds for seconds, _ in chunks[: len(kept)]]
    assert kept[:-1] == chunks[: len(kept)][:-1]


@given(pieces)
def test_what_fits_stays_as_it_is(chunks: list[tuple[float, int]]) -> None:
    """For all pieces that add up."""
    assert fitted(chunks, sum(count for _, count in chunks)) == chunks
