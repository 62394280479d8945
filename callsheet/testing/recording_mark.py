"""What a `recording` marker says: where the recording is, and how it is made and replayed."""

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
"""Agents themselves, who are all there are then; or Python files and modules that have some, which join the
built-in ones."""


@dataclass(frozen=True, slots=True)
class RecordingMark:
    """The arguments of `@pytest.mark.recording`. Paths are taken from the folder of the test's file.

    `agents` are those of today: the recording's contracts are held against theirs, they do what is `live`,
    and they work when the recording is made. Where nothing is said the recorded ones stand in, and the
    configured ones work. `model` is who is asked then: one, the name of one, or the configured one.

    The rest is for making the recording: the `goal` or the `plan` (or its file), the values of its `params`,
    the `workspace`, the options of the run (those of `RunOptions`), and whether (`yes`) what is planned is
    approved, as by `callsheet run --yes`.

    With `strict` false a replay in which nothing is live may drift unnoticed.
    """

    file: str | PathLike[str]
    _: KW_ONLY
    goal: str | None = None
    plan: Plan | Mapping[str, object] | str | PathLike[str] | None = None
    params: Mapping[str, object] | None = None
    agents: Agents | None = None
    live: str | Iterable[str] = ()
    model: ChatModel | str | None = None
    workspace: str | PathLike[str] | None = None
    fail_fast: bool | None = None
    hedge: bool | None = None
    max_concurrency: int | None = None
    max_replans: int | None = None
    budget: Budget | str | float | Decimal | None = None
    time_limit: Duration | None = None
    strategy: Strategy | str | None = None
    stream: bool | None = None
    yes: bool = False
    strict: bool | None = None

    @classmethod
    def from_marker(cls, args: Sequence[Any], options: Mapping[str, Any]) -> Self:
        """What a marker with these arguments says. Raises MarkInvalid."""
        try:
            bound = inspect.signature(cls).bind(*args, **options)
        except TypeError as error:
            raise MarkInvalid(str(error)) from None
        file = bound.arguments["file"]
        if not isinstance(file, str | PathLike):
            raise MarkInvalid(f"{file!r:.80} is no path of a recording")
        return cls(*bound.args, **bound.kwargs)

    @property
    def options(self) -> RunKeywords:
        """The options of the run, as they were written."""
        return cast("RunKeywords", {name: getattr(self, name) for name in OPTIONS})

    @property
    def can_be_made(self) -> bool:
        """Whether it says how to make the recording."""
        return self.goal is not None or self.plan is not None
