"""Drifts in lines for people, and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
from pydantic import JsonValue

from callsheet.executor.replay.drift.drift import Drift
from callsheet.prompts.hidden import spelled


def drift_lines(drifts: Iterable[Drift], indent: str = "") -> Iterator[str]:
    """Each drift with its differences; characters that a terminal would hide are escaped."""
    for drift in drifts:
        for line in drift.describe().split("\n"):
            yield f"{indent}{spelled(line)}"


def drift_documents(drifts: Iterable[Drift]) -> list[JsonValue]:
    """The same for programs."""
    return [msgspec.to_builtins(drift) for drift in drifts]


def kinds_text(drifts: Iterable[Drift]) -> str:
    """The kinds of the drifts, each once: `plan, agent-schema`."""
    return ", ".join(dict.fromkeys(drift.kind for drift in drifts))
