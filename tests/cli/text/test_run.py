"""What people and programs are told about a run, from its events."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from callsheet.agents.models.chat import Usage
from callsheet.cli.running.progress import PlainProgress
from callsheet.cli.text.advice import Advice
from callsheet.cli.text.run import run_lines, seconds_text, time_text, value_text
from callsheet.cli.text.run_document import run_document
from callsheet.cli.text.story import RunView
from callsheet.cli.text.waiting import waiting_lines
from callsheet.executor.journal.history import last_attempts, reason_of
from callsheet.executor.journal.lease import RunOwner
from callsheet.executor.run.events import (
    ApprovalDenied,
    ApprovalGranted,
    ApprovalRequested,
    AttemptCancelled,
    AttemptFailed,
    AttemptLost,
    AttemptStarted,
    AttemptSucceeded,
    CancellationRequested,
    ConditionDecided,
    DoubtSettled,
    Event,
    ItemsResolved,
    ModelCalled,
    ModelRequest,
    PauseRequested,
    PlanAdopted,
    ResultReused,
    RetryScheduled,
    RunCreated,
    RunFailed,
    RunPaused,
    RunResumed,
    RunStarted,
    StepFailed,
    StepSkipped,
)
from callsheet.executor.run.failure import Account, Failure, FailureKind
from callsheet.executor.run.reducer import run_state_of
from callsheet.executor.run.result import RunResult
from callsheet.settings.settings import Settings

BROKEN = Failure(FailureKind.ERROR, "the disk is \x1b[31mfull\x1b[0m", retryable=True)
STEPS = [{"id": name, "capability": f"do_{name}"} for name in ("read", "each", "save", "send", "maybe")]
EVENTS: list[Event] = [
    RunCreated(100.0, "abc123", "tidy up", 1, model="test/model"),
    ModelCalled(101.0, 100.5, "test/model", ModelRequest(()), "{}", Usage(1200, 30)),
    PlanAdopted(101.0, 1, {"goal": "tidy up", "steps": STEPS, "answer": 1}),
    RunStarted(101.0, 4),
    AttemptStarted(101.0, "read", 1, "reader", "abc123:read", 200.0, {}),
    AttemptSucceeded(101.5, "read", 1, {"text": "hello\nworld"}),
    ItemsResolved(101.5, "each", [1, 2]),
    AttemptStarted(101.5, "each", 1, "worker", "abc123:each:0", 200.0, {}, 0),
    AttemptStarted(101.5, "each", 1, "worker", "abc123:each:1", 200.0, {}, 1),
    AttemptSucceeded(102.0, "each", 1, {"n": 1}, 0),
    AttemptSucceeded(103.0, "each", 1, {"n": 2}, 1),
    ConditionDecided(103.0, "maybe", False),
    AttemptStarted(103.0, "save", 1, "writer", "abc123:save", 200.0, {}),
    AttemptFailed(104.0, "save", 1, "writer", BROKEN),
    RetryScheduled(104.0, "save", 2, 105.5),
    AttemptStarted(105.5, "save", 2, "writer", "abc123:save", 200.0, {}),
    AttemptFailed(106.0, "save", 2, "writer", BROKEN),
    StepFailed(106.0, "save", BROKEN),
    StepSkipped(106.0, "send", ("save",)),
    RunFailed(106.0, Account(BROKEN, "save", None, 2)),
]


@pytest.fixture
def story() -> RunView:
    """A run in which one of everything happened."""
    return _story(EVENTS)


def _story(events: list[Event], owner: RunOwner | None = None) -> RunView:
    return RunView(
        RunResult.from_state(run_state_of(events)), owner, last_attempts(events), reason_of(events)
    )


def test_a_run_is_shown_with_every_step_attempt_and_error(story: RunView) -> None:
    """The account of a run has its steps, attempts, agents, times and errors, and why it failed."""
    assert list(run_lines(story))[3:] == [
        "model: test/model (1 call, 1,200 tokens in, 30 out)",
        "",
        "read  do_read  completed in 0.50 s",
        "  attempt 1  reader  succeeded  0.50 s",
        '  output: { "text": "hello\\nworld" }',
        "",
        "each  do_each  completed in 1.50 s",
        "  item 0, attempt 1  worker  succeeded  0.50 s",
        "  item 1, attempt 1  worker  succeeded  1.50 s",
        '  output: [ { "n": 1 }, { "n": 2 } ]',
        "",
        "save  do_save  failed in 3.00 s",
        "  attempt 1  writer  failed  1.00 s  the disk is full",
        "  attempt 2  writer  failed  0.50 s  the disk is full",
        "  failed: the disk is full",
        "",
        "send  do_send  skipped",
        "  skipped: no result from save",
        "",
        "maybe  do_maybe  skipped",
        "  skipped: its condition is false",
        "",
        "failed: step 'save' failed after 2 attempts: the disk is \x1b[31mfull\x1b[0m",
    ]


def test_a_run_as_json_says_the_same(story: RunView) -> None:
    """The document is JSON through and through, and has what the text has."""
    document = json.loads(json.dumps(run_document(story)))
    assert (document["run"], document["status"], document["model_calls"]) == ("abc123", "failed", 1)
    assert document["account"]["step"] == "save"
    assert document["account"]["failure"]["kind"] == "error"
    steps = {step["id"]: step for step in document["steps"]}
    assert [attempt["item"] for attempt in steps["each"]["attempts"]] == [0, 1]
    assert steps["save"]["attempts"][1]["failure"]["message"] == BROKEN.message
    assert steps["send"]["because"] == ["save"]
    assert document["plan"]["goal"] == "tidy up"


def test_plain_progress_has_a_line_for_what_matters() -> None:
    """Where there is no terminal, every start, end, failure and skip is one line."""
    lines: list[str] = []
    progress = PlainProgress(lines.append)
    for event in EVENTS:
        progress.show(event)
    progress.stop()
    assert lines == [
        "read: started by reader",
        "read: done in 0.50 s",
        "each[0]: started by worker",
        "each[1]: started by worker",
        "each[0]: done in 0.50 s",
        "each[1]: done in 1.50 s",
        "maybe: skipped: its condition is false",
        "save: started by writer",
        "save: attempt 1 failed: the disk is \x1b[31mfull\x1b[0m",
        "save: attempt 2 in 1.50 s",
        "save: started by writer, attempt 2",
        "save: attempt 2 failed: the disk is \x1b[31mfull\x1b[0m",
        "save: failed: the disk is \x1b[31mfull\x1b[0m",
        "send: skipped: no result from save",
    ]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0.00 s"), (9.994, "9.99 s"), (12.34, "12.3 s"), (125, "2 m 5 s"), (12_000, "3 h 20 m")],
)
def test_durations_are_readable(seconds: float, text: str) -> None:
    """A duration is written in the units a person would use."""
    assert seconds_text(seconds) == text


def test_a_text_is_shown_as_it_is_and_the_rest_as_json() -> None:
    """An answer that is text comes without quotes."""
    assert value_text("one\ntwo") == "one\ntwo"
    assert json.loads(value_text({"ä": [1, None]})) == {"ä": [1, None]}


WAITING: list[Event] = [
    RunCreated(100.0, "abc123", "tidy up", 1),
    PlanAdopted(100.0, 1, {"goal": "tidy up", "steps": STEPS, "answer": 1}),
    RunStarted(100.0, 4, hedge=True),
    ResultReused(100.0, "read", {"text": "old"}, "fff000"),
    AttemptStarted(100.0, "each", 1, "slow", "abc123:each", 900.0, {}),
    AttemptStarted(102.0, "each", 2, "quick", "abc123:each", 900.0, {}, hedge=True),
    AttemptSucceeded(103.0, "each", 2, {"n": 1}),
    AttemptCancelled(105.0, "each", 1, abandoned=True),
    ApprovalRequested(105.0, "save", "do_save", "write", {"path": "a\u202etxt"}),
    AttemptStarted(105.0, "send", 1, "mailer", "abc123:send", 900.0, {"to": "everybody"}),
    RunResumed(200.0, 4),
    AttemptLost(200.0, "send", 1, in_doubt=True),
    RunPaused(200.0, ("save", "send")),
]
"""A run that waits for two answers, and in which everything happened that is seldom."""


def test_a_run_that_waits_is_shown_with_what_happened(folder: Path) -> None:
    """Hedges, abandoned and lost attempts, and results of other runs are each told as what they are."""
    assert list(run_lines(_story(WAITING)))[4:18] == [
        "read  do_read  completed",
        "  result reused from run fff000",
        '  output: { "text": "old" }',
        "",
        "each  do_each  completed in 5.00 s",
        "  attempt 1          slow   cancelled (abandoned)  5.00 s",
        "  attempt 2 (hedge)  quick  succeeded              1.00 s",
        '  output: { "n": 1 }',
        "",
        "save  do_save  waiting",
        "",
        "send  do_send  waiting",
        "  attempt 1  mailer  lost  no end recorded",
        "",
    ]


def test_what_waits_is_shown_with_the_commands_that_answer(folder: Path) -> None:
    """Of an approval it is shown what would be done, with marks that hide something written out; of work in
    doubt who was given what; of both the commands to type, with the flags that say where the run is."""
    settings = Settings.load(folder, {}, {"store": Path("my runs.db"), "agents": ("team.py",)})
    lines = list(waiting_lines(_story(WAITING), Advice(settings)))
    flags = "--store 'my runs.db' --agents team.py"
    assert lines == [
        'waiting for approval: save: do_save (write) with {"path": "a\\u202etxt"}',
        f"  to approve: callsheet approve abc123 save {flags}",
        f"  to deny: callsheet approve abc123 save --deny {flags}",
        'in doubt: send: do_send with {"to": "everybody"}',
        f"  attempt 1 by mailer started at {time_text(105.0)}; its outcome is unknown",
        f"  if it was done: callsheet answer abc123 done --step send --output JSON {flags}",
        f"  to run it again: callsheet answer abc123 again --step send {flags}",
        f"  if it failed: callsheet answer abc123 failed --step send {flags}",
    ]


def test_who_has_a_run_is_said(folder: Path) -> None:
    """A run that goes on names its process; one that nobody has, and one that rests, how it goes on."""
    advice = Advice(Settings.load(folder, {}, {}))
    running = EVENTS[:6]
    assert list(waiting_lines(_story(running, RunOwner(12, "here", 100.0)), advice)) == [
        "running in process 12 on here"
    ]
    assert list(waiting_lines(_story(running), advice)) == [
        "its process ended; to continue: callsheet resume abc123"
    ]
    assert list(waiting_lines(_story([*running, RunPaused(102.0, ())]), advice)) == [
        "to continue: callsheet resume abc123"
    ]
    assert list(waiting_lines(_story(EVENTS), advice)) == []


def test_seldom_events_have_their_lines() -> None:
    """Plain progress tells of approvals, doubts, hedges, and of what was taken over or stopped."""
    lines: list[str] = []
    progress = PlainProgress(lines.append)
    for event in WAITING[:3]:
        progress.recall(event)
    later: list[Event] = [
        ApprovalGranted(201.0, "save", "ann"),
        DoubtSettled(201.0, "send", "again"),
        PauseRequested(202.0),
        CancellationRequested(203.0, "too dear"),
        ApprovalDenied(203.0, "maybe"),
    ]
    for event in (*WAITING[3:], *later):
        progress.show(event)
    assert lines == [
        "read: result reused from run fff000",
        "each: started by slow",
        "each: started by quick, attempt 2 (hedge: the earlier attempt is slow)",
        "each: done in 1.00 s",
        "each: attempt 1 abandoned: it did not stop when told to",
        "save: waiting for approval",
        "send: started by mailer",
        "send: attempt 1 was lost, because its process ended; it is in doubt whether the work was done",
        "save: approved by ann",
        "send: doubt settled: the work will be attempted again",
        "pausing: running steps finish, no others start",
        "cancelling: too dear",
        "maybe: denied",
    ]
