"""Goals, and the capabilities that they need, in sets of a hundred."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TypeAlias

SETS = ("reworded", "idiomatic")
"""Goals in other words than the catalog's, as people mostly write them; and goals in words that have next to
nothing in common with those: "do I need an umbrella"."""

Need: TypeAlias = tuple[str, ...]
"""The name of a capability; several, where any of them will do."""


def read_needs(name: str) -> list[tuple[str, tuple[Need, ...]]]:
    """The goals of a set: lines of `goal | capability, capability/or another`."""
    lines = (Path(__file__).parent / f"{name}.txt").read_text("utf-8").splitlines()
    pairs = (line.split(" | ") for line in lines)
    return [(goal, tuple(tuple(need.split("/")) for need in needs.split(", "))) for goal, needs in pairs]


def is_met(need: Need, names: Collection[str]) -> bool:
    """Whether one of the capabilities that will do is among those of these names."""
    return any(name in names for name in need)
