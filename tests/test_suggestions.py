"""Names that were meant."""

from __future__ import annotations

import pytest

from callsheet.suggestions import MAX_NAMES, did_you_mean, meant, nearest


@pytest.mark.parametrize(
    ("written", "known"),
    [("finding", "findings"), ("Findings", "findings"), ("fimdings", "findings"), ("idx", "IDX"), ("A", "a")],
)
def test_a_slip_is_mended(written: str, known: str) -> None:
    """One letter too many, too few or wrong, or another case, is a certain repair."""
    assert meant(written, [known, "else"]) == known


@pytest.mark.parametrize(
    ("written", "known"),
    [
        ("revenue_2023", ["revenue_2024"]),
        ("s1", ["s2"]),
        ("s11", ["s1"]),
        ("a", ["b"]),
        ("id", ["ids"]),
        ("cats", ["cat", "bats"]),
        ("findings", ["fundinga"]),
    ],
)
def test_what_is_not_certain_is_not_mended(written: str, known: list[str]) -> None:
    """Another digit is another thing; short names are all alike; and two may be meant."""
    assert meant(written, known) is None


def test_among_too_many_nothing_is_certain() -> None:
    """Only some names are looked through, so that the answer comes at once; then no repair is certain."""
    names = ["findings", *(f"name_{number}" for number in range(MAX_NAMES))]
    assert meant("finding", names[:MAX_NAMES]) == "findings"
    assert meant("finding", names) is None


def test_hints() -> None:
    """The nearest name, or else what there is, or that there is nothing."""
    assert nearest("findngs", ["findings", "table"]) == "findings"
    assert did_you_mean("findngs", ["findings"]) == "did you mean `findings`?"
    assert did_you_mean("zzz", ["alpha", "beta"]) == "there are `alpha`, `beta`"
    assert did_you_mean("zzz", [f"alpha{number}" for number in range(9)]).endswith(", …")
    assert did_you_mean("x", []) == "there are none"


@pytest.mark.parametrize(
    ("name", "known"),
    [("var99", "var2"), ("s12", "s1"), ("q3_2024", "q3_2025"), ("var99", "var_2"), ("step", "step3")],
)
def test_another_number_is_not_suggested(name: str, known: str) -> None:
    """What has other digits is another name; a slip beside them may be meant."""
    assert nearest(name, [known]) is None
    assert nearest(name + "x", [name]) == name


@pytest.mark.parametrize(
    ("name", "known"), [("urgent", "URGENT"), ("usd", "USD"), ("Hihg", "high"), ("read_file2", "read_file")]
)
def test_what_looks_alike_is_suggested(name: str, known: str) -> None:
    """Whatever its case, and where a number was added to a name that has none."""
    assert nearest(name, ["else", known]) == known
