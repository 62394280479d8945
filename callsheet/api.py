"""The public functions: run, resume, plan and check.

An argument that is not given comes from the settings of the working folder, as at the command line; only
`agents` never do. For several runs with the same agents, make an `Orchestrator`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Generator, Iterable, Mapping
from contextlib import contextmanager, suppress
from os import PathLike
from typing import Any, ClassVar, TypeVar, Unpack

from callsheet.agents.agent import Agent
from callsheet.agents.models.chat import ChatModel
from callsheet.agents.models.choice import choose_model
from callsheet.agents.models.errors import ModelNotConfigured, WeightsUnavailable
from callsheet.agents.registry import Registry
from callsheet.errors import CallsheetError, ExitCode
from callsheet.executor.journal.journal import Journal, MemoryJournal
from callsheet.executor.journal.sqlite import SqliteJournal
from callsheet.executor.run.options import RunKeywords, RunOptions, divide, require_known
from callsheet.executor.run.reducer import run_state_of
from callsheet.executor.run.result import RunResult
from callsheet.orchestration.keywords import Keywords
from callsheet.orchestration.listeners import Watch
from callsheet.orchestration.orchestrator import Orchestrator, registry_of
from callsheet.orchestration.planning import Review
from callsheet.planner.check.checker import CheckResult, Policy
from callsheet.planner.check.checker import check as check_plan
from callsheet.planner.planning.given_plan import GivenPlan, document_of
from callsheet.planner.planning.planner import Planned
from callsheet.settings.model_settings import model_settings, named_model
from callsheet.settings.settings import Settings

T = TypeVar("T")

_CONFIGURED = "as configured"
"""Stands for an argument that was not given, where None means something."""


class AlreadyAsync(CallsheetError):
    """A function for code that is not async was called while an event loop runs; `instead` is its twin."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, called: str, instead: str) -> None:
        super().__init__(
            f"callsheet.{called} cannot be called while an event loop is running (as in notebooks); "
            f"write `await callsheet.{instead}(...)`"
        )
        self.called = called
        self.instead = instead


async def run(
    goal: str | None = None,
    *,
    plan: GivenPlan | None = None,
    params: Mapping[str, object] | None = None,
    review: Review | None = None,
    watch: Watch | None = None,
    **given: Unpack[Keywords],
) -> RunResult:
    """Plan a goal, or take a given plan, carry it out, and return the result.

    `plan` is a Plan, the document of one, or the path of a file with one; `params` are the values of its
    parameters. Irreversible steps wait until `approve` says yes, unless `review` approved the whole plan;
    `watch` gets every event. The other keywords are described in
    `callsheet.orchestration.keywords`, and the options among them (`budget`, `time_limit`, `max_replans` and
    so on) at `RunOptions`; those that are not given are as configured.

    A run that fails is a result, and so is one that pauses; `resume` continues it. Raises what keeps a run
    from starting: GoalError, PlanningFailed, PlanInvalid, DocumentError, ModelNotConfigured, a ModelError
    while planning, JournalError, ConfigError, OptionInvalid, BudgetError, StrategyError.
    """
    settings = Settings.load_here()
    with _orchestrator("run", settings, given, _always(plan is None)) as (orchestrator, options):
        return await orchestrator.run(goal, plan=plan, params=params, review=review, watch=watch, **options)


def run_sync(
    goal: str | None = None,
    *,
    plan: GivenPlan | None = None,
    params: Mapping[str, object] | None = None,
    review: Review | None = None,
    watch: Watch | None = None,
    **given: Unpack[Keywords],
) -> RunResult:
    """The same as `run`, for code that is not async. Raises AlreadyAsync in code that is."""
    running = run(goal, plan=plan, params=params, review=review, watch=watch, **given)
    return _wait("run", running)


async def resume(
    run: str | RunResult,
    *,
    review: Review | None = None,
    watch: Watch | None = None,
    **given: Unpack[Keywords],
) -> RunResult:
    """Continue a run that was paused, or whose process ended, and return the result. What is done stays
    done.

    `run` is a result, an id, or the beginning of one. `agents` must provide what the remaining steps need,
    with the contracts that the run began with. The other keywords are those of `run`: an option that is given
    holds from now on, and any other stays as the run was started with, whatever is configured. `review`
    approves the plan of a run that has not started.

    Raises what `run` does, and RunNotFound, RunAmbiguous, RunEnded, RunOwned where another process has it,
    and AgentsChanged; none of these changes anything.
    """
    settings = Settings.load_here()
    name = run.run if isinstance(run, RunResult) else run

    def is_unplanned(journal: Journal) -> bool:
        return run_state_of(journal.read_events(journal.find_run(name))).plan is None

    with _orchestrator("resume", settings, given, is_unplanned) as (orchestrator, options):
        return await orchestrator.resume(name, review=review, watch=watch, **options)


def resume_sync(
    run: str | RunResult,
    *,
    review: Review | None = None,
    watch: Watch | None = None,
    **given: Unpack[Keywords],
) -> RunResult:
    """The same as `resume`, for code that is not async. Raises AlreadyAsync in code that is."""
    return _wait("resume", resume(run, review=review, watch=watch, **given))


async def plan(goal: str, *, watch: Watch | None = None, **given: Unpack[Keywords]) -> Planned:
    """Make a plan for a goal, and run nothing. `planned.plan` is the plan, for a run with the options that
    are given: the budget and the time limit hold for making it, too. The keywords are those of `run`.

    Raises GoalError, PlanningFailed, PlanningTimeUp, BudgetExceeded, ModelNotConfigured, a ModelError and
    ConfigError.
    """
    settings = Settings.load_here()
    with _orchestrator("plan", settings, {"store": None, **given}, _always(True)) as (orchestrator, options):
        return await orchestrator.plan(goal, watch=watch, **options)


def plan_sync(goal: str, *, watch: Watch | None = None, **given: Unpack[Keywords]) -> Planned:
    """The same as `plan`, for code that is not async. Raises AlreadyAsync in code that is."""
    return _wait("plan", plan(goal, watch=watch, **given))


def check(
    plan: object, *, agents: Iterable[Agent] | Registry | None = None, policy: Policy | None = None
) -> CheckResult:
    """Check a plan (a Plan, its document, or the path of a file) against the agents' capabilities. Calls no
    model and runs nothing. Raises DocumentError if the file cannot be read."""
    return check_plan(document_of(plan), registry_of(agents).catalog, policy)


def require_no_loop(name: str) -> None:
    """Refuse to run `name_sync` within an event loop. Raises AlreadyAsync."""
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


@contextmanager
def _orchestrator(
    called: str, settings: Settings, given: Keywords, needs_model: Callable[[Journal], bool]
) -> Generator[tuple[Orchestrator, RunKeywords]]:
    """An orchestrator as configured, with the given keywords instead where there are any; and the options
    among them."""
    require_known(called, given, Keywords)
    options, around = divide(given)
    # An invalid option is an error before a journal is opened or weights are downloaded.
    RunOptions.of(**options)
    with journal_of(settings, around.pop("store", _CONFIGURED)) as journal:
        model = model_of(settings, around.pop("model", None), required=needs_model(journal))
        agents = around.pop("agents", None)
        orchestrator = Orchestrator.configured(settings, agents, model=model, store=journal, **around)
        try:
            yield orchestrator, options
        finally:
            orchestrator.close()


def _always(value: bool) -> Callable[[Journal], bool]:
    return lambda _: value


@contextmanager
def journal_of(settings: Settings, store: Journal | str | PathLike[str] | None) -> Generator[Journal]:
    """The journal to use; closed afterwards if it was opened here. Raises JournalError."""
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
    """The model to use. If it is not `required`, no weights are downloaded, and it may be None."""
    if model is not None:
        return named_model(model, settings)
    wanted = model_settings(settings)
    if required:
        return choose_model(wanted)
    with suppress(ModelNotConfigured, WeightsUnavailable):
        return choose_model(wanted, sources=())
    return None
