"""D5. What pydantic finds is said in Callsheet's own words; what the user's validators say, in the user's."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, get_args

import pytest
from pydantic import AfterValidator, BaseModel, Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails
from pydantic_core.core_schema import ErrorType

from callsheet.agents.contracts.pydantic_problem import located_sentence, pydantic_sentence


class Row(BaseModel, extra="forbid"):
    """A row of an order."""

    name: str
    count: Annotated[int, Field(gt=0)] = 1


def _refuse(value: str) -> str:
    raise ValueError(f"{value} is no city of ours")


@pytest.mark.parametrize(
    ("kind", "value", "sentence"),
    [
        (int, "x", '"x" is not an integer'),
        (int, 2.5, "2.5 has a fraction, but an integer is required"),
        (Literal["a", "b"], "c", "\"c\" is not 'a' or 'b'"),
        (date, "someday", '"someday" is not a date such as 2024-09-30'),
        (Annotated[list[int], Field(min_length=2)], [1], "[1] has too few elements: at least 2 elements"),
        (Annotated[str, Field(pattern="^a")], "b", '"b" does not match the pattern ^a'),
        (Annotated[str, AfterValidator(_refuse)], "Ur", "Ur is no city of ours"),
        (list[Row], [{"name": "a"}, {}], "1: `name` is missing"),
        (list[Row], [{"name": "a", "nam": 1}], "0: there is no field `nam`"),
        (Row, {"name": "a", "count": 0}, "count: 0 is not above 0"),
        (Row, 3, "3 is not an object"),
    ],
)
def test_a_value_of_another_type_is_said(kind: Any, value: Any, sentence: str) -> None:
    """With its place where it lies within another value."""
    with pytest.raises(ValidationError) as raised:
        TypeAdapter(kind).validate_python(value)
    assert located_sentence(raised.value.errors()[0]) == sentence


@pytest.mark.parametrize("kind", [*get_args(ErrorType)])
def test_every_kind_of_error_has_its_sentence(kind: str) -> None:
    """No sentence of the library's comes through, but for what a validator itself says."""
    context: dict[str, Any] = dict.fromkeys(_CONTEXT, 3)
    error = ErrorDetails(type=kind, loc=("a",), msg="Input should be LEAKED", input="value", ctx=context)
    is_own = kind in ("value_error", "assertion_error")
    assert ("LEAKED" in pydantic_sentence(error)) is is_own
    assert ("LEAKED" in located_sentence(error)) is is_own


_CONTEXT = (
    *("gt", "ge", "lt", "le", "multiple_of", "min_length", "max_length", "pattern", "expected", "class"),
    *("class_name", "expected_schemes", "max_digits", "decimal_places", "whole_digits", "discriminator"),
    *("tag", "expected_tags", "attribute"),
)
