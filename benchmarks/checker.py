"""How long it takes to check a plan, and whether that grows with its size alone."""

from __future__ import annotations

import argparse
import gc
import time

from pydantic import JsonValue

from callsheet.agents.contracts.capability import Capability, JsonObject
from callsheet.planner.check.checker import check

from .report import Report

REFERENCES = 3
"""Of each step to earlier ones: a text, a number and a list."""
_TEXT: JsonObject = {"type": "string"}
_TEXTS: JsonObject = {"type": "array", "items": _TEXT}
_NUMBER: JsonObject = {"type": "number"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options: which sizes, and how often each is measured."""
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=[1_000, 3_000, 10_000], metavar="STEPS", help="of the plans"
    )
    parser.add_argument(
        "--rounds", type=int, default=7, help="per size, of which the best counts (default: 7)"
    )


def run(options: argparse.Namespace) -> Report:
    """Check a plan of each size; the time is that of the processor, so that others do not disturb."""
    catalog = [_capability()]
    rows: list[tuple[int, int, float, float, float]] = []
    for size in options.sizes:
        seconds = min(_measure(write_plan(size), catalog) for _ in range(options.rounds))
        a_step = seconds / size * 1e6
        rows.append(
            (size, size * REFERENCES, seconds * 1e3, a_step, a_step / (rows[0][3] if rows else a_step))
        )
    return Report(
        title=f"checking a plan, {REFERENCES} references a step, best of {options.rounds}",
        columns=("steps", "references", "ms", "µs a step", "µs a step, to the first"),
        rows=tuple(rows),
    )


def write_plan(size: int) -> JsonObject:
    """A plan of so many steps; each takes something from the three before it, the first ones from fewer."""
    steps: list[JsonValue] = [
        {
            "id": f"step_{at}",
            "capability": "work",
            "inputs": {
                "text": {"from": f"step_{max(0, at - 1)}.text"},
                "number": {"from": f"step_{max(0, at - 2)}.number"},
                "texts": {"from": f"step_{max(0, at - 3)}.texts"},
            }
            if at
            else {"text": "begin", "number": 1, "texts": []},
        }
        for at in range(size)
    ]
    return {"goal": "measure", "steps": steps, "answer": {"from": f"step_{size - 1}"}}


def _capability() -> Capability:
    fields: JsonObject = {"text": _TEXT, "number": _NUMBER, "texts": _TEXTS}
    schema: JsonObject = {
        "type": "object",
        "properties": fields,
        "required": list(fields),
        "additionalProperties": False,
    }
    return Capability(name="work", description="works", input_schema=schema, output_schema=schema)


def _measure(plan: JsonObject, catalog: list[Capability]) -> float:
    # What earlier rounds left is not this one's to clear away.
    gc.collect()
    start = time.process_time()
    check(plan, catalog).require()
    return time.process_time() - start
