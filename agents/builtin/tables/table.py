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
from callsheet.agents.builtin.text import decode_leniently

from .dates import DateOrder, agreed_order, fitting_orders, look_like_dates, read_dates
from .numbers import (
    Mark,
    agreed_mark,
    first_other,
    fitting_marks,
    has_marks,
    has_open_blanks,
    read_numbers,
    units,
)

if TYPE_CHECKING:
    import polars

MAX_BYTES = 64_000_000
"""The largest file that is read as a table."""
MAX_COLUMNS = 500
_ROWS_AT_ONCE = 50_000
_DELIMITERS = ",;\t|"
_SEPARATOR = re.compile(r"\s*(\"?)sep=(\t|[^\w\s\"])\1[ \t]*(?:\r\n?|\n)", re.IGNORECASE)
_HEADER = 100_000
"""Characters in which the header ends."""
_DOUBT = "in {}, a point was taken to stand before decimals; nothing in the file says whether it does"
_BLANKS = "in {}, blanks were taken to stand between thousands; nothing in the file says whether they do"
_UNITS = "the amounts in {} were taken for text: they are in several units ({})"
_NOTHING = ("", "na", "n/a", "nan", "null", "none", "-")
_DATES_AS_TEXT = "the dates in {} were taken for text: {}"


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
    doubt: str = ""
    """What its numbers or dates were taken for, where nothing in the file decides."""


@dataclass(frozen=True, slots=True)
class Table:
    """A file's rows, each column typed; an empty field is null, and so is `NA` or `null` among numbers or
    dates."""

    path: str
    columns: tuple[Column, ...]
    frame: polars.DataFrame
    note: str = ""
    """How the file was read, where nothing in it says so."""

    def column(self, name: str) -> Column:
        """The column of this name, which is there."""
        return next(column for column in self.columns if column.name == name)

    def has(self, name: str) -> bool:
        """Whether a column has this name."""
        return any(column.name == name for column in self.columns)


def read_table(data: bytes, path: str) -> Table:
    """Read a CSV file with a header: separated by comma, semicolon, tab or bar, quoted or not.

    A column where every value is a number (also with thousands separators, currency or percent
    signs) holds numbers, one of dates or months dates, any other text, as it stands. Whether a comma or
    a point stands before decimals, and whether a day before its month, is one thing for the whole file.
    Raises TableError, or TextError where it isn't text.
    """
    import polars

    decoded, note = decode_leniently(data, path)
    delimiter, text = _delimited(decoded)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = _header(reader, path)
        frame = polars.concat(
            [_frame(rows, header) for rows in _batches(reader, len(header), path)] or [_frame([], header)]
        )
    except csv.Error as error:
        raise TableError(path, f"is not valid CSV (line {reader.line_num}: {error})") from None
    if frame.is_empty():
        raise TableError(path, "has a header, but no rows")
    columns = [_Raw(frame[name]) for name in header]
    # Who divides fields by commas writes decimals with a point.
    mark = agreed_mark(each.marks for each in columns) or (Mark.POINT if delimiter == "," else None)
    order = agreed_order(each.orders for each in columns)
    typed = [_typed(each, mark, order) for each in columns]
    return Table(
        path, tuple(column for column, _ in typed), polars.DataFrame([series for _, series in typed]), note
    )


def _delimited(text: str) -> tuple[str, str]:
    """What fields are divided by, and the text: said in a first line such as `sep=;`, or what the header has
    most often outside quotes."""
    if said := _SEPARATOR.match(text):
        return said[2], text[said.end() :]
    header = re.sub(r'"[^"]*"', "", text[:_HEADER].lstrip()).partition("\n")[0]
    return max(_DELIMITERS, key=header.count), text


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


class _Raw:
    """The texts of a column: `stripped`; `values`, null where they stand for nothing; and the `known` others,
    with the marks that fit them as numbers, or the orders
    that fit them as dates."""

    def __init__(self, column: polars.Series) -> None:
        self.name = column.name
        self.stripped = column.str.strip_chars()
        self.values = self.stripped.set(self.stripped.str.to_lowercase().is_in(_NOTHING), None)
        self.known = self.values.drop_nulls()
        self.marks = fitting_marks(self.known)
        self.orders = [] if self.marks else fitting_orders(self.known)

    @property
    def order(self) -> DateOrder | None:
        """The only order that fits its dates; None where two do, or none does."""
        return self.orders[0] if len(self.orders) == 1 else None

    def doubt_of_text(self) -> str:
        """Why a text that looks like dates or amounts was not read as such."""
        if not self.marks and len(found := units(self.known)) > 1:
            return _UNITS.format(self.name, ", ".join(found[:5]))
        if self.orders:
            return _DATES_AS_TEXT.format(self.name, "nothing in the file says whether day or month is first")
        if not self.marks and look_like_dates(self.known):
            return _DATES_AS_TEXT.format(
                self.name, "they are not all written in one way, or not all in the calendar"
            )
        return ""

    def first_text(self) -> tuple[int, str] | None:
        """The first value that is no number, with its row."""
        if self.known.is_empty():
            return None
        value = first_other(self.known)
        return cast("int", (self.stripped == value).arg_max()) + 1, value


def _typed(raw: _Raw, mark: Mark | None, order: DateOrder | None) -> tuple[Column, polars.Series]:
    if (found := order if order in raw.orders else raw.order) is not None:
        dates = read_dates(raw.values, found)
        assert dates is not None  # it fits
        return Column(raw.name, ColumnKind.DATE), dates
    if raw.marks:
        chosen = mark if mark in raw.marks else raw.marks[0]
        is_open = len(raw.marks) > 1 and mark is None and has_marks(raw.known)
        doubt = _BLANKS if has_open_blanks(raw.known) else _DOUBT if is_open else ""
        doubt = doubt.format(raw.name)
        return Column(raw.name, ColumnKind.NUMBER, doubt=doubt), read_numbers(raw.values, chosen)
    texts = raw.stripped.set(raw.stripped == "", None)
    return Column(raw.name, ColumnKind.TEXT, raw.first_text(), raw.doubt_of_text()), texts
