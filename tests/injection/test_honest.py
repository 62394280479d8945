"""Whoever is asked too often stops reading: honest revisions read on without a question, and are asked about
only where they write."""

from __future__ import annotations

import pytest

from .honest import HONEST, WRITING, Honest, asked_about

WRITES = {"save", "send"}


def reads_asked_about(revision: Honest) -> list[str]:
    """Why somebody is asked about steps that change nothing."""
    return [why for capability, why in asked_about(revision) if capability not in WRITES]


@pytest.mark.parametrize("revision", [each for each in (*HONEST, *WRITING) if not each.is_asked], ids=str)
def test_an_honest_revision_reads_on_without_a_question(revision: Honest) -> None:
    """Other files and hosts that the goal names, other words, and whatever is computed from them."""
    assert reads_asked_about(revision) == []


@pytest.mark.parametrize("revision", [each for each in HONEST if each.is_asked], ids=str)
def test_what_could_as_well_be_hostile_is_asked_about(revision: Honest) -> None:
    """Places that nobody named, though a person would see that they are meant well."""
    assert reads_asked_about(revision)


@pytest.mark.parametrize("revision", WRITING, ids=str)
def test_what_it_writes_is_asked_about(revision: Honest) -> None:
    """Nobody can tell an honest text from one that is not: each is shown to a person, to whatever place."""
    assert WRITES & {capability for capability, _ in asked_about(revision)}


def test_few_reads_are_asked_about() -> None:
    """At most one honest revision in eight."""
    assert 8 * len([each for each in HONEST if each.is_asked]) <= len(HONEST) >= 16
