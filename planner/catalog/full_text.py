"""Which capabilities share the most telling words with a text: BM25, by SQLite's full-text search.

The ranking function is that of S. Robertson and H. Zaragoza, "The Probabilistic Relevance Framework"
(2009), as FTS5 has it (k1 = 1.2, b = 0.75); words are compared by their stems (Porter, 1980).
"""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Iterable, Sequence
from functools import cache

from callsheet.planner.catalog.errors import SearchUnavailable

from .synonyms import synonym_groups
from .tokens import Wording, telling_words

MAX_WORDS = 100
"""Different words of a query that are looked for."""
MAX_KNOWN = 20_000

WEIGHTS = (3.0, 1.0, 0.5, 0.3)
"""What a word weighs in a name, in a description, in the names of fields, and as a word for another."""


class FullTextIndex:
    """The words of a catalog, made once. It lives in memory, and may be used from any thread.

    Raises SearchUnavailable.
    """

    def __init__(self, catalog: Sequence[Wording]) -> None:
        self._thesaurus = _thesaurus()
        self._database = _table("name, description, fields, senses")
        weakref.finalize(self, self._database.close)
        self._database.executemany(
            "INSERT INTO texts (rowid, name, description, fields, senses) VALUES (?, ?, ?, ?, ?)",
            ((at, *self._row(each)) for at, each in enumerate(catalog)),
        )

    def rank(self, query: str, most: int) -> Sequence[int]:
        """Places in the catalog of what shares words with the query, or words for them; the best first."""
        words = _distinct(telling_words(query))
        if not words:
            return ()
        match = f"{{name description fields}}: ({_any(words)})"
        if senses := _distinct(self._senses(words)):
            match += f" OR {{senses}}: ({_any(senses)})"
        rows = self._database.execute(
            "SELECT rowid FROM texts WHERE texts MATCH ?"
            " ORDER BY round(bm25(texts, ?, ?, ?, ?), 6), rowid LIMIT ?",
            (match, *WEIGHTS, most),
        )
        return [row[0] for row in rows]

    def _row(self, wording: Wording) -> tuple[str, ...]:
        parts = (wording.name, wording.description, " ".join(wording.fields))
        name, description, fields = map(telling_words, parts)
        senses = self._senses(dict.fromkeys([*name, *description]))
        return tuple(" ".join(column) for column in (name, description, fields, senses))

    def _senses(self, words: Iterable[str]) -> list[str]:
        return [sense for word in words for sense in self._thesaurus.senses(word)]


class _Thesaurus:
    """Which groups of synonyms a word is in; the groups are searched by stems, as texts are."""

    def __init__(self) -> None:
        self._database = _table("words")
        weakref.finalize(self, self._database.close)
        groups = ((group,) for group in synonym_groups())
        self._database.executemany("INSERT INTO texts (words) VALUES (?)", groups)
        self._known: dict[str, tuple[str, ...]] = {}

    def senses(self, word: str) -> tuple[str, ...]:
        """A made-up word for each group."""
        if word not in self._known:
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            rows = self._database.execute("SELECT rowid FROM texts WHERE texts MATCH ?", (_any([word]),))
            self._known[word] = tuple(f"sense{row[0]}" for row in rows)
        return self._known[word]


@cache
def _thesaurus() -> _Thesaurus:
    return _Thesaurus()


def _table(columns: str) -> sqlite3.Connection:
    # A library that serves several threads at once tells so by its `threadsafety`.
    database = sqlite3.connect(":memory:", check_same_thread=sqlite3.threadsafety < 3)
    try:
        database.execute(f"CREATE VIRTUAL TABLE texts USING fts5({columns}, tokenize='porter unicode61')")
    except sqlite3.OperationalError as error:
        database.close()
        raise SearchUnavailable from error
    return database


def _distinct(words: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(words))[:MAX_WORDS]


def _any(words: Iterable[str]) -> str:
    """A query of FTS5 for any of the words, which have letters and digits alone: none can end its quotes."""
    return " OR ".join(f'"{word}"' for word in words)
