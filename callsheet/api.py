"""The short way in: one function for each thing that people want done.

What an argument leaves open comes from the configuration of the working folder, as at the command
line; only agents are always those that the code names. Whoever wants several runs with the same agents
makes an `Orchestrator`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from os import PathLike
from typing import Any, ClassVar, TypeVar

from callsheet.agents.agent import Agent
from callsheet.agents.models.chat import ChatModel
from callsheet.agents.models.choice import choose_model
from callsheet.agents.models.errors import ModelNotConfigured, WeightsUnavailable
from callsheet.agents.registry import Registry
from callsheet.config import Settings
from callsheet.errors import CallsheetError, ExitCode
from callsheet.executor.driver import Approve
from callsheet.executor.journal import Journal
from callsheet.executor.result import RunResult
from callsheet.model_settings import model_settings
from callsheet.orchestrator import Orchestrator, Review, Watch, registry_of
from callsheet.planner.checker import CheckResult, Policy
from callsheet.planner.checker import check as check_plan
from callsheet.planner.plan import Plan
from callsheet.planner.planner import Planned

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
    agents: Iterable[Agent] | Registry | None = None,
    model: ChatModel | str | None = None,
    workspace: str | PathLike[str] | None = None,
    store: Journal | str | PathLike[str] | None = _CONFIGURED,
    policy: Policy | None = None,
    approve: Approve | None = None,
    review: Review | None = None,
    watch: Watch | None = None,
    time_limit: float | None = None,
) -> RunResult:
    """Plan a goal, or take a plan that there is, carry it out, and return how that went.

    `agents` are the built-in ones where nothing is said; `model` is a model or the name of one
    (`openai/NAME`, `local`, `local/FILE`); `store` None keeps the journal in memory. Irreversible steps
    wait until `approve` says yes, unless `review` approved the whole plan. `time_limit` is in seconds.

    A run that fails is a result. Raises what keeps one from starting: GoalError, PlanningFailed,
    PlanInvalid, ModelNotConfigured, a ModelError while planning, JournalError, ConfigError.
    """
    settings = Settings.load()
    orchestrator = Orchestrator(
        agents,
        model=_model(settings, model, required=plan is None),
        store=settings.store if store is _CONFIGURED else store,
        workspace=workspace or settings.workspace,
        policy=policy,
        max_concurrency=settings.max_concurrency,
        approve=approve,
    )
    async with orchestrator:
        return await orchestrator.run(goal, plan=plan, review=review, watch=watch, time_limit=time_limit)


def run_sync(
    goal: str | None = None,
    *,
    plan: Plan | Mapping[str, object] | None = None,
    agents: Iterable[Agent] | Registry | None = None,
    model: ChatModel | str | None = None,
    workspace: str | PathLike[str] | None = None,
    store: Journal | str | PathLike[str] | None = _CONFIGURED,
    policy: Policy | None = None,
    approve: Approve | None = None,
    review: Review | None = None,
    watch: Watch | None = None,
    time_limit: float | None = None,
) -> RunResult:
    """The same as `run`, for code that is not async. Raises AlreadyAsync in code that is."""
    return _wait(
        "run",
        run(
            goal,
            plan=plan,
            agents=agents,
            model=model,
            workspace=workspace,
            store=store,
            policy=policy,
            approve=approve,
            review=review,
            watch=watch,
            time_limit=time_limit,
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
    chosen = _model(Settings.load(), model, required=True)
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


def _wait(name: str, work: Coroutine[Any, Any, T]) -> T:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    work.close()
    raise AlreadyAsync(f"{name}_sync", name)


def _model(settings: Settings, model: ChatModel | str | None, *, required: bool) -> ChatModel | None:
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
