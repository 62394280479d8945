"""How long a replay takes, whether many of them hold on to memory, and how long a suite of them takes."""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import random
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path
from typing import Any

from callsheet.agents.errors import Retryable
from callsheet.agents.functions.decorator import agent
from callsheet.agents.models.scripted import ScriptedModel
from callsheet.executor.clocks.virtual_loop import VirtualClock, run_virtually
from callsheet.executor.journal.journal import MemoryJournal
from callsheet.executor.recording.content.recording import Recording
from callsheet.executor.recording.file import load_recording, save_recording
from callsheet.executor.redaction.redactor import Redactor
from callsheet.orchestration.orchestrator import Orchestrator
from callsheet.recordings.replay import ReplayTerms, replay

from .report import Report

TARGET_MS = 20.0
"""Of work, for a run of 100 steps, once everything is imported and the recording is read."""
REFERENCES = 2
"""Of each step to earlier ones."""
_SEED = 7
_KB = 1024


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options: how large the run is, and how often it is replayed."""
    parser.add_argument("--steps", type=int, default=100, help="of the recorded run (default: 100)")
    parser.add_argument("--rounds", type=int, default=30, help="replays, of which the best counts")
    parser.add_argument("--replays", type=int, default=1_000, help="in one process, while memory is watched")
    parser.add_argument("--suite", type=int, default=500, help="recordings, each of a run of ten steps")


def run(options: argparse.Namespace) -> Report:
    """Record runs in virtual time, and replay them. Times are those of the processor, so that others do not
    disturb; of the suite it is the time on the wall."""
    large = _recorded(options.steps)
    milliseconds = min(_measure(large) for _ in range(options.rounds))
    rows: list[tuple[str, int, int, float]] = [
        ("replay", options.steps, len(large.events), milliseconds),
    ]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "large.yaml"
        save_recording(large, file, Redactor())
        size = file.stat().st_size
        reading = min(_timed(lambda: load_recording(file)) for _ in range(options.rounds))
        rows.append(("read the file", options.steps, len(large.events), reading))
        files = _suite(Path(folder), options.suite)
        begun = time.perf_counter()
        for each in files:
            if replay(load_recording(each), ReplayTerms()).drifts:
                raise AssertionError(f"{each} drifted")
        whole = time.perf_counter() - begun
    growth = _growth(large, options.replays)
    return Report(
        title="replaying recorded runs, offline",
        columns=("what", "steps", "events", "ms"),
        rows=tuple(rows),
        totals={
            "file, KB": size / _KB,
            f"seconds for {options.suite} recordings of ten steps, read and replayed": whole,
            f"KB more after {options.replays} replays than after a tenth of them": growth,
        },
        met=milliseconds < TARGET_MS,
    )


def _recorded(steps: int) -> Recording:
    """A run of so many steps, some of which fail at first, planned by a scripted model."""
    journal = MemoryJournal()
    model = ScriptedModel([json.dumps(_plan(steps))], context_tokens=200_000)
    orchestrator = Orchestrator([_look_up], model=model, store=journal, clock=VirtualClock())
    result = run_virtually(orchestrator.run("Look up one thing after the other"))
    return Recording.from_events(journal.read_events(result.run))


def _plan(steps: int) -> dict[str, Any]:
    written = [
        {
            "id": f"s{at}",
            "do": {
                "look_up": {
                    "text": " ".join(f"{{s{other}}}" for other in range(max(0, at - REFERENCES), at))
                    or "start",
                    "number": at,
                }
            },
        }
        for at in range(steps)
    ]
    return {"steps": written, "answer": f"{{s{steps - 1}}}"}


@agent(effect="read", name="look_up")
async def _look_up(text: str, number: int) -> str:
    """Look something up."""
    chance = random.Random(_SEED * number)
    await asyncio.sleep(chance.random())
    if number % 25 == 24 and text not in _tried:
        _tried.add(text)
        raise Retryable("not yet")
    return f"{text} {number}"[-40:]


_tried: set[str] = set()


def _suite(folder: Path, size: int) -> list[Path]:
    files: list[Path] = []
    for number in range(size):
        file = folder / f"{number}.yaml"
        save_recording(_recorded(10), file, Redactor())
        files.append(file)
    print(f"{size} recordings made", file=sys.stderr)
    return files


def _measure(recording: Recording) -> float:
    def once() -> None:
        if replay(recording, ReplayTerms()).drifts:
            raise AssertionError("the replay drifted")

    return _timed(once)


def _timed(work: Any) -> float:
    gc.collect()
    begun = time.process_time()
    work()
    return (time.process_time() - begun) * 1e3


def _growth(recording: Recording, replays: int) -> float:
    """How much more memory is in use after so many replays than after a tenth of them, in KB."""
    for _ in range(max(1, replays // 10)):
        replay(recording, ReplayTerms())
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for _ in range(replays - replays // 10):
            replay(recording, ReplayTerms())
        gc.collect()
        return (tracemalloc.get_traced_memory()[0] - before) / _KB
    finally:
        tracemalloc.stop()
