"""What is wrong with the document of a recording, told with its file, its line, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any, Never, TypeAlias

import msgspec

from callsheet.agents.spending.budget import Budget
from callsheet.agents.spending.errors import BudgetError, TermsError
from callsheet.executor.recording.content.errors import RecordingInvalid
from callsheet.suggestions import did_you_mean
from callsheet.version import __version__

LineOf: TypeAlias = Callable[[str], int | None]
"""The line of the value at a JSON pointer."""
RESTORE = "restore it, or record the run again"
"""What to do about a file that is damaged."""


class DocumentProblems:
    """Refuses what is wrong with one document. `release` is the one that wrote it, as it says itself."""

    def __init__(self, source: str, line_of: LineOf, release: str = __version__) -> None:
        self.source = source
        self._line_of = line_of
        other = "" if release == __version__ else f", or read it with Callsheet {release:.40}, which wrote it"
        self._advice = f"correct it, or record the run again{other}"

    def fail(self, problem: str, pointer: str, advice: str | None = None) -> Never:
        """Refuse the document, for what stands at the JSON pointer."""
        raise RecordingInvalid(self.source, problem, self._line_of(pointer), advice or self._advice)

    def require_known(self, unknown: Iterator[tuple[str, str, frozenset[str]]], at: str = "") -> None:
        """See that there is no unknown field."""
        for pointer, name, names in unknown:
            hint = did_you_mean(name, sorted(names))
            self.fail(f"unknown field {name!r:.80} ({hint})", f"{at}{pointer}")

    def require_name(self, kind: str, name: str, names: Collection[str], pointer: str) -> None:
        """See that what is named is there."""
        if name not in names:
            self.fail(f"there is no {kind} {name!r:.80}; {did_you_mean(name, names)}", pointer)

    def require_budget(self, text: object, pointer: str) -> None:
        """See that a budget means something, where there is one."""
        if isinstance(text, str) and text:
            try:
                Budget.parse(text)
            except BudgetError as error:
                self.fail(str(error), pointer)

    def converted(self, value: object, kind: type[Any], pointer: str) -> Any:
        """The value as one of a type."""
        try:
            return msgspec.convert(value, kind)
        except msgspec.ValidationError as error:
            problem, _, path = str(error).partition(" - at `$")
            place = _pointer(path.removesuffix("`"))
            name = place.rpartition("/")[2]
            problem = problem[:1].lower() + problem[1:]
            self.fail(f"`{name}`: {problem}" if name else problem, pointer + place)
        except TermsError as error:
            self.fail(str(error), pointer)
        except (OverflowError, ValueError, RecursionError):
            self.fail("a number in it is too large", pointer)


def _pointer(path: str) -> str:
    """A path of msgspec as a JSON pointer, as far as it is one: `.a[0].b[...]` is /a/0/b."""
    parts = path.partition("[...]")[0].replace("[", ".").replace("]", "").split(".")
    return "".join(f"/{part}" for part in parts if part)
