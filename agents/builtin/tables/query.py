"""A question about one table as data: what a model may write, and whether the table can answer it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import chain
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from callsheet.agents.contracts.capability import JsonObject
from callsheet.agents.contracts.pydantic_problem import located_sentence
from callsheet.agents.contracts.tidy_schema import closed_object

from .date_part import DatePart, parts_of
from .period import read_period
from .table import ColumnKind, Table

Test: TypeAlias = Literal["=", "!=", "<", "<=", ">", ">=", "contains", "starts with"]
Function: TypeAlias = Literal["sum", "mean", "median", "min", "max", "count", "count different"]

ROWS = "rows"
"""What `count` counts."""
COMPUTED = "computed value"
"""What to sort by, where it is the first computed value."""
MAX_ROWS = 1_000
_NUMBER_TESTS = ("=", "!=", "<", "<=", ">", ">=")
_TEXT_TESTS = ("=", "!=", "contains", "starts with")
_EMPTY_IS_NONE = ("", "none", "null")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Condition(_Part):
    """What a row must meet to count."""

    column: str
    test: Test
    value: str | int | float


class Measure(_Part):
    """What to compute: a function over a column, or over that column times another."""

    function: Function
    column: str = ROWS
    times: str | None = None


class TableQuery(_Part):
    """Keep rows, group them, compute, sort, cut. Without `compute`, the rows themselves."""

    where: Annotated[tuple[Condition, ...], Field(max_length=20)] = ()
    group_by: Annotated[tuple[str, ...], Field(max_length=5)] = ()
    compute: Annotated[tuple[Measure, ...], Field(max_length=10)] = ()
    sort_by: str | None = None
    order: Literal["descending", "ascending"] = "descending"
    limit: Annotated[int, Field(ge=1, le=MAX_ROWS)] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The columns, and parts of dates, that it names."""
        return (
            *(condition.column for condition in self.where),
            *self.group_by,
            *(measure.column for measure in self.compute if measure.column != ROWS),
            *(measure.times for measure in self.compute if measure.times),
            *([self.sort_by] if self.sort_by not in (None, COMPUTED) else []),
        )

    def without_repeats(self) -> Self:
        """The same query with nothing grouped by or computed twice."""
        once = {
            "group_by": tuple(dict.fromkeys(self.group_by)),
            "compute": tuple(dict.fromkeys(self.compute)),
        }
        return self.model_copy(update=once)


class QueryProblem(ValueError):
    """A query that this table cannot answer: one sentence for each reason."""


def query_schema(table: Table) -> JsonObject:
    """The JSON Schema of queries over this very table: only its columns can be named."""
    names = selectable(table)
    numbers = [column.name for column in table.columns if column.kind is ColumnKind.NUMBER]
    ordered = [column.name for column in table.columns if column.kind is not ColumnKind.TEXT]
    return _object(
        where=_list(_any_of(_conditions(table))),
        group_by=_list(_one_of(names)),
        compute=_list(_any_of(_measures(names, numbers, ordered))),
        sort_by=_one_of([COMPUTED, *names, None]),
        order=_one_of(["descending", "ascending"]),
        limit={"type": ["integer", "null"]},
    )


def read_query(document: JsonObject, table: Table) -> TableQuery:
    """The query in a model's answer, checked against the table. Raises QueryProblem."""
    if not document:
        raise QueryProblem("the query is empty; say what to compute, or which rows to list")
    try:
        query = TableQuery.model_validate(_without_noise(document))
    except ValidationError as error:
        raise QueryProblem("; ".join(map(located_sentence, error.errors()))) from None
    if problems := _problems(query, table):
        raise QueryProblem("; ".join(problems))
    return query.without_repeats()


def selectable(table: Table) -> Sequence[str]:
    """Every name that a query may use: the columns, and the parts of those that hold dates."""
    names = ((column.name, *(part.name for part in parts_of(column))) for column in table.columns)
    return list(dict.fromkeys(chain.from_iterable(names)))


def find_part(table: Table, name: str) -> DatePart | None:
    """The part of a date that goes by this name, unless a column does."""
    if table.has(name):
        return None
    parts = (part for column in table.columns for part in parts_of(column))
    return next((part for part in parts if part.name == name), None)


def _conditions(table: Table) -> list[JsonObject]:
    """One shape of condition for each kind of column, so that a number is never compared with a text."""
    parts = [name for name in selectable(table) if not table.has(name)]
    of_kind = {kind: [column.name for column in table.columns if column.kind is kind] for kind in ColumnKind}
    shapes = (
        (of_kind[ColumnKind.TEXT], _TEXT_TESTS, "string"),
        (of_kind[ColumnKind.NUMBER] + parts, _NUMBER_TESTS, "number"),
        (of_kind[ColumnKind.DATE], (*_NUMBER_TESTS, "starts with"), "string"),
    )
    return [
        _object(column=_one_of(columns), test=_one_of(tests), value={"type": kind})
        for columns, tests, kind in shapes
        if columns
    ]


def _measures(names: Sequence[str], numbers: Sequence[str], ordered: Sequence[str]) -> list[JsonObject]:
    nothing: JsonObject = {"type": "null"}
    counts = [
        _object(function=_one_of(["count"]), column=_one_of([ROWS]), times=nothing),
        _object(function=_one_of(["count different"]), column=_one_of(names), times=nothing),
    ]
    extremes = [_object(function=_one_of(["min", "max"]), column=_one_of(ordered), times=nothing)]
    sums = [
        _object(
            function=_one_of(["sum", "mean", "median", "min", "max"]),
            column=_one_of(numbers),
            times=_one_of([*numbers, None]),
        )
    ]
    return [*(sums if numbers else []), *(extremes if ordered else []), *counts]


def _problems(query: TableQuery, table: Table) -> Sequence[str]:
    known = selectable(table)
    unknown = [
        f"there is no column {name!r}; there are {', '.join(known)}"
        for name in query.names
        if name not in known
    ]
    if unknown:
        return unknown
    conditions = (problem for each in query.where if (problem := _condition_problem(each, table)))
    measures = (problem for each in query.compute if (problem := _measure_problem(each, table)))
    return [*conditions, *measures, *_sort_problems(query, table)]


def _condition_problem(condition: Condition, table: Table) -> str | None:
    name, test, value = condition.column, condition.test, condition.value
    if part := find_part(table, name):
        fits = test not in ("contains", "starts with") and part.number_of(value) is not None
        return None if fits else f"{name!r} is compared with a number, not with {value!r}"
    kind = table.column(name).kind
    if kind is ColumnKind.DATE:
        fits = test != "contains" and read_period(str(value)) is not None
        return (
            None
            if fits
            else f"{name!r} is compared with a date such as 2024-09-30 or 2024-09, not with {value!r}"
        )
    if kind is ColumnKind.NUMBER:
        fits = test not in ("contains", "starts with") and read_number(value) is not None
        return None if fits else f"{name!r} is compared with a number, not with {value!r}"
    return None


def _measure_problem(measure: Measure, table: Table) -> str | None:
    if measure.function == "count":
        return None
    if measure.function == "count different":
        fits = measure.column in selectable(table) and not measure.times
        return None if fits else "count different needs one column, and nothing to multiply it with"
    if not table.has(measure.column):
        return f"{measure.function} needs a column of numbers, not {measure.column!r}"
    if (
        table.column(measure.column).kind is ColumnKind.DATE
        and measure.function in ("min", "max")
        and not measure.times
    ):
        return None
    for name in filter(None, (measure.column, measure.times)):
        if (problem := _number_problem(name, table)) is not None:
            return f"{measure.function} needs a column of numbers, and {problem}"
    return None


def _number_problem(name: str, table: Table) -> str | None:
    if find_part(table, name):
        return f"{name!r} is part of a date"
    column = table.column(name)
    if column.kind is ColumnKind.NUMBER:
        return None
    if column.first_text is None:
        return f"{name!r} has none"
    row, value = column.first_text
    return f"{name!r} has {value[:40]!r} in row {row}"


def _sort_problems(query: TableQuery, table: Table) -> Sequence[str]:
    if query.sort_by == COMPUTED and not query.compute:
        return ["it sorts by a computed value, and computes none"]
    if not query.compute and query.sort_by and find_part(table, query.sort_by):
        return [f"rows are sorted by a column, not by {query.sort_by!r}"]
    if query.compute and query.sort_by not in (None, COMPUTED, *query.group_by):
        return [f"it sorts by {query.sort_by!r}, which is neither grouped by nor computed"]
    if query.group_by and not query.compute:
        return ["it groups rows and computes nothing; add what to compute, such as count of rows"]
    return []


def read_number(value: str | float) -> float | None:
    """A number, also one written as text with thousands separators; None for anything else."""
    try:
        number = float(str(value).replace(",", "").strip().lstrip("$€£¥"))
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _without_noise(document: JsonObject) -> JsonObject:
    sort_by = document.get("sort_by")
    if isinstance(sort_by, str) and sort_by.lower() in _EMPTY_IS_NONE:
        return {**document, "sort_by": None}
    return document


def _object(**properties: JsonObject) -> JsonObject:
    return closed_object(properties)


def _list(items: JsonObject) -> JsonObject:
    return {"type": "array", "items": items, "maxItems": 5}


def _one_of(values: Sequence[str | None]) -> JsonObject:
    return {"enum": list(values)}


def _any_of(shapes: list[JsonObject]) -> JsonObject:
    return {"anyOf": [*shapes]}
