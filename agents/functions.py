"""A plain Python function as an agent: its contract is read off its type hints and docstring."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, ParamSpec, TypeVar, overload

from pydantic import JsonValue

from .agent import Context, Isolation
from .capability import Capability, Effect, JsonObject
from .errors import CapabilityError, Permanent
from .shape import ShapeError
from .signature import Signature

P = ParamSpec("P")
R = TypeVar("R")


class FunctionAgent(Generic[P, R]):
    """An agent with one capability, whose work is a call of a function.

    Calling it calls the function. A sync function may block, and is given a thread; an async
    one runs on the event loop.
    """

    def __init__(self, function: Callable[P, R], signature: Signature, capability: Capability) -> None:
        self._function = function
        self._signature = signature
        self._capability = capability
        functools.update_wrapper(self, function)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self._function(*args, **kwargs)

    @property
    def name(self) -> str:
        """The name of its capability."""
        return self._capability.name

    @property
    def capability(self) -> Capability:
        """The one contract it keeps."""
        return self._capability

    @property
    def capabilities(self) -> Sequence[Capability]:
        """Its one contract."""
        return (self._capability,)

    @property
    def isolation(self) -> Isolation:
        """The event loop for an async function, a thread for a sync one."""
        return Isolation.LOOP if inspect.iscoroutinefunction(self._function) else Isolation.THREAD

    async def perform(self, capability: str, inputs: Mapping[str, JsonValue], context: Context) -> JsonObject:
        """Call the function once.

        Raises Permanent where the inputs, or what it returned, don't fit its hints, and whatever
        the function raises.
        """
        arguments = self._arguments(inputs, context)
        call: Callable[..., Any] = self._function
        result = call(**arguments)
        if inspect.isawaitable(result):
            result = await result
        try:
            return self._signature.output.write(result)
        except ShapeError as error:
            raise Permanent(
                f"{self.name} returned something else than its annotation says: {error}"
            ) from None

    def _arguments(self, inputs: Mapping[str, JsonValue], context: Context) -> dict[str, Any]:
        try:
            arguments: dict[str, Any] = self._signature.inputs.read(inputs)
        except ShapeError as error:
            raise Permanent(f"{self.name} cannot take these inputs: {error}") from None
        return arguments | dict.fromkeys(self._signature.context_parameters, context)


@overload
def agent(function: Callable[P, R], /) -> FunctionAgent[P, R]: ...


@overload
def agent(
    *,
    name: str | None = None,
    description: str | None = None,
    effect: Effect | str = Effect.PURE,
    output: str = "result",
    main_output: str = "",
    version: str = "1",
    max_retries: int = 2,
    timeout_seconds: float = 120.0,
) -> Callable[[Callable[P, R]], FunctionAgent[P, R]]: ...


def agent(
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    effect: Effect | str = Effect.PURE,
    output: str = "result",
    main_output: str = "",
    version: str = "1",
    max_retries: int = 2,
    timeout_seconds: float = 120.0,
) -> Any:
    """Make an agent of a function, with or without arguments: `@agent` or `@agent(effect="read")`.

    The name is the function's, the description the first paragraph of its docstring. Inputs are
    its parameters with their hints; one with a default may be left out; one annotated `Context`
    receives the attempt's context and is no input. The fields of a returned model, dataclass or
    TypedDict are the outputs; any other value is one output, called `output`.

    Raises CapabilityError where a hint is missing or has no JSON form, and for `*args`,
    `**kwargs` and positional-only parameters.
    """
    # Types defined beside the function, inside another function, are visible nowhere else.
    frame = inspect.currentframe()
    scope = dict(frame.f_back.f_locals) if frame and frame.f_back else {}

    def decorate(function: Callable[..., Any]) -> FunctionAgent[..., Any]:
        signature = Signature.of(function, name, output, scope)
        capability = Capability(
            name=signature.name,
            description=description or signature.description,
            input_schema=signature.inputs.schema,
            output_schema=signature.output.schema,
            main_output=main_output,
            effect=_effect(signature.name, effect),
            version=version,
            max_retries=max_retries,
            timeout_seconds=timeout_seconds,
        )
        return FunctionAgent(function, signature, capability)

    return decorate if function is None else decorate(function)


def _effect(name: str, effect: Effect | str) -> Effect:
    try:
        return Effect(effect)
    except ValueError:
        known = ", ".join(Effect)
        raise CapabilityError(name, f"its effect {effect!r} is unknown; it is one of {known}") from None
