"""The wire formats: what a model writes for a plan, and how the plan is made of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from pydantic import JsonValue

from callsheet.agents.contracts.capability import Capability, JsonObject

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


class StepReader(Protocol):
    """Reads the steps of one answer while it is written; every step once, and at a cost in proportion to the
    text, however it is split."""

    @property
    def is_broken(self) -> bool:
        """Whether what was written is no plan."""
        ...

    @property
    def is_ended(self) -> bool:
        """Whether no step can come any more."""
        ...

    def feed(self, text: str) -> list[JsonValue]:
        """Take the next piece of the text, and return the steps that are complete with it, in order."""
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

    @property
    def notation(self) -> str:
        """What an answer consists of, in a word for the model."""
        ...

    @property
    def reconsiders(self) -> bool:
        """Whether whoever writes it mends what only looks like a slip; a small model makes things worse."""
        ...

    def schema(self, catalog: Sequence[Capability]) -> JsonObject | None:
        """The JSON Schema of an answer, made for the capabilities there are; None where it is no JSON."""
        ...

    def grammar(self, catalog: Sequence[Capability]) -> str | None:
        """The grammar of an answer that is no JSON, in GBNF."""
        ...

    def missing_line(self, answer: str, name: str, catalog: Sequence[Capability]) -> str | None:
        """The grammar of what lacks in an answer in which nothing is done with a name of the goal; None where
        it cannot be asked for alone."""
        ...

    def with_line(self, answer: str, line: str, name: str, goal: str) -> str:
        """An answer with the line that it lacked in it, which does something with this name of the goal.

        Raises ValueError, with a sentence for the model, where it is no line.
        """
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

    def reader(self) -> StepReader:
        """Reads the steps of an answer while it is written."""
        ...

    def read_answer(self, text: str) -> JsonValue:
        """An answer as JSON. Raises ValueError, with a sentence for the model, where it is none."""
        ...

    def read_plan(self, answer: JsonValue, goal: str, catalog: Sequence[Capability]) -> Translation:
        """The plan that the answer means. Raises ValueError, with a sentence for
        the model, where the answer has not the shape of the format."""
        ...
