"""The agents of a small warehouse: what an article costs, and how many pieces are on the shelf."""

from __future__ import annotations

from pydantic import BaseModel

import callsheet

STOCK = {"chair": 12, "couch": 2, "lamp": 40}
PRICES = {"chair": 49.0, "couch": 620.0, "lamp": 25.5}


class Count(BaseModel):
    """How many pieces there are, and how certain that is, from 0 to 1."""

    pieces: int
    confidence: float


@callsheet.agent(effect="read", output="price")
def price_list(article: str) -> float:
    """Look up in the price list what one piece of an article costs, in euros."""
    raise callsheet.Retryable("the price list does not answer")


@callsheet.agent(effect="read", output="price")
def price_tag(article: str) -> float:
    """Read off the price tag what one piece of an article costs, in euros."""
    return PRICES[_known(article)]


@callsheet.agent(effect="read", main_output="pieces")
def count_by_camera(article: str) -> Count:
    """Count the pieces of an article on the shelf by a camera picture, at once and not always right."""
    return Count(pieces=STOCK[_known(article)] - 1, confidence=0.6)


@callsheet.agent(effect="read", main_output="pieces")
def count_by_hand(article: str) -> Count:
    """Count the pieces of an article on the shelf by hand, carefully."""
    return Count(pieces=STOCK[_known(article)], confidence=1.0)


def _known(article: str) -> str:
    if article not in STOCK:
        raise callsheet.Permanent(f"there is no article {article}; there are: {', '.join(STOCK)}")
    return article
