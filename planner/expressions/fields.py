"""The fields of objects, and which of them the name of a step alone means."""

from __future__ import annotations

from typing import NamedTuple

from callsheet.suggestions import did_you_mean, meant

from .findings import Edit, Findings
from .fits import misfit
from .tokens import member_of
from .tree import Member, Tree
from .types import (
    ANYTHING,
    NEVER,
    Anything,
    List,
    Null,
    Number,
    Object,
    Text,
    Truth,
    Type,
    TypeKind,
    list_of,
    union,
)

PLAIN: Type = Type(read=lambda: (Text(), Number(), Truth(), Null(), List(PLAIN)))
"""Any value but an object, or a list with one: what operators, functions and templates want."""

PLAIN_FIELDS = ("result", "text", "answer", "value")
"""Fields that the name of a step means where its whole output cannot be meant."""


class StepType(NamedTuple):
    """What an expression may know of a step: the type of its output object, the field that its name alone
    means ("" for the whole output), and whether there is a list of outputs."""

    output: Type
    main: str
    each: bool


class StepNames:
    """What the names of steps that stand alone are taken for, remembered for messages."""

    def __init__(self) -> None:
        self._taken: dict[str, tuple[StepType, str | None, Type]] = {}

    @property
    def meanings(self) -> str:
        """A sentence on each name that could have meant another part of its step's output; "" where none
        could."""
        told = (_taken_for(name, *taken) for name, taken in self._taken.items())
        return "; ".join(each for each in told if each)

    def meaning(self, name: str, step: StepType, wanted: Type) -> str | None:
        """The field that the name of a step means where a type is wanted; None for the whole output.

        Its declared main output, where it has one; else the whole output; but where that cannot be meant and
        a plain field of it can, that one.
        """
        field = step.main or _plain_field(step, wanted)
        self._taken[name] = (step, field, wanted)
        return field


def _taken_for(name: str, step: StepType, field: str | None, wanted: Type) -> str:
    fields = _names_of(step.output)
    if len(fields) < 2:
        return ""
    if field:
        return f"`{name}` means {'its main output' if step.main else 'its field'} `{field}`"
    fitting = (each for each in fields if not _misfits(step, field_of(step.output, each) or ANYTHING, wanted))
    return f"`{name}` means its whole output, `{member_of(name, next(fitting, fields[0]))}` a field of it"


def field_type(findings: Findings, type_: Type, key: str, tree: Tree, what: str) -> Type:
    """The type of a member; a member of null is absent, so null adds nothing."""
    kinds = type_.kinds
    if len(kinds) == 1 and isinstance(kinds[0], Object) and key in kinds[0].fields:
        return kinds[0].fields[key].type
    kinds = type_.without(Null).kinds
    if not kinds and type_.kinds:
        return findings.report("type-mismatch", tree, f"{what} is always null and has no `{key}`")
    for kind in kinds:
        if isinstance(kind, Anything):
            return ANYTHING
        if not isinstance(kind, Object):
            return findings.report("type-mismatch", tree, f"{what} is {Type((kind,))} and has no fields")
    return field_of(type_, key) or _unknown_field(findings, type_, key, tree, what)


def field_of(type_: Type, key: str) -> Type | None:
    """The type of a field of an object; None where nothing declares it."""
    found: list[Type] = []
    undeclared: list[Type] = []
    for kind in type_.kinds:
        if isinstance(kind, Anything):
            return ANYTHING
        if not isinstance(kind, Object):
            continue
        if key in kind.fields:
            found.append(kind.fields[key].type)
        elif kind.rest is not None:
            found.append(kind.rest)
        elif not kind.sealed:
            undeclared.append(ANYTHING)
    return union(found + undeclared) if found else None


def may_have(type_: Type, key: str) -> bool:
    """Whether something declares a field of this name, or of any."""
    return field_of(type_, key) is not None


def _unknown_field(findings: Findings, type_: Type, key: str, tree: Tree, what: str) -> Type:
    known = _names_of(type_)
    if not type_.without(Null).kinds:
        return NEVER
    only = meant(key, known)
    edit = Edit(tree.start, tree.start + len(key), only) if only and isinstance(tree, Member) else None
    return findings.report("unknown-field", tree, f"{what} has no `{key}`", did_you_mean(key, known), edit)


def _plain_field(step: StepType, wanted: Type) -> str | None:
    kinds: tuple[TypeKind, ...] = step.output.kinds
    if not kinds or not _misfits(step, step.output, wanted):
        return None
    objects = [kind for kind in kinds if isinstance(kind, Object)]
    named = [name for name in PLAIN_FIELDS if any(name in each.fields for each in objects)]
    if len(named) != 1 or not all(named[0] in each.fields for each in objects):
        return None
    field = field_of(step.output, named[0]) or ANYTHING
    return None if _misfits(step, field, wanted) else named[0]


def _misfits(step: StepType, type_: Type, wanted: Type) -> bool:
    return misfit(list_of(type_) if step.each else type_, wanted) is not None


def _names_of(type_: Type) -> list[str]:
    return list(
        dict.fromkeys(name for kind in type_.kinds if isinstance(kind, Object) for name in kind.fields)
    )
