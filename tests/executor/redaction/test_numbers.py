"""A secret that is a number gives way to a number: wherever it stands, and in texts that were made of it."""

from __future__ import annotations

import base64
import copy
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from callsheet.executor.redaction.redactor import Redactor


def redacted(document: Any, environment: dict[str, str] | None = None, *patterns: str) -> Any:
    return Redactor(environment or {}, patterns).redact(document)


def test_a_number_under_a_name_for_secrets() -> None:
    """It becomes another with as many digits, and so do its digits in any text: a text with the one in it is
    what it would be with the other."""
    row = {"user": "bob", "password": 987654321}
    assert redacted([row, f"creds {json.dumps(row)}", "987654321", {"n": 987654321}]) == [
        {"user": "bob", "password": 100000001},
        'creds {"user": "bob", "password": 100000001}',
        "100000001",
        {"n": 100000001},
    ]


def test_a_number_of_a_variable() -> None:
    """A number that is the value of a variable stays one; other numbers stay what they are, though they have
    its digits among theirs."""
    document = [86753090, 867530901, 86753090.0, True, "x86753090y", "867530901", "8675309"]
    number, *others = redacted(document, {"ACCOUNT_PIN_SECRET": "86753090"})
    assert type(number) is int and re.fullmatch("10000[0-9]{3}", str(number))
    assert others == [867530901, float(number), True, f"x{number}y", "867530901", "8675309"]
    assert type(others[1]) is float


def test_the_same_variable_in_another_document() -> None:
    """Its number is made of its name: it is the same whatever the value is, whatever else is secret, and
    where it stands already. Two variables have two numbers."""
    first = {"A_SECRET": "86753090", "B_SECRET": "86753091"}
    second = {"B_SECRET": "24681357", "A_SECRET": "97531864"}
    numbers = redacted([86753090, 86753091], first)
    assert len(set(numbers)) == 2
    assert redacted([{"password": 55443322}, 97531864, "24681357", *numbers], second) == [
        {"password": 10000001},
        numbers[0],
        str(numbers[1]),
        *numbers,
    ]


@pytest.mark.parametrize(
    ("value", "number", "text"),
    [
        ("00867530", 867530, "867530"),
        ("-86753090", -86753090, "-86753090"),
        ("+86753090", 86753090, "86753090"),
        ("86753090.50", 86753090.5, "86753090.5"),
        ("-0.86753095", -0.86753095, "0.86753095"),
        ("86753.095", 86753.095, "86753.095"),
        ("8675309086753090867530", 8675309086753090867530, "8675309086753090867530"),
    ],
)
def test_other_ways_to_write_the_number(value: str, number: int | float, text: str) -> None:
    """A variable may have zeros before it or behind it, a sign, or a fraction: what agents make of that is
    known, and so is the text of it."""
    result, of_text = redacted([number, f"({text})"], {"A_SECRET": value})
    assert type(result) is type(number) and result != number and (result < 0) == (number < 0)
    assert of_text == f"({json.dumps(abs(result)) if text[0] != '-' else json.dumps(result)})"


def test_a_sign_and_a_fraction_of_zero() -> None:
    """They stay where they are."""
    row: JsonValue = {"a_token": [-987654321, 987654321.0, -987654321.0], "n": 987654321}
    result = redacted([row, json.dumps(row)])
    shown = json.dumps(result[0])
    assert shown == '{"a_token": [-100000001, 100000001.0, -100000001.0], "n": 100000001}'
    assert result[1] == shown


def test_a_number_within_a_fraction() -> None:
    """It is found in a number where it is found in its text."""
    assert redacted([{"password": 987654}, 987654.25, 0.987654, "987654.25", "0.987654"]) == [
        {"password": 100001},
        100001.25,
        0.100001,
        "100001.25",
        "0.100001",
    ]


def test_pairs_with_numbers() -> None:
    """A name and a number behind it are a pair as well."""
    document = {
        "pairs": [["pin", 4711], ["Accept", 4712]],
        "headers": [{"name": "X-Api-Key", "value": 98765432}],
        "cookies": {"sid": 55667788, "theme": 3},
    }
    assert redacted(document) == {
        "pairs": [["pin", 1001], ["Accept", 4712]],
        "headers": [{"name": "X-Api-Key", "value": 10000001}],
        "cookies": {"sid": 10000002, "theme": 3},
    }


def test_the_match_of_a_pattern() -> None:
    """A number is matched as a whole; what was matched in a text is found as a number, too."""
    document = [1234, 12345, {"n": 4711.0}, 9876, "PIN: 9876", "0001"]
    assert redacted(document, {}, "4[0-9]{3}", "PIN: (?P<secret>[0-9]{4})") == [
        1234,
        12345,
        {"n": 1001.0},
        1002,
        "PIN: 1002",
        "0001",
    ]


@pytest.mark.parametrize(
    "document",
    [
        {"password": 12345, "token": 1234567, "pin": 451, "secret": True, "api_key": None},
        {"password": 11111111, "token": 98765432.5, "pin": 1111},
        {"max_tokens": 98765432, "n": 98765432, "key": 98765432},
        {"properties": {"pin": {"type": "integer", "minimum": 1000, "maximum": 9999}}},
    ],
)
def test_what_is_no_secret(document: Any) -> None:
    """Short numbers stay as short texts do, and so does what is called something else."""
    assert redacted(document, {"A_SECRET": "12345", "B_SECRET": "11111111"}) == document


def test_a_number_that_is_taken() -> None:
    """No secret gets a number that stands anywhere else, that another secret has, or that is a secret."""
    document = [{"password": [987654321, 987654322]}, 100000001, "(100000002)", 100000003.0]
    environment = {"A_SECRET": "100000004"}
    (row, *rest) = redacted(document, environment)
    assert row == {"password": [100000005, 100000006]} and rest == document[1:]
    assert redacted({"password": 987654321, "n": 100000004}, environment)["n"] != 100000004


def test_many_numbers() -> None:
    """Each has its own, in the order in which they stand. (If the next took as long as all before it, nobody
    would see the end of this test.)"""
    document: list[JsonValue] = [{"password": 987_600_000 + place} for place in range(5_000)]
    result = redacted([document, copy.copy(document)])
    assert result == [[{"password": 100_000_001 + place} for place in range(5_000)]] * 2


def test_a_number_of_any_length() -> None:
    """One too long for a number that anybody computes with is left, and does no harm."""
    number = 3**2000
    assert redacted({"password": number, "n": 1e300, "token": 10**300}) == {
        "password": number,
        "n": 1e300,
        "token": 10**300,
    }


# For every document.

NAMES = ["password", "api_key", "access_token", "secret", "DB_PASSWORD"]
VARIABLES = ["A_SECRET", "B_TOKEN", "C_PASSWORD"]
DIGITS = st.from_regex("[1-9][1-9][0-9]{6,13}", fullmatch=True).filter(lambda text: len(set(text)) > 2)


@st.composite
def documents(draw: st.DrawFn) -> tuple[Any, list[str], dict[str, str]]:
    """A document in which numbers stand that are secret, by their names or as values of variables; they; and
    the variables."""
    secrets = draw(st.lists(DIGITS, min_size=1, max_size=4, unique=True))
    of_variables = secrets[: draw(st.integers(0, min(3, len(secrets))))]
    numbers = [sign * kind(text) for text in secrets for sign in (1, -1) for kind in (int, float)]
    plain = st.integers(-999, 999) | st.floats(-9, 9).map(lambda each: round(each, 3)) | st.booleans()
    leaves = plain | st.none() | st.sampled_from([*numbers, *secrets, "some words"])
    inner = st.recursive(
        leaves,
        lambda each: (
            st.lists(each, max_size=4)
            | st.dictionaries(st.sampled_from(["a", "b", *NAMES, *secrets]), each, max_size=4)
        ),
        max_leaves=15,
    )
    value: Any = draw(inner)
    shown = [{draw(st.sampled_from(NAMES)): sign} for sign in map(int, secrets[len(of_variables) :])]
    texts = [f"creds {json.dumps(value)}", base64.b64encode(json.dumps(value).encode()).decode()]
    parts = draw(st.permutations([{"value": value}, *shown, *texts]))
    return parts, secrets, dict(zip(VARIABLES, of_variables, strict=False))


@given(documents())
def test_no_digits_are_left_and_all_numbers_are_numbers(drawn: tuple[Any, list[str], dict[str, str]]) -> None:
    """For every document: the digits of a secret are nowhere in what is written, each number is still one of
    its type, and two are equal afterwards if they were before, and only then."""
    document, secrets, environment = drawn
    result = redacted(document, environment)
    written = json.dumps(result)
    assert not [secret for secret in secrets if secret in written]
    before, after = list(numbers_in(document)), list(numbers_in(result))
    assert list(map(type, before)) == list(map(type, after))
    assert len(set(zip(before, after, strict=True))) == len(set(before)) == len(set(after))


@given(documents())
def test_what_was_made_of_a_number_is_made_of_the_other(drawn: tuple[Any, list[str], dict[str, str]]) -> None:
    """For every document: a text with a value in it is what it is with that which the value became."""
    document, _, environment = drawn
    result = redacted(document, environment)
    (value,) = [each["value"] for each in result if isinstance(each, dict) and "value" in each]
    assert f"creds {json.dumps(value)}" in result


@given(documents())
def test_it_can_be_done_again(drawn: tuple[Any, list[str], dict[str, str]]) -> None:
    """For every document: what was redacted stays as it is, also where no variable is set."""
    document, _, environment = drawn
    result = redacted(document, environment)
    assert redacted(result, environment) == result
    assert redacted(result) == result


def numbers_in(document: Any) -> Iterator[int | float]:
    """The numbers of a document, in their order."""
    if isinstance(document, dict):
        for member in document.values():
            yield from numbers_in(member)
    elif isinstance(document, list):
        for element in document:
            yield from numbers_in(element)
    elif isinstance(document, (int, float)):
        yield document
