"""The planner for a run that starts before its plan is finished: it tells of every step that is complete."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from callsheet.agents.contracts.capability import Capability
from callsheet.planner.plan.checked_plan import CheckedPlan
from callsheet.planner.revision.decision import Ask, Decision, Revise
from callsheet.planner.revision.situation import Situation

from .draft_reader import DraftReader
from .model_call import PlanningProgress
from .planner import Clarification, Planner

CHEAPER = "Make a plan that takes less: fewer steps, and none that the goal does not need."
# Stored in events, and compared in strict replays, as `_BROKEN` and `_CHANGED` in `draft_reader` are.
_TRIED_AGAIN = "what was written first is no plan that can be carried out"


class PlanWriter:
    """Plans a goal, and tells `tell` of each draft: a checked plan of the steps that are complete so far; or
    why there will be no more of them. Its decision is the finished plan, or a question.

    Only what the model writes first is told of: a second try is about all of it.
    """

    def __init__(
        self,
        planner: Planner,
        goal: str,
        catalog: Sequence[Capability],
        reader: DraftReader,
        tell: Callable[[CheckedPlan | str], None],
        on_progress: Callable[[PlanningProgress], None] | None = None,
    ) -> None:
        self._planner = planner
        self._goal = goal
        self._catalog = catalog
        self._reader = reader
        self._tell = tell
        self._on_progress = on_progress
        self._read = 0
        self._is_over = False

    async def decide(self, situation: Situation) -> Decision:
        """The plan, or what has to be known before there can be one. Raises what `Planner.plan` does."""
        answers = situation.answers
        if situation.refusal:
            answers = (*answers, (f"That plan cannot be carried out: {situation.refusal}", CHEAPER))
        planned = await self._planner.plan(
            self._goal, self._catalog, answers=answers, on_progress=self._progressed
        )
        if isinstance(planned, Clarification):
            return Ask(planned.question)
        return Revise(planned.checked, "")

    def _progressed(self, progress: PlanningProgress) -> None:
        if self._on_progress is not None:
            self._on_progress(progress)
        if self._is_over:
            return
        if progress.number > 1:
            self._halt(_TRIED_AGAIN)
            return
        piece, self._read = progress.text[self._read :], len(progress.text)
        draft = self._reader.feed(piece)
        if draft is not None:
            self._tell(draft)
        if self._reader.halted:
            self._halt(self._reader.problem)

    def _halt(self, problem: str) -> None:
        self._is_over = True
        self._tell(problem)
