"""A witness outside of the process that dies: what was acknowledged and what was done, in one order."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from callsheet.agents.agent import Context
from callsheet.executor.run.events import (
    AttemptStarted,
    AttemptSucceeded,
    DoubtSettled,
    Event,
    PlanAdopted,
    ResultReused,
    decode,
    encode,
)
from callsheet.executor.run.state import Work


class Entry(msgspec.Struct, frozen=True):
    """One line: an attempt began (`begun`), its effect is in the world (`done`, with the `value` that it
    gives), or an `event` was acknowledged."""

    what: str
    key: str = ""
    attempt: int = 0
    value: Any = None
    event: str = ""
    pid: int = 0


class Witness:
    """Writes down what happens. Every line is one write, so that a kill leaves all of it or nothing."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY)

    def begin(self, context: Context) -> None:
        """An attempt begins."""
        self._write(Entry("begun", context.idempotency_key, context.attempt, pid=os.getpid()))

    def finish(self, context: Context, value: Any) -> None:
        """Its effect, of which the journal knows nothing yet."""
        self._write(Entry("done", context.idempotency_key, context.attempt, value, pid=os.getpid()))

    def acknowledge(self, events: Sequence[Event]) -> None:
        """The journal says that it has these."""
        for event in events:
            self._write(Entry("acknowledged", event=encode(event).decode(), pid=os.getpid()))

    def note(self, what: str) -> None:
        """Anything else."""
        self._write(Entry(what, pid=os.getpid()))

    def _write(self, entry: Entry) -> None:
        os.write(self._file, msgspec.json.encode(entry) + b"\n")


def testimony(path: Path) -> list[Entry]:
    """Everything that was written down, in order."""
    if not path.exists():
        return []
    return [msgspec.json.decode(line, type=Entry) for line in path.read_bytes().splitlines()]


def key_of(run: str, work: Work, since: int = 1) -> str:
    """The idempotency key of a piece of work, as it is since a revision of the plan."""
    step, item = work
    place = step if since == 1 else f"{step}@{since}"
    return f"{run}:{place}" if item is None else f"{run}:{place}:{item}"


def step_of(key: str) -> str:
    """The step that an idempotency key is about, however often the plan was revised."""
    return key.split(":")[1].partition("@")[0]


class Revisions:
    """Since which revision each step has been what it is, as far as events were seen."""

    def __init__(self) -> None:
        self._since: dict[str, int] = {}

    def see(self, event: Event) -> None:
        """One event more."""
        if isinstance(event, PlanAdopted):
            self._since |= dict.fromkeys(event.afresh, event.revision)

    def key_of(self, run: str, work: Work) -> str:
        """The key of a piece of work as it now is."""
        return key_of(run, work, self._since.get(work[0], 1))


def check_promises(
    run: str, events: Sequence[Event], entries: Sequence[Entry], *, is_irreversible: Callable[[str], bool]
) -> None:
    """Hold a run's journal against what was seen outside. `is_irreversible` is asked about steps."""
    check_nothing_lost(events, entries)
    check_nothing_done_again(run, entries)
    check_starts_are_kept(entries)
    check_keys(run, events)
    check_numbers(events)
    check_irreversible(run, events, entries, is_irreversible)


def check_nothing_lost(events: Sequence[Event], entries: Sequence[Entry]) -> None:
    """Every acknowledged event is in the journal, in the order in which they were acknowledged."""
    kept = iter([encode(event).decode() for event in events])
    for entry in entries:
        if entry.what == "acknowledged":
            # `in` goes on from where the one before was found.
            assert entry.event in kept, f"lost, or out of order: {entry.event}"


def check_nothing_done_again(run: str, entries: Sequence[Entry]) -> None:
    """No attempt begins at work whose completion was acknowledged."""
    completed: set[str] = set()
    keys: dict[Work, str] = {}
    for entry in entries:
        if entry.what == "begun":
            assert entry.key not in completed, f"{entry.key} was done again, attempt {entry.attempt}"
        elif entry.event:
            match decode(entry.event):
                case AttemptStarted(step=step, item=item, key=key):
                    keys[step, item] = key
                case AttemptSucceeded(step=step, item=item) | ResultReused(step=step, item=item):
                    completed.add(keys.get((step, item), key_of(run, (step, item))))
                case DoubtSettled(step=step, item=item, verdict="done"):
                    # Its start may have been kept without having been acknowledged.
                    completed.add(keys.get((step, item), key_of(run, (step, item))))
                case _:
                    pass


def check_keys(run: str, events: Sequence[Event]) -> None:
    """Every attempt has the key of its work, as that is since the plan was revised."""
    revisions = Revisions()
    for event in events:
        revisions.see(event)
        if isinstance(event, AttemptStarted):
            assert event.key == revisions.key_of(run, (event.step, event.item))


def check_starts_are_kept(entries: Sequence[Entry]) -> None:
    """No attempt begins whose start was not acknowledged before, and none begins twice."""
    started: set[tuple[str, int]] = set()
    begun: set[tuple[str, int]] = set()
    for entry in entries:
        attempt = entry.key, entry.attempt
        if entry.what == "begun":
            assert attempt in started, f"{attempt} began before its start was kept"
            assert attempt not in begun, f"{attempt} began twice"
            begun.add(attempt)
        elif entry.event:
            event = decode(entry.event)
            if isinstance(event, AttemptStarted):
                started.add((event.key, event.attempt))


def check_numbers(events: Sequence[Event]) -> None:
    """The attempts at each piece of work are numbered 1, 2, 3 and so on, whoever died meanwhile."""
    counts: Counter[str] = Counter()
    for event in events:
        if isinstance(event, AttemptStarted):
            # They go on where a revision makes other work of a step.
            work = f"{step_of(event.key)}:{event.item}"
            counts[work] += 1
            assert event.attempt == counts[work], event


def check_irreversible(
    run: str, events: Sequence[Event], entries: Sequence[Entry], is_irreversible: Callable[[str], bool]
) -> None:
    """Irreversible work begins once, and once more each time that somebody says so; it is done once."""
    allowed: Counter[str] = Counter()
    revisions = Revisions()
    for event in events:
        revisions.see(event)
        if isinstance(event, DoubtSettled) and event.verdict == "again":
            allowed[revisions.key_of(run, (event.step, event.item))] += 1
    for what, most in (("begun", allowed), ("done", Counter[str]())):
        counts = Counter(entry.key for entry in entries if entry.what == what)
        for key, count in counts.items():
            if is_irreversible(step_of(key)):
                assert count <= 1 + most[key], f"{key} was {what} {count} times"
