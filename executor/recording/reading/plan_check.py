"""Whether the contracts of a recording are contracts, and its plans check against them."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from callsheet.agents.contracts.capability import Capability
from callsheet.agents.contracts.pydantic_problem import located_sentence
from callsheet.agents.errors import AgentError
from callsheet.agents.registry import Registry
from callsheet.executor.machine.recovery import recheck
from callsheet.executor.recording.content.errors import RecordingInvalid
from callsheet.executor.recording.content.recording import Recording
from callsheet.executor.run.events import PlanAdopted
from callsheet.planner.check.errors import PlanInvalid
from callsheet.planner.diagnostics import Severity

from .problems import LineOf

_MAX_FINDINGS = 3
_MEND = "correct it, or record the run again"
_NO_AGENTS = Registry()


def require_sound(recording: Recording, line_of: LineOf) -> None:
    """See that every contract of the catalog is one, and that every plan checks against the contracts of its
    time. Raises RecordingInvalid."""
    _require_contracts(recording, line_of)
    _require_plans(recording, line_of)


def _require_contracts(recording: Recording, line_of: LineOf) -> None:
    """See that every contract of the catalog is one."""
    try:
        recording.capabilities  # noqa: B018
    except (ValidationError, AgentError):
        for contract in recording.equipped.contracts:
            _require_contract(recording, contract, line_of)
        raise


def _require_contract(recording: Recording, contract: dict[str, Any], line_of: LineOf) -> None:
    try:
        Capability.model_validate(contract)
    except (ValidationError, AgentError) as error:
        problem = f"the contract of `{contract['name']}` is invalid: {_first(error)}"
        line = line_of(f"/catalog/{contract['name']}")
        raise RecordingInvalid(recording.source, problem, line, _MEND) from None


def _require_plans(recording: Recording, line_of: LineOf) -> None:
    """See that every plan checks against the contracts of its time."""
    for place, event in enumerate(recording.course):
        if isinstance(event, PlanAdopted):
            _require_plan(recording, event, f"/events/{place}", line_of)


def _require_plan(recording: Recording, adopted: PlanAdopted, pointer: str, line_of: LineOf) -> None:
    try:
        recheck(adopted, _NO_AGENTS)
    except PlanInvalid as error:
        found = [each for each in error.diagnostics if each.severity is Severity.ERROR]
        told = "; ".join(str(each) for each in found[:_MAX_FINDINGS])
        pointer += f"/plan{found[0].pointer}"
    except (ValidationError, AgentError) as error:
        told = _first(error)
        pointer += "/contracts"
    else:
        return
    problem = f"plan {adopted.revision} is invalid: {told}"
    raise RecordingInvalid(recording.source, problem, line_of(pointer), _MEND)


def _first(error: Exception) -> str:
    """What is wrong, in a sentence."""
    if isinstance(error, ValidationError):
        return located_sentence(error.errors()[0])
    return str(error)
