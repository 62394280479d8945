"""What a goal asks for and no step of its plan does."""

from __future__ import annotations

from typing import NamedTuple


class Gap(NamedTuple):
    """Something that the goal asks for and no step does, as a sentence for the model; `capability` is
    the name of the one that could, where one can be told, and `into` the step that should take its result."""

    sentence: str
    capability: str | None = None
    into: str | None = None
