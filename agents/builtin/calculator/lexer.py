"""The tokens of arithmetic as people and models write it: thousands, currencies, words for operators."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

MAX_CHARACTERS = 20_000
MAX_DIGITS = 200
_LARGEST_EXPONENT = 400

_TOKEN = re.compile(
    r"""
    (?P<number> (?:\d+(?:_\d+)*(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d{1,3}(?!\d))? )
  | (?P<name> [^\W\d_]+(?:10\b)? )
  | (?P<comma> [,;] )
  | (?P<operator> \*\*|//|[-+*/%^()\[\]] )
  | (?P<currency> [$€£¥] )
  | (?P<blank> \s+ )
  | (?P<other> . )
    """,
    re.VERBOSE | re.DOTALL,
)
_SIGNS = str.maketrans(
    {
        "\N{MULTIPLICATION SIGN}": "*",
        "\N{MIDDLE DOT}": "*",
        "\N{DOT OPERATOR}": "*",
        "\N{DIVISION SIGN}": "/",
        "\N{MINUS SIGN}": "-",
        "\N{EN DASH}": "-",
        "\N{NO-BREAK SPACE}": " ",
    }
)
_WORDS = {
    "plus": "+",
    "minus": "-",
    "times": "*",
    "x": "*",
    "percent": "%",
}
_PHRASES = ((re.compile(r"\bmultiplied\s+by\b", re.I), "*"), (re.compile(r"\bdivided\s+by\b", re.I), "/"))


class Unreadable(ValueError):
    """A text that is not arithmetic, or could mean two things."""


@dataclass(frozen=True, slots=True)
class CalculatorToken:
    """A number, or a word, sign or bracket. `tight` is a comma with digits right on both sides."""

    text: str
    value: Fraction | None = None
    tight: bool = False


def tokenize(text: str) -> Sequence[CalculatorToken]:
    """The tokens of a text. A comma that groups thousands is part of its number:

    Between the brackets of a function or a list a comma separates (`max(1,200)` has two numbers);
    elsewhere one without a blank, before exactly three digits, groups (`1,200 + 3`). A list with
    both kinds could mean either, and is refused. Raises Unreadable.
    """
    plain = text.translate(_SIGNS)
    for phrase, sign in _PHRASES:
        plain = phrase.sub(sign, plain)
    return list(_join_thousands(list(_split(plain))))


def to_number(text: str) -> Fraction:
    """The exact value of a number as it is written, thousands commas and all. Raises Unreadable."""
    plain = text.replace("_", "").replace(",", "")
    mantissa, _, exponent = plain.lower().partition("e")
    if len(mantissa) > MAX_DIGITS or abs(int(exponent or 0)) > _LARGEST_EXPONENT:
        raise Unreadable("it has a number with too many digits")
    return Fraction(plain)


def _split(text: str) -> Iterator[CalculatorToken]:
    currencies: set[str] = set()
    for match in _TOKEN.finditer(text):
        kind, found = match.lastgroup, match.group()
        if kind == "number":
            yield CalculatorToken(found, value=to_number(_ascii(found)))
        elif kind == "comma":
            yield CalculatorToken(",", tight=found == "," and _between_digits(text, match.start()))
        elif kind == "currency":
            currencies.add(found)
        elif kind == "other":
            raise Unreadable(f"{found!r} is not part of arithmetic")
        elif kind != "blank":
            word = found.lower()
            yield CalculatorToken(_WORDS.get(word, word))
    if len(currencies) > 1:
        raise Unreadable(f"it mixes currencies ({', '.join(sorted(currencies))})")


def _ascii(digits: str) -> str:
    if not digits.isascii():
        raise Unreadable(f"{digits!r} is not written in the digits 0 to 9")
    return digits


def _between_digits(text: str, at: int) -> bool:
    return text[at - 1 : at].isdigit() and text[at + 1 : at + 2].isdigit()


def _join_thousands(tokens: Sequence[CalculatorToken]) -> Iterator[CalculatorToken]:
    lists = _commas_of_lists(tokens)
    at = 0
    while at < len(tokens):
        end = at + 1
        while end not in lists and _continues(tokens, at, end):
            end += 2
        digits = "".join(each.text for each in tokens[at:end])
        yield tokens[at] if end == at + 1 else CalculatorToken(digits, value=to_number(digits))
        at = end


def _continues(tokens: Sequence[CalculatorToken], at: int, end: int) -> bool:
    """Whether the comma at `end` goes on with the number that began `at`."""
    if end + 1 >= len(tokens) or not tokens[end].tight:
        return False
    begins = re.fullmatch(r"[1-9]\d{0,2}", tokens[at].text) is not None
    follows = re.fullmatch(r"\d{3}(\.\d+)?", tokens[end + 1].text) is not None
    return begins and follows and "." not in tokens[end - 1].text


def _commas_of_lists(tokens: Sequence[CalculatorToken]) -> set[int]:
    """Where the commas are that separate the arguments of a function or the elements of a list."""
    separating: set[int] = set()
    open_lists: list[list[int] | None] = []
    for at, token in enumerate(tokens):
        if token.text in ("(", "["):
            is_list = token.text == "[" or (
                at > 0 and tokens[at - 1].text.isalpha() and tokens[at - 1].text != "of"
            )
            open_lists.append([] if is_list else None)
        elif token.text in (")", "]") and open_lists:
            separating |= _agreeing(tokens, open_lists.pop() or [])
        elif token.text == "," and open_lists and (inside := open_lists[-1]) is not None:
            inside.append(at)
    return separating


def _agreeing(tokens: Sequence[CalculatorToken], commas: list[int]) -> set[int]:
    grouping = [at for at in commas if _continues(tokens, at - 1, at)]
    if grouping and len(grouping) < len(commas) and any(not tokens[at].tight for at in commas):
        raise Unreadable(
            "its commas could separate numbers or group thousands; write thousands without commas"
        )
    return set(commas)
