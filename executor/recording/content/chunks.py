"""The pieces in which a reply came, which together are the reply."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def fitted(chunks: Iterable[Sequence[float]], characters: int) -> list[tuple[float, int]]:
    """As many of the pieces as a reply of so many characters has room for; the last takes the rest."""
    pieces: list[tuple[float, int]] = []
    left = characters
    for seconds, count in chunks:
        if left <= 0:
            break
        pieces.append((seconds, min(int(count), left)))
        left -= pieces[-1][1]
    if left > 0 and pieces:
        seconds, count = pieces[-1]
        pieces[-1] = (seconds, count + left)
    return pieces
