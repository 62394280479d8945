"""What a model is told about a table: each column, what it holds, and some of it."""

# polars names numpy types in its annotations, and numpy is not installed with it.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from callsheet.prompts.cleaning import clean

from .date_part import parts_of
from .table import Column, ColumnKind, Table

_MAX_VALUES = 12
_MAX_DESCRIBED = 40
_LONGEST_VALUE = 30


def describe_columns(table: Table) -> Sequence[str]:
    """One phrase a column, and one for each part of a date. In a wide table later ones are only named."""
    described = (_describe(column, table) for column in table.columns[:_MAX_DESCRIBED])
    named = (column.name for column in table.columns[_MAX_DESCRIBED:])
    return [clean(each) for each in chain(chain.from_iterable(described), named)]


def _describe(column: Column, table: Table) -> Sequence[str]:
    values = table.frame[column.name]
    match column.kind:
        case ColumnKind.NUMBER:
            return [f"{column.name} (number, {values.min()!s} to {values.max()!s})"]
        case ColumnKind.DATE:
            parts = [part.name for part in parts_of(column)]
            return [f"{column.name} (date, {values.min()!s} to {values.max()!s})", *parts]
        case ColumnKind.TEXT:
            return [f"{column.name} (text: {_samples(column.name, table)})"]


def _samples(name: str, table: Table) -> str:
    values = [
        str(value)
        for value in table.frame[name].drop_nulls().unique(maintain_order=True).head(_MAX_VALUES + 1)
    ]
    shown = [" ".join(value.split())[:_LONGEST_VALUE] for value in values[:_MAX_VALUES]]
    return ", ".join([*shown, "..."] if len(values) > _MAX_VALUES else shown)
