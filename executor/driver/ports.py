"""On what stage runs are carried out: where attempts run, who casts them, and at whose pace news is heard."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from callsheet.agents.agent import Agent
from callsheet.agents.selection.breaker import Verdict
from callsheet.agents.selection.statistics import Figures
from callsheet.agents.selection.strategies import Strategy
from callsheet.executor.dispatch.agent_pool import Nobody, Wait
from callsheet.executor.journal.signals import Letter
from callsheet.executor.machine.pending_work import Lane
from callsheet.executor.run.events import Event
from callsheet.executor.run.state import Try
from callsheet.executor.runner.runner import Runner

from .planner_call import Decided, Drafted, MakeDrafter

News: TypeAlias = Event | Letter | Decided | Drafted
"""What a run hears from outside."""


class Casting(Protocol):
    """Who gives attempts to agents. `Desk` does it by who is free; each method is described there."""

    def with_strategy(self, strategy: Strategy) -> Casting:
        """The same, for a run whose agents are chosen in another way, where there is a choice."""
        ...

    def choose(
        self,
        capability: str,
        *,
        now: float,
        figures: Mapping[tuple[str, str], Figures],
        failures: Mapping[str, int],
        exclude: Container[str],
        newcomer: bool,
        attempt: Try,
    ) -> Agent | Wait | Nobody:
        """Who is to do a piece of work."""
        ...

    def begin(self, agent_name: str, capability: str, at: float) -> None:
        """An attempt begins."""
        ...

    def end(
        self,
        agent_name: str,
        capability: str,
        at: float,
        verdict: Verdict,
        tokens: int = 0,
        retry_after: float | None = None,
    ) -> None:
        """An attempt ended."""
        ...

    def wait(
        self,
        capability: str,
        callback: Callable[[], None],
        *,
        until: float | None = None,
        newcomer: bool = False,
    ) -> Callable[[], None]:
        """Be called, once, when it is worth choosing again; what is returned leaves the queue."""
        ...

    def shut(self, closed: Container[Lane]) -> Container[Lane]:
        """The lanes in which nothing begins now, where those `closed` are the ones for which nobody was
        free. It stays true, whatever happens."""
        ...

    def pass_on(self, capability: str) -> None:
        """The one who was called has chosen, or has no use for it any more."""
        ...


class Pace(Protocol):
    """Whose pace a run keeps that follows the course of another: it hears news in the same portions and in
    the same order, so that it decides the same in the same light."""

    @property
    def may_rest(self) -> bool:
        """Whether a run rests here that has nothing to do: it may be that somebody is still busy with
        another."""
        ...

    def is_ready(self, inbox: Sequence[News], wake: Callable[[], None]) -> bool:
        """Whether something of this is to be taken in now. If not, `wake` is called when it is worth asking
        again, even where nothing comes in."""
        ...

    def divide(self, inbox: list[News]) -> tuple[list[News], list[News]]:
        """What is to be taken in now, in its order, and what is to wait."""
        ...

    def follow(self, event: Event) -> Event:
        """The event to enter in the place of one that is about to be: the one that the other run has there,
        where they differ in nothing but the time."""
        ...


@dataclass(frozen=True, slots=True)
class Staging:
    """The stage. Without a `pace` news is taken in as it comes. `drafter` puts somebody else in the place of
    who writes a plan while its run goes on."""

    runner: Runner
    desk: Casting
    pace: Pace | None = None
    drafter: Callable[[MakeDrafter], MakeDrafter] | None = None
