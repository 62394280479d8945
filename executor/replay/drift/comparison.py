"""Two runs held against each other: what is different, told apart by what has changed. Pure."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from pydantic import JsonValue

from callsheet.executor.replay.history.event_match import Divergence
from callsheet.executor.replay.history.inputs import NEWS
from callsheet.executor.run.events import Event, ModelCalled, RunCreated, RunEquipped
from callsheet.executor.run.events.origins import comparable
from callsheet.executor.run.reducer import run_state_of
from callsheet.executor.run.revisions import tell_revisions
from callsheet.executor.run.state import RunState, StepRecord
from callsheet.planner.plan.diff import compare, plan_diff_lines

from .drift import Drift, DriftKind, text_diff, value_diff
from .nearest_request import call_place, request_differences

_LEFT_OUT = frozenset(
    {"at", "attempt", "chunks", "deadline", "due", "event", "item", "key", "started", "step"}
)
_MAX_CHARACTERS = 160


def compare_runs(recorded: Sequence[Event], now: Sequence[Event]) -> list[Drift]:
    """Everything that is different between two runs, beside times and the lines of code that raised errors:
    plans, what models answered, results, decisions."""
    recorded, now = (comparable(events) for events in (recorded, now))
    before, after = run_state_of(recorded), run_state_of(now)
    return [
        *plan_drifts(recorded, now),
        *model_drifts(recorded, now),
        *result_drifts(before, after),
        *decision_drifts(recorded, now),
    ]


def terms_drifts(recorded: Iterable[Event], now: Iterable[Event]) -> Iterator[Drift]:
    """What two runs began with, where it differs: the goal, the model, and the contracts in the catalog."""
    (before, old), (after, new) = _terms(recorded), _terms(now)
    if before.goal != after.goal:
        lines = text_diff(before.goal, after.goal)
        yield Drift.with_lines(DriftKind.PROMPT, "the goal", "the goal changed", lines)
    if before.model != after.model:
        lines = text_diff(before.model or "none", after.model or "none")
        yield Drift.with_lines(DriftKind.MODEL, "the run", "the model changed", lines)
    if old is not None and new is not None:
        yield from contract_drifts(old.contracts, new.contracts)


def contract_drifts(
    recorded: Iterable[Mapping[str, Any]], now: Iterable[Mapping[str, Any]], *, is_whole: bool = True
) -> Iterator[Drift]:
    """The capabilities whose contracts are others now; and where `now` is the `whole` catalog, those that
    no agent provides any more, and those that none provided."""
    before = {each["name"]: dict(each) for each in recorded}
    after = {each["name"]: dict(each) for each in now}
    for name, contract in before.items():
        if name not in after:
            if is_whole:
                yield _schema_drift(name, "no agent provides it any more", [f"- {_headline(contract)}"])
        elif lines := list(value_diff(contract, after[name])):
            yield _schema_drift(name, "its contract changed", lines)
    for name in [name for name in after if is_whole and name not in before]:
        yield _schema_drift(name, "an agent provides it now", [f"+ {_headline(after[name])}"])


def plan_drifts(recorded: Iterable[Event], now: Iterable[Event], *, in_both: bool = False) -> Iterator[Drift]:
    """The revisions that differ, each by step id; or only those that there are `in_both`."""
    old, new = tell_revisions(recorded).plans, tell_revisions(now).plans
    for number in sorted(old.keys() & new.keys() if in_both else old.keys() | new.keys()):
        if number not in new:
            steps = ", ".join(step.id for step in old[number].steps)
            yield Drift.with_lines(
                DriftKind.PLAN, f"revision {number}", "this revision is missing now", [f"- {steps}"]
            )
        elif number not in old:
            steps = ", ".join(step.id for step in new[number].steps)
            yield Drift.with_lines(
                DriftKind.PLAN, f"revision {number}", "this revision is new", [f"+ {steps}"]
            )
        elif (diff := compare(old[number], new[number])) or diff.moved:
            yield Drift.with_lines(
                DriftKind.PLAN,
                f"revision {number}",
                "the plan changed",
                plan_diff_lines(diff),
                diff.to_document(),
            )


def model_drifts(recorded: Iterable[Event], now: Iterable[Event]) -> Iterator[Drift]:
    """The questions that are the same, at the same place, and are answered otherwise; and those of the
    planner that are others."""
    answers: defaultdict[str, list[ModelCalled]] = defaultdict(list)
    for call in _calls(recorded):
        answers[_place(call)].append(call)
    asked = list(_calls(now))
    # Questions that are the same belong together, whatever was asked in between.
    same = {id(call): found for call in asked if (found := _take(answers[_place(call)], call)) is not None}
    for call in asked:
        known = answers[_place(call)]
        if (found := same.get(id(call))) is not None:
            if (found.reply, found.error) != (call.reply, call.error):
                lines = text_diff(found.error or found.reply, call.error or call.reply)
                yield Drift.with_lines(
                    DriftKind.MODEL, _place(call), "the same question has a different answer", lines
                )
        elif known:
            fields, lines = request_differences(known.pop(0).request, call.request)
            yield Drift.with_lines(
                DriftKind.PROMPT,
                _place(call),
                f"the model is asked a different question; changed: {', '.join(fields)}",
                lines,
            )
        else:
            yield Drift.with_lines(DriftKind.PROMPT, _place(call), "the model is asked one more question")
    for place, calls in answers.items():
        for _ in calls:
            yield Drift.with_lines(DriftKind.PROMPT, place, "a recorded question is no longer asked")


def _take(calls: list[ModelCalled], wanted: ModelCalled) -> ModelCalled | None:
    """The first of these that asks the same, which is then no longer among them."""
    found = next((each for each in calls if each.request == wanted.request), None)
    if found is not None:
        calls.remove(found)
    return found


def result_drifts(before: RunState, after: RunState) -> Iterator[Drift]:
    """The steps of both runs that ended otherwise, and the run, if it did."""
    for name, step in before.steps.items():
        other = after.steps.get(name)
        if other is None or other.capability != step.capability:
            continue
        lines = list(value_diff(_ending(step), _ending(other)))
        if lines:
            yield Drift.with_lines(DriftKind.RESULT, name, "the step has a different result", lines)
    lines = list(value_diff(_conclusion(before), _conclusion(after)))
    if lines:
        yield Drift.with_lines(DriftKind.RESULT, "the run", "the run ends differently", lines)


def decision_drifts(recorded: Iterable[Event], now: Iterable[Event]) -> Iterator[Drift]:
    """The steps about which something else was decided, given that both runs have them."""
    old, new = _decisions(recorded), _decisions(now)
    for step in [step for step in old if step in new]:
        if old[step] != new[step]:
            lines = text_diff("\n".join(old[step]) + "\n", "\n".join(new[step]) + "\n")
            yield Drift.with_lines(DriftKind.DECISION, step, "the executor decides differently", lines)


def divergence_drift(divergence: Divergence) -> Drift:
    """The first thing in which a replay, with nothing in it live, differs from what was recorded."""
    recorded = "nothing more" if divergence.recorded is None else event_line(divergence.recorded)
    now = "nothing" if divergence.other is None else event_line(divergence.other)
    step = getattr(divergence.recorded or divergence.other, "step", None)
    lines = [f"- {recorded}", f"+ {now}"]
    if divergence.recorded is not None and type(divergence.recorded) is type(divergence.other):
        lines += value_diff(_fields(divergence.recorded), _fields(divergence.other))
    return Drift.with_lines(
        DriftKind.DECISION,
        step or "the run",
        f"event {divergence.index - 1} differs; later differences may follow from it",
        lines,
    )


def event_line(event: Event) -> str:
    """What happened, where, and what of it is short enough to be said."""
    document: dict[str, Any] = msgspec.to_builtins(event)
    words = [document["event"].replace("_", " ")]
    if document.get("step") is not None:
        item = "" if document.get("item") is None else f"[{document['item']}]"
        words.append(f"{document['step']}{item}")
    if document.get("attempt") is not None:
        words.append(f"attempt {document['attempt']}")
    details = (
        f"{key}={json.dumps(value, ensure_ascii=False)}"
        for key, value in document.items()
        if key not in _LEFT_OUT and value not in (None, "", [], {})
    )
    line = " ".join((*words, *details))
    return line if len(line) <= _MAX_CHARACTERS else f"{line[: _MAX_CHARACTERS - 1]}…"


def _terms(events: Iterable[Event]) -> tuple[RunCreated, RunEquipped | None]:
    """How a run was created, and with what; None where the release that began it did not note that."""
    created, *rest = events
    assert isinstance(created, RunCreated), "every run begins with its creation"
    return created, next((event for event in rest if isinstance(event, RunEquipped)), None)


def _schema_drift(name: str, summary: str, lines: Sequence[str]) -> Drift:
    return Drift.with_lines(DriftKind.AGENT_SCHEMA, name, summary, lines)


def _headline(contract: Mapping[str, Any]) -> str:
    return f"{contract['name']}: {contract.get('description', '')}"


def _calls(events: Iterable[Event]) -> Iterator[ModelCalled]:
    return (event for event in events if isinstance(event, ModelCalled))


def _place(call: ModelCalled) -> str:
    return call_place(call.step, call.item, call.attempt, midway=call.midway)


def _ending(step: StepRecord) -> JsonValue:
    failure = None if step.failure is None else step.failure.message
    return {"status": step.status.value, "output": step.output, "failure": failure}


def _conclusion(record: RunState) -> JsonValue:
    account = None if record.account is None else record.account.describe()
    return {
        "status": record.status.value,
        "answer": record.answer,
        "missing": list(record.missing),
        "account": account,
    }


def _decisions(events: Iterable[Event]) -> Mapping[str, list[str]]:
    lines: defaultdict[str, list[str]] = defaultdict(list)
    for event in events:
        step = getattr(event, "step", None)
        if step is not None and event.__class__ not in NEWS:
            lines[step].append(event_line(event))
    return lines


def _fields(event: Any) -> dict[str, JsonValue]:
    """What it says, its limits in seconds from its own time on."""
    document: dict[str, JsonValue] = msgspec.to_builtins(event)
    for name in ("deadline", "due"):
        if (at := getattr(event, name, None)) is not None:
            document[name] = f"{at - event.at:.6g} s later"
    return {key: value for key, value in document.items() if key not in ("at", "event")}
