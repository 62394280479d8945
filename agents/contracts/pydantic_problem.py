"""What pydantic finds wrong with a value, in Callsheet's own sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from pydantic_core import ErrorDetails

from .wording import counted, shown

_TYPES: Mapping[str, str] = {
    **dict.fromkeys(("bool_type", "bool_parsing"), "a boolean"),
    **dict.fromkeys(("int_type", "int_parsing", "int_parsing_size"), "an integer"),
    **dict.fromkeys(("float_type", "float_parsing"), "a number"),
    **dict.fromkeys(("decimal_type", "decimal_parsing"), "a decimal number"),
    **dict.fromkeys(("complex_type", "complex_str_parsing"), "a complex number"),
    **dict.fromkeys(("string_type", "string_unicode"), "a string"),
    **dict.fromkeys(("list_type", "tuple_type", "named_tuple_type", "set_type", "frozen_set_type"), "a list"),
    **dict.fromkeys(("iterable_type", "deque_type", "arguments_type"), "a list"),
    **dict.fromkeys(("dict_type", "mapping_type", "model_type", "model_attributes_type"), "an object"),
    **dict.fromkeys(("dataclass_type", "frozen_dict_type", "ordered_dict_type", "counter_type"), "an object"),
    **dict.fromkeys(("date_type", "date_parsing", "date_from_datetime_parsing"), "a date such as 2024-09-30"),
    **dict.fromkeys(
        ("datetime_type", "datetime_parsing", "datetime_from_date_parsing", "datetime_object_invalid"),
        "a date and time such as 2024-09-30T12:00:00",
    ),
    **dict.fromkeys(("time_type", "time_parsing"), "a time such as 12:30:00"),
    **dict.fromkeys(("time_delta_type", "time_delta_parsing"), "a duration such as PT5M"),
    **dict.fromkeys(("uuid_type", "uuid_parsing", "uuid_version"), "a UUID"),
    **dict.fromkeys(("url_type", "url_parsing", "url_syntax_violation", "url_too_long"), "a URL"),
    **dict.fromkeys(("bytes_type", "bytes_invalid_encoding"), "a string of bytes"),
    **dict.fromkeys(("json_type", "json_invalid"), "a string with JSON in it"),
    **dict.fromkeys(("fraction_type", "fraction_parsing"), "a fraction such as 3/4"),
    "finite_number": "a finite number",
    "none_required": "null",
    "callable_type": "a function",
    "is_instance_of": "of the type {class}",
    "is_subclass_of": "a subclass of {class}",
    "literal_error": "{expected}",
    "enum": "{expected}",
    "url_scheme": "a URL that begins with {expected_schemes}",
    "date_past": "a date in the past",
    "date_future": "a date in the future",
    "datetime_past": "a time in the past",
    "datetime_future": "a time in the future",
    "date_from_datetime_inexact": "a date without a time",
    "timezone_naive": "a time without a time zone",
    "timezone_aware": "a time with a time zone",
    "timezone_offset": "a time with another time zone",
    "multiple_of": "a multiple of {multiple_of}",
    "string_not_ascii": "made of ASCII characters alone",
}
"""What must be there instead, by the kind of error."""
_BOUNDS: Mapping[str, str] = {
    "int_from_float": "has a fraction, but an integer is required",
    "greater_than": "is not above {gt}",
    "greater_than_equal": "is below {ge}",
    "less_than": "is not below {lt}",
    "less_than_equal": "is above {le}",
    "string_pattern_mismatch": "does not match the pattern {pattern}",
    "decimal_max_digits": "has more than {max_digits} digits",
    "decimal_max_places": "has more than {decimal_places} decimal places",
    "decimal_whole_digits": "has more than {whole_digits} digits before the point",
}
"""What is wrong with the value itself, by the kind of error."""
_LENGTHS: Mapping[str, tuple[str, str]] = {
    "string_too_short": ("character", "min_length"),
    "string_too_long": ("character", "max_length"),
    "bytes_too_short": ("byte", "min_length"),
    "bytes_too_long": ("byte", "max_length"),
    "too_short": ("element", "min_length"),
    "too_long": ("element", "max_length"),
}


def pydantic_sentence(error: ErrorDetails) -> str:
    """What is wrong with a value, without its place: `"x" is not a number`."""
    kind, context = error["type"], cast("Mapping[str, Any]", error.get("ctx", {}))
    value = shown(error["input"]) if "input" in error else "it"
    if kind in _LENGTHS:
        noun, bound = _LENGTHS[kind]
        few = "few" if bound == "min_length" else "many"
        most = "at least" if bound == "min_length" else "at most"
        return f"{value} has too {few} {noun}s: {most} {counted(int(context[bound]), noun)}"
    if kind in _BOUNDS:
        return f"{value} {_BOUNDS[kind].format_map(context)}"
    if kind in _TYPES:
        return f"{value} is not {_TYPES[kind].format_map(context)}"
    if kind in _SENTENCES:
        return _SENTENCES[kind].format_map({**context, "value": value})
    # The words of a validator of the user's own, or of a library that adds types.
    return (
        error["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
        or f"{value} is not valid"
    )


def located_sentence(error: ErrorDetails) -> str:
    """The same behind its place, where the value is within another: `rows.2.price: …`."""
    *parents, last = error["loc"] or ("",)
    named = _NAMED_BY_PLACE.get(error["type"])
    sentence = named.format(last) if named else pydantic_sentence(error)
    place = ".".join(map(str, parents if named else error["loc"]))
    return f"{place}: {sentence}" if place else sentence


_SENTENCES: Mapping[str, str] = {
    "missing": "a field is missing",
    "extra_forbidden": "there is no such field",
    "frozen_field": "the field cannot be changed",
    "frozen_instance": "the object cannot be changed",
    "no_such_attribute": "there is no field `{attribute}`",
    "invalid_key": "a key is not a string",
    "missing_argument": "an argument is missing",
    "missing_keyword_only_argument": "an argument is missing",
    "missing_positional_only_argument": "an argument is missing",
    "unexpected_keyword_argument": "there is no such argument",
    "unexpected_positional_argument": "there is an argument too many",
    "multiple_argument_values": "the argument is given twice",
    "union_tag_invalid": "the {discriminator} {tag!r} is not one of {expected_tags}",
    "union_tag_not_found": "the field {discriminator}, which tells the forms apart, is missing",
    "recursion_loop": "the value contains itself",
    "set_item_not_hashable": "{value} cannot be an element of a set",
    "missing_sentinel_error": "{value} is given where nothing may be",
    "ellipsis_error": "{value} is given where `...` is required",
    "recursion_depth_exceeded": "the value is nested too deeply",
    "default_factory_not_called": "a default could not be made, because another field is wrong",
    "dataclass_exact_type": "{value} is not of the type {class_name}",
    "get_attribute_error": "a field of {value} cannot be read",
    "iteration_error": "the elements of {value} cannot be read",
    "needs_python_object": "{value} cannot be read from JSON",
}
_NAMED_BY_PLACE = {"missing": "`{}` is missing", "extra_forbidden": "there is no field `{}`"}
"""Errors whose last part of the place is a name that the sentence has itself."""
