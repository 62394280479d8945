"""Measuring in a fresh interpreter: what imports cost, and what memory a run takes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from callsheet.errors import CallsheetError, ExitCode

_ROOT = Path(__file__).parents[2]


class ProgramFailed(CallsheetError):
    """A program that was to be measured did not do its work."""

    exit_code: ClassVar[ExitCode] = ExitCode.FAILED

    def __init__(self, arguments: Sequence[str], said: str) -> None:
        last = (said.splitlines() or ["it said nothing"])[-1]
        super().__init__(f"a program measured with {' '.join(arguments) or 'no arguments'} failed: {last}")
        self.arguments = tuple(arguments)
        self.said = said


def run_python(code: str, *arguments: str, folder: Path | None = None) -> Any:
    """What the code prints last, as JSON. It finds `benchmarks` behind everything that is installed.

    Raises ProgramFailed.
    """
    whole = f"import sys; sys.path.append({str(_ROOT)!r})\n{code}"
    done = subprocess.run(
        [sys.executable, "-c", whole, *arguments], capture_output=True, text=True, cwd=folder
    )
    if done.returncode:
        raise ProgramFailed(arguments, done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


def seconds_of_import(code: str) -> float:
    """Seconds that the code takes in a fresh interpreter."""
    measured = f"import time; a = time.perf_counter()\n{code}\nprint(time.perf_counter() - a)"
    return float(run_python(measured))


def imported_by(command: Sequence[str], suspects: Sequence[str], folder: Path) -> list[str]:
    """Which of the suspects the command line `callsheet ...` imports. Raises as `run_python`, also where
    the command itself fails."""
    code = (
        "import json\n"
        "from callsheet.entry import main\n"
        "sys.argv[0] = 'callsheet'\n"
        "try:\n"
        "    main()\n"
        "except SystemExit as end:\n"
        "    assert not end.code, end.code\n"
        f"print(); print(json.dumps([name for name in {list(suspects)!r} if name in sys.modules]))"
    )
    found: list[str] = run_python(code, *command, folder=folder)
    return found
