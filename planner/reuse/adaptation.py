"""A known plan, for a goal of the same shape: what differs between the goals is exchanged in the plan."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from callsheet.planner.expressions.templates import TemplatePart, join_template, split_template
from callsheet.planner.expressions.values import is_number
from callsheet.planner.plan.plan import Binding, From, Literal, Plan, Step, Template
from callsheet.planner.plan.texts import PlanTexts

from .goal_shape import MONTHS, Piece, PieceKind, Shape

MOST_REASONS = 5
_NAME_EDGES = (r"(?<![\w./\\~@#%+-])", r"(?![\w/\\@%+?&=-]|\.\w|:\d)")
_EDGES: Mapping[PieceKind, tuple[str, str]] = {
    PieceKind.QUOTATION: (r"(?<!\w)", r"(?!\w)"),
    PieceKind.DATE: (r"(?<![\w/.-])", r"(?![\w/-])"),
    PieceKind.NUMBER: (r"(?<![\w.,:/#@-])", r"(?![\w%]|[.,:/-]\w)"),
}
"""What stands neither before nor behind a piece that stands in a text on its own."""
_WORD = re.compile(r"[^\W_]+")
_FIGURE = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?", re.ASCII)
_PLAIN_NUMBER = re.compile(r"\d{1,15}(?:\.\d{1,15})?", re.ASCII)
_SMALL = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_MASK = " \0 "


@dataclass(frozen=True, slots=True)
class Substitution:
    """A piece of the known goal, and what the new goal has in its place."""

    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.old} → {self.new}"


@dataclass(frozen=True, slots=True)
class Adapted:
    """The known plan for the new goal. It has to be checked before it runs."""

    plan: Plan
    substitutions: tuple[Substitution, ...]


@dataclass(frozen=True, slots=True)
class Misfit:
    """Why a known plan is not for the new goal, or cannot be told to be: a sentence for each reason."""

    reasons: tuple[str, ...]


def adapt(plan: Plan, old_goal: str, new_goal: str) -> Adapted | Misfit:
    """The plan that was made for one goal, and checks, for another one of the same shape.

    The pieces in which the goals differ are exchanged wherever they stand on their own in literals and in
    the text of templates: never within expressions, and never parts of words. Where that might not be all,
    or might be too much, the plan does not fit: a piece that the plan has nowhere, in an expression,
    or in another form; and two things for one.
    """
    old, new = Shape.of(old_goal), Shape.of(new_goal)
    if not old.is_like(new):
        return Misfit(("its goal says something else",))
    exchange = _Exchange(old, new)
    if problems := tuple(dict.fromkeys((*exchange.conflicts(), *exchange.doubts(PlanTexts.of(plan)))))[
        :MOST_REASONS
    ]:
        return Misfit(problems)
    steps = tuple(exchange.step(step) for step in plan.steps)
    answer = exchange.binding(plan.answer)
    adapted = plan.model_copy(update={"goal": new_goal, "steps": steps, "answer": answer})
    return Adapted(adapted, tuple(Substitution(*pair) for pair in exchange.differing.items()))


class _Exchange:
    """Puts the pieces of one goal in the place of those of another."""

    def __init__(self, old: Shape, new: Shape) -> None:
        self._pairs = list(zip(old.pieces, new.pieces, strict=True))
        self._changes = [(one, other) for one, other in self._pairs if one.text != other.text]
        self.differing = {one.text: other.text for one, other in self._changes}
        self._numbers = dict(_numbers_of(self._changes))
        self._words = {word for text in old.words for word in _words(text)}
        self._old = _pattern(old.pieces)
        self._changed = _pattern([one for one, _ in self._changes])

    def conflicts(self) -> Iterator[str]:
        """What keeps the pieces from being exchanged in any plan."""
        for one, other in self._pairs:
            if (known := self.differing.get(one.text, one.text)) != other.text:
                yield f"`{one.text}` would have to become `{known}` and `{other.text}`"

    def doubts(self, found: PlanTexts) -> Iterator[str]:
        """What keeps them from being exchanged in a plan with these texts."""
        if self.differing:
            yield from self._find_missing(found)
            yield from self._find_taken(found)
            yield from self._find_fixed(found)
            yield from self._find_forms(found)

    def step(self, step: Step) -> Step:
        """The step with its pieces exchanged."""
        inputs = {name: self.binding(binding) for name, binding in step.inputs.items()}
        for_each = None if step.for_each is None else self.binding(step.for_each)
        return step.model_copy(update={"inputs": inputs, "for_each": for_each})

    def binding(self, binding: Binding) -> Binding:
        """The binding with its pieces exchanged."""
        match binding:
            case Literal(value):
                return Literal(self._value(value))
            case Template(text):
                return Template(join_template(map(self._part, split_template(text))))
            case From():
                return binding

    def _part(self, part: TemplatePart) -> TemplatePart:
        return part if part.is_expression else part._replace(text=self._text(part.text))

    def _value(self, value: JsonValue) -> JsonValue:
        match value:
            case str():
                return self._text(value)
            case list():
                return [self._value(each) for each in value]
            case dict():
                return {key: self._value(each) for key, each in value.items()}
            case _ if is_number(value):
                return self._numbers.get(value, value)
            case _:
                return value

    def _text(self, text: str) -> str:
        return self._changed.sub(lambda match: self.differing[match[0]], text)

    def _find_missing(self, found: PlanTexts) -> Iterator[str]:
        there = {match[0] for text in found.texts for match in self._old.finditer(text)}
        for one, other in self._changes:
            if one.text not in there and _number(one) not in found.numbers:
                yield f"`{one.text}` stands nowhere in its plan as it is, so `{other.text}` has no place"

    def _find_taken(self, found: PlanTexts) -> Iterator[str]:
        """What the plan is about already, without its goal having said so: a file that it puts something
        aside in must not become the one that the new goal names."""
        said = {one.text for one, _ in self._pairs}
        new = [other for _, other in self._changes if other.text not in said]
        pattern = _pattern(new)
        taken = [match[0] for text in found.texts for match in pattern.finditer(text)]
        taken += [other.text for other in new if _number(other) in found.numbers]
        for text in dict.fromkeys(taken):
            yield f"its plan has `{text}` already, for something else"

    def _find_fixed(self, found: PlanTexts) -> Iterator[str]:
        """What would have to be exchanged where nothing is."""
        for one, _ in self._changes:
            pattern = _pattern([one])
            if any(pattern.search(text) for text in found.fixed):
                yield f"`{one.text}` stands in an expression, a key or a setting of its plan"

    def _find_forms(self, found: PlanTexts) -> Iterator[str]:
        """What may be one of the pieces, written in another way."""
        left = [self._old.sub(_MASK, text) for text in found.texts]
        left += [str(each) for each in found.numbers if each not in self._numbers] + found.fixed
        words = {word for text in left for word in _words(text)}
        figures = {float(match[0].replace(",", "")) for text in left for match in _FIGURE.finditer(text)}
        plain = " ".join(left).casefold()
        for one, other in self._changes:
            if one.kind is PieceKind.NUMBER:
                forms = _forms_of_number(one, words - self._words, figures)
            else:
                forms = _parts(one, words) - set(_words(other.text)) - self._words
                if one.text.casefold() in plain:
                    yield f"its plan has `{one.text}` in something longer, or in other letters"
            for form in sorted(forms):
                yield f"its plan has `{form}`, which may mean `{one.text}`"


def _numbers_of(changes: Sequence[tuple[Piece, Piece]]) -> Iterator[tuple[int | float, int | float]]:
    for one, other in changes:
        if (old := _number(one)) is not None and (new := _number(other)) is not None:
            yield old, new


def _pattern(pieces: Collection[Piece]) -> re.Pattern[str]:
    """Finds any of the pieces where it stands on its own, the longest first; nothing where there is none."""
    found: list[str] = []
    for piece in sorted(pieces, key=lambda each: len(each.text), reverse=True):
        before, behind = _EDGES.get(piece.kind, _NAME_EDGES)
        found.append(f"{before}{re.escape(piece.text)}{behind}")
    return re.compile("|".join(found) or r"(?!)")


def _parts(piece: Piece, words: set[str]) -> set[str]:
    """The words among these that may be a part of the piece."""
    match piece.kind:
        case PieceKind.DATE:
            return {word for word in words if _is_of_date(word, piece.text)}
        case PieceKind.QUOTATION:
            return set()
        case _:
            telling = {word for word in _words(piece.text) if len(word) > 2 or not word.isalpha()}
            return telling & words


def _forms_of_number(piece: Piece, words: set[str], figures: set[float]) -> set[str]:
    """What writes the same number: with other commas, or spelled out."""
    value = _number(piece)
    spelled = {_SMALL[value]} if isinstance(value, int) and value < len(_SMALL) else set[str]()
    return (spelled & words) | ({piece.text} if value in figures else set())


def _is_of_date(word: str, date: str) -> bool:
    """Whether a word is the year of a date, or its month."""
    parts = _words(date)
    if word.isdigit():
        return len(word) == 4 and word in parts
    named = [month for month in MONTHS for part in parts if part[:3] == month[:3]]
    numbers = [MONTHS[int(part) - 1] for part in parts if part.isdigit() and 1 <= int(part) <= len(MONTHS)]
    return any(word in (month, month[:3]) for month in named or numbers)


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]


def _number(piece: Piece) -> int | float | None:
    """The number that a piece writes, with commas between thousands or without; None for anything else,
    `12:30` and `5%` too."""
    plain = re.sub(r",(?=\d{3})", "", piece.text)
    if piece.kind is not PieceKind.NUMBER or not _PLAIN_NUMBER.fullmatch(plain):
        return None
    return int(plain) if plain.isdigit() else float(plain)
