"""A batch of news: what a recorded run heard between two decisions, as it comes in again."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence

from callsheet.executor.driver.planner_call import Decided, Drafted
from callsheet.executor.driver.ports import News

from .inputs import DRAFTED, UNHEARD, Key, is_broken_off, is_call_of_planner, key_of


class InputBatch:
    """The news between two decisions, as it comes in. Each piece of news is looked at once.

    `keys` is what was recorded, from the event `begins` on. `later` is in another recorded batch, `strays`
    are in none that is left, and neither are `unheard` timers, before which something else came.
    """

    __slots__ = (
        "_found",
        "_found_before",
        "_held",
        "_places",
        "begins",
        "dropped",
        "keys",
        "later",
        "seen",
        "strays",
        "unheard",
    )

    def __init__(self, begins: int, keys: Sequence[Key]) -> None:
        self.begins = begins
        self.keys = keys
        self.seen = 0
        self.strays: list[News] = []
        self.later: list[News] = []
        self.unheard: list[News] = []
        self.dropped: list[News] = []
        self._places: dict[Key, list[int]] = {}
        for place in reversed(range(len(keys))):
            self._places.setdefault(keys[place], []).append(place)
        self._found: dict[int, News] = {}
        self._found_before: list[frozenset[int]] = []
        self._held: dict[Key, int] = {}

    @property
    def is_ready(self) -> bool:
        """Whether there is something to be taken in."""
        return bool(self.unheard or self.dropped) or self.has_stray or self.is_complete

    @property
    def is_complete(self) -> bool:
        """Whether all of it is there."""
        return bool(self.keys) and len(self._found) == len(self.keys)

    @property
    def has_stray(self) -> bool:
        """Whether there is a stray that can be heard: a decision comes behind what was asked for it."""
        if not self.strays or any(map(is_call_of_planner, self.later)):
            return False
        return all(map(self._found.__contains__, range(self._heard)))

    @property
    def beginning(self) -> list[News]:
        """What of it comes before the first stray, which can be heard."""
        return [self._found[place] for place in range(self._heard)]

    @property
    def _heard(self) -> int:
        """How much of it was heard before the first stray: what had come without a gap when that came, and
        all up to the last question of the planner that had been answered."""
        found = self._found_before[0]
        gapless = sum(1 for _ in itertools.takewhile(found.__contains__, itertools.count()))
        asked = (place + 1 for place in found if is_call_of_planner(self._found[place]))
        return max((gapless, *asked))

    @property
    def in_order(self) -> list[News]:
        """What has come of it, in the recorded order."""
        return [self._found[place] for place in sorted(self._found)]

    @property
    def drafts(self) -> int:
        """How many drafts are there that something came of."""
        return self._held.get(DRAFTED, 0)

    def refuse(self, news: Decided) -> None:
        """A decision of which nothing came but another question."""
        self.seen += 1
        self._stray(news)

    def drop(self, news: Drafted) -> None:
        """A draft in which nothing is new."""
        self.seen += 1
        self.dropped.append(news)

    def add(self, news: News, left: Counter[Key]) -> None:
        """One more piece of news. `left` counts what is recorded from here on."""
        self.seen += 1
        key = key_of(news)
        held = self._held[key] = self._held.get(key, 0) + 1
        places = self._places.get(key)
        if places:
            self._found[places.pop()] = news
        elif held <= left[key]:
            self.later.append(news)
        elif isinstance(news, UNHEARD) or is_broken_off(news):
            self.unheard.append(news)
        else:
            self._stray(news)

    def _stray(self, news: News) -> None:
        self.strays.append(news)
        self._found_before.append(frozenset(self._found))
