"""The people who are being asked whether a step may start."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from callsheet.executor.clocks.clock import Clock
from callsheet.executor.run.events import ApprovalDenied, ApprovalGranted, ApprovalRequested, Event

from .environment import AskApproval


class Approvals:
    """Asks, and posts the answers. Where there is no way to ask, or no answer, the step waits for a signal,
    and it is `settled` that no question is open."""

    def __init__(
        self,
        approve: AskApproval | None,
        clock: Clock,
        post: Callable[[Event], None],
        broke: Callable[[BaseException], None],
        settled: Callable[[], None],
    ) -> None:
        self._approve = approve
        self._clock = clock
        self._post = post
        self._broke = broke
        self._settled = settled
        self._loop = asyncio.get_running_loop()
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._prepared: dict[str, ApprovalRequested] = {}

    def __bool__(self) -> bool:
        """Whether a question is open, or will be asked."""
        return bool(self._tasks or self._prepared)

    def prepare(self, request: ApprovalRequested) -> None:
        """A question that will be asked, unless it is withdrawn before."""
        if self._approve is not None:
            self._prepared[request.step] = request

    def ask(self) -> None:
        """The questions are kept: ask them, and post what is answered."""
        if self._approve is None or not self._prepared:
            return
        prepared, self._prepared = self._prepared, {}
        for request in prepared.values():
            self._tasks[request.step] = self._loop.create_task(self._ask(self._approve, request))

    def withdraw(self, step: str) -> None:
        """The question was answered by a signal."""
        self._prepared.pop(step, None)
        task = self._tasks.pop(step, None)
        if task is not None:
            task.cancel()

    def withdraw_all(self) -> None:
        """No answer is needed any more."""
        for step in [*self._prepared, *self._tasks]:
            self.withdraw(step)

    async def _ask(self, approve: AskApproval, request: ApprovalRequested) -> None:
        try:
            granted = await approve(request)
        except BaseException as error:
            # Ctrl-C is meant for the whole process, and a question that was withdrawn needs no answer.
            if (
                isinstance(error, KeyboardInterrupt)
                or self._tasks.get(request.step) is not asyncio.current_task()
            ):
                raise
            self._broke(error)
            return
        self._tasks.pop(request.step, None)
        if granted is None:
            self._settled()
            return
        kind = ApprovalGranted if granted else ApprovalDenied
        self._post(kind(self._clock.now(), request.step))
