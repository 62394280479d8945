"""The checker: what a plan may yield is known before anything runs, or the plan is refused.

Its findings are diagnostics. A plan without errors comes back compiled: every expression parsed
and typed, every dependency named, every policy settled. Checking costs time in proportion to
the size of the plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from callsheet.agents.contracts.capability import CHANGING, Capability
from callsheet.agents.contracts.validation import pointer_of
from callsheet.planner.diagnostics import Diagnostic, Fix, Severity
from callsheet.planner.documents.source_document import SourceDocument
from callsheet.planner.expressions.elaborate import PARAMETERS
from callsheet.planner.expressions.fields import StepType
from callsheet.planner.expressions.parser import FUNCTIONS
from callsheet.planner.expressions.tokens import FOREIGN, WORDS
from callsheet.planner.expressions.tree import Tree
from callsheet.planner.expressions.types import ANYTHING
from callsheet.planner.plan.checked_plan import CheckedPlan, CompiledStep, Expectation
from callsheet.planner.plan.graph import Node, find_cycles, needed_for, skippable
from callsheet.planner.plan.plan import Binding, Join, Literal, OnFailure, Plan, Step
from callsheet.planner.plan.policy import Policy
from callsheet.suggestions import did_you_mean, meant

from .capability_types import CapabilityTypes
from .errors import PlanInvalid
from .parameters import Parameters
from .step_check import MAX_DIAGNOSTICS, CheckedStep, Reader, Uses
from .structure import read_plan, read_rest

__all__ = ["RESERVED", "CheckResult", "Policy", "check"]

RESERVED = WORDS | FOREIGN | frozenset(FUNCTIONS) | {"item", "output", PARAMETERS}
"""Names that no step may have, because expressions use them for something else."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What the checker found. `plan` is None where there are errors; `source` is the file that was checked,
    where it was one."""

    plan: CheckedPlan | None
    diagnostics: tuple[Diagnostic, ...]
    source: SourceDocument | None = None

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The findings that keep the plan from running."""
        return tuple(each for each in self.diagnostics if each.severity is Severity.ERROR)

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """The findings that do not."""
        return tuple(each for each in self.diagnostics if each.severity is Severity.WARNING)

    def require(self) -> CheckedPlan:
        """The checked plan. Raises PlanInvalid where there are errors."""
        if self.plan is None:
            raise PlanInvalid(self.diagnostics, self.source)
        return self.plan


def check(document: object, catalog: Iterable[Capability], policy: Policy | None = None) -> CheckResult:
    """Check a plan, or the JSON of one, which may have been read from a file, against the capabilities there
    are. Never raises."""
    if isinstance(document, SourceDocument):
        return replace(check(document.value, catalog, policy), source=document)
    policy = policy or Policy()
    if isinstance(document, Plan):
        try:
            document = document.to_document()
        except ValueError as error:
            return CheckResult(None, (Diagnostic("not-json", "", f"the plan cannot be written: {error}"),))
    by_name = {capability.name: capability for capability in catalog}
    plan, problems = read_plan(document, policy)
    if plan is not None:
        return _Check(plan, by_name, policy).result()
    # One mistake in the form hides no other finding.
    rest = read_rest(document, problems)
    others = _Check(rest.plan, by_name, policy).result().diagnostics if rest else ()
    found = (*problems, *(each for each in others if rest and rest.is_sure(each)))
    return CheckResult(None, found[:MAX_DIAGNOSTICS])


class _Check:
    def __init__(self, plan: Plan, catalog: Mapping[str, Capability], policy: Policy) -> None:
        self._plan = plan
        self._catalog = catalog
        self._policy = policy
        self._contracts: dict[str, CapabilityTypes] = {}
        self._steps: dict[str, CheckedStep | None] = dict.fromkeys((step.id for step in plan.steps), None)
        self._seen: set[str] = set()
        self._parameters = Parameters.from_plan(plan)
        self._reader = Reader(self._step_types(), self._parameters)

    def result(self) -> CheckResult:
        for path, problem in self._parameters.problems():
            self._reader.note("bad-parameter", (PARAMETERS, *path), problem)
        for at, step in enumerate(self._plan.steps):
            if self._reader.is_full:
                return CheckResult(None, tuple(self._reader.diagnostics[:MAX_DIAGNOSTICS]))
            self._check_step(at, step)
        answer, uses = self._reader.answer(self._plan.answer)
        if not self._plan.steps and not _is_said(self._plan.answer):
            message = "the plan has no steps: add a step, or an answer that needs none"
            self._reader.note("no-steps", ("steps",), message)
        graph = self._graph()
        cycles = find_cycles(graph)
        for cycle in cycles[:MAX_DIAGNOSTICS]:
            self._note_cycle(cycle)
        # Both follow the graph in its order, and with a cycle it has none.
        if not cycles:
            self._check_absence(graph, uses)
            self._check_usefulness(graph, uses)
        diagnostics = tuple(self._reader.diagnostics[:MAX_DIAGNOSTICS])
        if any(each.severity is Severity.ERROR for each in self._reader.diagnostics):
            return CheckResult(None, diagnostics)
        return CheckResult(self._compile(graph, answer), diagnostics)

    def _step_types(self) -> dict[str, StepType]:
        types: dict[str, StepType] = {}
        for step in self._plan.steps:
            contract = self._contract(step.capability)
            each = step.for_each is not None
            if contract is None:
                types.setdefault(step.id, StepType(ANYTHING, "", each))
            else:
                types.setdefault(step.id, StepType(contract.output, contract.capability.main_output, each))
        return types

    def _contract(self, name: str) -> CapabilityTypes | None:
        if name not in self._contracts and name in self._catalog:
            self._contracts[name] = CapabilityTypes(self._catalog[name])
        return self._contracts.get(name)

    def _check_step(self, at: int, step: Step) -> None:
        note = self._reader.note
        if step.id in self._seen:
            message = f"another step has the id `{step.id}`: ids must be unique"
            note("duplicate-step-id", ("steps", at, "id"), message, step=step)
        self._seen.add(step.id)
        if step.id in RESERVED:
            message = f"`{step.id}` is reserved in expressions and cannot be a step id"
            note("bad-step-id", ("steps", at, "id"), message, step=step)
        contract = self._contract(step.capability)
        if contract is None:
            self._note_unknown_capability(at, step)
            return
        checked = self._reader.step(at, step, contract)
        # Of two steps with one id the first counts, so that one mistake makes one finding.
        self._steps[step.id] = self._steps[step.id] or checked
        self._check_depends_on(at, step)
        if contract.capability.effect in self._policy.approval_for and not step.approval:
            message = f"`{step.capability}` is {contract.capability.effect} and requires approval"
            fix = Fix(pointer_of(("steps", at, "approval")), True, "set approval: true")
            note("needs-approval", ("steps", at), message, hint="set approval: true", step=step, fix=fix)

    def _note_unknown_capability(self, at: int, step: Step) -> None:
        path = ("steps", at, "capability")
        only = meant(step.capability, self._catalog)
        fix = Fix(pointer_of(path), only, f"replaced `{step.capability}` with `{only}`") if only else None
        hint = did_you_mean(step.capability, self._catalog)
        message = f"no agent provides `{step.capability:.80}`"
        self._reader.note("unknown-capability", path, message, hint=hint, step=step, fix=fix)

    def _check_depends_on(self, at: int, step: Step) -> None:
        for number, name in enumerate(step.depends_on):
            if name not in self._steps and not self._reader.is_full:
                path = ("steps", at, "depends_on", number)
                only = meant(name, self._steps)
                fix = Fix(pointer_of(path), only, f"replaced `{name}` with `{only}`") if only else None
                message, hint = f"there is no step `{name:.80}`", did_you_mean(name, self._steps)
                self._reader.note("unknown-step", path, message, hint=hint, step=step, fix=fix)

    def _graph(self) -> dict[str, Node]:
        return {
            name: Node(
                self._dependencies(checked),
                checked.step.join,
                checked.step.condition is not None or checked.step.on_failure is OnFailure.CONTINUE,
            )
            for name, checked in self._steps.items()
            if checked is not None
        }

    def _dependencies(self, checked: CheckedStep) -> tuple[str, ...]:
        named = dict.fromkeys((*checked.uses.named, *checked.step.depends_on))
        return tuple(name for name in named if self._steps.get(name) is not None)

    def _note_cycle(self, cycle: list[str]) -> None:
        way = " → ".join((*cycle, cycle[0]))
        first = next(at for at, step in enumerate(self._plan.steps) if step.id == cycle[0])
        message = (
            f"these steps wait for each other: {way}"
            if len(cycle) > 1
            else f"step `{cycle[0]}` uses its own result: a step can use only the results of other steps"
        )
        self._reader.note("cycle", ("steps", first), message, step=self._plan.steps[first])

    def _check_absence(self, graph: Mapping[str, Node], answer: Uses) -> None:
        """A step that joins `all` is skipped along with what it needs. The others go on without it."""
        lost = skippable(graph)
        if not lost:
            return
        for checked in self._steps.values():
            if checked is not None and checked.step.join is not Join.ALL:
                self._note_absence(checked.uses, lost, checked.step)
        self._note_absence(answer, lost, None)

    def _note_absence(self, uses: Uses, lost: frozenset[str], step: Step | None) -> None:
        for path, needs in uses.needs:
            for name in sorted(needs & lost):
                message = f"step `{name}` may be skipped or fail, and then has no result"
                hint = f"give a fallback: default({name}, …)"
                self._reader.note("may-be-absent", path, message, hint=hint, step=step)

    def _check_usefulness(self, graph: Mapping[str, Node], answer: Uses) -> None:
        acting = [
            name
            for name, checked in self._steps.items()
            if checked is not None and checked.contract.capability.effect in CHANGING
        ]
        useful = needed_for(graph, (*answer.named, *acting))
        for at, step in enumerate(self._plan.steps):
            if step.id in graph and step.id not in useful:
                message = f"the result of `{step.id}` is unused, and the step changes nothing"
                severity = Severity.WARNING
                self._reader.note("unused-step", ("steps", at), message, step=step, severity=severity)

    def _compile(self, graph: Mapping[str, Node], answer: Tree) -> CheckedPlan:
        steps = {
            name: _compile_step(checked, graph[name].dependencies)
            for name, checked in self._steps.items()
            if checked is not None
        }
        return CheckedPlan(self._plan, steps, answer)


def _compile_step(checked: CheckedStep, dependencies: tuple[str, ...]) -> CompiledStep:
    step, capability = checked.step, checked.contract.capability
    expectations = zip(step.expect, checked.expectations, strict=True)
    return CompiledStep(
        id=step.id,
        capability=capability,
        inputs=checked.inputs,
        dependencies=dependencies,
        join=step.join,
        condition=checked.condition,
        for_each=checked.for_each,
        expectations=tuple(Expectation(text, tree) for text, tree in expectations),
        max_retries=capability.max_retries if step.max_retries is None else step.max_retries,
        timeout_seconds=step.timeout_seconds or capability.timeout_seconds,
        total_timeout_seconds=step.total_timeout_seconds,
        on_failure=step.on_failure,
        approval=step.approval,
    )


def _is_said(answer: Binding) -> bool:
    """Whether an answer is given straight away: a value, and not an empty one."""
    match answer:
        case Literal(value):
            return value is not None and value != ""
        case _:
            return False
