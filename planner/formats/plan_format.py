"""The wire formats: what a model writes for a plan, and how the plan is made of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple, Protocol

from pydantic import JsonValue

from callsheet.agents.contracts.capability import Capability, JsonObject
from callsheet.planner.goals.gap import Gap

from .examples import Example


class Translation(NamedTuple):
    """The document of a plan, or what the model wants to know before it writes one.

    `notes` are the repairs made on the way. `doubts` are a sentence for each thing that the model may
    not have meant, although it checks; it is asked about them once. `question` is for the person whose
    goal it is, and `wanted` says what capabilities the model misses in a catalog that was cut; where
    there is either, there is no plan.
    """

    document: JsonObject
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    question: str | None = None
    wanted: tuple[str, ...] = ()


class GapHelp(Protocol):
    """Help for models that forget steps: what a plan of theirs lacks is found, and asked for alone, because
    written again as a whole it loses others."""

    def find_gaps(
        self, goal: str, used: Collection[str], document: JsonObject, catalog: Sequence[Capability]
    ) -> Iterable[Gap]:
        """What the plan with this document lacks for the goal, its steps using these capabilities."""
        ...

    def missing_schema(self, catalog: Sequence[Capability], ids: Collection[str], most: int) -> JsonObject:
        """The JSON Schema of an answer with at most so many steps to be added to a plan with these ids."""
        ...


class WireFormat(Protocol):
    """One way for a model to write a plan.

    The translation is deterministic. What it cannot make sense of it leaves for the checker to
    say, so that one set of sentences tells the model what is wrong.
    """

    @property
    def name(self) -> str:
        """What options and benchmarks call it."""
        ...

    @property
    def rules(self) -> str:
        """The template of the prompt's first message; it is given the lines of the `capabilities`."""
        ...

    def schema(self, catalog: Sequence[Capability]) -> JsonObject:
        """The JSON Schema of an answer, made for the capabilities there are."""
        ...

    def examples(self, catalog: Sequence[Capability]) -> Sequence[Example]:
        """Worked examples for a prompt that shows this catalog; the same for the same catalog."""
        ...

    def write_answer(self, answer: JsonValue) -> str:
        """An answer, exactly as a worked example shows it and the model should write it."""
        ...

    def signature(self, capability: Capability, *, terse: bool) -> str:
        """How the prompt shows one capability."""
        ...

    def gap_help(self) -> GapHelp | None:
        """The help for models that forget steps; None where those who write this format need none."""
        ...

    def read_plan(self, answer: JsonValue, goal: str, catalog: Sequence[Capability]) -> Translation:
        """The plan that the answer means. Raises ValueError, with a sentence for
        the model, where the answer has not the shape of the format."""
        ...
