"""Makes a checked plan of the steps that a model has written so far, while it writes the others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from pydantic import JsonValue

from callsheet.agents.contracts.capability import Capability, Effect, JsonObject
from callsheet.planner.check.checker import RESERVED, CheckResult, check
from callsheet.planner.check.fixes import MAX_ROUNDS, apply_fixes, complete_paths
from callsheet.planner.diagnostics import Diagnostic
from callsheet.planner.formats.plan_format import WireFormat
from callsheet.planner.plan.checked_plan import CheckedPlan
from callsheet.planner.plan.graph import closure
from callsheet.planner.plan.policy import Policy
from callsheet.planner.plan.references import steps_named_by

PORTIONS = 20
"""A look is due once a twentieth more has been written: at every step of a short plan, and so seldom in a
long one that all looks together cost in proportion to its length."""

_PLACE = re.compile(r"/steps/(\d+)(?:/|\Z)")
_BROKEN = "what the model writes is not the JSON of a plan"
_CHANGED = "step {}: what is written behind it gives it another meaning"

_Steps = dict[int, JsonValue]
"""Steps as a plan's document has them, each under its place in the answer."""


class DraftReader:
    """Turns the pieces of one answer into drafts: checked plans of the steps that may start already.

    A draft has the steps that are complete, check, and stand on their own: what they refer to is in the draft
    too, and they neither do what cannot be undone nor want an approval. Its answer is null. What is in one
    draft is in all later ones, unchanged, since it may be running already.

    Once a step has errors, or the answer is not a plan, or what was written later changes what an earlier
    step means, `halted` is True and nothing more is added; `problem` says why. What only refers to steps that
    are not there (yet) waits for them, and spelling mistakes in such references are for the whole plan to
    mend: which step was meant cannot be known before all are written.

    It does no I/O, and the cost of all drafts together is in proportion to the length of the plan.
    """

    def __init__(
        self,
        wire_format: WireFormat,
        goal: str,
        catalog: Sequence[Capability],
        policy: Policy | None = None,
    ) -> None:
        self._format = wire_format
        self._goal = goal
        self._catalog = catalog
        self._policy = policy or Policy()
        self._unasked = {
            each.name
            for each in catalog
            if each.effect is not Effect.IRREVERSIBLE and each.effect not in self._policy.approval_for
        }
        self._known = {each.name for each in catalog}
        self._reader = wire_format.reader()
        self._arrived: list[JsonValue] = []
        self._read: list[JsonValue] = []
        self._drafted: _Steps = {}
        self.halted = False
        self.problem = ""

    def feed(self, text: str) -> CheckedPlan | None:
        """Take the next piece of the answer. Returns the new draft where steps were added to it."""
        if self.halted:
            return None
        self._arrived += self._reader.feed(text)
        draft = self._look() if self._is_due() else None
        if self._reader.is_broken and not self.halted:
            self._halt(_BROKEN)
        return draft

    def _is_due(self) -> bool:
        new = len(self._arrived) - len(self._read)
        return new > (0 if self._reader.is_ended else len(self._read) // PORTIONS)

    def _halt(self, problem: str) -> None:
        self.halted, self.problem = True, problem

    def _look(self) -> CheckedPlan | None:
        before = self._read
        try:
            self._read = self._translate()
        except ValueError as error:
            self._halt(str(error))
            return None
        for at in self._drafted:
            if self._read[at] != before[at]:
                self._halt(_CHANGED.format(_id(before[at])))
                return None
        steps, result = self._settle()
        if result is not None and result.plan is None:
            steps, result = self._before_the_first(result.errors, steps)
        if result is None or result.plan is None or len(steps) == len(self._drafted):
            return None
        self._drafted = steps
        return result.plan

    def _translate(self) -> list[JsonValue]:
        """The steps so far as a plan has them. Raises ValueError where they are none."""
        steps: JsonObject = {"steps": list(self._arrived)}
        read = self._format.read_plan(steps, self._goal, self._catalog)
        # What the model will be asked about may come out otherwise.
        for doubt in read.doubts:
            raise ValueError(doubt)
        document, _ = complete_paths(read.document)
        translated = document.get("steps")
        if not isinstance(translated, list) or len(translated) != len(self._arrived):
            raise ValueError(_BROKEN)
        return translated

    def _settle(self) -> tuple[_Steps, CheckResult | None]:
        """The steps of the next draft with what the checker says of them, after all certain fixes; no
        result where none were added."""
        written = {**dict(enumerate(self._read)), **self._drafted}
        result: CheckResult | None = None
        steps = self._drafted
        for _ in range(MAX_ROUNDS):
            steps = self._standing(written)
            if len(steps) == len(self._drafted):
                return steps, None
            result = self._check(steps)
            repaired = self._repair(steps, result)
            if repaired == steps:
                break
            written |= repaired
        return steps, result

    def _standing(self, written: _Steps) -> _Steps:
        """The steps that stand on their own. Those that wait for each other are among them: it is for the
        checker to say what is wrong with them."""
        ids = {_id(step) for step in written.values()}
        named = {at: _names(step) for at, step in written.items() if at not in self._drafted}
        out = [at for at in named if not self._may_start(written[at]) or not named[at] <= ids]
        left = _with_users(out, named, written)
        return {at: written[at] for at in sorted(written) if at not in left}

    def _may_start(self, step: JsonValue) -> bool:
        match step:
            case {"approval": approval} if approval is not False:
                return False
            case {"capability": str(name)}:
                return name in self._unasked or name not in self._known
            case _:
                return True

    def _check(self, steps: _Steps) -> CheckResult:
        return check(self._document(steps), self._catalog, self._policy)

    def _document(self, steps: _Steps) -> JsonObject:
        return {"goal": self._goal, "steps": list(steps.values()), "answer": None}

    def _repair(self, steps: _Steps, result: CheckResult) -> _Steps:
        """The steps after the fixes that the findings carry; those of the last draft stay as they are."""
        if not result.errors:
            return steps
        document, _ = apply_fixes(self._document(steps), result.errors)
        repaired = document["steps"]
        if not isinstance(repaired, list):
            return steps
        return {**dict(zip(steps, repaired, strict=True)), **self._drafted}

    def _before_the_first(
        self, errors: Sequence[Diagnostic], steps: _Steps
    ) -> tuple[_Steps, CheckResult | None]:
        """Halt, with those steps for a last draft that were written before the first with an error."""
        self._halt(_sentence(errors[0]))
        places = list(steps)
        first = min((places[at] for at in _places(errors)), default=0)
        written = {at: step for at, step in steps.items() if at < first} | self._drafted
        kept = self._standing(written)
        return kept, self._check(kept)


def _with_users(out: Sequence[int], named: Mapping[int, frozenset[str]], written: _Steps) -> frozenset[int]:
    """These steps, and all that refer to them, by whatever way round."""
    users: dict[str, list[int]] = {}
    for at, names in named.items():
        for name in names:
            users.setdefault(name, []).append(at)
    return closure(out, lambda at: users.get(_id(written[at]), ()))


def _sentence(error: Diagnostic) -> str:
    return f"step {error.step}: {error.message}" if error.step else error.message


def _places(errors: Sequence[Diagnostic]) -> Iterator[int]:
    for error in errors:
        if match := _PLACE.match(error.pointer):
            yield int(match[1])


def _id(step: JsonValue) -> str:
    return str(step.get("id")) if isinstance(step, dict) else ""


def _names(step: JsonValue) -> frozenset[str]:
    """The steps that a step refers to."""
    return steps_named_by(step) - RESERVED if isinstance(step, dict) else frozenset()
