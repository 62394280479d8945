"""Which of the known names was meant by one that is unknown."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice

MAX_NAMES = 2_000
"""Names that are looked through: a guess is not worth more."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that looks most like this one, in whatever case, if any does.

    One with other digits is another name: `var99` was never meant for `var2`.
    """
    others: dict[str, str] = {}
    for each in islice(known, MAX_NAMES):
        if each == name or _may_be_meant(name, each):
            others.setdefault(each.lower(), each)
    found = get_close_matches(name[:80].lower(), others, 1)
    return others[found[0]] if found else None


def meant(name: str, known: Iterable[str]) -> str | None:
    """The known name that is at most one letter away, or written in another case, if it is the only one.

    Another digit is not a typing error: `revenue_2023` was never meant for `revenue_2024`. Nor is another
    letter in a name of one or two.
    """
    names = list(islice(known, MAX_NAMES + 1))
    # Among more than `MAX_NAMES` it would not be known to be the only one.
    close = [each for each in names if _is_slip(name.lower(), each.lower())]
    return close[0] if len(close) == 1 and len(names) <= MAX_NAMES else None


def did_you_mean(name: str, known: Iterable[str], most: int = 8) -> str:
    """A hint: the nearest name, or what there is, at `most` so many."""
    names = list(islice(known, MAX_NAMES))
    if found := nearest(name, names):
        return f"did you mean `{found}`?"
    if not names:
        return "there are none"
    shown = ", ".join(f"`{each}`" for each in names[:most])
    return f"there are {shown}" + (", …" if len(names) > most else "")


def _may_be_meant(name: str, other: str) -> bool:
    own, others = _digits(name), _digits(other)
    if not own and others:
        return _without_digits(name) != _without_digits(other)
    return own == others or not others


def _is_slip(one: str, other: str) -> bool:
    if one == other:
        return True
    return min(len(one), len(other)) > 2 and _digits(one) == _digits(other) and _within_a_letter(one, other)


def _without_digits(name: str) -> str:
    return "".join(character for character in name if not character.isdigit())


def _digits(name: str) -> list[str]:
    return [character for character in name if character.isdigit()]


def _within_a_letter(one: str, other: str) -> bool:
    """Whether at most one letter was added, dropped or exchanged (Levenshtein distance of 1 or 0)."""
    if abs(len(one) - len(other)) > 1:
        return False
    shorter, longer = sorted((one, other), key=len)
    same = 0
    while same < len(shorter) and shorter[same] == longer[same]:
        same += 1
    return shorter[same:] == longer[same + 1 :] or shorter[same + 1 :] == longer[same + 1 :]
