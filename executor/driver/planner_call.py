"""Asking the planner what to do about a run that cannot go on as planned."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NamedTuple, Protocol

from callsheet.agents.models.chat import ChatModel
from callsheet.errors import CallsheetError
from callsheet.executor.run.json_copy import clean_text
from callsheet.planner.plan.checked_plan import CheckedPlan
from callsheet.planner.revision.decision import Decision
from callsheet.planner.revision.situation import Situation


class ReplannerPort(Protocol):
    """Decides how a run goes on."""

    async def decide(self, situation: Situation) -> Decision:
        """What to do. Raises CallsheetError where the planner comes to nothing that can be done."""
        ...


MakeReplanner = Callable[[ChatModel], ReplannerPort]
"""Makes a replanner that asks this model, every call of which is journaled."""


OnDraft = Callable[[CheckedPlan | str], None]
"""Takes the steps of a plan that are complete so far, as a plan that checks; or why nothing more of what is
being written will be."""

MakeDrafter = Callable[[ChatModel, OnDraft], ReplannerPort]
"""Makes who writes the first plan of a run while the run goes on: a Replanner that always revises, asks, or
fails."""


class Drafted(NamedTuple):
    """More of a plan that is being written, or why there will be no more before all of it is."""

    draft: CheckedPlan | str


class Decided(NamedTuple):
    """What came of asking: a decision, or why there is none."""

    decision: Decision | str


class PlannerCall:
    """One question to the planner at a time, asked once it is kept, and answered by `post`."""

    def __init__(self, post: Callable[[Decided], None], broke: Callable[[BaseException], None]) -> None:
        self._post = post
        self._broke = broke
        self._prepared: tuple[ReplannerPort, Situation] | None = None
        self._task: asyncio.Task[None] | None = None

    def __bool__(self) -> bool:
        """Whether the planner is being asked, or is going to be."""
        return self._prepared is not None or self._task is not None

    def prepare(self, replanner: ReplannerPort, situation: Situation) -> None:
        """A question that will be asked."""
        self._prepared = replanner, situation

    def ask(self) -> None:
        """The question is kept: ask it."""
        if self._prepared is not None:
            prepared, self._prepared = self._prepared, None
            self._task = asyncio.get_running_loop().create_task(self._ask(*prepared))

    def withdraw(self) -> None:
        """The answer is not needed any more."""
        self._prepared = None
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _ask(self, replanner: ReplannerPort, situation: Situation) -> None:
        try:
            decision: Decision | str = await replanner.decide(situation)
        except CallsheetError as error:
            decision = clean_text(str(error))
        except BaseException as error:
            # Ctrl-C is meant for the whole process, and who was withdrawn is not waited for any more.
            if isinstance(error, KeyboardInterrupt) or self._task is not asyncio.current_task():
                raise
            self._task = None
            self._broke(error)
            return
        self._task = None
        self._post(Decided(decision))
