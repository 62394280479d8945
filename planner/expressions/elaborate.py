"""Prove what an expression may yield, and resolve the names of steps in it.

One pass over the tree gives, for every node, a type that its value cannot fall outside of
(absence aside), and notes what cannot be: a field that does not exist, a string where a number
is wanted. What was unproven is taken for anything, so one mistake makes one finding.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import cast

from pydantic import JsonValue

from callsheet.suggestions import did_you_mean, meant

from .fields import PLAIN, StepNames, StepType, field_of, field_type, may_have
from .findings import NO_STEPS, NOT_A_STEP, Edit, ExpressionProblem, Findings, TooManyFindings, Typed
from .function_types import type_of_call
from .kinds import all_whole, choices_of, element_of, may_be_equal, some, type_of_value
from .narrowing import Narrowings, path_of, when_false, when_true
from .tree import (
    Call,
    Comparison,
    Comprehension,
    Connective,
    Constant,
    DictDisplay,
    Index,
    ListDisplay,
    Member,
    Name,
    Negative,
    Not,
    Operation,
    Relation,
    StepOutput,
    TemplateText,
    Tree,
)
from .types import (
    ANYTHING,
    NEVER,
    NULL,
    NUMBER,
    TEXT,
    TRUTH,
    WHOLE,
    Anything,
    Field,
    List,
    Null,
    Number,
    Object,
    Truth,
    Type,
    TypeKind,
    list_of,
    union,
)
from .types import Text as TextKind

PARAMETERS = "params"
"""The name under which expressions find the parameters of their plan."""


@dataclass(frozen=True, slots=True)
class Elaboration:
    """The outcome for one expression.

    `steps` are those it names, in that order; `needs` are those without whose result it has no
    value, because nothing says what to take instead. `meanings` says what the names of steps were taken for,
    where that can be asked.
    """

    tree: Tree
    type: Type
    needs: frozenset[str]
    steps: tuple[str, ...]
    findings: tuple[ExpressionProblem, ...]
    meanings: str = ""


def elaborate(
    tree: Tree,
    steps: Mapping[str, StepType],
    variables: Mapping[str, Type],
    values: Mapping[str, JsonValue] = MappingProxyType({}),
    wanted: Type = ANYTHING,
) -> Elaboration:
    """Type a tree in which steps and variables of these types may be named.

    Variables that have their value already are in `values`, and are put into the tree as that. What is
    `wanted` decides what the name of a step alone means; whether the value fits is for the caller to ask.
    """
    findings = Findings()
    work = _Elaborator(steps, variables, values, findings)
    try:
        typed = work.visit(tree, wanted)
    except TooManyFindings:
        typed = Typed(tree, ANYTHING)
    return Elaboration(
        typed.tree, typed.type, typed.needs, tuple(work.named), tuple(findings.found), work.names.meanings
    )


class _Elaborator:
    def __init__(
        self,
        steps: Mapping[str, StepType],
        variables: Mapping[str, Type],
        values: Mapping[str, JsonValue],
        findings: Findings,
    ) -> None:
        self._steps = steps
        self.names = StepNames()
        self._wanted = ANYTHING
        self._variables = dict(variables)
        self._values = values
        self._narrowed: Narrowings = {}
        self.named: dict[str, None] = {}
        self._findings = findings
        self._report = findings.report
        self._require = findings.require_kind

    def visit(self, tree: Tree, wanted: Type = ANYTHING) -> Typed:
        """Type a node that stands where a value of a type is wanted."""
        self._wanted = wanted
        typed = _VISITORS[type(tree)](self, tree)
        if self._narrowed and path_of(typed.tree) in self._narrowed:
            return typed._replace(type=typed.type.without(Null))
        return typed

    def constant(self, tree: Constant) -> Typed:
        return Typed(tree, type_of_value(tree.value))

    def name(self, tree: Name) -> Typed:
        if tree.name in self._variables:
            known = tree.name in self._values
            resolved = Constant(self._values[tree.name], tree.start) if known else tree
            return Typed(resolved, self._variables[tree.name])
        step = self._steps.get(tree.name)
        if step is None:
            return self._unknown_name(tree)
        field = self.names.meaning(tree.name, step, self._wanted)
        return self._step_field(tree.name, step, field, tree)

    def _unknown_name(self, tree: Name) -> Typed:
        if tree.name in NOT_A_STEP:
            return Typed(tree, self._report("unknown-step", tree, *NOT_A_STEP[tree.name]))
        known = (*self._variables, *self._steps)
        only = meant(tree.name, known)
        edit = Edit(tree.start, tree.start + len(tree.name), only) if only else None
        message = f"there is no step `{tree.name}`"
        return Typed(tree, self._report("unknown-step", tree, message, did_you_mean(tree.name, known), edit))

    def _step_field(self, name: str, step: StepType, key: str | None, tree: Tree) -> Typed:
        self.named[name] = None
        type_ = step.output
        if key is not None:
            type_ = field_type(self._findings, type_, key, tree, f"the output of step `{name}`")
        resolved = StepOutput(name, key, step.each, tree.start)
        return Typed(resolved, list_of(type_) if step.each else type_, frozenset((name,)))

    def member(self, tree: Member) -> Typed:
        of = tree.of
        if (step := self._step_named(of)) is not None and isinstance(of, Name):
            return self._step_field(of.name, step, tree.key, tree)
        inner = self.visit(of)
        what = f"`{of.name}`" if isinstance(of, Name) else "this"
        type_ = field_type(self._findings, inner.type, tree.key, tree, what)
        return Typed(Member(inner.tree, tree.key, tree.start), type_, inner.needs)

    def _step_named(self, tree: Tree) -> StepType | None:
        is_step = isinstance(tree, Name) and tree.name not in self._variables
        return self._steps.get(tree.name) if is_step and isinstance(tree, Name) else None

    def index(self, tree: Index) -> Typed:
        if (own := self._own_field(tree)) is not None:
            return own
        of, at = self.visit(tree.of, PLAIN), self.visit(tree.at, PLAIN)
        typed = Typed(Index(of.tree, at.tree, tree.start), ANYTHING, of.needs | at.needs)
        if isinstance(tree.at, Constant) and isinstance(tree.at.value, str):
            return typed._replace(type=field_type(self._findings, of.type, tree.at.value, tree, "this"))
        if not self._require(at, (Number, TextKind), "an integer or a string"):
            return typed
        by_text = any(isinstance(kind, TextKind) for kind in at.type.kinds)
        by_number = any(isinstance(kind, Number) for kind in at.type.kinds)
        if by_number and any(isinstance(kind, Number) and not kind.whole for kind in at.type.kinds):
            message = "an index must be an integer, and this may have a fraction"
            self._report("type-mismatch", at.tree, message, "round(…) makes it an integer")
        wanted: tuple[type[TypeKind], ...] = (Null,)
        wanted += (List, TextKind) if by_number or not by_text else ()
        wanted += (Object,) if by_text or not by_number else ()
        if not self._require(of, wanted, "a list" if by_number else "an object"):
            return typed
        return typed._replace(type=union([element_of(kind) for kind in of.type.kinds]))

    def _own_field(self, tree: Index) -> Typed | None:
        """`step["key"]`, where the step's output has the field, or its main output cannot."""
        step, key = self._step_named(tree.of), tree.at.value if isinstance(tree.at, Constant) else None
        if step is None or not isinstance(tree.of, Name) or not isinstance(key, str):
            return None
        if step.main and not may_have(step.output, key) and not step.each:
            main = field_of(step.output, step.main)
            if main is not None and may_have(main, key):
                return None
        return self._step_field(tree.of.name, step, key, tree)

    def negative(self, tree: Negative) -> Typed:
        operand = self.visit(tree.operand, PLAIN)
        self._require(operand, (Number,), "a number")
        whole = all_whole(operand.type)
        return Typed(Negative(operand.tree, tree.start), WHOLE if whole else NUMBER, operand.needs)

    def operation(self, tree: Operation) -> Typed:
        left, right = self.visit(tree.left, PLAIN), self.visit(tree.right, PLAIN)
        new = Operation(tree.operator, left.tree, right.tree, tree.start)
        return Typed(new, self._combined(tree, left, right), left.needs | right.needs)

    def _combined(self, tree: Operation, left: Typed, right: Typed) -> Type:
        if tree.operator == "+":
            for kind, what in ((TextKind, "a string"), (List, "a list")):
                if some(left.type, kind) or some(right.type, kind):
                    both = [self._require(side, (kind,), what) for side in (left, right)]
                    return self._joined(kind, left.type, right.type) if all(both) else ANYTHING
            if left.type.has(TextKind) and right.type.has(TextKind):
                return ANYTHING
        numbers = [self._require(side, (Number,), "a number") for side in (left, right)]
        if not all(numbers):
            return ANYTHING
        keeps_whole = tree.operator in ("+", "-", "*", "//", "%")
        return WHOLE if keeps_whole and all_whole(left.type) and all_whole(right.type) else NUMBER

    def _joined(self, kind: type[TypeKind], left: Type, right: Type) -> Type:
        if kind is TextKind:
            return TEXT
        return list_of(union([element_of(each) for side in (left, right) for each in side.kinds]))

    def comparison(self, tree: Comparison) -> Typed:
        operands = (tree.first, *(operand for _, operand in tree.rest))
        wanted = ANYTHING if any(isinstance(each, DictDisplay) for each in operands) else PLAIN
        first = previous = self.visit(tree.first, wanted)
        needs = first.needs
        rest: list[tuple[Relation, Tree]] = []
        for relation, operand in tree.rest:
            typed = self.visit(operand, wanted)
            self._compare(relation, previous, typed)
            rest.append((relation, typed.tree))
            needs |= typed.needs
            previous = typed
        return Typed(Comparison(first.tree, tuple(rest), tree.start), TRUTH, needs)

    def _compare(self, relation: Relation, left: Typed, right: Typed) -> None:
        if relation in ("==", "!="):
            self._want_comparable(left, right)
        elif relation in ("in", "not in"):
            self._want_searchable(left, right)
        elif self._require(left, (Number, TextKind), "a number or a string"):
            for kind, what in ((Number, "a number"), (TextKind, "a string")):
                if some(left.type, kind) and not some(left.type, TextKind if kind is Number else Number):
                    self._require(right, (kind,), what)
                    return
            self._require(right, (Number, TextKind), "a number or a string")

    def _want_comparable(self, left: Typed, right: Typed) -> None:
        # Asking whether something is null is never wrong, only sometimes needless.
        if NULL in (left.type, right.type):
            return
        if left.type.kinds and right.type.kinds and not may_be_equal(left.type, right.type):
            message = f"{left.type} never equals {right.type}"
            choices = {each for kind in left.type.kinds for each in choices_of(kind)}
            written = right.tree.value if isinstance(right.tree, Constant) else None
            hint = did_you_mean(written, sorted(choices)) if isinstance(written, str) and choices else None
            self._report("type-mismatch", right.tree, message, hint)

    def _want_searchable(self, left: Typed, right: Typed) -> None:
        if self._require(right, (List, TextKind, Object), "a list, a string or an object") and not any(
            isinstance(kind, (List, Anything)) for kind in right.type.kinds
        ):
            self._require(left, (TextKind,), "a string")

    def negation(self, tree: Not) -> Typed:
        operand = self.visit(tree.operand, PLAIN)
        self._require(operand, (Truth,), "a boolean")
        return Typed(Not(operand.tree, tree.start), TRUTH, operand.needs)

    def connective(self, tree: Connective) -> Typed:
        """Each operand is typed knowing how those before it came out, or it would not be reached."""
        outer = self._narrowed
        operands: list[Typed] = []
        learn = when_true if tree.operator == "and" else when_false
        for operand in tree.operands:
            typed = self.visit(operand, PLAIN)
            self._require(typed, (Truth,), "a boolean")
            operands.append(typed)
            self._narrowed = self._narrowed | learn(typed.tree)
        self._narrowed = outer
        needs = NO_STEPS.union(*(each.needs for each in operands))
        return Typed(
            Connective(tree.operator, tuple(each.tree for each in operands), tree.start), TRUTH, needs
        )

    def list_display(self, tree: ListDisplay) -> Typed:
        wanted = union([element_of(kind) for kind in self._wanted.kinds]) if tree.elements else ANYTHING
        elements = [self.visit(element, wanted) for element in tree.elements]
        types = tuple(each.type for each in elements)
        return Typed(
            ListDisplay(tuple(each.tree for each in elements), tree.start),
            Type((List(NEVER, types),)),
            NO_STEPS.union(*(each.needs for each in elements)),
        )

    def dict_display(self, tree: DictDisplay) -> Typed:
        wanted = self._wanted
        values = {key: self.visit(value, field_of(wanted, key) or ANYTHING) for key, value in tree.entries}
        fields = {key: Field(value.type, required=True) for key, value in values.items()}
        return Typed(
            DictDisplay(tuple((key, value.tree) for key, value in values.items()), tree.start),
            Type((Object(fields, None, sealed=True),)),
            NO_STEPS.union(*(value.needs for value in values.values())),
        )

    def comprehension(self, tree: Comprehension) -> Typed:
        wanted = union([element_of(kind) for kind in self._wanted.kinds])
        source = self.visit(tree.source, list_of(ANYTHING))
        if tree.variable in self._variables or tree.variable in self._steps:
            self._report("shadowed-name", tree, f"`{tree.variable}` is already a name here: choose another")
        items = ANYTHING
        if self._require(source, (List,), "a list"):
            items = union([element_of(kind) for kind in source.type.kinds])
        outer, hidden = self._narrowed, self._variables.get(tree.variable)
        self._variables[tree.variable] = items
        condition = self._condition(tree.condition)
        element = self.visit(tree.element, wanted)
        self._narrowed = outer
        del self._variables[tree.variable]
        if hidden is not None:
            self._variables[tree.variable] = hidden
        filtered = condition.tree if condition else None
        new = Comprehension(element.tree, tree.variable, source.tree, filtered, tree.start)
        needs = source.needs | element.needs | (condition.needs if condition else NO_STEPS)
        return Typed(new, list_of(element.type), needs)

    def _condition(self, tree: Tree | None) -> Typed | None:
        if tree is None:
            return None
        condition = self.visit(tree, PLAIN)
        self._require(condition, (Truth,), "a boolean")
        self._narrowed = self._narrowed | when_true(condition.tree)
        return condition

    def text(self, tree: TemplateText) -> Typed:
        parts = [self.visit(part, PLAIN) for part in tree.parts]
        needs = NO_STEPS.union(*(part.needs for part in parts))
        return Typed(TemplateText(tuple(part.tree for part in parts), tree.start), TEXT, needs)

    def step_output(self, tree: StepOutput) -> Typed:
        return self._step_field(tree.step, self._steps[tree.step], tree.field, tree)

    def call(self, tree: Call) -> Typed:
        place = self._wanted if tree.function == "default" else PLAIN
        arguments = [self.visit(argument, place) for argument in tree.arguments]
        new = Call(tree.function, tuple(each.tree for each in arguments), tree.start)
        needs = NO_STEPS.union(*(each.needs for each in arguments))
        if tree.function == "default":
            wanted, instead = arguments
            return Typed(new, union([wanted.type.without(Null), instead.type]), instead.needs)
        return Typed(new, type_of_call(tree.function, arguments, self._findings), needs)


_VISITORS = cast(
    "dict[type[Tree], Callable[[_Elaborator, Tree], Typed]]",
    {
        Call: _Elaborator.call,
        Comparison: _Elaborator.comparison,
        Comprehension: _Elaborator.comprehension,
        Connective: _Elaborator.connective,
        Constant: _Elaborator.constant,
        DictDisplay: _Elaborator.dict_display,
        Index: _Elaborator.index,
        ListDisplay: _Elaborator.list_display,
        Member: _Elaborator.member,
        Name: _Elaborator.name,
        Negative: _Elaborator.negative,
        Not: _Elaborator.negation,
        Operation: _Elaborator.operation,
        StepOutput: _Elaborator.step_output,
        TemplateText: _Elaborator.text,
    },
)
