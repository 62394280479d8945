"""Figures in a text, as digits and as words: which there are, and which follow from those of a goal."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Set
from typing import NamedTuple

from .said import plain

_ENGLISH = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_OTHERS = (
    "eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
    "uno dos tres cuatro cinco seis siete ocho nueve diez once doce",
    "un deux trois quatre cinq six sept huit neuf dix onze douze",
    "واحد اثنان ثلاثة أربعة خمسة ستة سبعة ثمانية تسعة عشرة",
    "واحدة اثنتان ثلاث أربع خمس ست سبع ثمان تسع عشر",
)
_SMALL = dict(zip((*_ENGLISH.split(), *_TENS.split()), (*range(20), *range(20, 100, 10)), strict=True))
_LARGE = {"dozen": 12, "hundred": 100, "thousand": 1_000, "million": 1_000_000}
_FOREIGN = {plain(word): at for words in _OTHERS for at, word in enumerate(words.split(), start=1)}
_CHINESE = dict(zip("一二三四五六七八九两", (*range(1, 10), 2), strict=True))

_WORD = re.compile(r"[^\W\d_]+")
_CHINESE_NUMBER = re.compile(r"[一二三四五六七八九]?十[一二三四五六七八九]?|[一二三四五六七八九两]")
_NUMBER = r"\.?\d+(?:[.,]\d+)*"
_ANY_NUMBER = re.compile(_NUMBER)
# A digit behind a letter is part of a name: q3, run1, mp3, COVID-19.
_FREE_NUMBER = re.compile(rf"(?<![a-z_\d])(?<![a-z_]-)(?<!\d[.,]){_NUMBER}")
_DATE = re.compile(r"(?<!\d)(?:(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})[./](\d{1,2})[./](\d{4}))(?!\d)")
_DAY = re.compile(r"(?<![\d.,])(\d{1,2})[./-](\d{1,2})(?![\d,]|\.\d)")
_RUN = re.compile(r"\d(?:[ .,()/-]*\d){4,}")
_JOINED = re.compile(r"(?<=\d)[ .,()/-]+(?=\d)")

_MONTHS = 12
_OF_TIME = frozenset({12.0, 24.0, 60.0, 365.0})
"""Months, hours, minutes and days: arithmetic may have them unasked."""


class Figure(NamedTuple):
    """A figure as it is written, and every number that it can mean: 1.480 is another one in German."""

    text: str
    readings: frozenset[float]


def find_figures(text: str) -> tuple[Figure, ...]:
    """The figures of a text, those within names left out."""
    text = plain(text)
    digits = (_of_clock(_figure(match[0]), text[match.end() :]) for match in _FREE_NUMBER.finditer(text))
    words = (Figure(f"{value:g}", frozenset({value})) for value in _in_english(text))
    return (*digits, *words)


def known_numbers(text: str) -> frozenset[float]:
    """Every number that a text has in any reading, in digits or in words of six languages."""
    within = (each for match in _ANY_NUMBER.finditer(plain(text)) for each in _figure(match[0]).readings)
    return said_numbers(text) | frozenset(within)


def said_numbers(text: str) -> frozenset[float]:
    """The same without the digits within names."""
    text = plain(text)
    digits = (each for match in _FREE_NUMBER.finditer(text) for each in _figure(match[0]).readings)
    foreign = (float(_FOREIGN[word]) for word in _WORD.findall(text) if word in _FOREIGN)
    return frozenset((*digits, *_in_english(text), *foreign, *_in_chinese(text)))


def as_number(word: str) -> float | None:
    """The number that a word or a row of digits is; None where it is no number, or not only one."""
    word = plain(word)
    if _ANY_NUMBER.fullmatch(word):
        return max(_figure(word).readings)
    if word in _SMALL or word in _FOREIGN or _CHINESE_NUMBER.fullmatch(word):
        return max(known_numbers(word))
    return None


def is_share(number: float, of: float) -> bool:
    """Whether a number is what the percentage `of` makes of it: 12% is 0.12, and 1.12 with the whole."""
    return any(math.isclose(number, each) for each in (of / 100, 1 + of / 100, 1 - of / 100))


def follows(figure: Figure, known: Set[float], *, arithmetic: bool) -> bool:
    """Whether a figure can come from these numbers: one of them, in another unit, or as a percentage. In
    arithmetic the months, hours, minutes and days are free."""
    free = _OF_TIME if arithmetic else frozenset[float]()
    for number in figure.readings:
        if number in known or number in free or number in (0, 10, 100, 1_000):
            return True
        for each in known:
            if is_share(number, each) or any(math.isclose(number, each * 10.0**by) for by in range(-3, 7)):
                return True
    return False


def is_single_digit(figure: Figure) -> bool:
    """Whether there is only one digit: too little to be made up for sure."""
    return sum(each.isdigit() for each in figure.text) < 2


def join_digits(text: str) -> str:
    """The text without what stands between its digits, as in telephone numbers."""
    return _JOINED.sub("", plain(text))


def split_dates(text: str) -> tuple[str, tuple[tuple[int, int, int], ...]]:
    """The text without its dates in digits, and their year, and the two others as they stand."""
    text = plain(text)
    found = [[int(each) for each in match.groups() if each] for match in _DATE.finditer(text)]
    dates = [(each[0], each[1], each[2]) if each[0] > 999 else (each[2], each[0], each[1]) for each in found]
    return _DATE.sub(" ", text), tuple(dates)


def without_known_days(text: str, known: Set[float]) -> str:
    """The text without days of a month in digits, such as 27.11. where a goal has the 27th."""

    def kept(match: re.Match[str]) -> str:
        day, month = int(match[1]), int(match[2])
        return " " if min(day, month) <= _MONTHS and not known.isdisjoint((day, month)) else match[0]

    return _DAY.sub(kept, text)


def without_known_runs(text: str, known: str) -> str:
    """The text without its long rows of digits, however grouped, that are among the digits of `known`."""
    digits = join_digits(known)
    return _RUN.sub(lambda match: " " if join_digits(match[0]) in digits else match[0], plain(text))


def _of_clock(figure: Figure, behind: str) -> Figure:
    """The figure, and in front of minutes the hour that it is in the afternoon."""
    if not re.match(r":\d\d", behind):
        return figure
    return Figure(figure.text, figure.readings | {each - 12 for each in figure.readings if each > 12})


def _figure(written: str) -> Figure:
    bare = written.replace(",", "").replace(".", "")
    english, continental = written.replace(",", ""), written.replace(".", "").replace(",", ".")
    readings = [bare] if not written.startswith(".") else []
    readings += [each for each in (english, continental) if each.count(".") < 2]
    return Figure(written, frozenset(map(float, readings)))


def _in_english(text: str) -> Iterator[float]:
    total = current = 0
    going = False
    for word in (*_WORD.findall(text), ""):
        if word in _SMALL:
            current += _SMALL[word]
        elif word in _LARGE and (going or word in ("dozen", "hundred", "thousand")):
            total, current = _times(total, current, _LARGE[word])
        elif going:
            yield float(total + current)
            total = current = 0
        going = word in _SMALL or (word in _LARGE and bool(total + current))


def _times(total: int, current: int, factor: int) -> tuple[int, int]:
    product = max(1, current) * factor
    return (total, product) if factor < 1_000 else (total + product, 0)


def _in_chinese(text: str) -> Iterable[float]:
    return (_chinese(match[0]) for match in _CHINESE_NUMBER.finditer(text))


def _chinese(written: str) -> float:
    tens, ten, units = written.rpartition("十")
    if not ten:
        return float(_CHINESE[written])
    return float(10 * (_CHINESE[tens] if tens else 1) + (_CHINESE[units] if units else 0))
