"""Whether a JSON value keeps to a JSON Schema (draft 2020-12), and if not, where it does not."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple, Never

import jsonschema_rs
from jsonschema_rs import ValidationError
from jsonschema_rs import ValidationErrorKind as Kind

MAX_PROBLEMS = 20


class SchemaProblem(NamedTuple):
    """One place where a value breaks its schema: a JSON pointer into the value, and a sentence."""

    pointer: str
    message: str
    choices: tuple[Any, ...] = ()
    """What the value has to be one of, where that is what it breaks."""


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
            yield from _explained(error)


def _explained(error: ValidationError) -> Iterator[SchemaProblem]:
    """What is wrong; under `anyOf` and `oneOf` with the one branch that was meant, where that can be told:
    the others want another type, or another word in a field that tells them apart."""
    branches: list[list[ValidationError]] = getattr(error.kind, "context", None) or []
    for telling in ((Kind.Type, Kind.Constant, Kind.Enum), (Kind.Type,)):
        meant = [branch for branch in branches if branch and not _rules_out(branch, error, telling)]
        if len(meant) == 1:
            for each in meant[0]:
                yield from _explained(each)
            return
    choices: Any = getattr(error.kind, "options", ()) if isinstance(error.kind, Kind.Enum) else ()
    message = _wanted_types(branches) or error.message
    yield SchemaProblem(pointer_of(error.instance_path), message, tuple(choices))


def _rules_out(branch: Sequence[ValidationError], error: ValidationError, telling: tuple[type, ...]) -> bool:
    depth = len(error.instance_path)
    found = [each for each in branch if isinstance(each.kind, telling)]
    return any(len(each.instance_path) <= depth + isinstance(each.kind, Kind.Constant) for each in found)


def _wanted_types(branches: Sequence[Sequence[ValidationError]]) -> str:
    """A sentence with all types that are allowed, where each branch wants another one."""
    first = [branch[0] for branch in branches if branch]
    if not first or not all(isinstance(each.kind, Kind.Type) for each in first):
        return ""
    types = dict.fromkeys(name for each in first for name in getattr(each.kind, "types", ()))
    *others, last = (json.dumps(name) for name in types)
    value = first[0].message.rpartition(" is not of type")[0]
    return f"{value} is not of type {', '.join(others)}{' or ' if others else ''}{last}"


def _refuse(uri: str) -> Never:
    raise ValueError(f"{uri!r} is outside the schema and is not fetched")


def pointer_of(path: Iterable[str | int]) -> str:
    """The JSON pointer (RFC 6901) of a path."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)
