"""What stands in a plan as it is: in literals, in the text of templates, in expressions, and as settings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Self

from pydantic import JsonValue

from callsheet.planner.expressions.parser import parse
from callsheet.planner.expressions.templates import split_template
from callsheet.planner.expressions.tree import Constant, DictDisplay, Tree, children
from callsheet.planner.expressions.values import is_number, leaves, text_of

from .plan import Binding, From, Literal, Plan, Step, Template


@dataclass(frozen=True, slots=True)
class PlanTexts:
    """The texts and numbers of a plan. `texts` and `numbers` are literals and the text of templates;
    `fixed` is everything else: keys, what expressions and settings say, and the defaults of parameters,
    numbers as texts."""

    texts: list[str] = field(default_factory=list[str])
    numbers: list[int | float] = field(default_factory=list[int | float])
    fixed: list[str] = field(default_factory=list[str])

    @classmethod
    def of(cls, plan: Plan) -> Self:
        """Those of a plan whose expressions can be read. Raises ExpressionSyntaxError."""
        found = cls()
        for binding in (*(each for step in plan.steps for each in _bindings(step)), plan.answer):
            found._read(binding)
        settings = (value for step in plan.steps for value in _settings(step))
        found._fix((*settings, *(schema.get("default") for schema in plan.params.values())))
        return found

    def _read(self, binding: Binding) -> None:
        match binding:
            case Literal(value):
                self._add(value)
            case From(expression):
                self._fix(_constants(parse(expression)))
            case Template(text):
                for part in split_template(text):
                    if part.is_expression:
                        self._fix(_constants(parse(part.text)))
                    else:
                        self.texts.append(part.text)

    def _add(self, literal: JsonValue) -> None:
        for value in leaves(literal):
            if isinstance(value, str):
                self.texts.append(value)
            elif is_number(value):
                self.numbers.append(value)
        self.fixed.extend(_keys(literal))

    def _fix(self, values: Iterable[JsonValue]) -> None:
        for value in values:
            self.fixed.extend(text_of(each) for each in leaves(value))
            self.fixed.extend(_keys(value))


def _bindings(step: Step) -> Iterator[Binding]:
    yield from step.inputs.values()
    if step.for_each is not None:
        yield step.for_each
    yield from (From(text) for text in (step.condition, *step.expect) if text is not None)


def _settings(step: Step) -> Iterator[JsonValue]:
    given = (step.max_retries, step.timeout_seconds, step.total_timeout_seconds)
    return (each for each in given if each is not None)


def _constants(tree: Tree) -> Iterator[JsonValue]:
    match tree:
        case Constant(value):
            yield value
        case DictDisplay(entries):
            yield from (key for key, _ in entries)
        case _:
            pass
    for child in children(tree):
        yield from _constants(child)


def _keys(value: JsonValue) -> Iterator[str]:
    match value:
        case list():
            for each in value:
                yield from _keys(each)
        case dict():
            for key, each in value.items():
                yield key
                yield from _keys(each)
        case _:
            return
