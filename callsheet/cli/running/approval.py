"""Showing a plan before it runs, and asking where it would change something."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable, Sequence
from typing import ClassVar

from callsheet.agents.contracts.capability import Effect
from callsheet.agents.spending.budget import Budget
from callsheet.cli.options.output import Output
from callsheet.cli.text.bounds import bounds_lines
from callsheet.cli.text.plan import changing_steps, plan_lines
from callsheet.cli.text.safe_text import one_line, plain
from callsheet.cli.text.waiting import MAX_SHOWN, question_text
from callsheet.errors import CallsheetError, ExitCode
from callsheet.executor.run.events import ApprovalRequested
from callsheet.planner.check.bounds import Bounds
from callsheet.planner.plan.checked_plan import CheckedPlan, CompiledStep
from callsheet.settings.settings import Settings

from .progress import Progress


class ApprovalNeeded(CallsheetError):
    """The plan changes something, and there is nobody to ask. `steps` are those that do."""

    exit_code: ClassVar[ExitCode] = ExitCode.WAITING

    def __init__(self, steps: tuple[str, ...], what: str) -> None:
        super().__init__(
            f"the plan {what}; nothing was done, because there is no terminal to ask at. Run the command "
            "again with --yes to approve whatever is planned then; or keep a plan with `callsheet plan -o "
            "FILE`, read it, and run that one with `callsheet run --plan FILE --yes`"
        )
        self.steps = steps


class Approver:
    """Shows a plan and says whether it may run; asks about the steps that want an approval of their own.

    With `yes` everything is approved that the plan asks for. `measure` says what a plan may take, and
    `budget` what it is allowed. `needed` is set where somebody had to be asked and nobody is there.
    """

    def __init__(self, output: Output, progress: Progress, settings: Settings, *, yes: bool) -> None:
        self._output = output
        self._progress = progress
        self._workspace = settings.workspace
        self._budget = None if settings.budget is None else Budget.parse(settings.budget)
        self._yes = yes
        self._asking = asyncio.Lock()
        self._questions = Questions()
        self.needed: ApprovalNeeded | None = None
        self.measure: Callable[[CheckedPlan], Bounds] | None = None

    @property
    def is_there(self) -> bool:
        """Whether anybody can be asked about a step while the run goes on."""
        return self._yes or self._output.can_ask

    async def review(self, checked: CheckedPlan) -> bool:
        """Whether the plan may run. Where nobody can be asked, the run gets as far as the steps that want
        an approval of their own, if only those change anything."""
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
                self.needed = ApprovalNeeded(tuple(step.id for step in changing), self._describe(changing))
            return not changing

    async def approve(self, request: ApprovalRequested) -> bool | None:
        """Whether a step that wants an approval of its own may start, with the inputs it would be given.

        Whoever said yes to whatever is planned did not say it to what a revision wants beyond that: where
        nobody can be asked about it, the run waits.
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


class Questions:
    """Asks on stderr, and waits for lines of stdin; one question at a time.

    Work that is under way goes on meanwhile, and Ctrl-C ends the wait as it ends everything else.
    """

    def __init__(self) -> None:
        self._line: asyncio.Future[bytes] | None = None

    async def ask(self, question: str) -> bool:
        """Whether the answer is yes; only `y` or `yes` is."""
        sys.stderr.write(plain(f"{question} [y/N] "))
        sys.stderr.flush()
        # Nothing can break off the reading of a line. Where a question was withdrawn, the line that is
        # still to come answers the next one; one that came in between answers none.
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
    # From the descriptor, not from sys.stdin: a thread that waits in there when Python ends holds
    # a lock that Python wants, and Python would abort.
    try:
        line = os.read(sys.stdin.fileno(), 4096)
    except OSError:
        line = b""
    try:
        loop.call_soon_threadsafe(_settle, answer, line)
    except RuntimeError:
        # The loop is closed: nobody waits any more.
        return


def _settle(answer: asyncio.Future[bytes], line: bytes) -> None:
    if not answer.done():
        answer.set_result(line)
