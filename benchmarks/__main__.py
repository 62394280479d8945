"""`python -m benchmarks NAME [--json] [options]`."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Sequence
from typing import cast

from callsheet.errors import CallsheetError

from .report import Benchmark, print_report

BENCHMARKS = {
    "checker": "plans of growing size checked: milliseconds a plan, microseconds a step",
    "executor": "graphs carried out: microseconds a step, against bare asyncio, a durable limit and peers",
    "planning": "goals planned by a model: executable, sensible, calls, tokens, seconds and money",
    "replay": "recorded runs replayed: milliseconds a run, memory after a thousand, seconds for a suite",
    "replanning": "goals in which something goes wrong: good ends, honest stops, work kept and repeated",
    "retrieval": "a catalog of 1,000: goals whose capabilities are all in the first cut",
    "streaming": "plans carried out while they are written: first step, answer, against LLMCompiler's way",
    "tokens": "tokens of prompts and answers, ours and those of other planners; no model is asked",
}
"""The benchmarks: the name of a module of this package, and what it measures."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one benchmark. The exit code is 1 if it has a target and missed it."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    name = next((word for word in words if not word.startswith("-")), None)
    if name not in BENCHMARKS:
        _parser().parse_args(words)
        return 2
    benchmark = cast(Benchmark, importlib.import_module(f"benchmarks.{name}"))
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks {name}", description=BENCHMARKS[name])
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    benchmark.add_arguments(parser)
    words.remove(name)
    options = parser.parse_args(words)
    try:
        report = benchmark.run(options)
    except CallsheetError as error:
        print(f"error: {error}", file=sys.stderr)
        return int(error.exit_code)
    if options.json:
        print(json.dumps(report.to_document(), indent=1, ensure_ascii=False))
    else:
        print_report(report)
    return 1 if report.met is False else 0


def _parser() -> argparse.ArgumentParser:
    listing = "\n".join(f"  {name:12} {what}" for name, what in BENCHMARKS.items())
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=f"Run one of these benchmarks:\n{listing}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", choices=BENCHMARKS, help="the benchmark; NAME --help shows its options")
    return parser


if __name__ == "__main__":
    sys.exit(main())
