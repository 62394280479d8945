"""Showing a plan before it runs, and asking where it would change something."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from callsheet.agents.capability import Effect
from callsheet.errors import CallsheetError, ExitCode
from callsheet.executor.events import ApprovalRequested
from callsheet.planner.compiled import CheckedPlan, CompiledStep

from .output import Output
from .plan_text import changing_steps, plan_lines
from .progress import Progress
from .question import ask_yes_or_no
from .safe_text import one_line


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

    With `yes` everything is approved. `needed` is set where somebody had to be asked and nobody is there.
    """

    def __init__(self, output: Output, progress: Progress, workspace: Path, *, yes: bool) -> None:
        self._output = output
        self._progress = progress
        self._workspace = workspace
        self._yes = yes
        self._asking = asyncio.Lock()
        self.needed: ApprovalNeeded | None = None

    async def review(self, checked: CheckedPlan) -> bool:
        """Whether the plan may run."""
        with self._progress.held():
            for line in plan_lines(checked):
                self._output.note(line)
            changing = changing_steps(checked)
            if not changing or self._yes:
                return True
            what = self._describe(changing)
            if self._output.can_ask:
                return await ask_yes_or_no(f"The plan {what}. Go ahead?")
            self.needed = ApprovalNeeded(tuple(step.id for step in changing), what)
            return False

    async def approve(self, request: ApprovalRequested) -> bool:
        """Whether a step that wants an approval of its own may start, with the inputs it would be given."""
        if self._yes:
            return True
        inputs = one_line(json.dumps(request.inputs, ensure_ascii=False), 1_000)
        async with self._asking:
            with self._progress.held():
                self._output.note(f"{request.step}: {request.capability} ({request.effect}) with {inputs}")
                return await ask_yes_or_no("Approve it?")

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
