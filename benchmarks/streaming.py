"""How soon steps start, and the answer is there, when a plan is carried out while a model writes it.

A server on loopback writes each plan at 50 tokens a second; its steps take 0.2 to 2 s. The bound is
the best that can be had: all is written, and each step was started when it was complete and what
it needs was done.
"""

from __future__ import annotations

import argparse
import asyncio
from dataclasses import dataclass
from importlib import import_module
from time import perf_counter

from callsheet.agents.models.openai.model import OpenAIModel

from .graphs import chain
from .report import Cell, Report
from .streaming_plans import TOKENS_PER_SECOND, Work, Written, works
from .streaming_server import PacedServer
from .streaming_ways import LineByLine, Ours, Stage, Way

MAX_WRITTEN = 0.25
"""Of the plan, when its first step starts."""
MAX_TO_BOUND = 1.1

_COLUMNS = (
    "plan",
    "steps",
    "way",
    "tokens",
    "written (s)",
    "first step (s)",
    "written at first step",
    "answer (s)",
    "bound (s)",
    "answer to bound",
)
_STREAMING = Ours(stream=True)
_WAYS: tuple[Way, ...] = (_STREAMING, Ours(stream=False), LineByLine())
_WARMING_SPEED = 20.0


@dataclass(frozen=True)
class Measured:
    """One plan carried out in one way, in seconds as the plan has them, whatever the speed.

    `part` of the plan was written when the first step started.
    """

    way: Way
    work: Work
    written: Written
    first: float
    part: float
    answer: float

    @property
    def ratio(self) -> float:
        """The time to the answer, to the least possible."""
        return self.answer / self.written.bound(self.work)

    @property
    def met(self) -> bool | None:
        """Whether the targets are met; None where there are none."""
        if self.way is not _STREAMING:
            return None
        return self.part < MAX_WRITTEN and self.ratio <= MAX_TO_BOUND

    def row(self) -> tuple[Cell, ...]:
        """The line of the table."""
        written = self.written
        return (
            self.work.graph.name,
            len(self.work.graph),
            self.way.name,
            len(written.pieces),
            written.seconds,
            self.first,
            self.part,
            self.answer,
            written.bound(self.work),
            self.ratio,
        )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the option: how fast."""
    parser.add_argument(
        "--speed",
        type=float,
        default=1.0,
        help="the model and the agents so many times as fast; what we cost ourselves weighs more then "
        "(default: 1)",
    )


def run(options: argparse.Namespace) -> Report:
    """Carry out each plan in each way, one after the other. Raises PlanNotDone."""
    # Late imports must not count as time of the first contender.
    import_module("openai")
    for way in _WAYS:
        measure(way, Work(chain(2), (0.2, 0.2)), _WARMING_SPEED)
    measured = [measure(way, work, options.speed) for work in works() for way in _WAYS]
    return Report(
        title=f"A plan that is streamed at {TOKENS_PER_SECOND * options.speed:g} tokens a second",
        columns=_COLUMNS,
        rows=tuple(each.row() for each in measured),
        totals={
            "targets": f"{_STREAMING.name}: less than {MAX_WRITTEN:.0%} is written at the first step, "
            f"and the answer takes at most {MAX_TO_BOUND} times the bound",
            "LLMCompiler": "its lines say less (no types, flow or expectations), and the call of the model "
            "that makes its answer is not counted",
        },
        met=all(each.met is not False for each in measured),
    )


def measure(way: Way, work: Work, speed: float) -> Measured:
    """Carry out a plan in one way. Raises PlanNotDone."""
    written = way.write(work)
    server = PacedServer(written.pieces, TOKENS_PER_SECOND * speed)
    sent: list[int] = []
    with server.serving() as address:
        stage = Stage(work, speed, lambda: sent.append(server.sent))
        answer = asyncio.run(way.pursue(OpenAIModel("pace", base_url=address), stage))
        taken = perf_counter() - stage.begun
    stage.require_done(way.name, answer)
    part = sent[0] / len(written.pieces)
    return Measured(way, work, written, stage.first * speed, part, taken * speed)
