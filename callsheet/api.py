"""The short way in: one function for each thing that people want done.

What an argument leaves open comes from the configuration of the working folder, as at the command
line; only agents are always those that the code names. Whoever wants several runs with the same agents
makes an `Orchestrator`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Generator, Iterable, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from os import PathLike
from typing import Any, ClassVar, TypeVar

from callsheet.agents.agent import Agent
from callsheet.agents.models.chat import ChatModel
from callsheet.agents.models.errors import ModelNotConfigured, WeightsUnavailable
from callsheet.agents.registry import Registry
from callsheet.agents.selection.strategies import Strategy
from callsheet.errors import CallsheetError, ExitCode
from callsheet.executor.driver.environment import Approve
from callsheet.executor.journal.journal import Journal, MemoryJournal
from callsheet.executor.journal.sqlite import SqliteJournal
from callsheet.executor.run.reducer import record_of
from callsheet.executor.run.result import RunResult
from callsheet.orchestration.listeners import Watch
from callsheet.orchestration.orchestrator import Orchestrator, Review, registry_of
from callsheet.planner.check.checker import CheckResult, Policy
from callsheet.planner.check.checker import check as check_plan
from callsheet.planner.plan.plan import Plan
from callsheet.planner.planning.planner import Planned
from callsheet.settings.model_choice import choose_model
from callsheet.settings.model_settings import model_settings
from callsheet.settings.settings import Settings

T = TypeVar("T")

_CONFIGURED = "as configured"
"""Stands for an argument that was not given, where None means something."""


class AlreadyAsync(CallsheetError):
    """A function for code that is not async was called while an event loop runs; `instead` is its twin."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, called: str, instead: str) -> None:
        super().__init__(
            f"callsheet.{called} cannot wait here, because an event loop runs already (as it does in "
            f"notebooks); write `await callsheet.{instead}(...)`"
        )
        self.called = called
        self.instead = instead


async def run(
    goal: str | None = None,
    *,
    plan: Plan | Mapping[str, object] | None = None,
    params: Mapping[str, object] | None = None,
    reuse: bool = False,
    library: str | PathLike[str] | None = None,
    agents: Iterable[Agent] | Registry | None = None,
    model: ChatModel | str | None = None,
    workspace: str | PathLike[str] | None = None,
    store: Journal | str | PathLike[str] | None = _CONFIGURED,
    policy: Policy | None = None,
    approve: Approve | None = None,
    review: Review | None = None,
    watch: Watch | None = None,
    time_limit: float | None = None,
    fail_fast: bool | None = None,
    hedge: bool | None = None,
    strategy: Strategy | str | None = None,
    budget: str | None = None,
    max_replans: int | None = None,
) -> RunResult:
    """Plan a goal, or take a plan that there is, carry it out, and return how that went.

    `params` are the values of the plan's parameters. With `reuse`, or a `library` folder of plan files, a
    plan that is known for a goal of the same shape is changed for this one, where there is one.
    `agents` are the built-in ones where nothing is said; `model` is a model or the name of one
    (`openai/NAME`, `local`, `local/FILE`); `store` None keeps the journal in memory. Irreversible steps
    wait until `approve` says yes, unless `review` approved the whole plan. `time_limit` is in seconds.
    Without `fail_fast` a failure ends the run only once everything that does not depend on it is finished;
    with `hedge` reading and computing that takes unusually long is given to a second agent as well;
    `strategy` chooses among the agents of one capability. `budget` limits what the run may take ("$0.50,
    20k tokens, 5m"), and the planner is asked `max_replans` times at most about what goes wrong.

    A run that fails is a result, and so is one that pauses; `resume` goes on with that. Raises what keeps
    one from starting: GoalError, PlanningFailed, PlanInvalid, ModelNotConfigured, a ModelError while
    planning, JournalError, ConfigError, StrategyError.
    """
    settings = _settings(fail_fast=fail_fast, hedge=hedge, budget=budget, max_replans=max_replans)
    chosen = model_of(settings, model, required=plan is None)
    with journal_of(settings, store) as journal:
        orchestrator = Orchestrator.configured(
            settings,
            agents,
            model=chosen,
            store=journal,
            workspace=workspace,
            policy=policy,
            approve=approve,
            strategy=strategy,
        )
        async with orchestrator:
            return await orchestrator.run(
                goal,
                plan=plan,
                params=params,
                reuse=reuse,
                library=library,
                review=review,
                watch=watch,
                time_limit=time_limit,
            )


def run_sync(
    goal: str | None = None,
    *,
    plan: Plan | Mapping[str, object] | None = None,
    params: Mapping[str, object] | None = None,
    reuse: bool = False,
    library: str | PathLike[str] | None = None,
    agents: Iterable[Agent] | Registry | None = None,
    model: ChatModel | str | None = None,
    workspace: str | PathLike[str] | None = None,
    store: Journal | str | PathLike[str] | None = _CONFIGURED,
    policy: Policy | None = None,
    approve: Approve | None = None,
    review: Review | None = None,
    watch: Watch | None = None,
    time_limit: float | None = None,
    fail_fast: bool | None = None,
    hedge: bool | None = None,
    strategy: Strategy | str | None = None,
    budget: str | None = None,
    max_replans: int | None = None,
) -> RunResult:
    """The same as `run`, for code that is not async. Raises AlreadyAsync in code that is."""
    return _wait(
        "run",
        run(
            goal,
            plan=plan,
            params=params,
            reuse=reuse,
            library=library,
            agents=agents,
            model=model,
            workspace=workspace,
            store=store,
            policy=policy,
            approve=approve,
            review=review,
            watch=watch,
            time_limit=time_limit,
            fail_fast=fail_fast,
            hedge=hedge,
            strategy=strategy,
            budget=budget,
            max_replans=max_replans,
        ),
    )


async def resume(
    run: str,
    *,
    agents: Iterable[Agent] | Registry | None = None,
    model: ChatModel | str | None = None,
    workspace: str | PathLike[str] | None = None,
    store: Journal | str | PathLike[str] = _CONFIGURED,
    policy: Policy | None = None,
    approve: Approve | None = None,
    review: Review | None = None,
    watch: Watch | None = None,
    strategy: Strategy | str | None = None,
) -> RunResult:
    """Go on with a run that was paused, or whose process ended, and return how that went. What is done
    stays done.

    `run` is an id or the beginning of one. `agents` must offer what the run's remaining steps need, as
    it was when the run began. The other arguments are those of `run`. `review` looks at the plan of a run
    that was not yet carried out.

    Raises what `run` does, and RunNotFound, RunAmbiguous, RunEnded, RunOwned where another process has it,
    and AgentsChanged; none of these changes anything.
    """
    settings = _settings()
    with journal_of(settings, store) as journal:
        is_planned = record_of(journal.read(journal.find(run))).plan is not None
        chosen = model_of(settings, model, required=not is_planned)
        orchestrator = Orchestrator.configured(
            settings,
            agents,
            model=chosen,
            store=journal,
            workspace=workspace,
            policy=policy,
            approve=approve,
            strategy=strategy,
        )
        async with orchestrator:
            return await orchestrator.resume(run, review=review, watch=watch)


def resume_sync(
    run: str,
    *,
    agents: Iterable[Agent] | Registry | None = None,
    model: ChatModel | str | None = None,
    workspace: str | PathLike[str] | None = None,
    store: Journal | str | PathLike[str] = _CONFIGURED,
    policy: Policy | None = None,
    approve: Approve | None = None,
    review: Review | None = None,
    watch: Watch | None = None,
    strategy: Strategy | str | None = None,
) -> RunResult:
    """The same as `resume`, for code that is not async. Raises AlreadyAsync in code that is."""
    return _wait(
        "resume",
        resume(
            run,
            agents=agents,
            model=model,
            workspace=workspace,
            store=store,
            policy=policy,
            approve=approve,
            review=review,
            watch=watch,
            strategy=strategy,
        ),
    )


async def plan(
    goal: str,
    *,
    agents: Iterable[Agent] | Registry | None = None,
    model: ChatModel | str | None = None,
    policy: Policy | None = None,
    watch: Watch | None = None,
) -> Planned:
    """Make a plan for a goal, and run nothing. `planned.plan` is the plan.

    Raises GoalError, PlanningFailed, ModelNotConfigured, a ModelError and ConfigError.
    """
    chosen = model_of(Settings.load(), model, required=True)
    return await Orchestrator(agents, model=chosen, store=None, policy=policy).plan(goal, watch=watch)


def plan_sync(
    goal: str,
    *,
    agents: Iterable[Agent] | Registry | None = None,
    model: ChatModel | str | None = None,
    policy: Policy | None = None,
    watch: Watch | None = None,
) -> Planned:
    """The same as `plan`, for code that is not async. Raises AlreadyAsync in code that is."""
    return _wait("plan", plan(goal, agents=agents, model=model, policy=policy, watch=watch))


def check(
    document: object, *, agents: Iterable[Agent] | Registry | None = None, policy: Policy | None = None
) -> CheckResult:
    """Hold a plan, or the JSON of one, against what the agents offer. Asks no model, runs nothing."""
    return check_plan(document, registry_of(agents).catalog, policy)


def require_no_loop(name: str) -> None:
    """See that no event loop runs, for `name_sync`. Raises AlreadyAsync."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise AlreadyAsync(f"{name}_sync", name)


def _wait(name: str, work: Coroutine[Any, Any, T]) -> T:
    try:
        require_no_loop(name)
    except AlreadyAsync:
        work.close()
        raise
    return asyncio.run(work)


def _settings(**given: bool | int | str | None) -> Settings:
    """The settings of the working folder, under those arguments that were given."""
    settings = Settings.load()
    return settings.model_copy(update={key: value for key, value in given.items() if value is not None})


@contextmanager
def journal_of(settings: Settings, store: Journal | str | PathLike[str] | None) -> Generator[Journal]:
    """The journal to use; closed afterwards where it was opened here. Raises JournalError."""
    if store is not None and not isinstance(store, str | PathLike):
        yield store
        return
    path = settings.store if store is _CONFIGURED else store
    journal = MemoryJournal() if path is None else SqliteJournal(path, durability=settings.durability)
    try:
        yield journal
    finally:
        journal.close()


def model_of(settings: Settings, model: ChatModel | str | None, *, required: bool) -> ChatModel | None:
    """The model to use. For a plan that there is already, nothing is fetched, and none will do."""
    if model is not None and not isinstance(model, str):
        return model
    wanted = model_settings(settings)
    if model is not None:
        return choose_model(replace(wanted, model=model))
    if required:
        return choose_model(wanted)
    with suppress(ModelNotConfigured, WeightsUnavailable):
        return choose_model(wanted, sources=())
    return None
