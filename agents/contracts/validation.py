"""Whether a JSON value keeps to a JSON Schema (draft 2020-12), and if not, where it does not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, NamedTuple, Never

import jsonschema_rs

MAX_PROBLEMS = 20


class SchemaProblem(NamedTuple):
    """One place where a value breaks its schema: a JSON pointer into the value, and a sentence."""

    pointer: str
    message: str


class Validator:
    """A JSON Schema, compiled once.

    Raises ValueError where the schema is not valid. A `$ref` to anything outside the schema
    is refused: nothing is ever fetched.
    """

    def __init__(self, schema: dict[str, Any]) -> None:
        # Whatever `$schema` says: what the checker proves is proved by the rules of one draft.
        self._compiled = jsonschema_rs.Draft202012Validator(schema, retriever=_refuse)

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
            return tuple(islice(self._iterate(value), MAX_PROBLEMS))
        except ValueError as error:
            return (SchemaProblem("", f"this is not JSON: {error}"),)

    def _iterate(self, value: Any) -> Iterator[SchemaProblem]:
        for error in self._compiled.iter_errors(value):
            yield SchemaProblem(pointer_of(error.instance_path), error.message)


def _refuse(uri: str) -> Never:
    raise ValueError(f"{uri!r} is outside the schema and is not fetched")


def pointer_of(path: Iterable[str | int]) -> str:
    """The JSON pointer (RFC 6901) of a path."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)
