"""The arguments of a `recording` marker: where the recording is, and how it is made and replayed."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from decimal import Decimal
from os import PathLike
from typing import Any, Self, TypeAlias, cast

from callsheet.agents.agent import Agent
from callsheet.agents.models.chat import ChatModel
from callsheet.agents.registry import Registry
from callsheet.agents.selection.strategies import Strategy
from callsheet.agents.spending.budget import Budget
from callsheet.executor.run.options import OPTIONS, Duration, RunKeywords
from callsheet.planner.plan.plan import Plan

from .errors import MarkInvalid

Agents: TypeAlias = str | PathLike[str] | Iterable[Agent | str | PathLike[str]] | Registry
"""Agents, and then there are no others; or Python files and modules, whose agents join the built-in ones."""


@dataclass(frozen=True, slots=True)
class RecordingMark:
    """The arguments of `@pytest.mark.recording`. Paths are taken from the folder of the test's file.

    The options of the run, from `fail_fast` to `stream`, are described at `RunOptions`; like `goal`, `plan`,
    `params`, `workspace` and `yes`, they are for making the recording.
    """

    file: str | PathLike[str]
    _: KW_ONLY
    goal: str | None = None
    """The goal to pursue."""
    plan: Plan | Mapping[str, object] | str | PathLike[str] | None = None
    """The plan to carry out: a Plan, a document, or a file."""
    params: Mapping[str, object] | None = None
    """The values of the plan's parameters."""
    agents: Agents | None = None
    """Today's agents: their contracts are compared with the recorded ones, they do what is `live`, and they
    make the recording. None: nothing is compared, and the configured agents make the recording."""
    live: str | Iterable[str] = ()
    """What is live in a replay: `planner`, `agents`, and names of capabilities."""
    model: ChatModel | str | None = None
    """The model, or its name, for what is live and for making the recording; None: the configured one."""
    workspace: str | PathLike[str] | None = None
    """The folder that agents may read and write."""
    fail_fast: bool | None = None
    hedge: bool | None = None
    max_concurrency: int | None = None
    max_replans: int | None = None
    budget: Budget | str | float | Decimal | None = None
    time_limit: Duration | None = None
    strategy: Strategy | str | None = None
    stream: bool | None = None
    yes: bool = False
    """Whether the plan is approved, as by `callsheet run --yes`."""
    strict: bool | None = None
    """Whether the test fails for drifts that it has not looked at; None: as `callsheet_strict` says."""

    @classmethod
    def from_marker(cls, args: Sequence[Any], options: Mapping[str, Any]) -> Self:
        """A marker with these arguments. Raises MarkInvalid."""
        try:
            bound = inspect.signature(cls).bind(*args, **options)
        except TypeError as error:
            raise MarkInvalid(str(error)) from None
        file = bound.arguments["file"]
        if not isinstance(file, str | PathLike):
            raise MarkInvalid(f"{file!r:.80} is not the path of a recording")
        return cls(*bound.args, **bound.kwargs)

    @property
    def options(self) -> RunKeywords:
        """The options of the run, as given."""
        return cast("RunKeywords", {name: getattr(self, name) for name in OPTIONS})

    @property
    def can_be_made(self) -> bool:
        """Whether the marker says how to make the recording."""
        return self.goal is not None or self.plan is not None
