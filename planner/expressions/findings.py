"""What cannot be in an expression, found while it is typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from .tree import Tree
from .types import ANYTHING, Anything, Null, Type, TypeKind

NO_STEPS: frozenset[str] = frozenset()
NOT_A_STEP = {
    "params": ("the plan declares no parameters", "declare them at the top: params: {city: {type: string}}"),
    "output": (
        "`output` is what the step itself returns, which only its `expect` can name",
        "name the step whose result is meant",
    ),
    "item": ("`item` is an item of `for_each`, which the step lacks", "write what the step is for_each of"),
}
"""Names that expressions know at times, with what to say and a hint at others."""
MAX_FINDINGS = 20
"""Of one expression: after that many, the rest of it is not looked at."""


class Edit(NamedTuple):
    """A repair that is certain: the characters from `start` to `end` become `text`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class ExpressionProblem:
    """Something that cannot be, at a character of the expression."""

    code: str
    start: int
    message: str
    hint: str | None = None
    edit: Edit | None = None


class Typed(NamedTuple):
    """A tree with its steps resolved, the type of its value, and the steps without whose result
    it has no value."""

    tree: Tree
    type: Type
    needs: frozenset[str] = NO_STEPS


class TooManyFindings(Exception):
    """Ends the search: `MAX_FINDINGS` are reached."""


class Findings:
    """Collects what is found in one expression, in the order of the tree."""

    def __init__(self) -> None:
        self.found: list[ExpressionProblem] = []

    def report(
        self, code: str, tree: Tree, message: str, hint: str | None = None, edit: Edit | None = None
    ) -> Type:
        """Note a finding; its type may be anything. Raises TooManyFindings."""
        self.found.append(ExpressionProblem(code, tree.start, message, hint, edit))
        if len(self.found) == MAX_FINDINGS:
            raise TooManyFindings
        return ANYTHING

    def require_kind(self, typed: Typed, wanted: tuple[type[TypeKind], ...], what: str) -> bool:
        """Whether every value of the type is of one of these kinds; if not, that is a finding."""
        wrong = [kind for kind in typed.type.kinds if not isinstance(kind, (*wanted, Anything))]
        if not wrong:
            return True
        if all(isinstance(kind, Null) for kind in wrong):
            hint = "give a fallback: default(…, value), or test it for null first"
            self.report("type-mismatch", typed.tree, f"this may be null, but {what} is required", hint)
        else:
            self.report("type-mismatch", typed.tree, f"this is {Type(wrong)}, but {what} is required")
        return False
