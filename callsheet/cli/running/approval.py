"""Showing a plan before it runs, and asking the user if it would change something."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable, Sequence

from callsheet.agents.contracts.capability import Effect
from callsheet.agents.spending.budget import Budget
from callsheet.cli.options.output import Output
from callsheet.cli.text.bounds import bounds_lines
from callsheet.cli.text.plan import changing_steps, plan_lines
from callsheet.cli.text.safe_text import one_line, plain
from callsheet.cli.text.waiting import MAX_SHOWN, question_text
from callsheet.executor.run.events import ApprovalRequested
from callsheet.planner.check.bounds import Bounds
from callsheet.planner.plan.checked_plan import CheckedPlan, CompiledStep
from callsheet.settings.settings import Settings

from .progress import Progress


class Approver:
    """Shows a plan and asks whether it may run; asks about the steps that need their own approval.

    With `yes` everything in the plan is approved. `measure` computes the bounds of a plan. `needed` has the
    steps and what they do, if the user had to be asked and there is no terminal.
    """

    def __init__(self, output: Output, progress: Progress, settings: Settings, *, yes: bool) -> None:
        self._output = output
        self._progress = progress
        self._workspace = settings.workspace
        self._budget = None if settings.budget is None else Budget.parse(settings.budget)
        self._yes = yes
        self._asking = asyncio.Lock()
        self._questions = Questions()
        self.needed: tuple[tuple[str, ...], str] | None = None
        self.measure: Callable[[CheckedPlan], Bounds] | None = None

    @property
    def is_there(self) -> bool:
        """Whether a step can be approved while the run goes on."""
        return self._yes or self._output.can_ask

    async def review(self, checked: CheckedPlan) -> bool | None:
        """Whether the plan may run. Without a terminal it may run if only steps that need their own approval
        change anything: the run then pauses before those. None if the user has to be asked, and cannot be."""
        with self._progress.held():
            for line in plan_lines(checked):
                self._output.note(line)
            if self.measure is not None:
                for line in bounds_lines(self.measure(checked), self._budget):
                    self._output.note(line)
            changing = changing_steps(checked)
            if not changing or self._yes:
                return True
            if self._output.can_ask:
                return await self._questions.ask(f"The plan {self._describe(changing)}. Go ahead?")
            changing = [step for step in changing if not step.approval]
            if changing:
                self.needed = tuple(step.id for step in changing), self._describe(changing)
            return None if changing else True

    async def approve(self, request: ApprovalRequested) -> bool | None:
        """Whether a step that needs its own approval may start with these inputs; None to let the run wait.

        `--yes` approves the plan, not what a revision does beyond that (`request.why`): the user is asked
        about that, and without a terminal the run waits.
        """
        if self._yes and not request.why:
            return True
        if not self._output.can_ask:
            return None
        what = question_text(request.step, request.capability, request.effect, request.inputs)
        async with self._asking:
            with self._progress.held():
                self._output.note(what)
                if request.why:
                    self._output.note(f"  because {one_line(request.why, MAX_SHOWN)}")
                return await self._questions.ask("Approve it?")

    def _describe(self, changing: Sequence[CompiledStep]) -> str:
        """What the user approves: `writes in /work (save) and does what cannot be undone (send)`."""
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


class Questions:
    """Asks on stderr, and waits for lines of stdin; one question at a time.

    Running steps continue meanwhile, and Ctrl-C interrupts the wait.
    """

    def __init__(self) -> None:
        self._line: asyncio.Future[bytes] | None = None

    async def ask(self, question: str) -> bool:
        """Whether the answer is yes; only `y` or `yes` is."""
        sys.stderr.write(plain(f"{question} [y/N] "))
        sys.stderr.flush()
        # The reading of a line cannot be interrupted. After a question was withdrawn, its thread still reads:
        # the line that it gets answers the next question. A line typed in between answers none.
        if self._line is None or self._line.done():
            self._line = self._read()
        try:
            line = await asyncio.shield(self._line)
        except asyncio.CancelledError:
            sys.stderr.write("\n")
            raise
        return line.decode("utf-8", "replace").strip().lower() in ("y", "yes")

    def _read(self) -> asyncio.Future[bytes]:
        loop = asyncio.get_running_loop()
        line: asyncio.Future[bytes] = loop.create_future()
        threading.Thread(target=_read_line, args=(loop, line), name="callsheet question", daemon=True).start()
        return line


def _read_line(loop: asyncio.AbstractEventLoop, answer: asyncio.Future[bytes]) -> None:
    # From the descriptor, not from sys.stdin: a thread that is blocked in sys.stdin holds a lock that Python
    # needs at exit, and Python would abort.
    try:
        line = os.read(sys.stdin.fileno(), 4096)
    except OSError:
        line = b""
    try:
        loop.call_soon_threadsafe(_settle, answer, line)
    except RuntimeError:
        # The loop is closed, so nothing waits for the answer any more.
        return


def _settle(answer: asyncio.Future[bytes], line: bytes) -> None:
    if not answer.done():
        answer.set_result(line)
