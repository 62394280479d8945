"""The options of a run: what a person may say about how it is carried out, whichever door they come in by.

`callsheet.run`, `resume` and `plan`, the `Orchestrator`, the settings, the command line and the executor
all take these, and nothing else that is of this kind. An option of None was not given: what it means then
is said under each, and asked for by the properties.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Self, TypeAlias, TypedDict, Unpack, cast

from callsheet.agents.contracts.duration import seconds_of
from callsheet.agents.contracts.errors import HOW_TO_WRITE, DurationError
from callsheet.agents.selection.strategies import Strategy, strategy_named
from callsheet.agents.spending.budget import Budget
from callsheet.suggestions import nearest

from .errors import OptionInvalid

MAX_CONCURRENCY = 16
"""The attempts of a run that are under way at once, where nothing is said."""
MAX_REPLANS = 5
"""How often the planner is asked about one run, where nothing is said."""
MAXIMA: Mapping[str, int] = MappingProxyType({"max_concurrency": 10_000, "max_replans": 100})
"""The most that people may ask for: more is a slip."""

Duration: TypeAlias = float | str | timedelta
"""Seconds, or a text such as "90s", "5m", "2h", "1d"."""


class RunKeywords(TypedDict, total=False):
    """The options of a run as keyword arguments, as leniently typed as people write them.

    `RunOptions` has the same names, and says under each what it means.
    """

    fail_fast: bool | None
    hedge: bool | None
    max_concurrency: int | None
    max_replans: int | None
    budget: Budget | str | float | Decimal | None
    time_limit: Duration | None
    strategy: Strategy | str | None
    stream: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """The options of a run. Raises OptionInvalid where a value is none that the option takes."""

    fail_fast: bool | None = None
    """Whether the first failure ends the run at once (the usual). If not, everything that does not depend on
    the failure is finished first, and the result says what is missing."""

    hedge: bool | None = None
    """Whether pure and reading work that outlives its agent's usual time is given to a second agent as well
    (usually not)."""

    max_concurrency: int | None = None
    """How many attempts of the run are under way at once, 1 to 10,000; 16 where nothing is said."""

    max_replans: int | None = None
    """How often the planner may be asked about failures, surprises and people's messages, 0 (never) to 100,
    over the whole run. Where nothing is said it is 5 for a goal, and 0 for a plan that was given: such a plan
    is changed only where that was asked for."""

    budget: Budget | None = None
    """What the run may take, planning included; no limit where nothing is said. As a text "$0.50, 20k tokens,
    5m, 100 attempts, 3 revisions, 40 calls", any of these; a bare number is US dollars."""

    time_limit: float | None = None
    """After how many seconds the run fails, planning included, but not the time for which it waits for
    a person to review its plan. When a run that was started is resumed, they count from then. No limit where
    nothing is said. As a text "90s", "5m", "2h", "1d"."""

    strategy: Strategy | None = None
    """Who of several agents that offer a capability gets an attempt: a function, or the name of one:
    `balanced` (the usual), `fastest`, `cheapest`, `most_reliable`, `round_robin`, `least_loaded`. It is not
    in the journal, which has every single choice; so it is never kept for when the run is resumed."""

    stream: bool | None = None
    """Whether steps start while the plan is still being written: those that are complete, check, and can be
    done twice without harm (usually not). The plan cannot have been reviewed then. It says nothing about a
    run that has its plan."""

    def __post_init__(self) -> None:
        for name in ("fail_fast", "hedge", "stream"):
            self._require(name, bool, "True or False")
        self._require_whole("max_concurrency", 1)
        self._require_whole("max_replans", 0)
        self._require("budget", Budget, "a Budget")
        if self.time_limit is not None and not self.time_limit >= 0:
            raise OptionInvalid("time_limit", self.time_limit, "a number of seconds")
        if self.strategy is not None and not callable(self.strategy):
            raise OptionInvalid("strategy", self.strategy, "the name of a strategy, or a function")

    @classmethod
    def of(cls, **given: Unpack[RunKeywords]) -> Self:
        """The options that people mean by these keywords: texts and numbers are read.

        Raises OptionInvalid, BudgetError, StrategyError, and TypeError for a keyword that is none.
        """
        require_known("RunOptions.of", given, RunKeywords)
        read: dict[str, Any] = {**given}
        for name, most in MAXIMA.items():
            if isinstance(value := read.get(name), int) and value > most:
                raise OptionInvalid(name, value, f"at most {most:,}")
        if (budget := given.get("budget")) is not None:
            read["budget"] = Budget.of(budget)
        if (limit := given.get("time_limit")) is not None:
            read["time_limit"] = _seconds(limit)
        if isinstance(strategy := given.get("strategy"), str):
            read["strategy"] = strategy_named(strategy)
        return cls(**read)

    def or_else(self, other: RunOptions) -> RunOptions:
        """These, and for what they leave open the others."""
        given: dict[str, Any] = {**self.keywords()}
        return replace(other, **given)

    def keywords(self) -> RunKeywords:
        """Those that were given, as keyword arguments."""
        return cast(
            "RunKeywords", {name: value for name in OPTIONS if (value := getattr(self, name)) is not None}
        )

    @property
    def fails_fast(self) -> bool:
        """`fail_fast`, or what is usual."""
        return self.fail_fast is not False

    @property
    def hedges(self) -> bool:
        """`hedge`, or what is usual."""
        return self.hedge is True

    @property
    def streams(self) -> bool:
        """`stream`, or what is usual."""
        return self.stream is True

    @property
    def concurrency(self) -> int:
        """`max_concurrency`, or what is usual."""
        return MAX_CONCURRENCY if self.max_concurrency is None else self.max_concurrency

    def replans(self, *, given: bool) -> int:
        """`max_replans`, or what is usual for a plan that was `given`, or for one that a model made."""
        if self.max_replans is not None:
            return self.max_replans
        return 0 if given else MAX_REPLANS

    def _require(self, name: str, kind: type, wanted: str) -> None:
        value = getattr(self, name)
        if value is not None and not isinstance(value, kind):
            raise OptionInvalid(name, value, wanted)

    def _require_whole(self, name: str, least: int) -> None:
        value = getattr(self, name)
        # True is an int to Python, and `max_replans=True` hardly means 1.
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        if value is not None and not (is_whole and value >= least):
            raise OptionInvalid(name, value, f"an integer, {least} to {MAXIMA[name]:,}")


OPTIONS = tuple(field.name for field in fields(RunOptions))
"""The name of every option."""

NOTHING_SAID = RunOptions()
"""Every option left open."""


def divide(given: Mapping[str, Any]) -> tuple[RunKeywords, dict[str, Any]]:
    """The keywords that are options, and those that are not."""
    options = {name: value for name, value in given.items() if name in OPTIONS}
    return cast("RunKeywords", options), {name: given[name] for name in given if name not in OPTIONS}


def require_known(called: str, given: Mapping[str, Any], known: type) -> None:
    """See that every keyword is one of a typed dictionary's. Raises TypeError, as a signature would."""
    names = known.__annotations__
    for name in given:
        if name not in names:
            near = nearest(name, names)
            hint = f"; did you mean {near!r}?" if near else ""
            raise TypeError(f"{called}() got an unexpected keyword argument {name!r}{hint}")


def _seconds(limit: object) -> float:
    try:
        return seconds_of(limit)
    except DurationError:
        raise OptionInvalid("time_limit", limit, f"a duration: {HOW_TO_WRITE}") from None
