"""The file of a recording: read with every fault told by its line, and written whole or not at all."""

from __future__ import annotations

import secrets
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from callsheet.agents.capability import Capability
from callsheet.agents.errors import AgentError
from callsheet.agents.registry import Registry
from callsheet.executor.events import PlanAdopted
from callsheet.executor.revival import recheck
from callsheet.planner.diagnostics import Severity
from callsheet.planner.documents import MAX_BYTES, read_document, write_yaml
from callsheet.planner.errors import PlanInvalid
from callsheet.planner.source_lines import SourceLines

from .document import document_of
from .errors import RecordingInvalid, RecordingUnwritable, RunNotRecordable
from .faults import LineOf
from .reading import recording_from
from .recording import Recording
from .redaction import Redacts, redacted

_MOST_FINDINGS = 3
_MEND = "correct it, or record the run again"
_NOBODY = Registry()


def load_recording(path: str | PathLike[str], check_plans: bool = True) -> Recording:
    """The recording in a file, its plans checked against the contracts that they were made for, and the
    contracts themselves, unless that is not wanted. Raises DocumentError, RecordingInvalid,
    RecordingNewer."""
    path = Path(path)
    lines = _Lines(path)
    recording = recording_from(read_document(path), str(path), lines.line)
    if check_plans:
        _require_contracts(recording, lines.line)
        _require_plans(recording, lines.line)
    return recording


def is_recording(document: object) -> bool:
    """Whether a document means to be a recording, whatever is wrong with it."""
    return isinstance(document, dict) and "recording" in document


def recording_text(recording: Recording, redactor: Redacts) -> str:
    """The text of the file, without secrets: the same for the same recording. Raises RunNotRecordable."""
    clean = redacted(recording, redactor)
    try:
        return _preface(clean) + write_yaml(document_of(clean), compact=True)
    except ValueError as error:
        raise RunNotRecordable(recording.run, f"it holds what no YAML file can: {error}") from None


def save_recording(recording: Recording, path: str | PathLike[str], redactor: Redacts) -> None:
    """Write the file, and the folders that it lies in; there is never half a file. Raises
    RecordingUnwritable, RunNotRecordable."""
    path = Path(path)
    if path.suffix.lower() == ".json":
        raise RecordingUnwritable(str(path), "it is YAML, and .json is the ending of another format")
    data = recording_text(recording, redactor).encode()
    beside = path.parent / f".{path.name}.{secrets.token_hex(4)}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            beside.write_bytes(data)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise RecordingUnwritable(str(path), error.strerror or str(error)) from None


class _Lines:
    """The lines of a file, read once more when something is wrong with it."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def line(self, pointer: str) -> int | None:
        """Where the value at a JSON pointer begins."""
        return None if self._lines is None else self._lines.line(pointer)

    @cached_property
    def _lines(self) -> SourceLines | None:
        try:
            with self._path.open("rb") as file:
                return SourceLines(file.read(MAX_BYTES).decode("utf-8-sig"))
        except (OSError, UnicodeDecodeError):
            return None


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
        problem = f"the contract of `{contract['name']}` is none: {_first(error)}"
        line = line_of(f"/catalog/{contract['name']}")
        raise RecordingInvalid(recording.source, problem, line, _MEND) from None


def _require_plans(recording: Recording, line_of: LineOf) -> None:
    """See that every plan checks against the contracts of its time."""
    for place, event in enumerate(recording.events[2:]):
        if isinstance(event, PlanAdopted):
            _require_plan(recording, event, f"/events/{place}", line_of)


def _require_plan(recording: Recording, adopted: PlanAdopted, pointer: str, line_of: LineOf) -> None:
    try:
        recheck(adopted, _NOBODY)
    except PlanInvalid as error:
        found = [each for each in error.diagnostics if each.severity is Severity.ERROR]
        told = "; ".join(str(each) for each in found[:_MOST_FINDINGS])
        pointer += f"/plan{found[0].pointer}"
    except (ValidationError, AgentError) as error:
        told = _first(error)
        pointer += "/contracts"
    else:
        return
    problem = f"plan {adopted.revision} does not check: {told}"
    raise RecordingInvalid(recording.source, problem, line_of(pointer), _MEND)


def _first(error: Exception) -> str:
    """What is wrong, in a sentence."""
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc'])) or 'it'}: {first['msg']}"
    return str(error)


def _preface(recording: Recording) -> str:
    record = recording.record
    outcome = ", ".join(
        (
            _counted(record.revision, "plan"),
            _counted(len(record.steps), "step"),
            _counted(record.model_calls, "model call"),
            f"{recording.duration:.3f} seconds",
        )
    )
    return (
        "# Everything that happened in one run of Callsheet: to be kept, reviewed and compared.\n"
        "# `callsheet replay FILE` does it all over again, without a model and without a network.\n"
        f"# {record.status}: {outcome}\n"
    )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
