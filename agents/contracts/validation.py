"""Whether a JSON value keeps to a JSON Schema (draft 2020-12), and if not, where it does not."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Never, cast

import jsonschema_rs

from .references import encoded
from .schema_problem import Explainer, SchemaProblem, pointer_of, schema_fault

__all__ = ["SchemaProblem", "Validator", "pointer_of"]

MAX_PROBLEMS = 20
_HALF = re.compile("[\ud800-\udfff]")


class Validator:
    """A JSON Schema, compiled once.

    Raises ValueError, with one sentence, where the schema is not valid. A `$ref` to anything outside the
    schema is refused: nothing is ever fetched.
    """

    def __init__(self, schema: dict[str, Any]) -> None:
        try:
            # Whatever `$schema` says: what the checker proves is proved by the rules of one draft.
            self._compiled = jsonschema_rs.Draft202012Validator(encoded(schema), retriever=_refuse)
        except ValueError as error:
            raise ValueError(schema_fault(error)) from None
        self._explainer = Explainer(schema)

    def accepts(self, value: Any) -> bool:
        """Whether a JSON value keeps to the schema.

        Where the schema looks at it, what is not JSON (NaN, bytes, a lone surrogate) does not; where it
        allows anything, it is not looked at.
        """
        try:
            return self._compiled.is_valid(value)
        except ValueError:
            return False

    def problems(self, value: Any) -> tuple[SchemaProblem, ...]:
        """Every place where the value breaks the schema, up to 20; empty where it keeps to it."""
        try:
            found = tuple(islice(dict.fromkeys(self._iterate(value)), MAX_PROBLEMS))
        except ValueError:
            found = (SchemaProblem("", "a part of it cannot be written as JSON"),)
        # The library takes NaN for null, and says no place of what it cannot read.
        return (foreign,) if found and (foreign := _foreign_part(value)) else found

    def _iterate(self, value: Any) -> Iterator[SchemaProblem]:
        for error in islice(self._compiled.iter_errors(value), MAX_PROBLEMS):
            yield from self._explainer.problems(error)


def _foreign_part(value: object) -> SchemaProblem | None:
    """The first part that JSON cannot hold: NaN, bytes, half a character."""
    waiting: list[tuple[object, tuple[str | int, ...]]] = [(value, ())]
    while waiting:
        part, path = waiting.pop()
        match part:
            case None | bool() | int():
                continue
            case float() if math.isfinite(part):
                continue
            case str() if not _HALF.search(part):
                continue
            case list() | tuple():
                elements = cast("Sequence[object]", part)
                waiting += reversed([(each, (*path, at)) for at, each in enumerate(elements)])
            case dict() if all(isinstance(key, str) for key in cast("dict[object, object]", part)):
                entries = cast("dict[str, object]", part)
                waiting += reversed([(each, (*path, key)) for key, each in entries.items()])
            case _:
                return SchemaProblem(pointer_of(path), f"{part!a:.80} cannot be written as JSON")
    return None


def _refuse(uri: str) -> Never:
    raise ValueError(f"{uri!r} is outside the schema and is not fetched")
