"""What a condition that came out true, or false, says about values being null."""

from __future__ import annotations

from typing import TypeAlias

from .tree import Comparison, Connective, Constant, Index, Member, Name, Not, StepOutput, Tree

ValuePath: TypeAlias = tuple[str | int, ...]
Narrowings: TypeAlias = dict[ValuePath, None]
"""The paths that are known not to be null."""


def path_of(tree: Tree) -> ValuePath | None:
    """A variable or a step's field with members and constant indexes behind it, as a key; None for
    anything else. Steps have to be resolved: `step["a"]` and `step.a` are not the same."""
    match tree:
        case Name(name):
            return (name,)
        case StepOutput(step, field):
            return (step,) if field is None else (step, field)
        case Constant(value=dict()):
            # Nothing but the plan's parameters is an object that stands in an expression as a constant.
            return ("params",)
        case Member(of, key):
            inner = path_of(of)
            return None if inner is None else (*inner, key)
        case Index(of, Constant(value=str() | int() as at)) if not isinstance(at, bool):
            inner = path_of(of)
            return None if inner is None else (*inner, at)
        case _:
            return None


def when_true(tree: Tree) -> Narrowings:
    """What is not null where the condition holds."""
    match tree:
        case Comparison(operand, (("!=", Constant(value=None)),)):
            return _known(operand)
        case Connective("and", operands):
            return {path: None for operand in operands for path in when_true(operand)}
        case Not(operand):
            return when_false(operand)
        case _:
            return {}


def when_false(tree: Tree) -> Narrowings:
    """What is not null where the condition does not hold."""
    match tree:
        case Comparison(operand, (("==", Constant(value=None)),)):
            return _known(operand)
        case Connective("or", operands):
            return {path: None for operand in operands for path in when_false(operand)}
        case Not(operand):
            return when_true(operand)
        case _:
            return {}


def _known(tree: Tree) -> Narrowings:
    path = path_of(tree)
    return {} if path is None else {path: None}
