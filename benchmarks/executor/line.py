"""One line of the table: a figure, what it is a ratio to, and whether that is good enough."""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields, replace

from benchmarks.report import Cell

from .contender import Measured

_MEGA = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """`ratio` is to `to`; `rows` and `bytes` are a step, `megabytes` in all. `met` is None where there is
    no target, or nothing could be measured; `note` says why then."""

    case: str
    who: str
    steps: int | None = None
    micros: float | None = None
    ratio: float | None = None
    to: str = ""
    rows: float | None = None
    bytes: float | None = None
    megabytes: float | None = None
    target: str = ""
    met: bool | None = None
    note: str = ""

    @classmethod
    def of(cls, case: str, who: str, measured: Measured, steps: int) -> Line:
        """What carrying out a graph of so many steps cost."""
        return cls(
            case=case,
            who=who,
            steps=steps,
            micros=measured.micros_a_step,
            rows=None if measured.rows is None else measured.rows / measured.steps,
            bytes=None if measured.bytes is None else measured.bytes / measured.steps,
        )

    def against(self, to: str, ratio: float, most: float | None = None) -> Line:
        """The same, with its ratio to something, which should be `most` at most."""
        compared = replace(self, to=to, ratio=ratio)
        return compared if most is None else compared._aiming(f"ratio ≤ {most:g}", ratio <= most)

    def storing(self, most_rows: float, max_bytes: float) -> Line:
        """The same, with targets for what it keeps of a step."""
        good = (self.rows or 0) <= most_rows and (self.bytes or 0) <= max_bytes
        return self._aiming(f"rows ≤ {most_rows:g}, bytes ≤ {max_bytes:g}", good)

    def weighing(self, taken: float, most: float | None = None) -> Line:
        """The same, with so many bytes of memory, which should be `most` at most."""
        weighed = replace(self, megabytes=taken / _MEGA)
        return weighed if most is None else weighed._aiming(f"MB < {most / _MEGA:g}", taken < most)

    def cells(self) -> tuple[Cell, ...]:
        """As the report wants it."""
        return astuple(self)

    def _aiming(self, target: str, good: bool) -> Line:
        both = f"{self.target}, {target}" if self.target else target
        return replace(self, target=both, met=good and self.met is not False)


COLUMNS = (
    "case",
    "who",
    "steps",
    "µs a step",
    "ratio",
    "to",
    "rows a step",
    "bytes a step",
    "MB",
    "target",
    "met",
    "note",
)
"""One for each field."""
assert len(COLUMNS) == len(fields(Line))
