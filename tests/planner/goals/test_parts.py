"""The parts of a goal, and which of them a plan forgets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.agents.contracts.capability import Capability
from callsheet.planner.goals.parts import MAX_PARTS, find_dropped_parts, find_unmade, is_asked_for, split_goal
from tests.planner.catalogs import READ, SHORTEN, TEXT, capability

HEADLINE = capability(
    "write_headline", {"text": TEXT}, {"headline": TEXT}, description="find a headline for a text"
)
PUBLISH = capability("publish_post", {"body": TEXT}, {"url": TEXT}, description="put a post online")
TRANSLATE = capability(
    "translate", {"text": TEXT}, {"text": TEXT}, description="put a text into another language"
)
POST = capability(
    "post_message", {"text": TEXT}, {"posted": TEXT}, description="post a message to a chat channel"
)
PRESS = (HEADLINE, PUBLISH, TRANSLATE, POST)


@pytest.mark.parametrize(
    ("goal", "parts"),
    [
        ("Read a.md and b.md, then shorten both.", ("Read a.md and b.md", "shorten both")),
        ("Read plan_a.md and plan_b.md and compare them", ("Read plan_a.md and plan_b.md", "compare them")),
        ("Save it as 'read, write and send' and post it", ("Save it as 'read, write and send'", "post it")),
        ("How much is it, all in all?", ("How much is it, all in all?",)),
        ("Find the e-mails and e-mail them", ("Find the e-mails", "e-mail them")),
    ],
)
def test_a_part_begins_with_what_is_to_be_done(goal: str, parts: tuple[str, ...]) -> None:
    """Names and quotations are not cut, and neither is a list of things."""
    assert split_goal(goal) == parts


@given(st.text())
def test_every_goal_has_parts_in_its_own_words(goal: str) -> None:
    """For every goal: at least one part, twelve at most, each a piece of the goal."""
    parts = split_goal(goal)
    assert 1 <= len(parts) <= MAX_PARTS
    assert all(part in " ".join(goal.split()) for part in parts)


def test_a_part_that_no_step_does_is_told_with_who_could() -> None:
    """The capability is the one that shares the part's words."""
    goal = "Translate the text, find a headline and publish it"
    (gap,) = find_dropped_parts(goal, {"translate", "write_headline"}, PRESS)
    assert gap.capability == "publish_post"
    assert "`publish it`" in gap.sentence
    assert not list(find_dropped_parts(goal, {"translate", "write_headline", "publish_post"}, PRESS))


def test_what_the_work_is_done_with_is_no_part_of_its_own() -> None:
    """A word that a part shares with a capability further in says nothing: a message that is labelled is
    not posted."""
    assert not list(find_dropped_parts("Label this message as spam", {"classify"}, PRESS))


def test_quotations_and_files_are_not_looked_into() -> None:
    """What the goal quotes is no work."""
    assert not list(find_dropped_parts("Say 'publish the post online' twice", set(), PRESS))


def test_a_thing_that_nobody_makes_is_found() -> None:
    """The translation in a part that posts it, unless a step is told to translate."""
    part = "post a German translation to #support"
    assert list(find_unmade(part, {"post_message"}, "", PRESS)) == ["translate"]
    assert not list(find_unmade(part, {"post_message"}, "Write it and translate it", PRESS))
    assert not list(find_unmade(part, {"post_message", "translate"}, "", PRESS))


def test_a_capability_is_asked_for_in_any_of_its_words() -> None:
    """In its name or its description, in any inflection."""
    assert is_asked_for("Publishing is fun", PUBLISH)
    assert not is_asked_for("Publishing is fun", TRANSLATE)


@given(
    st.text(),
    st.lists(st.sampled_from([*PRESS, READ, SHORTEN]), min_size=1, unique_by=lambda each: each.name),
)
def test_a_plan_with_every_capability_drops_nothing(goal: str, catalog: list[Capability]) -> None:
    """For every goal: where all capabilities are used, no part is missing."""
    assert not list(find_dropped_parts(goal, {each.name for each in catalog}, catalog))
