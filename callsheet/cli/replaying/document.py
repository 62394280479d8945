"""The outcomes of replays as JSON, for programs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from typing import TypeAlias

from pydantic import JsonValue

from callsheet.agents.contracts.capability import JsonObject
from callsheet.cli.text.drift import drift_documents
from callsheet.errors import CallsheetError
from callsheet.executor.replay.what_if import WhatIf
from callsheet.recordings.replay_result import Replay

from .replay_session import ReplayOutcome

_Clean: TypeAlias = Callable[[JsonValue], JsonValue]


def replay_document(
    outcomes: Iterable[ReplayOutcome], clean: _Clean, what_ifs: Sequence[WhatIf] = ()
) -> JsonObject:
    """Every file with its outcome. `seconds` is how long the run took, `ms` how long its replay took. `clean`
    removes the secrets from an answer."""
    told = tuple(outcomes)
    documents = [_document(outcome, clean, what_ifs) for outcome in told]
    return {"recordings": documents, "exact": all(outcome.is_exact for outcome in told)}


def _document(outcome: ReplayOutcome, clean: _Clean, what_ifs: Sequence[WhatIf]) -> JsonValue:
    return {
        "file": str(outcome.file),
        **_run(outcome.replay, clean),
        "exact": outcome.is_exact,
        "slips": drift_documents(outcome.slips),
        "what_if": [asdict(each) for each in what_ifs],
        "ms": round(1_000 * outcome.seconds, 3),
        "error": None if outcome.error is None else _error(outcome.error),
    }


def _run(replayed: Replay | None, clean: _Clean) -> JsonObject:
    if replayed is None:
        keys = ("run", "goal", "status", "answer", "cut_short", "updated", "obstacle", "seconds")
        return {**dict.fromkeys(keys), "drifts": []}
    obstacle = () if replayed.obstacle is None else (replayed.obstacle,)
    return {
        "run": replayed.recording.run,
        "goal": replayed.goal,
        "status": replayed.status.value,
        "answer": clean(replayed.answer),
        "drifts": drift_documents(replayed.drifts),
        "cut_short": replayed.is_cut_short,
        "updated": replayed.updated is not None,
        "obstacle": next(iter(drift_documents(obstacle)), None),
        "seconds": replayed.recording.duration,
    }


def _error(error: CallsheetError) -> JsonValue:
    return {"type": type(error).__name__, "message": str(error), "exit_code": error.exit_code}
