"""Calculations said in words, where the words can mean only one thing."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence

from .amounts import FUNCTIONS, Amount
from .arithmetic import Parser
from .lexer import MAX_CHARACTERS, CalculatorToken, Unreadable, to_number, tokenize

_ASKING = re.compile(
    r"\s*(please\s+)?((what(\s+is|'s)|how\s+much\s+is|calculate|compute|evaluate|work\s+out|find"
    r"|the\s+(result|value)\s+of)\s+)*(the\s+)?",
    re.I,
)
_ENDING = string.whitespace + "?.="
_AGGREGATES = {
    "sum": "sum",
    "total": "sum",
    "add up": "sum",
    "add": "sum",
    "average": "mean",
    "mean": "mean",
    "median": "median",
    "product": "product",
    "largest": "max",
    "maximum": "max",
    "max": "max",
    "smallest": "min",
    "minimum": "min",
    "min": "min",
}
_AGGREGATE = re.compile(
    rf"(?P<name>{'|'.join(_AGGREGATES)})\b(\s+of\b)?(\s+(all|the|these|following)\b)*\s*:?", re.I
)
_DIFFERENCE = re.compile(r"difference\s+(between|of)\b", re.I)
# A hyphen that follows a word separates; only one that stands alone is a sign.
_NUMBER = r"(?:(?<![^\s:|,;=])[-+])?(?:[$€£¥]\s?)?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_ITEM = re.compile(rf"(?P<label>[^\d]*?)(?P<number>{_NUMBER})(?:\s*+[$€£¥])?+\s*+[|.;,]?\s*+")
_SEPARATED = re.compile(r"(\A|[:|=\t,;]|[-+]\s|\s\s|[:|=-]\s+)\Z")
_YEAR = re.compile(r"(19|20)\d\d\Z")
_TOTAL = re.compile(r"\b(sub)?total\b|\bsum\b|\bbalance\b|\baverage\b", re.I)
_HEADING = re.compile(r"#|[-=|:\s]+\Z|.*:\Z")


def evaluate(text: str) -> Amount:
    """The value of an expression, or of a question such as "What is the sum of 3, 4 and 5?".

    An aggregate may also be asked of lines that end with a number each: "total of" and then
    `Rent: 1,200`, `Food: 300`. Raises Unreadable for anything that could mean two things.
    """
    if len(text) > MAX_CHARACTERS:
        raise Unreadable(f"it has {len(text):,} characters, and at most {MAX_CHARACTERS:,} are read")
    asked = text[_end(_ASKING, text) :].rstrip(_ENDING)
    if aggregate := _AGGREGATE.match(asked):
        rest = asked[aggregate.end() :]
        if not rest.lstrip().startswith("("):
            return FUNCTIONS[_AGGREGATES[" ".join(aggregate["name"].lower().split())]](
                [amount.value for amount in _items(rest)]
            )
    if difference := _DIFFERENCE.match(asked):
        return _difference(_enumerated(asked[difference.end() :]))
    return Parser(tokenize(asked)).result()


def _end(pattern: re.Pattern[str], text: str) -> int:
    match = pattern.match(text)
    return match.end() if match else 0


def _items(text: str) -> Sequence[Amount]:
    return _lines(text) if "\n" in text.strip() else _enumerated(text)


def _difference(items: Sequence[Amount]) -> Amount:
    if len(items) != 2:
        raise Unreadable("a difference is between two numbers")
    return Amount(abs(items[0].value - items[1].value))


def _enumerated(text: str) -> Sequence[Amount]:
    """The numbers of "3, 4 and 5" or "[3, 4, 5]". Anything but numbers in between is refused: "3, 4 and 5
    divided by 2" does not say what is divided."""
    items: list[list[CalculatorToken]] = [[]]
    tokens = tokenize(text)
    if tokens and tokens[0].text == "[" and tokens[-1].text == "]":
        tokens = tokens[1:-1]
    for token in tokens:
        if token.text in (",", "and"):
            items.append([])
        else:
            items[-1].append(token)
    numbers = [each for each in items if each]
    if not numbers or any(len(each) > 2 or each[-1].value is None for each in numbers):
        raise Unreadable("it isn't a list of plain numbers")
    if len(numbers) == 1 and "," in numbers[0][-1].text:
        raise Unreadable("its commas could separate numbers or group thousands; put a blank after each comma")
    return [Parser(each).result() for each in numbers]


def _lines(text: str) -> Sequence[Amount]:
    """The one number at the end of each line. The first line may be a title; other lines without a
    number, with two, or with a total of their own leave it open what to count."""
    items: list[Amount] = []
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for at, line in enumerate(lines):
        item = _ITEM.fullmatch(line)
        if item is None or line.startswith("#") or (at == 0 and _ends_with_year(item)):
            _check_heading(line, first=at == 0)
        elif _TOTAL.search(item["label"]):
            raise Unreadable(f"the line {line[:60]!r} already is a total")
        elif _ends_with_year(item):
            raise Unreadable(f"the line {line[:60]!r} may end with a year")
        else:
            items.append(Amount(to_number(re.sub(r"[\s$€£¥]", "", item["number"]))))
    if not items:
        raise Unreadable("no line ends with a number")
    return items


def _ends_with_year(item: re.Match[str]) -> bool:
    """Whether nothing but a blank stands before a number that may be a year: "Budget 2026" is a title."""
    return _YEAR.match(item["number"]) is not None and _SEPARATED.search(item["label"]) is None


def _check_heading(line: str, *, first: bool) -> None:
    title = first and _ITEM.fullmatch(line) is not None
    if any(each.isdigit() for each in line) and not title and not line.startswith("#"):
        raise Unreadable(f"the line {line[:60]!r} doesn't end with its only number")
    if not first and not _HEADING.match(line):
        raise Unreadable(f"the line {line[:60]!r} has no number")
