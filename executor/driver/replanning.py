"""The planner's part in a run: it is asked what to do, and what it decides becomes an event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from callsheet.agents.models.chat import ChatModel
from callsheet.executor.clocks.clock import Clock
from callsheet.executor.machine.machine_state import MachineState
from callsheet.executor.machine.plan_adoption import adoption
from callsheet.executor.models.recalled import RecallingModel
from callsheet.executor.run.events import (
    DraftGrown,
    DraftHalted,
    Event,
    GivenUp,
    PersonAsked,
    PlanAdopted,
    ReplanningFailed,
    ResultAccepted,
)
from callsheet.executor.run.json_copy import clean_text
from callsheet.planner.plan.checked_plan import CheckedPlan
from callsheet.planner.plan.renewal import begin_anew
from callsheet.planner.revision.decision import Accept, Ask, GiveUp, Revise

from .environment import RunEnvironment
from .planner_call import Decided, Drafted, PlannerCall, ReplannerPort
from .situation import situation_of

CHANGED = "what was written before has changed since"
"""Why a draft is halted that takes back what an earlier one had."""
MAX_REFUSALS = 2
"""How often a decision that cannot be carried out may be thought over, in the light of what has happened
since it was asked for."""


class ReplanningRequests:
    """Asks the planner about one run, and reads its decisions. What it was asked and has answered is not
    asked again by whoever goes on with the run."""

    def __init__(
        self,
        state: MachineState,
        around: RunEnvironment,
        post: Callable[[Decided | Drafted], None],
        broke: Callable[[BaseException], None],
        model: Callable[[], ChatModel | None],
    ) -> None:
        self._state = state
        self._around = around
        self._clock: Clock = around.clock
        self._post = post
        self._model = model
        self._replanning = PlannerCall(post, broke)
        self._refusals = 0

    def __bool__(self) -> bool:
        """Whether the planner is being asked, or is going to be."""
        return bool(self._replanning)

    def prepare(self, refusal: str = "") -> None:
        """A question that will be asked; after a `refusal`, because the last decision was none that can be
        carried out."""
        self._refusals = self._refusals + 1 if refusal else 0
        model = self._model()
        replanner = None if model is None else self._replanner(RecallingModel(model, self._state.replies))
        if replanner is None:
            self._post(Decided("there is no planner to ask"))
            return
        self._replanning.prepare(replanner, situation_of(self._state, self._around.catalog, refusal))

    def _replanner(self, model: ChatModel) -> ReplannerPort | None:
        around = self._around
        if self._state.run.drafting:
            return around.drafter and around.drafter(model, lambda draft: self._post(Drafted(draft)))
        return around.replanner and around.replanner(model)

    def ask(self) -> None:
        """The question is kept: ask it."""
        self._replanning.ask()

    def withdraw(self) -> None:
        """The answer is not needed any more."""
        self._replanning.withdraw()

    def event_of(self, decided: Decided) -> Event | None:
        """What the planner decided, as an event; None where it has to think again, or is not waited for.
        A plan that is to be adopted is among those of the state then."""
        if self._state.replanning is None:
            return None
        now, step = self._clock.now(), self._state.replanning.step
        match decided.decision:
            case Accept(reason) if step is None or self._has_results(step):
                return ResultAccepted(now, step, clean_text(reason))
            case Accept():
                return self._think_again(f"`{step}` has no result that could be accepted")
            case Ask(question):
                return PersonAsked(now, clean_text(question))
            case GiveUp(reason):
                return GivenUp(now, clean_text(reason), step)
            case Revise() as revise:
                return self._revised(revise, now)
            case message:
                return ReplanningFailed(now, message, step)

    def draft_of(self, drafted: Drafted) -> Event | None:
        """What has been written of the plan, as an event; None where it is not waited for, or nothing is
        new."""
        state = self._state
        if not state.run.drafting or state.halted or state.is_ending:
            return None
        if isinstance(drafted.draft, str):
            return DraftHalted(self._clock.now(), clean_text(drafted.draft))
        before, after = state.plan, drafted.draft
        if has_changed(before, after):
            return DraftHalted(self._clock.now(), CHANGED)
        new = [step for step in _steps_of(after) if step["id"] not in before.steps]
        if not new:
            return None
        state.plans[0] = after
        named = {step["capability"] for step in new}
        contracts = tuple(each for each in after.contracts if each["name"] in named)
        return DraftGrown(self._clock.now(), tuple(new), contracts)

    def _revised(self, revise: Revise, now: float) -> Event | None:
        refusal = self._too_dear(revise, now)
        needs_approval = self._around.needs_approval or (lambda step: False)
        adopted = refusal or adoption(self._state, revise, now, needs_approval)
        if isinstance(adopted, PlanAdopted):
            self._state.plans[adopted.revision] = revise.checked
            return adopted
        return self._think_again(adopted)

    def _think_again(self, refusal: str) -> Event | None:
        replanning = self._state.replanning
        if self._refusals >= MAX_REFUSALS and replanning is not None:
            return ReplanningFailed(self._clock.now(), refusal, replanning.step)
        self.prepare(refusal)
        return None

    def _has_results(self, step: str) -> bool:
        run = self._state.run
        return run.held.get(step, {}).keys() <= run.surprises.get(step, {}).keys()

    def _too_dear(self, revise: Revise, now: float) -> str:
        """Why the budget does not allow the plan; empty where it does."""
        spending, admit = self._state.spending, self._around.admit
        if spending is None or admit is None:
            return ""
        anew = begin_anew(self._state.plan, revise.checked)
        done = [step for step in self._state.run.outputs if step not in anew]
        return "; ".join(admit(revise.checked, spending.spent(now), done, spending.budget))


def has_changed(before: CheckedPlan, after: CheckedPlan) -> bool:
    """Whether a draft has something else than the one `before` where that had something already."""
    written = before.steps.keys()
    return bool(begin_anew(before, after) & written or written - after.steps.keys())


def _steps_of(checked: CheckedPlan) -> list[dict[str, Any]]:
    """The steps as they stand in the plan's document."""
    return cast("list[dict[str, Any]]", checked.document["steps"])
