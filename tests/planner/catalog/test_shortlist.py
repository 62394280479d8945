"""Which part of a catalog a planner sees, and what it gets when it asks for more."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callsheet.agents.contracts.capability import Capability, JsonObject
from callsheet.planner.catalog.shortlist import KEPT, MAX_MORE, RetrievedShortlist, Shortlists
from callsheet.planner.schemas.capability_text import signature
from callsheet.prompts.budget import count_tokens
from tests.planner.catalogs import TEXT, capability

NOUNS = ("invoice", "parcel", "student", "tree", "song", "recipe", "bridge", "patient", "lamp", "river")
VERBS = ("create", "delete", "list", "archive", "rename", "print", "approve", "measure")
CATALOG = tuple(
    capability(f"{verb}_{noun}", {noun: TEXT}, {"done": TEXT}, description=f"{verb} one {noun}")
    for noun in NOUNS
    for verb in VERBS
)
SHORTLIST = RetrievedShortlist(CATALOG, most=10)


def names(capabilities: tuple[Capability, ...]) -> list[str]:
    """What they are called."""
    return [each.name for each in capabilities]


def cost(capabilities: tuple[Capability, ...]) -> int:
    """Tokens of their lines in a terse prompt."""
    return sum(count_tokens(f"- {signature(each, terse=True)}\n").tokens for each in capabilities)


def test_every_part_of_a_goal_gets_its_capabilities() -> None:
    """One part with many capabilities doesn't push out the others'."""
    cut = names(SHORTLIST.first("Print the recipe, measure the bridge, then archive the song"))
    assert len(cut) == 10
    assert {"print_recipe", "measure_bridge", "archive_song"} <= set(cut)


def test_a_small_catalog_is_not_cut() -> None:
    """It comes back as it is, in its order, and nothing is searched."""
    shortlist = RetrievedShortlist(CATALOG[:10], most=10)
    assert shortlist.first("anything") == CATALOG[:10]


def test_a_small_catalog_that_costs_too_much_is_cut() -> None:
    """The tokens bound it even where the number doesn't."""
    shortlist = RetrievedShortlist(CATALOG[:10], most=10, tokens=60)
    assert 0 < len(shortlist.first("create an invoice")) < 10


def test_a_goal_that_fits_nothing_gets_some_capabilities() -> None:
    """So that a planner can still ask for others, or for what is meant."""
    assert len(SHORTLIST.first("?")) == 10


def test_what_is_wanted_is_added_behind_what_was_there() -> None:
    """What the planner had stays, and nothing comes twice."""
    had = SHORTLIST.first("create an invoice")
    more = SHORTLIST.more(["something that renames a lamp", "delete_river"], had)
    assert more[: len(had)] == had
    assert {"rename_lamp", "delete_river"} <= set(names(more))
    assert len(set(names(more))) == len(more) <= len(had) + MAX_MORE


def test_a_capability_that_is_named_is_the_first_to_be_added() -> None:
    """Whatever else the words fit."""
    had = SHORTLIST.first("create an invoice")
    assert SHORTLIST.more(["measure_tree to create an invoice"], had)[len(had)].name == "measure_tree"


@pytest.mark.parametrize("wanted", [[], ["qqq"], [""], ["create_invoice"]])
def test_nothing_new_is_added_where_nothing_fits(wanted: list[str]) -> None:
    """So that asking comes to an end."""
    whole = RetrievedShortlist(CATALOG[:8], most=1)
    assert whole.more(wanted, CATALOG[:8]) == CATALOG[:8]


@settings(deadline=None, max_examples=40)
@given(
    goal=st.lists(st.sampled_from([*NOUNS, *VERBS, "and", ","]), min_size=1, max_size=12).map(" ".join),
    tokens=st.integers(0, 800),
    wanted=st.lists(st.sampled_from([*NOUNS, *VERBS]), max_size=4),
)
def test_cut_and_additions_keep_to_the_tokens(goal: str, tokens: int, wanted: list[str]) -> None:
    """For every goal, every number of tokens and whatever is asked for; and the same each time."""
    shortlist = RetrievedShortlist(CATALOG, most=30, tokens=tokens)
    first = shortlist.first(goal)
    more = shortlist.more(wanted, first)
    assert cost(more) <= tokens
    assert len(first) <= 30
    assert (first, more) == (shortlist.first(goal), shortlist.more(wanted, first))


def test_there_is_room_left_for_what_is_asked_for() -> None:
    """The first cut doesn't use up the tokens."""
    shortlist = RetrievedShortlist(CATALOG, tokens=400)
    first = shortlist.first("create an invoice")
    assert len(shortlist.more(["measure a river"], first)) > len(first)


def test_one_long_description_does_not_take_all_the_room() -> None:
    """A capability whose line alone is too long is left out, and the others are not."""
    fields: JsonObject = {f"a_field_with_a_long_name_{at}": TEXT for at in range(400)}
    monster = capability("create_invoice_monster", fields, {"done": TEXT}, description="invoice " * 25_000)
    shortlist = RetrievedShortlist((monster, *CATALOG), most=10, tokens=500)
    cut = names(shortlist.first("create an invoice"))
    assert "create_invoice" in cut
    assert "create_invoice_monster" not in cut


def test_the_order_of_the_catalog_does_not_matter() -> None:
    """Whoever registered first."""
    turned = RetrievedShortlist(CATALOG[::-1], most=10)
    goal = "print the recipe"
    assert names(turned.first(goal)) == names(SHORTLIST.first(goal))


def test_a_shortlist_is_made_once_for_a_catalog() -> None:
    """The same contracts get the same object; and not every catalog there ever was is kept."""
    shortlists = Shortlists()
    made = shortlists.of(CATALOG)
    assert shortlists.of(list(CATALOG[::-1])) is made
    for at in range(KEPT):
        shortlists.of(CATALOG[: at + 1])
    assert shortlists.of(CATALOG) is not made
