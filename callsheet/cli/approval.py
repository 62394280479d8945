"""Showing a plan before it runs, and asking where it would change something."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from callsheet.agents.capability import Effect
from callsheet.errors import CallsheetError, ExitCode
from callsheet.planner.compiled import CheckedPlan, CompiledStep

from .output import Output
from .plan_text import changing_steps, plan_lines
from .progress import Progress
from .safe_text import plain


class ApprovalNeeded(CallsheetError):
    """The plan changes something, and there is nobody to ask. `steps` are those that do."""

    exit_code: ClassVar[ExitCode] = ExitCode.WAITING

    def __init__(self, steps: tuple[str, ...], what: str) -> None:
        super().__init__(
            f"the plan {what}; nothing was done, because there is no terminal to ask at. "
            "Run the command again with --yes to approve it"
        )
        self.steps = steps


class Approver:
    """Shows a plan, and says whether it may run."""

    def __init__(self, output: Output, progress: Progress, workspace: Path, *, yes: bool) -> None:
        self._output = output
        self._progress = progress
        self._workspace = workspace
        self._yes = yes

    async def __call__(self, checked: CheckedPlan) -> bool:
        """Whether the plan may run. Raises ApprovalNeeded where it should be asked and nobody is there."""
        self._progress.stop()
        for line in plan_lines(checked):
            self._output.note(line)
        changing = changing_steps(checked)
        if not changing or self._yes:
            return True
        what = self._describe(changing)
        if not self._output.can_ask:
            raise ApprovalNeeded(tuple(step.id for step in changing), what)
        try:
            return self._ask(f"The plan {what}. Go ahead? [y/N] ")
        except KeyboardInterrupt:
            return await _cancel()

    def _describe(self, changing: Sequence[CompiledStep]) -> str:
        """What is to be approved: `writes in /work (save) and does what cannot be undone (send)`."""
        named: dict[str, list[str]] = {}
        for step in changing:
            named.setdefault(self._words(step.capability.effect), []).append(step.id)
        return " and ".join(f"{words} ({', '.join(steps)})" for words, steps in named.items())

    def _words(self, effect: Effect) -> str:
        match effect:
            case Effect.WRITE:
                return f"writes in {self._workspace.resolve()}"
            case Effect.IRREVERSIBLE:
                return "does what cannot be undone"
            case _:
                return "asks for approval"

    def _ask(self, question: str) -> bool:
        """Ask, and wait for the answer. Nothing else goes on meanwhile: the run has not begun."""
        with _interruptible():
            sys.stderr.write(plain(question))
            sys.stderr.flush()
            answer = sys.stdin.readline()
        if not answer:
            self._output.note()
        return answer.strip().lower() in ("y", "yes")


@contextmanager
def _interruptible() -> Generator[None]:
    """Let Ctrl-C end the wait for an answer: asyncio's own handler would only take note of it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


async def _cancel() -> bool:
    """Stop the way that Ctrl-C stops a run anywhere else: by cancelling the task."""
    task = asyncio.current_task()
    if task is not None:
        task.cancel()
    await asyncio.sleep(0)
    return False
