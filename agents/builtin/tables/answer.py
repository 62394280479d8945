"""A checked query run over its table: compiled to the data-frame library's expressions, never to code."""

# polars names numpy types in its annotations, and numpy is not installed with it.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import JsonValue

from .date_part import DatePart
from .period import Period, read_period
from .query import COMPUTED, MAX_ROWS, Condition, Measure, TableQuery, find_part, read_number
from .table import ColumnKind, Table

if TYPE_CHECKING:
    import polars

_PLACES = 6
_SHOWN_ROWS = 50
_MAX_FOLLOWING = 5
_NAMES = {"descending": "largest first", "ascending": "smallest first"}


@dataclass(frozen=True, slots=True)
class TableAnswer:
    """What a query found. `text` is for people: what was computed, then the result."""

    text: str
    query: str
    columns: tuple[str, ...]
    rows: tuple[dict[str, JsonValue], ...]


def answer(query: TableQuery, table: Table) -> TableAnswer:
    """Run a query that `read_query` accepted for this table. The same query gives the same answer."""
    kept = table.frame.filter(*(_condition(each, table) for each in query.where))
    computed = _compute(kept, query, table)
    ordered = _sort(computed, query)
    cut = ordered.head(min(query.limit or MAX_ROWS, MAX_ROWS))
    rows = tuple({name: _json(value) for name, value in row.items()} for row in cut.to_dicts())
    said = describe(query)
    basis = f"{kept.height:,} of {table.frame.height:,} rows of {table.path}"
    shown = "no row meets the conditions" if kept.is_empty() else _show(tuple(cut.columns), rows)
    return TableAnswer(
        text=f"{said[:1].upper()}{said[1:]} ({basis}):{shown}{_note(query, ordered)}{_doubts(query, table)}",
        query=said,
        columns=tuple(cut.columns),
        rows=rows,
    )


def describe(query: TableQuery) -> str:
    """The query in words, such as `sum of revenue by region where units > 3, largest first, top 1`."""
    words = [", ".join(_measure_name(each) for each in query.compute) or "rows"]
    if query.group_by:
        words.append(f"by {' and '.join(query.group_by)}")
    if query.where:
        words.append(
            "where " + " and ".join(f"{each.column} {each.test} {each.value}" for each in query.where)
        )
    said = " ".join(words)
    if query.sort_by is not None and (query.group_by or not query.compute):
        by = "" if query.sort_by == COMPUTED else f"by {query.sort_by}, "
        said += f", {by}{_NAMES[query.order]}"
    return f"{said}, top {query.limit}" if query.limit and (query.group_by or not query.compute) else said


def _measure_name(measure: Measure) -> str:
    if measure.function == "count":
        return "count of rows"
    times = f" times {measure.times}" if measure.times else ""
    function = {"mean": "average", "count different": "number of different"}.get(
        measure.function, measure.function
    )
    return (
        f"{function} {measure.column}"
        if measure.function == "count different"
        else f"{function} of {measure.column}{times}"
    )


def _column(name: str, table: Table) -> polars.Expr:
    import polars

    part = find_part(table, name)
    return _date_part(part) if part else polars.col(name)


def _date_part(part: DatePart) -> polars.Expr:
    import polars

    dates = polars.col(part.column).dt
    return {"year": dates.year, "quarter": dates.quarter, "month": dates.month}[part.part]()


def _condition(condition: Condition, table: Table) -> polars.Expr:
    column = _column(condition.column, table)
    if part := find_part(table, condition.column):
        return _compare(column, condition.test, part.number_of(condition.value))
    match table.column(condition.column).kind:
        case ColumnKind.NUMBER:
            return _compare(column, condition.test, read_number(condition.value))
        case ColumnKind.DATE if condition.test == "starts with":
            return _within(column, read_period(str(condition.value)))
        case ColumnKind.DATE:
            return _compare_dates(column, condition.test, read_period(str(condition.value)))
        case ColumnKind.TEXT:
            return _compare_text(column, condition.test, str(condition.value))


def _compare(left: polars.Expr, test: str, right: Any) -> polars.Expr:
    return {
        "=": left.__eq__,
        "!=": left.__ne__,
        "<": left.__lt__,
        "<=": left.__le__,
        ">": left.__gt__,
        ">=": left.__ge__,
    }[test](right)


def _within(column: polars.Expr, period: Period | None) -> polars.Expr:
    assert period is not None  # the query was checked
    return column.is_between(period.first, period.last)


def _compare_dates(column: polars.Expr, test: str, period: Period | None) -> polars.Expr:
    """A month or a year is a stretch: equal is within it, later is after its end."""
    assert period is not None  # the query was checked
    if test in ("=", "!="):
        within = _within(column, period)
        return within if test == "=" else ~within
    return _compare(column, test, period.first if test in ("<", ">=") else period.last)


def _compare_text(column: polars.Expr, test: str, value: str) -> polars.Expr:
    """Capitals don't count: models and people don't keep to them."""
    folded = column.str.to_lowercase()
    plain = value.strip().lower()
    if test == "contains":
        return folded.str.contains(plain, literal=True)
    if test == "starts with":
        return folded.str.starts_with(plain)
    return _compare(folded, test, plain)


def _compute(frame: polars.DataFrame, query: TableQuery, table: Table) -> polars.DataFrame:
    groups = [_column(name, table).alias(name) for name in query.group_by]
    measures = {_computed_name(each, query): _measure(each, table) for each in query.compute}
    named = [measure.alias(name) for name, measure in measures.items()]
    if not named:
        return frame
    return frame.group_by(groups, maintain_order=True).agg(named) if groups else frame.select(named)


def _computed_name(measure: Measure, query: TableQuery) -> str:
    name = _measure_name(measure)
    return f"{name} (computed)" if name in query.group_by else name


def _measure(measure: Measure, table: Table) -> polars.Expr:
    import polars

    if measure.function == "count":
        return polars.len()
    value = _column(measure.column, table)
    if measure.times:
        # Whole numbers would wrap round silently where a product gets too large.
        value = value.cast(polars.Float64) * polars.col(measure.times)
    return {
        "sum": value.sum,
        "mean": value.mean,
        "median": value.median,
        "min": value.min,
        "max": value.max,
        "count different": value.drop_nulls().n_unique,
    }[measure.function]()


def _sort_column(query: TableQuery) -> str | None:
    if query.sort_by == COMPUTED:
        return _computed_name(query.compute[0], query)
    return query.sort_by


def _sort(frame: polars.DataFrame, query: TableQuery) -> polars.DataFrame:
    by = _sort_column(query)
    if by is None or by not in frame.columns:
        return frame
    # Equal values stay in the order of the file, so that the answer is the same every time.
    return frame.sort(by, descending=query.order == "descending", nulls_last=True, maintain_order=True)


def _doubts(query: TableQuery, table: Table) -> str:
    """What the file and the columns in a query were taken for, where nothing decides."""
    doubts = (each.doubt for each in table.columns if each.name in query.names)
    return "".join(f"\n({doubt})" for doubt in (*doubts, table.note) if doubt)


def _note(query: TableQuery, ordered: polars.DataFrame) -> str:
    """What the cut left out and a reader would miss: the groups that come next, or an equal row."""
    by = _sort_column(query)
    if not query.limit or by not in ordered.columns or ordered.height <= query.limit:
        return ""
    if query.group_by and query.sort_by == COMPUTED:
        following = ordered.slice(query.limit, _MAX_FOLLOWING).select([*query.group_by, by]).rows()
        more = ", ..." if ordered.height > query.limit + _MAX_FOLLOWING else ""
        return (
            f"\nNext: {', '.join(' '.join(_cell(_json(cell)) for cell in row) for row in following)}{more}."
        )
    last, following_value = ordered[by][query.limit - 1], ordered[by][query.limit]
    return "\n(The next one has the same value.)" if last == following_value else ""


def _show(columns: Sequence[str], rows: Sequence[dict[str, JsonValue]]) -> str:
    if len(rows) == 1 and len(columns) == 1:
        return f" {_cell(rows[0][columns[0]])}"
    lines = [
        columns,
        ["---"] * len(columns),
        *([_cell(row[name]) for name in columns] for row in rows[:_SHOWN_ROWS]),
    ]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    more = f"\n… and {len(rows) - _SHOWN_ROWS} more rows" if len(rows) > _SHOWN_ROWS else ""
    return f"\n\n{table}{more}"


def _cell(value: JsonValue) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.{_PLACES}f}".rstrip("0").rstrip(".")
    return " ".join(str(value).replace("|", "/").split())


def _json(value: Any) -> JsonValue:
    if isinstance(value, float):
        return round(value, _PLACES) if math.isfinite(value) else None
    return value if value is None or isinstance(value, (int, str)) else str(value)
