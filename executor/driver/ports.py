"""The ports of a run: where attempts run, who chooses agents, at whose pace news comes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from callsheet.executor.dispatch.chooser import AgentChooser
from callsheet.executor.journal.signals import Signal
from callsheet.executor.run.events import Event
from callsheet.executor.runner.runner import Runner

from .planner_call import Decided, Drafted, MakeDrafter

News: TypeAlias = Event | Signal | Decided | Drafted
"""What a run hears from outside."""


class Pace(Protocol):
    """The pace of a run that follows another: it hears news in the same batches and in
    the same order, so that it decides the same in the same light."""

    @property
    def may_rest(self) -> bool:
        """Whether a run rests here that has nothing to do: it may be that its process is still busy with
        another run."""
        ...

    @property
    def breaks_off(self) -> bool:
        """Whether the process of the other run ended here, before it decided anything more."""
        ...

    @property
    def goes_on(self) -> bool:
        """Whether the process of the other run did anything more from here, whatever had gone wrong in it."""
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
class Ports:
    """What a run is connected to. Without a `pace` news is taken in as it comes. `drafter` puts another
    drafter in the place of the one that writes a plan while its run goes on."""

    runner: Runner
    chooser: AgentChooser
    pace: Pace | None = None
    drafter: Callable[[MakeDrafter], MakeDrafter] | None = None
