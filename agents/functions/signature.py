"""What a function's type hints and docstring say about it."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import FunctionType
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
        cls,
        function: Any,
        name: str | None,
        output: str,
        scope: Mapping[str, Any],
        *,
        is_method: bool = False,
    ) -> Signature:
        """Read a function, where `name` doesn't say otherwise under its own name; of a method without its
        first parameter, the object.

        `output` is what a bare result is called, `scope` has the names that hints may use beside
        the function's globals. Raises CapabilityError, with what to do.
        """
        name = name or _name(function)
        function = callable_of(function)
        code = _code_of(function)
        _check_kind(code, name)
        hints = _hints(_without_object(code) if is_method else code, name, scope)
        docstring = _Docstring.from_function(code)
        parameters = _parameters(function, is_method=is_method)
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


def callable_of(function: Any) -> Callable[..., Any]:
    """What is called: the function itself, that of a class method, or the `__call__` of an object that has
    one."""
    if isinstance(function, classmethod):
        wrapped: Callable[..., Any] = function.__func__
        return wrapped
    call = getattr(function, "__call__", None)  # noqa: B004 - it is called later
    if inspect.ismethod(call) and not isinstance(function, type):
        return call
    called: Callable[..., Any] = function
    return called


def _name(function: Any) -> str:
    """A function's own name; of an object its class's, in lower case."""
    function = function.func if isinstance(function, functools.partial) else function
    kind = type(function).__name__
    return str(getattr(function, "__name__", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", kind).lower()))


def _code_of(function: Any) -> Any:
    """The function that was written: inside of a partial one, and of what wraps it."""
    while isinstance(function, functools.partial):
        function = function.func
    return inspect.unwrap(function)


def _without_object(function: Any) -> Any:
    """The function without a hint for its object, whose class does not exist yet."""
    copy = FunctionType(function.__code__, function.__globals__, closure=function.__closure__)
    copy.__annotations__ = dict(function.__annotations__)
    copy.__annotations__.pop(function.__code__.co_varnames[0], None)
    return copy


def _parameters(function: Callable[..., Any], *, is_method: bool) -> Mapping[str, inspect.Parameter]:
    """The parameters that are left to give: not the object of a method, nor what a partial function has."""
    parameters = dict(inspect.signature(function).parameters)
    if is_method:
        del parameters[next(iter(parameters))]
    given = function.keywords if isinstance(function, functools.partial) else ()
    return {name: each for name, each in parameters.items() if name not in given}


def _check_kind(function: Any, name: str) -> None:
    if isinstance(function, type):
        raise CapabilityError(name, "it is a class; put @agent on its methods, and take them of an object")
    if not inspect.isroutine(function) or inspect.isbuiltin(function):
        raise CapabilityError(name, "only a function or a method can be made an agent with @agent")
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
