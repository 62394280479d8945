"""What a function's type hints and docstring say about it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_type_hints

import docstring_parser

from callsheet.agents.agent import Context
from callsheet.agents.contracts.errors import CapabilityError, TypedObjectError
from callsheet.agents.contracts.typed_object import MISSING, TypedField, TypedObject, has_fields

_REFUSED_KINDS = {
    inspect.Parameter.VAR_POSITIONAL: "takes *{name}; name each input, or take one list",
    inspect.Parameter.VAR_KEYWORD: "takes **{name}; name each input, or take one dict",
    inspect.Parameter.POSITIONAL_ONLY: "takes {name!r} by position only; remove the `/` from its signature",
}


@dataclass(frozen=True, slots=True)
class Signature:
    """What a function is called, what it is for, what it takes and what it gives.

    `context_parameters` are those that receive the attempt's context.
    """

    name: str
    description: str
    inputs: TypedObject
    output: TypedObject
    context_parameters: tuple[str, ...]

    @classmethod
    def from_function(
        cls, function: Callable[..., Any], name: str | None, output: str, scope: Mapping[str, Any]
    ) -> Signature:
        """Read a function, where `name` doesn't say otherwise under its own name.

        `output` is what a bare result is called, `scope` has the names that hints may use beside
        the function's globals. Raises CapabilityError, with what to do.
        """
        name = name or str(getattr(function, "__name__", type(function).__name__))
        _check_kind(function, name)
        hints = _hints(function, name, scope)
        docstring = _Docstring.from_function(function)
        parameters = inspect.signature(function).parameters
        _check_parameters(name, parameters, hints)
        fields = {
            each.name: TypedField(
                hints[each.name],
                docstring.parameters.get(each.name, ""),
                MISSING if each.default is each.empty else each.default,
            )
            for each in parameters.values()
            if hints[each.name] is not Context
        }
        kind = hints["return"]
        try:
            return cls(
                name=name,
                description=docstring.description or name.replace("_", " "),
                inputs=TypedObject.of_fields(fields, "validation"),
                output=TypedObject(
                    kind,
                    "serialization",
                    wrapped_as=None if has_fields(kind) else output,
                    description=docstring.returns,
                ),
                context_parameters=tuple(each for each in parameters if hints[each] is Context),
            )
        except TypedObjectError as error:
            raise CapabilityError(name, f"{error}; use types that pydantic can describe") from None


@dataclass(frozen=True, slots=True)
class _Docstring:
    """The first paragraph of a docstring, and what it says about each parameter and the result."""

    description: str
    parameters: Mapping[str, str]
    returns: str

    @classmethod
    def from_function(cls, function: Callable[..., Any]) -> _Docstring:
        text = inspect.getdoc(function) or ""
        try:
            parsed = docstring_parser.parse(text)
        except docstring_parser.ParseError:
            return cls(_one_line(text.partition("\n\n")[0]), {}, "")
        first = parsed.short_description or ""
        if not parsed.blank_after_short_description:
            first += " " + (parsed.long_description or "").partition("\n\n")[0]
        return cls(
            _one_line(first),
            {each.arg_name: _one_line(each.description or "") for each in parsed.params},
            _one_line((parsed.returns and parsed.returns.description) or ""),
        )


def _check_kind(function: Callable[..., Any], name: str) -> None:
    if not inspect.isfunction(function):
        raise CapabilityError(name, "only a function can be made an agent with @agent")
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise CapabilityError(name, "it is a generator; return one value, such as a list")


def _hints(function: Callable[..., Any], name: str, scope: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return get_type_hints(function, localns=dict(scope), include_extras=True)
    except (NameError, TypeError, AttributeError, SyntaxError) as error:
        raise CapabilityError(
            name, f"a type hint cannot be read ({error}); import it at run time, not under TYPE_CHECKING"
        ) from None


def _check_parameters(
    name: str, parameters: Mapping[str, inspect.Parameter], hints: Mapping[str, Any]
) -> None:
    for each in parameters.values():
        if each.kind in _REFUSED_KINDS:
            raise CapabilityError(name, f"it {_REFUSED_KINDS[each.kind].format(name=each.name)}")
        if each.name not in hints:
            raise CapabilityError(name, f"its parameter {each.name!r} has no type hint; add one")
    if "return" not in hints:
        raise CapabilityError(
            name, "it doesn't say what it returns; add a return annotation, such as `-> str`"
        )


def _one_line(text: str) -> str:
    return " ".join(text.split())
