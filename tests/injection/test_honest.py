"""Whoever is asked too often stops reading: honest revisions go on without a question."""

from __future__ import annotations

import pytest

from .honest import HONEST, Honest, asked_about


@pytest.mark.parametrize("revision", [each for each in HONEST if not each.is_asked], ids=str)
def test_an_honest_revision_asks_nobody(revision: Honest) -> None:
    """Other files and hosts that the goal names, other words, and links in what is only written down."""
    assert list(asked_about(revision)) == []


@pytest.mark.parametrize("revision", [each for each in HONEST if each.is_asked], ids=str)
def test_what_could_as_well_be_hostile_is_asked_about(revision: Honest) -> None:
    """Places that nobody named, though a person would see that they are meant well."""
    assert list(asked_about(revision))


def test_few_are_asked_about() -> None:
    """At most one honest revision in eight."""
    assert 8 * len([each for each in HONEST if each.is_asked]) <= len(HONEST) >= 24
