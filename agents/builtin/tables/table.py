"""A CSV file as a table of typed columns."""

# polars names numpy types in its annotations, and numpy is not installed with it.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING, cast

from callsheet.agents.builtin.errors import TableError
from callsheet.agents.builtin.text import decode

if TYPE_CHECKING:
    import polars

MAX_BYTES = 64_000_000
"""The largest file that is read as a table."""
MAX_COLUMNS = 500
_ROWS_AT_ONCE = 50_000
_LARGEST_WHOLE = 2**40  # so that the sum of a whole file cannot wrap round in 64 bits
_DELIMITERS = ",;\t|"
_NOTHING = ("", "na", "n/a", "nan", "null", "none", "-")
_CURRENCY = r"[$€£¥]?\s?"
_PLAIN = rf"^[-+]?{_CURRENCY}(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?%?$"
_THOUSANDS = rf"^[-+]?{_CURRENCY}\d{{1,3}}(,\d{{3}})*(\.\d+)?%?$"
_COMMA_DECIMALS = rf"^[-+]?{_CURRENCY}(\d{{1,3}}(\.\d{{3}})+|\d+)(,\d+)?%?$"
_DATE = r"^\d{4}-\d{2}(-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[-+]\d{2}:?\d{2})?)?)?$"


class ColumnKind(StrEnum):
    """What a column holds."""

    NUMBER = "number"
    DATE = "date"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Column:
    """A column's name, what it holds, and for a text column why it is not a number: its first such value,
    with the row it stands in (counted from 1, without the header)."""

    name: str
    kind: ColumnKind
    first_text: tuple[int, str] | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A file's rows, each column typed; an empty field is null."""

    path: str
    columns: tuple[Column, ...]
    frame: polars.DataFrame

    def column(self, name: str) -> Column:
        """The column of this name, which is there."""
        return next(column for column in self.columns if column.name == name)

    def has(self, name: str) -> bool:
        """Whether a column has this name."""
        return any(column.name == name for column in self.columns)


def read_table(data: bytes, path: str) -> Table:
    """Read a CSV file with a header: separated by comma, semicolon, tab or bar, quoted or not.

    A column where every value is a number (also with thousands separators, currency or percent
    signs) holds numbers, one of ISO dates or months dates, any other text. Raises TableError, or
    TextError where it isn't text.
    """
    import polars

    text = decode(data, path)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        header = _header(reader, path)
        frame = polars.concat(
            [_frame(rows, header) for rows in _batches(reader, len(header), path)] or [_frame([], header)]
        )
    except csv.Error as error:
        raise TableError(path, f"is not valid CSV (line {reader.line_num}: {error})") from None
    if frame.is_empty():
        raise TableError(path, "has a header, but no rows")
    typed = [_typed(frame[name], comma_is_free=_delimiter(text) != ",") for name in header]
    return Table(
        path, tuple(column for column, _ in typed), polars.DataFrame([series for _, series in typed])
    )


def _delimiter(text: str) -> str:
    """What the header is divided by most often, outside quotes."""
    header = re.sub(r'"[^"]*"', "", text.lstrip().partition("\n")[0])
    return max(_DELIMITERS, key=header.count)


def _header(reader: Iterator[list[str]], path: str) -> list[str]:
    cells = next((row for row in reader if any(cell.strip() for cell in row)), None)
    if cells is None:
        raise TableError(path, "is empty")
    if len(cells) > MAX_COLUMNS:
        raise TableError(path, f"has {len(cells)} columns; at most {MAX_COLUMNS} are read")
    names: list[str] = []
    for position, cell in enumerate(cells, 1):
        names.append(_unused(" ".join(cell.split()) or f"column {position}", names))
    return names


def _unused(name: str, taken: Sequence[str]) -> str:
    number = 2
    unused = name
    while unused in taken:
        unused = f"{name} {number}"
        number += 1
    return unused


def _batches(reader: Iterator[list[str]], width: int, path: str) -> Iterator[list[list[str]]]:
    rows = (_of_width(row, number, width, path) for number, row in enumerate(reader, 1) if row)
    while batch := list(islice(rows, _ROWS_AT_ONCE)):
        yield batch


def _of_width(row: list[str], number: int, width: int, path: str) -> list[str]:
    if len(row) != width:
        raise TableError(path, f"row {number} has {len(row)} fields, and the header has {width}")
    return row


def _frame(rows: list[list[str]], header: Sequence[str]) -> polars.DataFrame:
    import polars

    schema = dict.fromkeys(header, polars.String)
    return polars.DataFrame(rows, schema=schema, orient="row")


def _typed(raw: polars.Series, *, comma_is_free: bool) -> tuple[Column, polars.Series]:
    import polars

    stripped = raw.str.strip_chars()
    values = stripped.set(stripped.str.to_lowercase().is_in(_NOTHING), None)
    known = values.drop_nulls()
    if known.is_empty():
        return Column(raw.name, ColumnKind.TEXT), values
    if known.str.contains(_DATE).all() and (dates := _dates(values)) is not None:
        return Column(raw.name, ColumnKind.DATE), dates
    for pattern, from_comma in _number_patterns(comma_is_free):
        if known.str.contains(pattern).all():
            return Column(raw.name, ColumnKind.NUMBER), _numbers(values, from_comma=from_comma)
    first = cast("int", (~values.str.contains(_PLAIN).fill_null(value=True)).arg_max())
    return Column(raw.name, ColumnKind.TEXT, (first + 1, str(values[first]))), values.cast(polars.String)


def _number_patterns(comma_is_free: bool) -> Sequence[tuple[str, bool]]:
    english = ((_PLAIN, False), (_THOUSANDS, False))
    return (*english, (_COMMA_DECIMALS, True)) if comma_is_free else english


def _numbers(values: polars.Series, *, from_comma: bool) -> polars.Series:
    import polars

    plain = values.str.replace_all(r"[$€£¥%\s]", "")
    plain = plain.str.replace_all(".", "", literal=True) if from_comma else plain
    plain = plain.str.replace_all(",", "." if from_comma else "", literal=True)
    numbers = plain.cast(polars.Float64)
    whole = numbers.drop_nulls()
    if ((whole == whole.round()) & (whole.abs() < _LARGEST_WHOLE)).all():
        return numbers.cast(polars.Int64)
    return numbers


def _dates(values: polars.Series) -> polars.Series | None:
    """The dates, a month as its first day; None where one isn't in the calendar."""
    import polars

    days = values.str.slice(0, 10)
    whole = days.set((days.str.len_chars() == len("2024-01")).fill_null(value=False), None)
    months = days.set((days.str.len_chars() != len("2024-01")).fill_null(value=False), None) + "-01"
    dates = whole.str.to_date("%Y-%m-%d", strict=False).fill_null(
        months.str.to_date("%Y-%m-%d", strict=False)
    )
    return None if dates.null_count() > values.null_count() else dates.cast(polars.Date)
