"""Whether every value of one type may stand where another is wanted.

Kinds are proved: a string never stands for a number, nor a list of strings for a list of numbers.
Refinements within a kind (one of several texts) are refused only where they can never hold.
What is unknown is let through, and checked on the value. Types that speak of themselves are
compared as in Amadio and Cardelli, "Subtyping recursive types" (1993): a pair that is being
compared holds until something says otherwise.
"""

from __future__ import annotations

from typing import TypeAlias

from .types import ANYTHING, Anything, List, Null, Number, Object, Text, Type, TypeKind, describe

MAX_DEPTH = 40


def misfit(source: Type, target: Type) -> str | None:
    """Why a value of type `source` may not stand where `target` is wanted, or None where it may."""
    return _Comparison().misfit(source, target, "this", 0)


_Pair: TypeAlias = tuple[int, int]


class _Comparison:
    """One question. A pair that failed has failed for good; one that held may have done so only because
    of a pair around it that fails in the end, and is taken back with it."""

    def __init__(self) -> None:
        self._assumed: dict[_Pair, None] = {}
        self._failed: dict[_Pair, str] = {}

    def misfit(self, source: Type, target: Type, what: str, depth: int) -> str | None:
        pair = (id(source), id(target))
        # Beyond `MAX_DEPTH` nothing is proved wrong: it is let through, and checked on the value.
        if source is target or pair in self._assumed or depth > MAX_DEPTH:
            return None
        if pair in self._failed:
            return self._failed[pair]
        assumed_before = len(self._assumed)
        self._assumed[pair] = None
        for kind in source.kinds:
            if (problem := self._kind_misfit(kind, target, what, depth)) is not None:
                while len(self._assumed) > assumed_before:
                    self._assumed.popitem()
                self._failed[pair] = problem
                return problem
        return None

    def _kind_misfit(self, kind: TypeKind, target: Type, what: str, depth: int) -> str | None:
        problem: str | None = None
        for wanted in target.kinds:
            if isinstance(kind, Anything) or isinstance(wanted, Anything):
                return None
            if type(kind) is type(wanted):
                problem = self._same_kind_misfit(kind, wanted, what, depth)
                if problem is None:
                    return None
        if problem is not None:
            return problem
        may = "may be" if isinstance(kind, Null) else "is"
        return f"{what} {may} {describe(Type((kind,)))}, but {describe(target)} is required"

    def _same_kind_misfit(self, kind: TypeKind, wanted: TypeKind, what: str, depth: int) -> str | None:
        match kind, wanted:
            case Number(whole=False), Number(whole=True):
                return f"{what} may have a fraction, but an integer is required"
            case Text(frozenset() as offered), Text(frozenset() as asked) if not offered & asked:
                return f"{what} is {Type((kind,))}, but {Type((wanted,))} is required"
            case List(), List():
                return self._list_misfit(kind, wanted, what, depth)
            case Object(), Object():
                return self._object_misfit(kind, wanted, what, depth)
            case _:
                return None

    def _list_misfit(self, offered: List, asked: List, what: str, depth: int) -> str | None:
        element = "each element" if what == "this" else f"each element of {what}"
        for at, first in enumerate(offered.first):
            target = asked.first[at] if at < len(asked.first) else asked.items
            if (problem := self.misfit(first, target, element, depth + 1)) is not None:
                return problem
        targets = (*asked.first[len(offered.first) :], asked.items)
        problems = [self.misfit(offered.items, target, element, depth + 1) for target in targets]
        return next((problem for problem in problems if problem is not None), None)

    def _object_misfit(self, offered: Object, asked: Object, what: str, depth: int) -> str | None:
        for name, field in asked.fields.items():
            if name in offered.fields:
                found = offered.fields[name].type
            elif offered.rest is not None:
                found = offered.rest
            elif field.required:
                return f"{what} has no `{name}`, which is required"
            else:
                continue
            if (problem := self.misfit(found, field.type, f"its `{name}`", depth + 1)) is not None:
                return problem
        return self._rest_misfit(offered, asked, what, depth)

    def _rest_misfit(self, offered: Object, asked: Object, what: str, depth: int) -> str | None:
        """What the offered object holds beyond the fields that are asked for."""
        for name, field in offered.fields.items():
            if name in asked.fields:
                continue
            if asked.sealed and field.required:
                return f"{what} has a `{name}`, which is not allowed here"
            target = asked.rest or ANYTHING
            if (problem := self.misfit(field.type, target, f"its `{name}`", depth + 1)) is not None:
                return problem
        if offered.rest is not None and asked.rest is not None:
            return self.misfit(offered.rest, asked.rest, "each of its values", depth + 1)
        return None
