"""What an agent is given for an attempt: the work, its context, and a model whose calls are journaled."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from callsheet.agents.agent import Agent, Context
from callsheet.agents.models.chat import ChatModel
from callsheet.executor.machine.commands import StartAttempt
from callsheet.executor.machine.machine_state import MachineState
from callsheet.executor.models.budgeted import BudgetedModel, BudgetGate
from callsheet.executor.models.journaled import Caller, JournaledModel
from callsheet.executor.run.events import AttemptStarted, ModelCalled
from callsheet.executor.runner.progress_reports import ProgressReports
from callsheet.executor.runner.runner import Assignment

from .environment import RunEnvironment


class Assignments:
    """Makes the assignments of one run. `keep_call` enters a call of the run's model in its journal."""

    def __init__(
        self,
        state: MachineState,
        around: RunEnvironment,
        keep_call: Callable[[ModelCalled], Awaitable[None]],
        progress: ProgressReports,
    ) -> None:
        self._state = state
        self._around = around
        self._keep_call = keep_call
        self._progress = progress
        self._gate = None if state.spending is None else BudgetGate(state.spending)

    def start(self, command: StartAttempt, agent: str, at: float) -> AttemptStarted:
        """The event that gives an attempt to an agent."""
        step = command.step
        run = self._state.run
        # What a revision changed is other work, and an agent that knows keys must not take it for the same.
        since = run.steps[step.id].since
        place = step.id if since == 1 else f"{step.id}@{since}"
        key = f"{run.id}:{place}" + ("" if command.item is None else f":{command.item}")
        deadline = at + step.timeout_seconds
        return AttemptStarted(
            at, step.id, command.attempt, agent, key, deadline, command.inputs, command.item, command.hedge
        )

    def assignment(self, agent: Agent, started: AttemptStarted) -> Assignment:
        """The work of an attempt, for its agent."""
        model = None
        if self._around.model is not None:
            model = self.model_for(Caller(started.step, started.item, started.attempt))
        context = Context(
            self._state.run.id,
            started.step,
            started.attempt,
            started.key,
            self._around.workspace,
            started.item,
            started.deadline,
            model,
            # A run that follows another has its events, and no others.
            self._progress.reporter(started) if self._around.ports.pace is None else None,
        )
        capability = self._state.run.steps[started.step].capability
        return Assignment(agent, capability, started.inputs, context)

    def model_for(self, owner: Caller) -> ChatModel | None:
        """The run's model, each call journaled, and made only as far as the budget goes."""
        if self._around.model is None:
            return None
        journaled = JournaledModel(self._around.model, self._keep_call, self._around.clock, owner)
        return journaled if self._gate is None else BudgetedModel(journaled, self._gate, owner)
