"""What the checker finds: for people, and for the planner to repair its plan with."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from pydantic import JsonValue

from callsheet.agents.contracts.validation import pointer_of


class Severity(StrEnum):
    """An error keeps a plan from running; a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Fix:
    """A repair that is certain."""

    pointer: str
    """Where the value goes, as a JSON pointer."""

    value: JsonValue
    """What is put there."""

    note: str
    """What the repair does, in a sentence."""

    removes: str | None = None
    """The JSON pointer of what is removed first; None for nothing."""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding of the checker."""

    code: str
    """Stable, so that tools can rely on it: `unknown-step`. docs/plan.md lists them all."""

    pointer: str
    """Where in the plan's document, as a JSON pointer."""

    message: str
    """What is wrong, in one sentence."""

    hint: str | None = None
    """What to do about it, where that is known."""

    step: str | None = None
    """The id of the step that it concerns; None for the plan as a whole."""

    severity: Severity = Severity.ERROR
    """Whether it keeps the plan from running."""

    fix: Fix | None = None
    """The repair, where only one is possible."""

    def __str__(self) -> str:
        where = f" (step {self.step})" if self.step else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{self.severity} {self.code} at {self.pointer or '/'}{where}: {self.message}{hint}"

    @property
    def sentence(self) -> str:
        """The finding for a model: its own names for things, no pointers into a document it never saw."""
        where = f"step {self.step}: " if self.step else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{where}{self.message}{hint}"

    def to_document(self) -> dict[str, JsonValue]:
        """The finding as JSON."""
        document: dict[str, JsonValue] = {
            "code": self.code,
            "severity": self.severity.value,
            "pointer": self.pointer,
            "step": self.step,
            "message": self.message,
            "hint": self.hint,
        }
        if self.fix:
            document["fix"] = {
                "pointer": self.fix.pointer,
                "value": self.fix.value,
                "removes": self.fix.removes,
                "note": self.fix.note,
            }
        return document


def rename(path: tuple[str | int, ...], name: str, value: JsonValue) -> Fix:
    """The fix that gives the entry at `path` another name."""
    note = f"replaced `{path[-1]}` with `{name}`"
    return Fix(pointer_of((*path[:-1], name)), value, note, removes=pointer_of(path))
