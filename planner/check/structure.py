"""Whether a document has the shape of a plan: the first thing the checker asks."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TypeAlias, cast

from pydantic import JsonValue, ValidationError
from pydantic_core import ErrorDetails

from callsheet.agents.contracts.capability import JsonObject
from callsheet.agents.contracts.pydantic_problem import pydantic_sentence
from callsheet.agents.contracts.validation import pointer_of
from callsheet.planner.diagnostics import Diagnostic, rename
from callsheet.planner.plan.plan import Plan, Step
from callsheet.planner.plan.policy import Policy
from callsheet.suggestions import did_you_mean, meant

from .partial_plan import PartialPlan

MAX_NESTING = 64
MAX_VALUES = 2_000_000
"""In a document, each counted as often as it would be written."""
MAX_PROBLEMS = 100
"""Of the form of one document: with more, it is not a plan that was meant."""
MAX_BITS = 14_000
"""Of a number: Python writes none that is longer."""
_WANTED = {
    "bool_type": "must be true or false",
    "dict_type": "must be an object",
    "enum": "must be {expected}",
    "float_type": "must be a number",
    "greater_than": "must be above {gt:,.0f}",
    "greater_than_equal": "must be at least {ge:,.0f}",
    "int_type": "must be a whole number",
    "less_than_equal": "must be at most {le:,.0f}",
    "model_type": "must be an object",
    "string_type": "must be a string",
    "tuple_type": "must be a list",
}
"""What the library's kinds of errors are called here."""
_NAMES = "use lowercase letters, digits and _, starting with a letter; at most 64 characters"
_ENTRIES = frozenset(Plan.model_fields)
_STEP_ENTRIES = frozenset(Step.model_fields)


def read_plan(document: object, policy: Policy) -> tuple[Plan | None, list[Diagnostic]]:
    """The plan that a JSON value is, or what keeps it from being one. Never raises."""
    if not _is_json(document):
        return None, [_find_foreign(document)]
    if problem := _find_excess(document, policy):
        return None, [problem]
    try:
        return Plan.model_validate(document), []
    except ValidationError as error:
        details = error.errors(include_url=False)
        return None, [_diagnose(each, document) for each in details[:MAX_PROBLEMS]]


def read_rest(document: object, problems: Sequence[Diagnostic]) -> PartialPlan | None:
    """The plan of the other parts, where the problems that `read_plan` found lie in some; None where they lie
    in the whole, or are so many that no plan was meant."""
    is_whole = any(each.code in ("not-json", "too-many-steps") for each in problems)
    if is_whole or len(problems) >= MAX_PROBLEMS or not isinstance(document, dict):
        return None
    return PartialPlan.of_document(cast("JsonObject", document))


def _find_excess(document: object, policy: Policy) -> Diagnostic | None:
    if not isinstance(document, Mapping):
        return Diagnostic("malformed-plan", "", "a plan must be an object with goal, steps and answer")
    steps = cast("Mapping[str, object]", document).get("steps")
    if not isinstance(steps, (list, tuple)):
        return None
    if (count := len(cast("list[object]", steps))) > policy.max_steps:
        message = f"the plan has {count:,} steps; at most {policy.max_steps:,} are allowed"
        return Diagnostic("too-many-steps", "/steps", message)
    return None


def _is_json(document: object) -> bool:
    """Whether JSON can carry the document, and it is not nested too deeply."""
    if not _is_bounded(document):
        return False
    try:
        json.dumps(document, allow_nan=False, ensure_ascii=False).encode()
    except (ValueError, TypeError, RecursionError):
        return False
    return True


def _is_bounded(document: object) -> bool:
    # Level by level instead of recursively: the document may be deeper than Python's stack.
    level: list[object] = [document]
    values = 0
    for _ in range(MAX_NESTING):
        inner: list[object] = []
        for container in level:
            parts = _parts(container)
            values += len(parts)
            if values > MAX_VALUES:
                return False
            inner += [each for each in parts if type(each) is not str and isinstance(each, _CONTAINERS)]
        if not inner:
            return True
        level = inner
    return False


_CONTAINERS = (dict, list, tuple)


def _parts(container: object) -> Collection[object]:
    """The parts of a container. One with a key that is not a string counts as nested without end, and so is
    refused."""
    if isinstance(container, dict):
        entries = cast("dict[object, object]", container)
        return entries.values() if all(type(key) is str for key in entries) else [entries]
    return cast("list[object]", container) if isinstance(container, _CONTAINERS) else ()


_Path: TypeAlias = tuple[str | int, ...]


def _find_foreign(document: object) -> Diagnostic:
    """The place where the document is something that JSON cannot carry."""
    for path, value in _places(document):
        problem = _foreign(value)
        if problem is None and len(path) > MAX_NESTING:
            problem = f"nested more than {MAX_NESTING} levels deep"
        if problem is not None:
            return Diagnostic("not-json", pointer_of(path), problem)
    return Diagnostic("not-json", "", f"the document contains itself, or has more than {MAX_VALUES:,} values")


def _places(document: object) -> Iterator[tuple[_Path, object]]:
    """Every value with its place. Parts that are shared are looked at once, and what holds itself comes to an
    end."""
    # One iterator a level: a list of all that is still to be looked at may take far more than the document.
    levels: list[Iterator[tuple[_Path, object]]] = [iter([((), document)])]
    seen: set[int] = set()
    while levels:
        for path, value in levels[-1]:
            if id(value) not in seen:
                yield path, value
                if isinstance(value, _CONTAINERS):
                    seen.add(id(value))
                    levels.append(_inside(path, value))
                    break
        else:
            levels.pop()


def _inside(path: _Path, container: object) -> Iterator[tuple[_Path, object]]:
    if isinstance(container, dict):
        entries = cast("dict[str, object]", container).items()
        return (((*path, key), each) for key, each in entries)
    return (((*path, at), each) for at, each in enumerate(cast("list[object]", container)))


def _foreign(value: object) -> str | None:
    match value:
        case str():
            return "the string has a lone surrogate (half a character)" if _is_broken(value) else None
        case dict():
            return next(filter(None, map(_foreign_key, cast("dict[object, object]", value))), None)
        case None | bool() | list() | tuple():
            return None
        case int():
            return "the number is too large" if value.bit_length() > MAX_BITS else None
        case float():
            return None if math.isfinite(value) else f"{value} is not a number in JSON"
        case _:
            return f"a value of type {type(value).__name__} cannot be written as JSON"


def _foreign_key(key: object) -> str | None:
    is_foreign = not isinstance(key, str) or _is_broken(key)
    return f"the key {key!a:.80} is not a valid string" if is_foreign else None


def _is_broken(text: str) -> bool:
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _diagnose(error: ErrorDetails, document: object) -> Diagnostic:
    path = error["loc"]
    step = _step_id(path, document)
    match error["type"], path:
        case "extra_forbidden", (*_, str() as name):
            return _unknown_entry(name, path, step, error["input"])
        case "string_pattern_mismatch", ("params", *_):
            message = f"{error['input']!r:.80} is not a valid parameter name"
            return Diagnostic("bad-parameter", pointer_of(path[:2]), message, _NAMES)
        case "string_pattern_mismatch", _:
            message = f"{error['input']!r:.80} is not a valid step id"
            return Diagnostic("bad-step-id", pointer_of(path), message, _NAMES, step)
        case "missing", (*_, str() as name):
            return Diagnostic("malformed-plan", pointer_of(path[:-1]), f"`{name}` is missing", step=step)
        case _:
            return Diagnostic("malformed-plan", pointer_of(path), _sentence(error), step=step)


def _sentence(error: ErrorDetails) -> str:
    if error["type"] == "value_error":
        return error["msg"].removeprefix("Value error, ")
    known = _WANTED.get(error["type"])
    name = next((f"`{each}`" for each in reversed(error["loc"]) if isinstance(each, str)), "the plan")
    what = f"an element of {name}" if error["loc"] and isinstance(error["loc"][-1], int) else name
    if known is None:
        return f"{what}: {pydantic_sentence(error)}"
    return f"{what} {known.format_map(error.get('ctx', {}))}; got {error['input']!r:.60}"


def _unknown_entry(name: str, path: tuple[str | int, ...], step: str | None, value: JsonValue) -> Diagnostic:
    known = sorted(_STEP_ENTRIES if len(path) > 1 else _ENTRIES)
    hint = did_you_mean(name, known, len(known))
    only = meant(name, known)
    fix = rename(path, only, value) if only else None
    what = "a step" if len(path) > 1 else "a plan"
    return Diagnostic("unknown-entry", pointer_of(path), f"{what} has no `{name:.80}`", hint, step, fix=fix)


def _step_id(path: tuple[str | int, ...], document: object) -> str | None:
    match path:
        case ("steps", int() as at, *_):
            steps = cast("Mapping[str, list[object]]", document)["steps"]
            match steps[at]:
                case {"id": str() as name} if len(name) <= 64:
                    return name
                case _:
                    return None
        case _:
            return None
