"""Questions about a CSV file: reading it, the query, the answer, and the agent that puts them together."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from callsheet.agents.agent import Context, Isolation
from callsheet.agents.builtin.errors import TableError, TextError
from callsheet.agents.builtin.tables.answer import TableAnswer, answer
from callsheet.agents.builtin.tables.query import QueryProblem, query_schema, read_query, selectable
from callsheet.agents.builtin.tables.summary import describe_columns
from callsheet.agents.builtin.tables.table import Table, read_table
from callsheet.agents.builtin.tables.tables import analyze_table
from callsheet.agents.contracts.capability import Effect
from callsheet.agents.errors import Permanent, WorkspaceError
from callsheet.agents.models.errors import AnswerInvalid
from callsheet.agents.models.scripted import ScriptedModel
from callsheet.prompts.render import render

MakeContext = Callable[..., Context]

SALES = b"""day,region,product,units,price
2026-07-01,South,Kettle,3,10.50
2026-07-20,North,Kettle,1,10.50
2026-08-02,south,Lamp,2,20
2026-09-30,North,Lamp,,20
2026-10-01,East,Lamp,9,20
"""


@pytest.fixture
def sales() -> Table:
    """Five rows; a field is empty, and a region is written in small letters once."""
    return read_table(SALES, "sales.csv")


def kinds(text: str | bytes) -> dict[str, str]:
    """What each column of a CSV text is taken for."""
    table = read_table(text.encode() if isinstance(text, str) else text, "f.csv")
    return {column.name: column.kind.value for column in table.columns}


def run(table: Table, **query: Any) -> TableAnswer:
    """Check a query and run it."""
    return answer(read_query(query, table), table)


def measure(function: str, column: str = "rows", times: str | None = None) -> dict[str, str | None]:
    return {"function": function, "column": column, "times": times}


# Reading


def test_columns_are_typed_by_all_their_values() -> None:
    """Numbers also with thousands, currency and per cent, dates in ISO form, empty fields as nothing."""
    table = read_table(
        b'n,money,share,day,month,text,none\n1,"$1,234.50",5%,2026-01-31,2026-01,x,\n-2,3,10%,,2026-12,2,n/a\n',
        "f",
    )
    kinds = ["NUMBER", "NUMBER", "NUMBER", "DATE", "DATE", "TEXT", "TEXT"]
    assert [column.kind.name for column in table.columns] == kinds
    assert table.frame["money"].to_list() == [1234.5, 3.0]
    assert table.frame["n"].to_list() == [1, -2]
    assert table.frame["none"].to_list() == [None, "n/a"]
    assert table.column("text").first_text == (1, "x")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\ufeffa;b\n1,5;1.234,56\n2;3\n", {"a": "number", "b": "number"}),
        ("a\tb\n1\tx\n", {"a": "number", "b": "text"}),
        ("a|b\n1|2\n", {"a": "number", "b": "number"}),
        ('"x, y";b\n1;2\n', {"x, y": "number", "b": "number"}),
        ("a,a,\n1,2,3\n", {"a": "number", "a 2": "number", "column 3": "number"}),
        ("a,b\r\n1,2\r\n\r\n3,4\r\n", {"a": "number", "b": "number"}),
        ('a\n"two\nlines"\n', {"a": "text"}),
        ("day\n2026-02-31\n", {"day": "text"}),
        ("day\n2026-02-01T10:00:00Z\n2026-02-02\n", {"day": "date"}),
        ("a\n1\nabc\n", {"a": "text"}),
    ],
)
def test_dirty_files_are_read(text: str, expected: dict[str, str]) -> None:
    """Other separators, marks, quotes, repeated and missing names, blank lines."""
    assert kinds(text) == expected


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"a,b\n", "has a header, but no rows"),
        (b"a,b\n1,2\n1,2,3\n", "row 2 has 3 fields, and the header has 2"),
        (b"a,b\n1\n", "row 1 has 1 fields"),
        (b'a,b\n"1,2\n', "is not valid CSV"),
        (",".join(f"c{n}" for n in range(501)).encode() + b"\n", "has 501 columns; at most 500"),
    ],
)
def test_what_is_no_table_is_refused(data: bytes, problem: str) -> None:
    """The error names the file, the row and what is wrong with it."""
    with pytest.raises(TableError, match=problem) as caught:
        read_table(data, "f.csv")
    assert caught.value.path == "f.csv"


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a;b\n0,125;1\n0,5;2\n", [0.125, 0.5]),
        ("a;b\n1,250;19,47\n2,000;3\n", [1.25, 2]),
        ("a;b\n2.155;19,47\n", [2155]),
        ("a;b\n1,250;19.47\n", [1250]),
        ('a,b\n"0,125",1\n"0,5",2\n', [0.125, 0.5]),
        ('a,b\n"1,250",1.5\n', [1250]),
        ("a;b\n2.155;1,5%\n3.000;\n", [2155, 3000]),
        ("a;b\n-1.234,5;x\n", [-1234.5]),
        ("a\n0.125\n.5\n", [0.125, 0.5]),
        ("a\n1.5e-3\n2.0E5\n", [0.0015, 200000]),
    ],
)
def test_a_file_has_one_mark_for_decimals(text: str, values: list[float]) -> None:
    """The columns that leave no doubt decide for the others; a leading 0 is never followed by thousands."""
    assert read_table(text.encode(), "f.csv").frame["a"].to_list() == values


@pytest.mark.parametrize("text", ["a;b\n1,250;x\n", "a;b\n2.155;x\n", "a;b;c\n1,250;0,5;0.5\n"])
def test_where_nothing_decides_the_answer_says_so(text: str) -> None:
    """It is read as in English, and only those who use the column are told."""
    table = read_table(text.encode(), "f.csv")
    assert table.frame["a"].to_list() in ([1250], [2.155])
    assert "a point was taken to stand before decimals" in run(table, compute=[measure("sum", "a")]).text
    assert "taken" not in run(table, compute=[measure("count")]).text


@pytest.mark.parametrize(
    ("written", "numbers"),
    [
        (("1 234,50", "12,5"), [1234.5, 12.5]),
        (("1\u00a0234,50 €", "12,50 €"), [1234.5, 12.5]),
        (("1\u202f234\u202f567,5", "0,5"), [1234567.5, 0.5]),
        (("1'234.50", "12.5"), [1234.5, 12.5]),
        (("CHF 1\u2019234\u2019567.50", "CHF 12.5"), [1234567.5, 12.5]),
        (("1,23,456.50", "12,34,567"), [123456.5, 1234567]),
        (("₹12,34,567", "₹99"), [1234567, 99]),
        (("12,5 EUR", "-3,25 EUR"), [12.5, -3.25]),
        (("EUR 1.234,56", "EUR 1,5"), [1234.56, 1.5]),
        (("1 234,50 kr", "\u22125 kr"), [1234.5, -5]),
        (("R$ 1.234,50", "R$ 5,00"), [1234.5, 5]),
        (("€-5", "-€6.5"), [-5, -6.5]),
        (("12,5 %", "3 %"), [12.5, 3]),
    ],
)
def test_national_notations_of_numbers_are_numbers(written: tuple[str, ...], numbers: list[float]) -> None:
    """Thousands divided by blanks, apostrophes or as lakhs, and a unit on either side (issue 12, F1)."""
    table = read_table("\n".join(("v;n", *(f"{each};x" for each in written))).encode(), "f.csv")
    assert table.column("v").doubt == ""
    assert table.frame["v"].to_list() == numbers


@pytest.mark.parametrize(
    ("first", "second", "kind", "said"),
    [
        ("49 123 456", "49 123 999", "number", "blanks were taken to stand between thousands"),
        ("$5", "3 €", "text", "they are in several units ($, €)"),
        ("12.5 CHF", "13 EUR", "text", "they are in several units (CHF, EUR)"),
    ],
)
def test_what_numbers_were_taken_for_is_said(first: str, second: str, kind: str, said: str) -> None:
    """Blanks alone may be those of a code, and a sum over two currencies means nothing."""
    column = read_table(f"v;n\n{first};1\n{second};1\n".encode(), "f.csv").column("v")
    assert column.kind == kind
    assert said in column.doubt


@pytest.mark.parametrize(
    "value", ["١٢٣", "\uff11\uff12", "--5", "1 23", "1'2", "1 234'567", "+49 30 123456", "1,2,345"]
)
def test_what_only_resembles_a_number_is_text(value: str) -> None:
    """Digits of another script, and groups that are none (issue 12, F1 and F2)."""
    assert kinds(f"v;n\n{value};2\n4;2\n") == {"v": "text", "n": "number"}


@pytest.mark.parametrize("code", ["007", "1234567890123456", "1E5", "2e10", "+4930123456", "00.5", "-01"])
def test_codes_stay_digit_for_digit(code: str) -> None:
    """One of them makes the whole column text."""
    table = read_table(f"a\n12\n{code}\n".encode(), "f.csv")
    assert table.column("a").kind.value == "text"
    assert table.column("a").first_text == (2, code)
    assert table.frame["a"].to_list() == ["12", code]


def test_words_for_nothing_are_values_of_a_text() -> None:
    """NA is Namibia, and None a name; among numbers they say that there is none."""
    table = read_table(b"country,n,day\nNA,1,null\nDE,None,2026-01-01\nnull,3,NA\n", "f.csv")
    assert table.frame["country"].to_list() == ["NA", "DE", "null"]
    assert table.frame["n"].to_list() == [1, None, 3]
    assert table.frame["day"].null_count() == 2


@pytest.mark.parametrize(
    "text",
    [
        "sep=;\na;b\n1,5;x,y\n",
        '"sep=;"\na;b\n1,5;x,y\n',
        "sep=;\ra;b\r1,5;x,y\r",
        "SEP=;\r\na;b\r\n1,5;x,y\r\n",
        '"a\nc, d, e";b\n1,5;x,y\n',
    ],
)
def test_what_divides_fields_is_said_or_found(text: str) -> None:
    """In a line of its own, as spreadsheets write it, or in a header whose names have lines in quotes."""
    table = read_table(text.encode(), "f.csv")
    assert table.frame.rows() == [(1.5, "x,y")]


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("d\n31.12.2024\n1.2.2023\n", ["2024-12-31", "2023-02-01"]),
        ("d\n03/04/2024\n05/16/2024\n", ["2024-03-04", "2024-05-16"]),
        ("d\n03/04/2024\n16/05/2024\n", ["2024-04-03", "2024-05-16"]),
        ("d;e\n3/4/2024;13/1/24\n5/6/2024;1/2/71\n", ["2024-04-03", "2024-06-05"]),
        ("d;e\n3-4-2024;1/13/24\n", ["2024-03-04"]),
        ("d\n2024/12/31 14:30\n2023/1/2\n", ["2024-12-31", "2023-01-02"]),
        ("d\n2024-12-31T14:30:00Z\n2024-03\n", ["2024-12-31", "2024-03-01"]),
        ("d\n31. Dezember 2024\n1. März 2024\n", ["2024-12-31", "2024-03-01"]),
        ("d\n5 de mayo de 2024\n2 août 2024\n", ["2024-05-05", "2024-08-02"]),
        ('d\n"Dec 31, 2024"\nMay 1st 2023\n', ["2024-12-31", "2023-05-01"]),
        ("d\n31-Dec-24\nNA\n01-Jan-70\n", ["2024-12-31", None, "1970-01-01"]),
        ("d\n31.12.24\n01.02.99\n", ["2024-12-31", "1999-02-01"]),
        ("d\n2024. 01. 31.\n2024. 2. 1.\n", ["2024-01-31", "2024-02-01"]),
        ("d\n2024年1月5日\n2024年12月31日\n", ["2024-01-05", "2024-12-31"]),
        ("d\n1er janvier 2024\n5 août 2024\n", ["2024-01-01", "2024-08-05"]),
        ("d\n7 мая 2024\n1 января 2025\n", ["2024-05-07", "2025-01-01"]),
        ("d\n01/2024\n12/2023\n", ["2024-01-01", "2023-12-01"]),
        ("d\nJan 2024\nDec 2023\n", ["2024-01-01", "2023-12-01"]),
    ],
)
def test_dates_in_national_forms_are_dates(text: str, days: list[str | None]) -> None:
    """So they sort as dates; the columns that leave no doubt decide which number is the day."""
    table = read_table(text.encode(), "f.csv")
    assert table.column("d").kind.value == "date"
    assert table.frame["d"].cast(str).to_list() == days


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("d\n3/4/2024\n5/6/2024\n", "nothing in the file says whether day or month is first"),
        ("d;e;f\n3/4/2024;13/1/2024;1/13/2024\n", "nothing in the file says whether"),
        ("d\n31.02.2024\n", "not all in the calendar"),
        ("d\n13/13/2024\n1/2/2024\n", "not all in the calendar"),
        ("d\n31.12.2024\n3/4/2024\n", "not all written in one way"),
        ("d\n31.12.2024\nsoon\n30.12.2024\n", "not all written in one way"),
        ("d;e\nMon, 5 Aug 2024;1\nTue, 6 Aug 2024;2\n", "not all written in one way"),
        ("d\n5 stycznia 2024\n7 maja 2024\n", "not all written in one way"),
    ],
)
def test_dates_that_are_text_are_said_to_be(text: str, reason: str) -> None:
    """They would sort by their first digits without a word."""
    table = read_table(text.encode(), "f.csv")
    assert table.column("d").kind.value == "text"
    said = run(table, sort_by="d").text
    assert "the dates in d were taken for text" in said
    assert reason in said
    assert "taken for text" not in run(table, compute=[measure("count")]).text


@pytest.mark.parametrize("value", ["1.10.12", "10.0.0.1", "12/24", "5-1-24", "March", "A-12-2024"])
def test_codes_like_dates_stay_text(value: str) -> None:
    """A version, an address in a network, a fraction."""
    table = read_table(f"d\n{value}\n".encode(), "f.csv")
    assert table.frame["d"].to_list() == [value]
    assert not table.column("d").doubt or value in ("1.10.12", "5-1-24")


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", ""),
        ("utf-8-sig", ""),
        ("utf-16", ""),
        ("latin-1", "f.csv is not UTF-8, and was read as Windows-1252"),
        ("cp1252", "f.csv is not UTF-8, and was read as Windows-1252"),
        ("utf-16-le", "f.csv is not UTF-8, and was read as UTF-16-LE"),
        ("utf-16-be", "f.csv is not UTF-8, and was read as UTF-16-BE"),
    ],
)
def test_what_spreadsheets_export_is_read_and_said(encoding: str, said: str) -> None:
    """A mark tells; where there is none, the answer says what the file was taken for."""
    price = "£5" if encoding == "latin-1" else "5 €"
    table = read_table(f"Straße;Preis\nMüllerstraße;{price}\nÉcole;x\n".encode(encoding), "f.csv")
    assert table.frame.rows() == [("Müllerstraße", price), ("École", "x")]
    text = run(table, compute=[measure("count")]).text
    assert text.endswith(f"\n({said})" if said else "2")


@pytest.mark.parametrize(
    "data",
    [
        b"PK\x03\x04\0\0",
        "a,n\nЖизнь,1\n".encode("cp1251"),
        "a,n\nЖизнь,1\n".encode("koi8-r"),
        "a,b\n日本語テーブル,1\n".encode("shift-jis"),
        "a,b\nMüller,1\n".encode() + b"\xfc",
        "a,b\nMüller €\n".encode()[:-2],
        b"a,b\n\x81\x8d,1\n",
    ],
)
def test_what_is_no_text_for_certain_is_no_table(data: bytes) -> None:
    """A binary file, another alphabet, UTF-8 with an error in it: nothing is read wrongly."""
    with pytest.raises(TextError):
        read_table(data, "f.csv")


def test_a_wide_table_is_described_within_bounds() -> None:
    """200 columns can all be named in a query, and only the first ones are described at length."""
    header = ",".join(f"c{n}" for n in range(200))
    table = read_table(f"{header}\n{','.join('x' * 200 for _ in range(200))}\n".encode(), "f")
    described = describe_columns(table)
    assert len(described) == 200
    assert sum(map(len, described)) < 5_000
    jsonschema_rs.validator_for(query_schema(table))


def test_descriptions_show_what_a_column_holds(sales: Table) -> None:
    """Ranges of numbers and dates, the values of a text, the parts of a date."""
    assert describe_columns(sales) == [
        "day (date, 2026-07-01 to 2026-10-01)",
        "day (year)",
        "day (quarter)",
        "day (month)",
        "region (text: South, North, south, East)",
        "product (text: Kettle, Lamp)",
        "units (number, 1 to 9)",
        "price (number, 10.5 to 20.0)",
    ]


@given(st.text(alphabet='ab1,;"\n\r\t -', max_size=60))
@settings(deadline=None)
def test_for_every_text_there_is_a_table_or_a_table_error(text: str) -> None:
    """A CSV is read or refused, with nothing else in between."""
    try:
        table = read_table(text.encode(), "f.csv")
    except TableError:
        return
    assert table.frame.width == len(table.columns)
    assert table.frame.height > 0


# Queries


def test_the_schema_takes_only_what_the_table_has(sales: Table) -> None:
    """A column that isn't there, a sum of texts and a number compared with text don't fit it."""
    fits = jsonschema_rs.validator_for(query_schema(sales)).is_valid
    query = {
        "where": [],
        "group_by": ["region"],
        "compute": [measure("sum", "units")],
        "sort_by": "computed value",
        "order": "descending",
        "limit": 1,
    }
    assert fits(query)
    assert fits(query | {"where": [{"column": "day (month)", "test": "=", "value": 7}]})
    assert not fits(query | {"group_by": ["city"]})
    assert not fits(query | {"compute": [measure("sum", "region")]})
    assert not fits(query | {"where": [{"column": "units", "test": "=", "value": "many"}]})


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ({"group_by": ["city"]}, "there is no column 'city'; there are day, day \\(year\\)"),
        (
            {"compute": [measure("sum", "region")]},
            "sum needs a column of numbers, and 'region' has 'South' in row 1",
        ),
        ({"compute": [measure("sum")]}, "sum needs a column of numbers, not 'rows'"),
        ({"compute": [measure("mean", "day (month)")]}, "mean needs a column of numbers"),
        ({"compute": [measure("sum", "units", "product")]}, "'product' has 'Kettle'"),
        ({"compute": [measure("sum", "units", "day (month)")]}, "is part of a date"),
        ({"compute": [measure("max", "day", "units")]}, "'day'"),
        ({"compute": [measure("count different")]}, "count different needs one column"),
        (
            {"where": [{"column": "units", "test": ">", "value": "many"}]},
            "compared with a number, not with 'many'",
        ),
        ({"where": [{"column": "units", "test": "contains", "value": "1"}]}, "compared with a number"),
        (
            {"where": [{"column": "day", "test": ">", "value": "May"}]},
            "compared with a date such as 2024-09-30",
        ),
        ({"where": [{"column": "day (month)", "test": "=", "value": "Mai"}]}, "compared with a number"),
        ({"where": [{"column": "units", "test": "like", "value": 1}]}, "test"),
        ({"group_by": ["region"]}, "computes nothing; add what to compute"),
        ({"sort_by": "computed value"}, "computes none"),
        ({"sort_by": "day (month)"}, "rows are sorted by a column"),
        ({"compute": [measure("count")], "sort_by": "price"}, "neither grouped by nor computed"),
        ({"limit": 0}, "limit"),
        ({}, "the query is empty"),
        ({"where": [{"column": "units", "test": "=", "value": "nan"}]}, "compared with a number"),
        ({"sql": "drop table"}, "sql"),
    ],
)
def test_a_query_that_the_table_cannot_answer_is_explained(
    sales: Table, query: dict[str, Any], problem: str
) -> None:
    """The sentence goes back to the model, so it says what would be right."""
    with pytest.raises(QueryProblem, match=problem):
        read_query(query, sales)


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ({"compute": [measure("sum", "units")]}, [{"sum of units": 15}]),
        ({"compute": [measure("count")]}, [{"count of rows": 5}]),
        ({"compute": [measure("mean", "price")]}, [{"average of price": 16.2}]),
        ({"compute": [measure("median", "units")]}, [{"median of units": 2.5}]),
        (
            {"compute": [measure("min", "day"), measure("max", "units")]},
            [{"min of day": "2026-07-01", "max of units": 9}],
        ),
        ({"compute": [measure("count different", "product")]}, [{"number of different product": 2}]),
        ({"compute": [measure("sum", "units", "price")]}, [{"sum of units times price": 262.0}]),
    ],
)
def test_computing_over_all_rows(sales: Table, query: dict[str, Any], rows: list[Any]) -> None:
    """Empty fields don't count, and a product is taken row by row."""
    assert list(run(sales, **query).rows) == rows


@pytest.mark.parametrize(
    ("column", "test", "value", "count"),
    [
        ("region", "=", "SOUTH", 2),
        ("region", "!=", "south", 3),
        ("region", "contains", "ort", 2),
        ("region", "contains", ".*", 0),
        ("product", "starts with", "l", 3),
        ("units", ">", 2, 2),
        ("units", "=", "3", 1),
        ("price", "<=", "10.5", 2),
        ("day", "=", "2026-07", 2),
        ("day", "!=", "2026-07", 3),
        ("day", ">", "2026-07", 3),
        ("day", ">=", "2026-08-02", 3),
        ("day", "<", "2026-08", 2),
        ("day", "<=", "2026-09", 4),
        ("day", "starts with", "2026", 5),
        ("day (month)", "=", "September", 1),
        ("day (month)", "=", "sep", 1),
        ("day (quarter)", "=", "Q3", 4),
        ("day (quarter)", "=", 3, 4),
        ("day (year)", "=", "2026", 5),
    ],
)
def test_conditions(sales: Table, column: str, test: str, value: Any, count: int) -> None:
    """Capitals don't count, nothing is a pattern, and a month or a year means all its days."""
    found = run(sales, where=[{"column": column, "test": test, "value": value}], compute=[measure("count")])
    assert found.rows == ({"count of rows": count},)


def test_groups_are_ranked_and_the_text_tells_what_was_done(sales: Table) -> None:
    """First what was computed over how many rows, then the result, then who comes next."""
    found = run(
        sales,
        where=[{"column": "day (quarter)", "test": "=", "value": 3}],
        group_by=["product"],
        compute=[measure("sum", "units", "price")],
        sort_by="computed value",
        limit=1,
    )
    assert found.text == (
        "Sum of units times price by product where day (quarter) = 3, largest first, top 1 "
        "(4 of 5 rows of sales.csv):\n\n"
        "| product | sum of units times price |\n| --- | --- |\n| Kettle | 42 |\n"
        "Next: Lamp 40."
    )
    assert found.rows == ({"product": "Kettle", "sum of units times price": 42.0},)
    assert found.columns == ("product", "sum of units times price")


def test_what_is_asked_for_twice_is_computed_once(sales: Table) -> None:
    """Small models repeat themselves."""
    found = run(sales, group_by=["product", "product"], compute=[measure("count"), measure("count")])
    assert found.columns == ("product", "count of rows")
    again = run(sales, compute=[measure("count"), measure("count", "units")])
    assert again.columns == ("count of rows",)


def test_columns_may_have_the_names_of_what_is_computed() -> None:
    """Columns called like a part of a date, like `rows` or like a result are kept apart from those."""
    table = read_table(b"day,day (month),rows,sum of rows\n2026-07-01,x,4,y\n2026-08-01,z,5,y\n", "f")
    jsonschema_rs.validator_for(query_schema(table))
    month = run(table, where=[{"column": "day (month)", "test": "=", "value": "x"}])
    assert len(month.rows) == 1
    found = run(table, group_by=["sum of rows"], compute=[measure("sum", "rows")], sort_by="computed value")
    assert found.rows == ({"sum of rows": "y", "sum of rows (computed)": 9},)


def test_rows_are_listed_in_order(sales: Table) -> None:
    """Without a computation the rows themselves, equal ones in the file's order; a tie at the cut is told."""
    found = run(sales, sort_by="price", order="descending", limit=2)
    assert [row["day"] for row in found.rows] == ["2026-08-02", "2026-09-30"]
    assert found.text.endswith("(The next one has the same value.)")


def test_a_single_value_stands_in_the_sentence(sales: Table) -> None:
    """No table is needed for one number."""
    assert run(sales, compute=[measure("count")]).text == "Count of rows (5 of 5 rows of sales.csv): 5"


def test_no_row_is_an_answer_too(sales: Table) -> None:
    """It is said, instead of a sum of nothing."""
    found = run(
        sales, where=[{"column": "region", "test": "=", "value": "Mars"}], compute=[measure("sum", "units")]
    )
    assert "no row meets the conditions" in found.text


def test_large_numbers_do_not_wrap_round() -> None:
    """Sums and products beyond 64 bits stay right, and what is no number any more is null."""
    table = read_table(b"a,b\n562949953421312,3000000000\n562949953421312,1.0e999\n", "f")
    found = run(table, compute=[measure("sum", "a"), measure("sum", "a", "a"), measure("max", "b")])
    assert found.rows == (
        {"sum of a": 2.0**50, "sum of a times a": pytest.approx(2.0**99), "max of b": None},
    )


def test_a_long_result_is_cut_in_the_text_only() -> None:
    """The text stays readable, the rows stay complete up to a thousand."""
    table = read_table(b"a\n" + b"1\n" * 1_500, "f")
    found = run(table, compute=[])
    assert len(found.rows) == 1_000
    assert found.text.count("\n") < 60
    assert "950 more rows" in found.text


_values = st.one_of(
    st.integers(-3, 12),
    st.text(max_size=4),
    st.sampled_from(["2026-07", "Q3", "May", "South", "1e400", "nan"]),
)


@given(
    data=st.data(),
    order=st.sampled_from(["ascending", "descending"]),
    limit=st.none() | st.integers(1, 3),
)
@settings(max_examples=150, deadline=None)
def test_for_every_query_that_is_accepted_there_is_an_answer(
    data: st.DataObject, order: str, limit: int | None
) -> None:
    """Whatever a model writes: a QueryProblem, or an answer that is JSON and the same every time."""
    table = read_table(SALES, "sales.csv")
    column = st.sampled_from([*selectable(table), "rows", "computed value", "city"])
    tests = st.sampled_from(["=", "!=", "<", ">=", "contains", "starts with"])
    functions = st.sampled_from(["sum", "mean", "median", "min", "max", "count", "count different"])
    query: Any = {
        "where": data.draw(
            st.lists(st.fixed_dictionaries({"column": column, "test": tests, "value": _values}), max_size=2)
        ),
        "group_by": data.draw(st.lists(column, max_size=2)),
        "compute": data.draw(
            st.lists(
                st.fixed_dictionaries({"function": functions, "column": column, "times": st.none() | column}),
                max_size=2,
            )
        ),
        "sort_by": data.draw(st.none() | column),
        "order": order,
        "limit": limit,
    }
    try:
        checked = read_query(query, table)
    except QueryProblem:
        return
    found = answer(checked, table)
    assert found == answer(checked, table)
    assert all(
        not (isinstance(cell, float) and not math.isfinite(cell))
        for row in found.rows
        for cell in row.values()
    )
    json.dumps(found.rows, allow_nan=False)


# The prompt


def test_the_prompts_examples_are_queries_that_its_table_answers() -> None:
    """What a model is shown keeps to the schema that it is held to, and can be run."""
    table = read_table(
        b"day,city,plant,pots,cost,paid\n2025-01-02,Oslo,fern,3,12.5,yes\n2025-12-30,Turin,palm,30,80,no\n",
        "f",
    )
    prompt = render("agents/analyze_table", rows=2, columns=describe_columns(table), question="How many?")
    examples = [json.loads(line) for line in prompt.splitlines() if line.startswith("{")]
    schema = jsonschema_rs.validator_for(query_schema(table))
    assert len(examples) >= 5
    for example in examples:
        assert list(schema.iter_errors(example)) == []
        answer(read_query(example, table), table)
    assert prompt.endswith(
        "has 2 rows and the columns " + ", ".join(describe_columns(table)) + ".\nQuestion: How many?"
    )


# The agent


async def test_a_question_becomes_a_checked_query(make_context: MakeContext, folder: Path) -> None:
    """A query that the table can't answer goes back to the model with the reason; the right one is run."""
    (folder / "sales.csv").write_bytes(SALES)
    wrong = {"group_by": ["region"], "compute": [measure("sum", "amount")]}
    right = {
        "group_by": ["region"],
        "compute": [measure("sum", "units")],
        "sort_by": "computed value",
        "limit": 1,
    }
    with ScriptedModel([json.dumps(wrong), json.dumps(right)]) as model:
        output = await analyze_table.perform(
            "analyze_table", {"path": "sales.csv", "question": "Which region sold most?"}, make_context(model)
        )
    assert output["rows"] == [{"region": "East", "sum of units": 9}]
    assert output["query"] == "sum of units by region, largest first, top 1"
    assert "there is no column 'amount'" in model.requests[1].messages[-1].content
    assert "Question: Which region sold most?" in model.requests[0].messages[-1].content
    analyze_table.capability.output_validator.problems(output)


async def test_it_gives_up_with_what_was_tried(make_context: MakeContext, folder: Path) -> None:
    """A model that answers nonsense ends in an error that has every try."""
    (folder / "sales.csv").write_bytes(SALES)
    with ScriptedModel(["SELECT 1", "[]", "{}{"]) as model, pytest.raises(AnswerInvalid) as caught:
        await analyze_table.perform(
            "analyze_table", {"path": "sales.csv", "question": "x"}, make_context(model)
        )
    assert len(caught.value.tries) == 3


async def test_a_bad_file_costs_no_question(make_context: MakeContext, folder: Path) -> None:
    """The model isn't asked about a file that is missing, outside, or no table."""
    (folder / "empty.csv").write_text("")
    with ScriptedModel() as model:
        for path, error in (
            ("absent.csv", WorkspaceError),
            ("../secret.txt", WorkspaceError),
            ("empty.csv", TableError),
        ):
            with pytest.raises(error):
                await analyze_table.perform(
                    "analyze_table", {"path": path, "question": "x"}, make_context(model)
                )
        with pytest.raises(Permanent, match="no question"):
            await analyze_table.perform(
                "analyze_table", {"path": "x.csv", "question": " "}, make_context(model)
            )


async def test_without_a_model_it_says_what_to_do(make_context: MakeContext) -> None:
    """A table alone answers no question in words."""
    with pytest.raises(Permanent, match="needs a language model"):
        await analyze_table.perform("analyze_table", {"path": "x.csv", "question": "x"}, make_context())


def test_its_contract() -> None:
    """It reads, it only waits for its model, and its main output is text for people."""
    assert analyze_table.capability.effect is Effect.READ
    assert analyze_table.isolation is Isolation.LOOP
    assert analyze_table.capability.main_output == "answer"
