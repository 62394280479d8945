"""The verdict on a replay: what differs from the recording. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import cast

import msgspec
from pydantic import JsonValue

from callsheet.agents.contracts.capability import Capability
from callsheet.agents.registry import Registry
from callsheet.executor.recording.content.recording import Recording
from callsheet.executor.recording.writing.redaction import Redacts, redacted
from callsheet.executor.replay.drift.comparison import (
    compare_runs,
    contract_drifts,
    divergence_drift,
    model_drifts,
    plan_drifts,
    result_drifts,
)
from callsheet.executor.replay.drift.drift import Drift, DriftKind
from callsheet.executor.replay.drift.nearest_request import call_place
from callsheet.executor.replay.history.event_match import Divergence
from callsheet.executor.replay.history.inputs import BROKEN_OFF
from callsheet.executor.run.events import AttemptStarted, Event, ModelCalled, PlanAdopted
from callsheet.executor.run.reducer import run_state_of
from callsheet.executor.run.state import ENDED, RunStatus
from callsheet.planner.check.checker import check

from .playback import Played

_MAX_FINDINGS = 5
_TOLD_OTHERWISE = (PlanAdopted, AttemptStarted, ModelCalled, type(None))


def schema_drifts(
    recording: Recording, today: Registry, *, is_whole: bool, redactor: Redacts | None = None
) -> Iterator[Drift]:
    """The recorded capabilities whose contracts changed, or, if today's agents are the whole team, that no
    agent provides any more; and whether the plans still pass the check. New capabilities are no drift."""
    before = {each["name"]: each for each in recording.equipped.contracts}
    after = [each.model_dump(mode="json") for each in today.catalog if each.name in before]
    drifts = list(contract_drifts(before.values(), after, is_whole=is_whole))
    if drifts and redactor is not None:
        cleaned = cast("list[dict[str, JsonValue]]", redactor.redact(cast(JsonValue, after)))
        drifts = list(contract_drifts(before.values(), cleaned, is_whole=is_whole))
    yield from drifts
    if drifts:
        yield from _plan_findings(recording, catalog_now(recording, today, is_whole=is_whole))


def catalog_now(recording: Recording, today: Registry, *, is_whole: bool) -> Sequence[Capability]:
    """The recorded catalog with today's contracts."""
    known = {} if is_whole else {each.name: each for each in recording.capabilities}
    offered = {name: each for name, each in today.capabilities.items() if is_whole or name in known}
    return [each for _, each in sorted((known | offered).items())]


def drifts_of(recording: Recording, played: Played, *, is_live: bool) -> Iterator[Drift]:
    """How the run itself differs from the recording. If anything is live only results count; otherwise every
    event does."""
    if played.stopped is not None:
        divergence = None if is_live else played.stage.follower.divergence
        yield from _cut_short(recording.events, played.events, divergence, played.stopped)
    elif is_live and (unheard := unanswered(recording, played.events)) is not None:
        # All other differences follow from that.
        yield unheard
        yield from _run_drifts(recording.events, played.events)
    elif is_live:
        yield from _told_apart(compare_runs(recording.events, played.events))
    else:
        yield from _strict_drifts(recording, played)


def unanswered(recording: Recording, now: Sequence[Event]) -> Drift | None:
    """The first prompt that was not recorded and that the live model failed to answer, if the run did not
    complete or has something missing; else None."""
    record = run_state_of(now)
    if record.status is RunStatus.COMPLETED and not record.missing:
        return None
    known = [(call.request, call.error) for call in _failed_calls(recording.events)]
    for call in _failed_calls(now):
        if (call.request, call.error) in known:
            known.remove((call.request, call.error))
            continue
        place = call_place(call.step, call.item, call.attempt, midway=call.midway)
        return Drift.with_lines(DriftKind.MODEL, place, f"the live model does not answer: {call.error}")
    return None


def worse_end(recording: Recording, now: Sequence[Event]) -> Drift | None:
    """That the run no longer completes, if it did."""
    record = run_state_of(now)
    if record.status is RunStatus.COMPLETED or record.status is recording.status:
        return None
    why = "" if record.account is None else f": {record.account.describe()}"
    question = "" if record.question is None else f", and asks: {record.question}"
    summary = f"the run was {recording.status} when recorded, and is {record.status} now{why}{question}"
    return Drift.with_lines(DriftKind.RESULT, "the run", summary)


def without_secrets(recording: Recording, events: Sequence[Event], redactor: Redacts) -> Sequence[Event]:
    """The events with placeholders for their secrets; the same ones as in the recording, if they are named or
    there is just one. Raises RunNotRecordable."""
    return redacted(replace(recording, events=tuple(events)), redactor).events


def _failed_calls(events: Sequence[Event]) -> Iterator[ModelCalled]:
    """The calls that ended with an error, except those that were broken off."""
    for event in events:
        if isinstance(event, ModelCalled) and event.error and not event.error.startswith(BROKEN_OFF):
            yield event


def _cut_short(
    recorded: Sequence[Event], now: Sequence[Event], divergence: Divergence | None, stopped: Drift
) -> Iterator[Drift]:
    """What differs up to the point where the replay stopped, and then why it stopped."""
    plans = list(plan_drifts(recorded, now, in_both=True))
    yield from plans
    # Other inputs and other prompts are the reason for stopping, which comes last.
    if divergence is not None and not isinstance(divergence.other, _TOLD_OTHERWISE):
        yield divergence_drift(divergence)
    yield from (each for each in model_drifts(recorded, now) if each.kind is DriftKind.MODEL)
    before, after = run_state_of(recorded), run_state_of(now)
    ended = {
        name
        for name, step in before.steps.items()
        if step.status in ENDED and name in after.steps and after.steps[name].status in ENDED
    }
    yield from (each for each in result_drifts(before, after) if each.where in ended)
    if stopped.kind in (DriftKind.PLAN, DriftKind.RESULT):
        # Work that was not recorded follows from another plan, or from another result under the same plan.
        stopped = msgspec.structs.replace(stopped, kind=DriftKind.PLAN if plans else DriftKind.RESULT)
    yield stopped


def _strict_drifts(recording: Recording, played: Played) -> Iterator[Drift]:
    follower = played.stage.follower
    divergence = follower.divergence
    if divergence is not None:
        if isinstance(divergence.recorded, PlanAdopted) and isinstance(divergence.other, PlanAdopted):
            plans = list(plan_drifts(recording.events, played.events))
            yield from plans or [divergence_drift(divergence)]
        else:
            yield divergence_drift(divergence)
        yield from _run_drifts(recording.events, played.events)
    elif not follower.is_over:
        reason = "" if played.error is None else f": {played.error}"
        left = len(follower.left)
        summary = f"it ends {left} events before the recorded run{reason}"
        yield Drift.with_lines(DriftKind.DECISION, "the run", summary)
    for call in played.stage.unused_calls:
        place = call_place(call.step, call.item, call.attempt, midway=call.midway)
        yield Drift.with_lines(DriftKind.PROMPT, place, "a recorded prompt is no longer sent")
    for attempt in played.stage.unused_attempts:
        place = call_place(*attempt.place, midway=False)
        yield Drift.with_lines(
            DriftKind.DECISION, place, f"a recorded attempt at {attempt.capability} does not happen"
        )


def _run_drifts(recorded: Sequence[Event], now: Sequence[Event]) -> Iterator[Drift]:
    """How the end of the run differs."""
    drifts = result_drifts(run_state_of(recorded), run_state_of(now))
    yield from (drift for drift in drifts if drift.where == "the run")


def _told_apart(drifts: Sequence[Drift]) -> Iterator[Drift]:
    """A decision counts as drift only if plan and results, on which it was based, are the recorded ones."""
    another_plan = any(drift.kind is DriftKind.PLAN for drift in drifts)
    results = {drift.where for drift in drifts if drift.kind is DriftKind.RESULT}
    for drift in drifts:
        if drift.kind is DriftKind.DECISION and (another_plan or results):
            continue
        yield drift


def _plan_findings(recording: Recording, catalog: Sequence[Capability]) -> Iterator[Drift]:
    plans: Mapping[int, dict[str, JsonValue]] = recording.plan_documents
    for revision, document in plans.items():
        findings = check(document, catalog).errors
        if findings:
            lines = [str(finding) for finding in findings[:_MAX_FINDINGS]]
            yield Drift.with_lines(
                DriftKind.AGENT_SCHEMA,
                f"revision {revision}",
                "the plan no longer passes the check with today's contracts",
                lines,
            )
