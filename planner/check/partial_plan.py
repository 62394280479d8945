"""What of a document can be checked although parts of it keep it from being a plan."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeAlias

from pydantic import ValidationError

from callsheet.agents.contracts.capability import JsonObject
from callsheet.agents.contracts.validation import pointer_of
from callsheet.planner.diagnostics import Diagnostic
from callsheet.planner.plan.plan import Plan, Step
from callsheet.suggestions import nearest

MAX_ROUNDS = 4
"""An entry that is given the name that was meant may turn out to be of the wrong kind."""
_STAND_INS: dict[str, Any] = {"goal": "", "answer": None, "capability": "", "inputs": {}, "for_each": []}
"""What stands for an entry that is missing or of the wrong kind; any other is left out."""
_USING = frozenset({"answer", "inputs", "condition", "for_each", "expect", "depends_on"})
"""Entries that use the results of steps."""
_BY_NAME = frozenset({"unknown-step", "unknown-field"})
"""Findings about names, which may be those of a part that is missing."""

_Path: TypeAlias = Sequence[str | int]


class PartialPlan(NamedTuple):
    """A plan of the parts that are sound, and what is known of the others."""

    plan: Plan
    broken: tuple[str, ...]
    """Where the others are, as JSON pointers."""

    is_lacking_names: bool
    """Whether a name may be missing that expressions use."""

    is_lacking_uses: bool
    """Whether an expression may be missing that uses a result."""

    @classmethod
    def of_document(cls, document: JsonObject) -> PartialPlan | None:
        """The plan without what keeps the document from being one; None where too little is left."""
        return _Remains(document).read()

    def is_sure(self, finding: Diagnostic) -> bool:
        """Whether a finding stands whatever the broken parts were meant to be."""
        if self.is_lacking_names and finding.code in _BY_NAME:
            return False
        if self.is_lacking_uses and finding.code == "unused-step":
            return False
        return not any(f"{finding.pointer}/".startswith(f"{pointer}/") for pointer in self.broken)


class _Remains:
    """Takes broken parts out of a document until it is a plan."""

    def __init__(self, document: JsonObject) -> None:
        self._sound: Any = copy.deepcopy(document)
        self._broken: list[str] = []
        self._ids: dict[int, str] = {}
        self._is_lacking_names = False
        self._is_lacking_uses = False

    def read(self) -> PartialPlan | None:
        for _ in range(MAX_ROUNDS):
            try:
                plan = self._with_own_ids(Plan.model_validate(self._sound))
            except ValidationError as error:
                places = [each["loc"] for each in error.errors(include_url=False, include_context=False)]
                if not all(map(self._leave_out, places)):
                    return None
            else:
                return PartialPlan(plan, tuple(self._broken), self._is_lacking_names, self._is_lacking_uses)
        return None

    def _leave_out(self, path: _Path) -> bool:
        """Take a broken part out of the document; False where nothing is left without it."""
        match [*path]:
            case ["params", *_]:
                self._sound["params"], self._is_lacking_names = {}, True
            case ["steps", int(at), str(name), *inner] if isinstance(self._sound["steps"][at], dict):
                self._leave_out_of_step(at, name, inner)
            case ["steps", *_]:
                return False
            case [str(name), *_]:
                self._is_lacking_uses |= name == "answer"
                if not _renamed(self._sound, name, Plan):
                    _replace(self._sound, name)
            case _:
                return False
        self._broken.append(pointer_of(path))
        return True

    def _leave_out_of_step(self, at: int, name: str, inner: _Path) -> None:
        step = self._sound["steps"][at]
        self._is_lacking_uses |= name in _USING
        if name == "id":
            given = step.get("id")
            self._ids[at] = given if isinstance(given, str) else ""
            # Whoever names it may write it right, or as it is written here.
            self._is_lacking_names = self._is_lacking_uses = True
            step["id"] = f"step_without_a_name_{at}"
        elif name == "inputs" and inner:
            step["inputs"][inner[0]] = None
        elif not _renamed(step, name, Step):
            _replace(step, name)
            # Of a step without inputs, an unknown entry may be what has them.
            hides_inputs = name not in Step.model_fields and "inputs" not in step
            self._is_lacking_uses |= hides_inputs
            if hides_inputs or name == "for_each":
                self._broken += [pointer_of(("steps", at, each)) for each in ("inputs", "expect")]

    def _with_own_ids(self, plan: Plan) -> Plan:
        """A name that is not allowed is still the one that expressions use."""
        own = {at: id for at, id in self._ids.items() if id}
        steps = [
            step.model_copy(update={"id": own[at]}) if at in own else step
            for at, step in enumerate(plan.steps)
        ]
        return plan.model_copy(update={"steps": tuple(steps)})


def _renamed(entries: dict[str, Any], name: str, kind: type[Plan | Step]) -> bool:
    """Give an unknown entry the name that was meant, where that is free."""
    if name in kind.model_fields:
        return False
    found = nearest(name, (each for each in kind.model_fields if each not in entries))
    if found is not None:
        entries[found] = entries.pop(name)
    return found is not None


def _replace(entries: dict[str, Any], name: str) -> None:
    entries.pop(name, None)
    if name in _STAND_INS:
        entries[name] = copy.deepcopy(_STAND_INS[name])
