"""What one evaluation may spend and produce, and what is raised where there is no value."""

from __future__ import annotations

from typing import Never

from pydantic import JsonValue

from .values import kind_of

MAX_WORK = 1_000_000
"""Nodes visited, elements compared and elements produced, in one evaluation."""
MAX_SIZE = 10_000_000
"""Characters, or elements, that one evaluation may produce, and that its value may have when it is
written out: `[[a, a] for a in …]` within itself shares its parts in memory, and nowhere else."""
_CHARACTERS = 64
"""Of a text, that are compared or searched in the time of one node."""


class NoValue(Exception):
    """Carries the reason out to what handles absence: `default`, or the caller."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class OutOfBounds(NoValue):
    """A bound is used up: not even `default` may go on."""


class EvaluationBounds:
    """What is left of both bounds. Each method that pays raises OutOfBounds where it cannot."""

    def __init__(self) -> None:
        self._work = MAX_WORK
        self._size = MAX_SIZE

    def spend(self, work: int) -> None:
        """Pay for nodes visited or elements looked at."""
        self._work -= work
        if self._work < 0:
            raise OutOfBounds("this takes too much work to evaluate")

    def produce(self, size: int) -> None:
        """Pay for characters or elements that are made."""
        self._size -= size
        if self._size < 0:
            raise OutOfBounds("the value grows too large")

    def read_texts(self, one: str, other: str) -> None:
        """Pay for texts that are gone through."""
        self.spend((len(one) + len(other)) // _CHARACTERS)

    def measure(self, value: JsonValue) -> None:
        """Pay for a value before it is written out, so that the bound holds beforehand."""
        self.spend(1)
        if isinstance(value, str):
            self.produce(len(value))
        elif isinstance(value, list):
            for element in value:
                self.measure(element)
        elif isinstance(value, dict):
            for key, element in value.items():
                self.produce(len(key))
                self.measure(element)


def mismatch(value: JsonValue, wanted: str) -> Never:
    """Raise NoValue: another kind of value is required."""
    # This and the other reasons for absence are stored in events, and strict replays compare them.
    raise NoValue(f"{wanted} is wanted, and this is {kind_of(value)}")


def size_of(value: JsonValue, known: dict[int, int]) -> int:
    """Elements and characters of a value when each of its parts is written out as often as it stands
    there. `known` are the sizes of the containers seen before, by identity."""
    if isinstance(value, str):
        return len(value)
    if not isinstance(value, (list, dict)):
        return 1
    size = known.get(id(value))
    if size is None:
        parts = value if isinstance(value, list) else value.values()
        size = len(value) + sum(size_of(part, known) for part in parts)
        known[id(value)] = size
    return size
