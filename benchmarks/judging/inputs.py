"""What is wrong with what a plan's inputs say, measured by its goal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from callsheet.planner.plan.checked_plan import CheckedPlan

from .figures import (
    as_number,
    find_figures,
    follows,
    is_share,
    is_single_digit,
    join_digits,
    known_numbers,
    said_numbers,
    split_dates,
    without_known_days,
    without_known_runs,
)
from .names import find_names, has_name, without_names
from .said import CONDITION, Said, find_said, plain
from .worked_examples import find_copied

OWN = frozenset({"subject", "title", "headline", "heading", "caption", "name"})
"""Inputs that a plan may well find words for: their files and figures are its own."""

_PLACEHOLDERS = (
    "value values string strings text texts input output placeholder todo tbd n/a none null undefined xxx"
)
_VAGUE = "content contents result results data example"
"""Placeholders as well, but for a subject or a title."""

_BRACKETED = re.compile(r"<[^<>]*[^\W\d][^<>]*>|\[[^\[\]\",]*[^\W\d][^\[\]\",]*\]")
_FRACTION = re.compile(r"\.\d+")
_ARITHMETIC = re.compile(r"[\W\d_]*")
_QUOTES = "\"'“”„«»「」"
_NUMBERED = re.compile(r"[a-z]+\d+")
_MIXED = re.compile(r"\w+(?: \w+)+")
_LONG = 5
"""Digits that are a number of their own however they are grouped, as of a telephone."""


def find_input_fault(goal: str, must_mention: Iterable[str], checked: CheckedPlan) -> str | None:
    """What is wrong with the literal texts of a plan, or None: a placeholder, something made up, something
    copied from a worked example, a result that is only named, or a word that no text mentions."""
    said = find_said(checked)
    asked = " ".join((goal, *(_contract(checked))))
    ids = [*checked.steps]
    for each in said:
        for fault in (*_named(each, goal, ids), *_empty(each, goal), *_made_up(each, goal)):
            return f"step {each.step}: `{each.input}` {fault}"
        if copied := find_copied(each.text, asked):
            return f"step {each.step}: `{each.input}` copies `{copied}` from a worked example"
    if missing := [word for word in must_mention if not _mentions(said, word)]:
        return f"no input mentions {', '.join(missing)}"
    return None


def _contract(checked: CheckedPlan) -> Iterator[str]:
    for step in checked.steps.values():
        yield f"{step.capability.name} {step.capability.description}".replace("_", " ")


def _empty(said: Said, goal: str) -> Iterator[str]:
    """Whether a text stands only for what should be there."""
    if not said.whole or said.input == CONDITION:
        return
    bare = plain(said.text).strip(f"{_QUOTES}{{}}<>[]() ")
    word = bare.replace("_", " ").replace("-", " ")
    own = said.input.replace("_", " ")
    quoted = any(f"{quote}{bare}" in plain(goal) for quote in _QUOTES)
    vague = said.input not in OWN and word in _VAGUE.split()
    named = (vague or word in _PLACEHOLDERS.split() or word in (own, f"{own}s")) and not quoted
    unknown = _FRACTION.fullmatch(bare) and not _known(bare, goal)
    if named or unknown or _BRACKETED.fullmatch(said.text.strip()):
        yield f"is a placeholder: {said.text!r}"
    elif not re.search(r"\w|\*", said.text):
        yield f"says nothing: {said.text!r}"


def _named(said: Said, goal: str, ids: Sequence[str]) -> Iterator[str]:
    """Whether a text names a step in place of taking its result."""
    text = plain(said.text)
    for id in ids:
        marked = re.search(rf"[{{<$]\s*{id}\b", text)
        # A step that is called `summary` leaves the word to the texts; one that is called `s2` does not.
        bare = said.whole and text == id and _NUMBERED.fullmatch(id) and id not in plain(goal)
        if marked or bare:
            yield "names its own step" if id == said.step else f"names step {id}, and takes no result of it"


def _made_up(said: Said, goal: str) -> Iterator[str]:
    """The names and figures of a text that the goal has not."""
    text, asked = plain(said.text), plain(goal)
    if said.input == CONDITION:
        return
    for name, is_file in find_names(text):
        if is_file and (said.input in OWN or (said.changes and not _files_in(asked))):
            continue
        if not has_name(asked, name):
            yield f"names {name}, which the goal does not"
    if said.input in OWN and re.search(r"[^\W\d_]", text):
        return
    rest, dates = split_dates(without_names(text))
    numbers = known_numbers(goal)
    for year, one, other in dates:
        if year not in numbers or numbers.isdisjoint((one, other)):
            yield f"has the date {year}-{one}-{other}, which the goal does not"
    yield from (f"has {figure}, which the goal does not" for figure in _strange(rest, goal))


def _files_in(goal: str) -> bool:
    return any(is_file for _, is_file in find_names(goal))


def _strange(text: str, goal: str) -> Iterator[str]:
    known = known_numbers(goal)
    arithmetic = _ARITHMETIC.fullmatch(text) is not None
    for figure in find_figures(without_known_runs(without_known_days(text, known), goal)):
        if not is_single_digit(figure) and not follows(figure, known, arithmetic=arithmetic):
            yield figure.text


def _known(text: str, goal: str) -> bool:
    known = known_numbers(goal)
    return all(follows(figure, known, arithmetic=False) for figure in find_figures(text))


def _mentions(said: Iterable[Said], word: str) -> bool:
    return any(_has(each.text, plain(word)) for each in said)


def _has(text: str, word: str) -> bool:
    """Whether a text has a word: figures in digits or in words, and a date in any order."""
    number = as_number(word)
    if number is not None:
        return _has_number(text, number) or (_is_long(word) and word in join_digits(text))
    digits = join_digits(word)
    if digits.isdigit() and _is_long(digits):
        return digits in join_digits(text)
    if _MIXED.fullmatch(word) and re.search(r"\b\d", word):
        return all(_has(text, part) for part in word.split(" "))
    return word in plain(text)


def _is_long(digits: str) -> bool:
    return len(digits) >= _LONG


def _has_number(text: str, number: float) -> bool:
    return any(each == number or is_share(each, number) for each in said_numbers(text))
