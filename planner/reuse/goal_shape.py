"""What a goal is like once its names, quotations, numbers and dates are taken out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from callsheet.planner.goals.coverage import find_names


class PieceKind(StrEnum):
    """What sort of thing was taken out."""

    QUOTATION = "quotation"
    URL = "link"
    ADDRESS = "address"
    CHANNEL = "channel"
    FILE = "file"
    DATE = "date"
    NUMBER = "number"


MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_MONTH = "(?:" + "|".join(f"{name[:3].title()}(?:{name[3:]}|\\.)?" for name in MONTHS) + r")(?!\w)"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_NAMED = "name"
_PATTERNS = (
    (PieceKind.QUOTATION, r"\"[^\"]{1,200}\"|“[^”]{1,200}”|(?<!\w)'[^']{1,200}'(?!\w)|`[^`]{1,200}`"),
    (PieceKind.URL, r"\b(?:https?|wss?|ftps?)://[^\s\"'<>`]*[^\s\"'<>`.,;:!?)\]]"),
)
_FIGURES = (
    (
        PieceKind.DATE,
        r"(?<![\w./-])(?:\d{4}-\d{2}(?:-\d{2})?|\d{1,2}(?P<mark>[./])\d{1,2}(?P=mark)\d{2,4}"
        rf"|(?:{_DAY} )?{_MONTH}(?:(?: {_DAY},?)? \d{{4}}| {_DAY})|{_DAY} {_MONTH})(?![\w/-])",
    ),
    (PieceKind.NUMBER, r"(?<![\w.,:/#@-])\d+(?:[.,:]\d+)*%?(?![\w@%]|[./-]\w)"),
)


@dataclass(frozen=True, slots=True)
class Piece:
    """Something that differs between goals of one shape: its text, a quotation's without the marks."""

    kind: PieceKind
    text: str

    @property
    def sort(self) -> str:
        """What may stand in its place: a file with the same ending, a date written alike, a percentage
        for one."""
        match self.kind:
            case PieceKind.FILE:
                return f"{self.kind} .{self.text.rpartition('.')[2].lower()}"
            case PieceKind.DATE:
                return f"{self.kind} {re.sub('[A-Za-z]+', 'a', re.sub('[0-9]+', '0', self.text))}"
            case PieceKind.NUMBER:
                return f"{self.kind} {''.join(each for each in ':%' if each in self.text)}"
            case kind:
                return kind


@dataclass(frozen=True, slots=True)
class Shape:
    """The words of a goal between its pieces, white space aside, and the pieces, in order."""

    words: tuple[str, ...]
    pieces: tuple[Piece, ...]

    @classmethod
    def of(cls, goal: str) -> Self:
        """The shape of a goal."""
        words: list[str] = []
        pieces: list[Piece] = []
        position = 0
        for start, end, piece in _find_pieces(goal):
            words.append(" ".join(goal[position:start].split()))
            pieces.append(piece)
            position = end
        words.append(" ".join(goal[position:].split()))
        return cls(tuple(words), tuple(pieces))

    def is_like(self, other: Shape) -> bool:
        """Whether the goals differ in nothing but pieces that may stand in each other's place."""
        return self.words == other.words and [each.sort for each in self.pieces] == [
            each.sort for each in other.pieces
        ]


def _find_pieces(goal: str) -> Iterator[tuple[int, int, Piece]]:
    names = "|".join(re.escape(name) for name in sorted(find_names(goal), key=len, reverse=True))
    named = ((_NAMED, rf"(?<![\w.@/#*{{-])(?:{names})(?![\w@])"),) if names else ()
    groups = (f"(?P<{kind}>{pattern})" for kind, pattern in (*_PATTERNS, *named, *_FIGURES))
    for match in re.finditer("|".join(groups), goal):
        kind = _kind_of(match[0]) if match.lastgroup == _NAMED else PieceKind(match.lastgroup or "")
        text = match[0][1:-1] if kind is PieceKind.QUOTATION else match[0]
        yield match.start(), match.end(), Piece(kind, " ".join(text.split()))


def _kind_of(name: str) -> PieceKind:
    if name.startswith("#"):
        return PieceKind.CHANNEL
    return PieceKind.ADDRESS if "@" in name else PieceKind.FILE
