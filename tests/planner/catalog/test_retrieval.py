"""Search in a catalog: by words, by meaning, by parts of a goal."""

from __future__ import annotations

import hashlib
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callsheet.agents.contracts.capability import Capability, Effect
from callsheet.planner.catalog import embeddings as word_vectors
from callsheet.planner.catalog import full_text as word_index
from callsheet.planner.catalog.embeddings import VectorIndex, installed_vectors
from callsheet.planner.catalog.errors import SearchUnavailable
from callsheet.planner.catalog.full_text import FullTextIndex
from callsheet.planner.catalog.idioms import idioms, plain_wordings
from callsheet.planner.catalog.retrieval import MAX_PARTS, Retrieval, catalog_digest, fuse, search_queries
from callsheet.planner.catalog.synonyms import synonym_groups
from callsheet.planner.catalog.tokens import Wording, telling_words
from tests.planner.catalogs import TEXT, capability

SEND = capability("send_message", {"person": TEXT}, {"sent": TEXT}, description="Send a notification")
TRACK = capability("track_shipment", {"number": TEXT}, {"place": TEXT}, description="Where a shipment is")
DRAW = capability("draw_chart", {"rows": TEXT}, {"image": TEXT}, description="Draw bars for numbers")
PRUNE = capability("prune_tree", {"height": TEXT}, {"image": TEXT}, description="Cut the branches of a tree")
CATALOG = (SEND, TRACK, DRAW, PRUNE)

needs_vectors = pytest.mark.skipif(
    installed_vectors() is None, reason="the word vectors (extra `retrieval`) are not installed"
)


def found(*queries: str, catalog: tuple[Capability, ...] = CATALOG, by_meaning: bool = False) -> list[str]:
    """The names of what fits, the best first."""
    vectors = installed_vectors() if by_meaning else None
    return [each.name for each in Retrieval(catalog, vectors).find_capabilities(queries)]


def test_inflected_words_are_found() -> None:
    """Words are compared by their stems."""
    assert found("drawing charts")[0] == "draw_chart"
    assert found("notifications")[0] == "send_message"


def test_words_for_one_another_are_found() -> None:
    """By the thesaurus, where the word itself is nowhere in the catalog."""
    assert found("parcel") == ["track_shipment"]
    assert found("inform Anna")[0] == "send_message"


def test_a_word_in_a_name_weighs_more_than_one_in_a_field() -> None:
    """What a capability is called says most about it."""
    assert found("image of a tree") == ["prune_tree", "draw_chart"]


def test_what_is_named_letter_for_letter_comes_first() -> None:
    """Whatever else the text is about."""
    assert found("cut the branches of the tree with draw_chart")[0] == "draw_chart"


@needs_vectors
def test_what_means_the_same_is_found_by_meaning() -> None:
    """Without a word in common, and with none of the thesaurus."""
    assert "prune_tree" not in found("gardening")
    assert found("gardening", by_meaning=True)[0] == "prune_tree"


@needs_vectors
def test_vectors_that_are_not_the_known_ones_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another release of the package, or a file that was changed, counts as not installed."""
    monkeypatch.setattr(
        word_vectors, "TOKENIZER", (word_vectors.TOKENIZER[0], hashlib.sha256(b"").hexdigest())
    )
    assert installed_vectors.__wrapped__() is None
    monkeypatch.setattr(word_vectors, "TOKENIZER", ("no/such.json", ""))
    assert installed_vectors.__wrapped__() is None


def test_without_the_package_there_are_no_vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing is fetched to have some."""
    monkeypatch.setattr(word_vectors, "PACKAGE", "no_such_package_anywhere")
    assert installed_vectors.__wrapped__() is None


@needs_vectors
def test_a_text_of_no_tokens_means_nothing() -> None:
    """An empty query finds nothing, and an empty text is near to nothing."""
    vectors = installed_vectors()
    assert vectors is not None
    index = VectorIndex(["", "a tree"], vectors, by_rarity=True)
    assert index.rank("", 5) == ()
    assert list(index.rank("trees", 5)) == [1, 0]


def test_each_part_of_a_goal_is_searched_for() -> None:
    """Beside the goal as a whole, and what it says in idioms."""
    goal = "Find the parcel, then let Anna know, and draw a chart"
    assert search_queries(goal) == (
        goal,
        "Find the parcel",
        "let Anna know",
        "draw a chart",
        "send message notify",
    )


def test_a_list_of_things_is_one_part() -> None:
    """A piece of one word would take the place of a part that says what is to be done."""
    goal = "Sort the mails into bugs, questions and praise, then print them"
    assert search_queries(goal) == (goal, "Sort the mails into bugs questions praise print them")


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("Mail it to bob@example.com", "send email"),
        ("what is in data.csv", "load file table"),
        ("drop the nice lady a line", "send email message"),
        ("Let everybody at the office know", "send message notify"),
        ("12 % of 80", "calculate arithmetic expression"),
    ],
)
def test_idioms_and_names_of_things_are_said_plainly(text: str, plain: str) -> None:
    """In the words that catalogs have for them."""
    assert plain in plain_wordings(text)


def test_fusion_puts_first_what_is_first_in_most_rankings() -> None:
    """A place in two rankings counts more than one in one; equals stay in order."""
    assert fuse([[3, 1], [3, 2], [1, 3]]) == [3, 1, 2]
    assert fuse([[2, 5], [5, 2]]) == [2, 5]
    assert fuse([]) == []


@settings(deadline=None, max_examples=80)
@given(goal=st.text(max_size=300))
def test_any_text_can_be_searched_for(goal: str) -> None:
    """For every text: quotes, operators of the search language, no letters at all; the same each time."""
    assert found(*search_queries(goal)) == found(*search_queries(goal))


def test_a_query_is_never_read_as_a_command() -> None:
    """The search language of SQLite has operators and column filters; words of a goal are words."""
    assert found('name: "*" OR NOT ( ^tree NEAR', 'x" OR "y') == ["prune_tree"]


@pytest.mark.parametrize("text", ["a " * 10_000, "let " * 5_000, "a@" * 10_000, "x, " * 6_000, "9 " * 10_000])
def test_a_long_goal_makes_few_queries(text: str) -> None:
    """However it is cut, and in reasonable time."""
    assert len(search_queries(text)) <= 1 + MAX_PARTS + len(idioms())


def test_one_index_serves_several_threads() -> None:
    """Each gets what it would get alone."""
    retrieval = Retrieval(CATALOG, None)
    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(lambda query: retrieval.find_capabilities([query])[0].name, ["parcel", "trees"] * 50)
        )
    assert answers == ["track_shipment", "prune_tree"] * 50


def test_a_python_that_cannot_search_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to do about it."""

    class Bare(sqlite3.Connection):
        def execute(self, sql: str, *rest: Any) -> sqlite3.Cursor:
            if "fts5" in sql:
                raise sqlite3.OperationalError("no such module: fts5")
            return super().execute(sql, *rest)

    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", partial(connect, factory=Bare))
    word_index._thesaurus.cache_clear()
    with pytest.raises(SearchUnavailable, match="fewer capabilities"):
        FullTextIndex([Wording("a", "b", ())])


def test_a_digest_tells_catalogs_apart_by_what_they_say() -> None:
    """In anything, as what is found is handed out; not by their order."""
    assert catalog_digest([SEND, TRACK]) == catalog_digest([TRACK, SEND])
    for change in ({"description": "Something else"}, {"effect": Effect.WRITE}, {"max_retries": 7}):
        other = SEND.model_copy(update=change)
        assert catalog_digest([SEND, TRACK]) != catalog_digest([other, TRACK])


def test_names_are_cut_into_words() -> None:
    """At underscores and humps; what says nothing is left out."""
    assert telling_words("sendTheNewsletter to_all E-mail users") == ["send", "newsletter", "email", "users"]


def test_the_thesaurus_is_clean() -> None:
    """Small words without signs, in groups of at least two, none twice."""
    for group in synonym_groups():
        words = group.split()
        assert len(words) >= 2
        assert len(set(words)) == len(words), group
    assert len(set(synonym_groups())) == len(synonym_groups())


def test_nothing_of_the_vectors_package_is_imported() -> None:
    """It would set up logging for everybody, and may ask the network."""
    source = Path(word_vectors.__file__).read_text("utf-8")
    assert "import wordllama" not in source
