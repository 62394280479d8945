"""Everything that one step binds: parsed, typed, and held against its capability's contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pydantic import JsonValue

from callsheet.agents.contracts.validation import pointer_of
from callsheet.planner.diagnostics import Diagnostic, Fix, Severity, rename
from callsheet.planner.expressions.elaborate import PARAMETERS, Elaboration, elaborate
from callsheet.planner.expressions.errors import ExpressionSyntaxError
from callsheet.planner.expressions.fields import StepType
from callsheet.planner.expressions.findings import ExpressionProblem
from callsheet.planner.expressions.fits import misfit
from callsheet.planner.expressions.kinds import element_of, type_of_value
from callsheet.planner.expressions.parser import parse, parse_template
from callsheet.planner.expressions.tree import Connective, Constant, StepOutput, Tree
from callsheet.planner.expressions.types import (
    ANYTHING,
    TEXT,
    TRUTH,
    List,
    Null,
    Object,
    Truth,
    Type,
    describe,
    list_of,
    union,
)
from callsheet.planner.expressions.types import Text as TextKind
from callsheet.planner.plan.plan import Binding, From, Literal, Step, Template, write_binding
from callsheet.suggestions import meant, nearest

from .capability_types import CapabilityTypes
from .conversions import convert_literal, convert_reference, is_text
from .input_texts import constant_of, is_place, spelled_in, type_of_text
from .parameters import Parameters

DocumentPath = tuple[str | int, ...]

MAX_DIAGNOSTICS = 200
"""How many are looked for: no reader can repair more at once, and hints take time."""
MAX_OF_A_LITERAL = 5
"""Places where one value breaks its schema that are told."""
MAX_NAMED = 20
"""Inputs of a capability, or fields, that one message lists."""


@dataclass(slots=True)
class Uses:
    """What the expressions of a step (or the answer) name, and where each needs a result."""

    named: dict[str, None] = field(default_factory=dict[str, None])
    needs: list[tuple[DocumentPath, frozenset[str]]] = field(
        default_factory=list[tuple[DocumentPath, frozenset[str]]]
    )


@dataclass(slots=True)
class CheckedStep:
    """What the expressions of a step came to. Trees of expressions with errors are missing."""

    step: Step
    """The step as the plan has it."""

    contract: CapabilityTypes
    """The capability that it names."""

    uses: Uses = field(default_factory=Uses)
    """The steps that its expressions name."""

    inputs: dict[str, Tree] = field(default_factory=dict[str, Tree])
    """The tree of each input."""

    condition: Tree | None = None
    """The tree of the condition."""

    for_each: Tree | None = None
    """The tree of the list."""

    expectations: list[Tree] = field(default_factory=list[Tree])
    """The trees of the expectations, in their order."""


class Reader:
    """Reads bindings and expressions, and notes what is wrong with them."""

    def __init__(self, steps: Mapping[str, StepType], parameters: Parameters) -> None:
        self._steps = steps
        self._everywhere = {PARAMETERS: parameters.type} if parameters else {}
        self._values: dict[str, JsonValue] = {PARAMETERS: parameters.defaults}
        self.diagnostics: list[Diagnostic] = []
        self._fitting: set[tuple[Type, Type]] = set()

    @property
    def is_full(self) -> bool:
        """Whether there are so many findings that the search ends."""
        return len(self.diagnostics) >= MAX_DIAGNOSTICS

    def step(self, at: int, step: Step, contract: CapabilityTypes) -> CheckedStep:
        """Check all that a step binds."""
        checked = CheckedStep(step, contract)
        path: DocumentPath = ("steps", at)
        variables: dict[str, Type] = {}
        if step.condition is not None:
            checked.condition = self._truth((*path, "condition"), step, step.condition, {}, checked.uses)
        if step.for_each is not None:
            checked.for_each, items = self._for_each((*path, "for_each"), step, checked.uses)
            variables = {"item": items}
        self._inputs((*path, "inputs"), checked, variables)
        for number, text in enumerate(step.expect):
            if self.is_full:
                break
            scope = {**variables, "output": contract.output}
            place = (*path, "expect", number)
            checked.expectations.append(self._truth(place, step, text, scope, checked.uses))
        return checked

    def answer(self, binding: Binding) -> tuple[Tree, Uses]:
        """Check the plan's answer."""
        uses = Uses()
        return self._binding(("answer",), None, binding, {}, uses).tree, uses

    def note(
        self,
        code: str,
        path: DocumentPath,
        message: str,
        *,
        hint: str | None = None,
        step: Step | None = None,
        severity: Severity = Severity.ERROR,
        fix: Fix | None = None,
    ) -> None:
        """Add a finding."""
        step_id = step.id if step else None
        self.diagnostics.append(Diagnostic(code, pointer_of(path), message, hint, step_id, severity, fix))

    def _for_each(self, path: DocumentPath, step: Step, uses: Uses) -> tuple[Tree, Type]:
        wanted = list_of(ANYTHING)
        found = self._binding(path, step, step.for_each or Literal(None), {}, uses, wanted)
        if problem := misfit(found.type, wanted):
            message = f"for_each needs a list: {problem}{_told(found)}"
            self.note("type-mismatch", path, message, step=step)
            return found.tree, ANYTHING
        return found.tree, union([element_of(kind) for kind in found.type.kinds])

    def _inputs(self, path: DocumentPath, checked: CheckedStep, variables: Mapping[str, Type]) -> None:
        step, contract = checked.step, checked.contract
        for name, binding in step.inputs.items():
            if self.is_full:
                break
            place = (*path, name)
            if name in contract.inputs:
                checked.inputs[name] = self._input(place, checked, name, binding, variables)
            elif contract.open:
                checked.inputs[name] = self._binding(place, step, binding, variables, checked.uses).tree
            else:
                self._unknown_input(place, checked, name, binding)
        for name in contract.required:
            if name not in step.inputs:
                message = f"`{contract.capability.name}` requires the input `{name}`"
                self.note("missing-input", path, message, step=step)

    def _unknown_input(self, path: DocumentPath, checked: CheckedStep, name: str, binding: Binding) -> None:
        free = [each for each in checked.contract.inputs if each not in checked.step.inputs]
        only = meant(name, free)
        fix = rename(path, only, write_binding(binding)) if only else None
        known = [f"`{each}`" for each in checked.contract.inputs]
        takes = ", ".join([*known[:MAX_NAMED], *(["…"] if len(known) > MAX_NAMED else [])]) or "none"
        message = f"`{checked.contract.capability.name}` has no input `{name:.80}`; it takes {takes}"
        found = nearest(name, free)
        hint = f"did you mean `{found}`?" if found else None
        self.note("unknown-input", path, message, hint=hint, step=checked.step, fix=fix)

    def _input(
        self,
        path: DocumentPath,
        checked: CheckedStep,
        name: str,
        binding: Binding,
        variables: Mapping[str, Type],
    ) -> Tree:
        step, contract = checked.step, checked.contract
        if isinstance(binding, Literal):
            self._literal(path, checked, name, binding.value)
            return Constant(binding.value)
        wanted = contract.input_type(name)
        found = self._binding(path, step, binding, variables, checked.uses, wanted)
        self._spelled(path, checked, name, found.tree, variables)
        # Plans take the same few fields to the same few inputs over and over.
        if (found.type, wanted) in self._fitting:
            return found.tree
        # Of an expression with errors nothing is known.
        constant = None if found.findings or found.type is ANYTHING else constant_of(found.tree)
        if constant and self._constant(path, checked, name, binding, *constant):
            return found.tree
        if problem := misfit(found.type, wanted):
            converted = convert_reference(binding, found.type, wanted, contract.input_text(name))
            fix = Fix(pointer_of(path), *converted) if converted else None
            hint = _hint(found.type, wanted)
            message = f"input `{name}`: {problem}{_told(found)}"
            self.note("type-mismatch", path, message, hint=hint, step=step, fix=fix)
        else:
            self._fitting.add((found.type, wanted))
        return found.tree

    def _constant(
        self, path: DocumentPath, checked: CheckedStep, name: str, binding: Binding, value: JsonValue
    ) -> bool:
        """Hold an expression or a template that always yields one value against all that the schema says;
        whether something was found."""
        contract = checked.contract
        problems = contract.literal_problems(name, value)
        for problem in problems[:1]:
            type_, wanted, text = type_of_value(value), contract.input_type(name), contract.input_text(name)
            converted = convert_reference(binding, type_, wanted, text) if misfit(type_, wanted) else None
            fix = (
                Fix(pointer_of(path), *converted)
                if converted
                else self._converted(path, contract, name, value)
            )
            inner = f"{problem.pointer}: " if problem.pointer else ""
            message, hint = f"input `{name}`: {inner}{problem.message}", problem.hint or _hint(type_, wanted)
            self.note("type-mismatch", path, message, hint=hint, step=checked.step, fix=fix)
        return bool(problems)

    def _spelled(
        self, path: DocumentPath, checked: CheckedStep, name: str, tree: Tree, variables: Mapping[str, Type]
    ) -> None:
        """Refuse a list or an object, written out as JSON, in a path, an address, a title or the like."""
        wanted = checked.contract.input_type(name).without(Null)
        is_short = checked.contract.input_text(name).is_short and is_text(wanted)
        if not is_short and not is_place(tree):
            return
        known = {**self._everywhere, **variables}
        for part in spelled_in(tree):
            type_ = elaborate(part, self._steps, known, self._values).type
            if any(isinstance(kind, (List, Object)) for kind in type_.kinds):
                what = f"`{part.step}`" if isinstance(part, StepOutput) else "a part of it"
                message = f"input `{name}`: {what} is {describe(type_)}, which has no place in a short text"
                self.note("type-mismatch", path, message, hint=_hint(type_, TEXT), step=checked.step)

    def _literal(self, path: DocumentPath, checked: CheckedStep, name: str, value: JsonValue) -> None:
        problems = checked.contract.literal_problems(name, value)
        # The first of each place: what is wrong often breaks several keywords of its schema at once.
        first = {each.pointer: each for each in reversed(problems)}
        for problem in [each for each in problems if first[each.pointer] is each][:MAX_OF_A_LITERAL]:
            fix = self._converted(path, checked.contract, name, value)
            place = pointer_of(path) + problem.pointer
            said = f"input `{name}`: {problem.message}"
            self.diagnostics.append(
                Diagnostic("type-mismatch", place, said, problem.hint, checked.step.id, fix=fix)
            )

    def _converted(
        self, path: DocumentPath, contract: CapabilityTypes, name: str, value: JsonValue
    ) -> Fix | None:
        for converted in convert_literal(
            value,
            contract.input_type(name),
            contract.input_text(name),
            lambda each: not contract.literal_problems(name, each),
        ):
            return Fix(pointer_of(path), converted, f"converted `{name}` to the required type")
        return None

    def _binding(
        self,
        path: DocumentPath,
        step: Step | None,
        binding: Binding,
        variables: Mapping[str, Type],
        uses: Uses,
        wanted: Type = ANYTHING,
    ) -> Elaboration:
        match binding:
            case Literal(value):
                return Elaboration(Constant(value), type_of_value(value), frozenset(), (), ())
            case From(text):
                return self._expression((*path, "from"), step, text, variables, uses, wanted)
            case Template(text):
                place = (*path, "template")
                found = self._expression(place, step, text, variables, uses, TEXT, template=True)
                return found if found.type is ANYTHING else replace(found, type=type_of_text(found.tree))

    def _truth(
        self, path: DocumentPath, step: Step, text: str, variables: Mapping[str, Type], uses: Uses
    ) -> Tree:
        found = self._expression(path, step, text, variables, uses, TRUTH)
        if problem := misfit(found.type, TRUTH):
            hint = (
                "compare it with a value, such as x == 1"
                if "null" not in problem
                else "give a fallback: default(…, false)"
            )
            message = f"`{_short(text)}`: {problem}{_told(found)}"
            self.note("not-a-truth-value", path, message, hint=hint, step=step)
        if all(isinstance(kind, Truth) for kind in found.type.kinds):
            return found.tree
        # Of unknown type: made absent where it turns out not to be a boolean.
        return Connective("and", (found.tree,), found.tree.start)

    def _expression(
        self,
        path: DocumentPath,
        step: Step | None,
        text: str,
        variables: Mapping[str, Type],
        uses: Uses,
        wanted: Type,
        *,
        template: bool = False,
    ) -> Elaboration:
        try:
            tree = parse_template(text) if template else parse(text)
        except ExpressionSyntaxError as error:
            message = (
                f"`{_short(text)}` is not a valid expression: at character {error.start + 1}, {error.problem}"
            )
            self.note("bad-expression", path, message, hint=error.hint, step=step)
            return Elaboration(Constant(None), ANYTHING, frozenset(), (), ())
        found = elaborate(tree, self._steps, {**self._everywhere, **variables}, self._values, wanted)
        uses.named.update(dict.fromkeys(found.steps))
        if found.needs:
            uses.needs.append((path, found.needs))
        for finding in found.findings:
            self._note_finding(path, step, text, finding, found)
        return found

    def _note_finding(
        self, path: DocumentPath, step: Step | None, text: str, finding: ExpressionProblem, found: Elaboration
    ) -> None:
        fix = None
        if edit := finding.edit:
            repaired = text[: edit.start] + edit.text + text[edit.end :]
            note = f"replaced `{text[edit.start : edit.end]}` with `{edit.text}`"
            fix = Fix(pointer_of(path), repaired, note)
        told = _told(found) if finding.code == "type-mismatch" else ""
        message = f"in `{_short(text)}`: {finding.message}{told}"
        self.note(finding.code, path, message, hint=finding.hint, step=step, fix=fix)


def _told(found: Elaboration) -> str:
    return f"; {found.meanings}" if found.meanings else ""


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:79] + "…"


def _hint(type_: Type, wanted: Type) -> str | None:
    """What to do where a list or an object stands for a text, or within one."""
    if any(isinstance(kind, TextKind) for kind in wanted.kinds):
        for kind in type_.kinds:
            if isinstance(kind, List):
                return "use for_each to take its elements one by one"
            if isinstance(kind, Object) and kind.fields:
                fields = ", ".join(f"`{each}`" for each in [*kind.fields][:MAX_NAMED])
                return f"name the field that is meant: {fields}"
    return None
