"""The wire formats: what a model writes for a plan, and how the plan is made of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pydantic import JsonValue

from callsheet.agents.capability import Capability, JsonObject


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
    def template(self) -> str:
        """The prompt's templates: `NAME/system`, `NAME/request` and `NAME/repair` under `planner/`."""
        ...

    def schema(self, catalog: Sequence[Capability]) -> JsonObject:
        """The JSON Schema of an answer, made for the capabilities there are."""
        ...

    def examples(self) -> Sequence[tuple[str, JsonValue]]:
        """Worked examples: what is asked, and the answer to it."""
        ...

    def signature(self, capability: Capability, *, terse: bool) -> str:
        """How the prompt shows one capability."""
        ...

    def read(self, answer: JsonValue, goal: str, catalog: Sequence[Capability]) -> JsonObject:
        """The document of the plan that the answer means. Raises ValueError, with a sentence for
        the model, where the answer has not the shape of the format."""
        ...
