"""A plain Python function as an agent: its contract is read off its type hints and docstring."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Generic, ParamSpec, TypeVar, overload

from pydantic import JsonValue

from callsheet.agents.agent import Context, Isolation, SoloAgent
from callsheet.agents.contracts.capability import Capability, Effect, JsonObject
from callsheet.agents.contracts.errors import CapabilityError, TypedObjectError
from callsheet.agents.errors import Permanent
from callsheet.agents.spending.demand import NO_DEMAND, Demand
from callsheet.agents.spending.terms import Terms

from .declaration import contract
from .signature import Signature

P = ParamSpec("P")
R = TypeVar("R")


class FunctionAgent(SoloAgent, Generic[P, R]):
    """An agent with one capability, whose work is a call of a function.

    Calling it calls the function. A sync function may block, and is called in a thread, outside any event
    loop; an async one runs on the event loop; unless its `isolation` says otherwise.
    """

    def __init__(
        self,
        function: Callable[P, R],
        signature: Signature,
        capability: Capability,
        *,
        isolation: Isolation | None = None,
        terms: Terms | None = None,
        demand: Demand | None = None,
    ) -> None:
        super().__init__(signature.name, capability, isolation or _suiting(function), terms)
        self._function = function
        self._call: Callable[..., Any] = function
        self._signature = signature
        self._demand = demand
        functools.update_wrapper(self, function)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self._function(*args, **kwargs)

    async def perform(self, capability: str, inputs: Mapping[str, JsonValue], context: Context) -> JsonObject:
        """Call the function once.

        Raises Permanent where the inputs, or what it returned, don't fit its hints, and whatever
        the function raises.
        """
        result = self._call(**self._arguments(inputs, context))
        return self._output(await result if inspect.isawaitable(result) else result)

    def perform_blocking(
        self, capability: str, inputs: Mapping[str, JsonValue], context: Context
    ) -> JsonObject:
        """Call the function once, in a thread that runs no event loop: what it gives to be awaited gets one.

        Raises what `perform` does.
        """
        result = self._call(**self._arguments(inputs, context))
        return self._output(asyncio.run(_awaited(result)) if inspect.isawaitable(result) else result)

    @property
    def demand(self) -> Demand | None:
        """What an attempt asks of the run's model, as it was said; nothing, where the function takes no
        context, without which it cannot ask."""
        return self._demand if self._signature.context_parameters else NO_DEMAND

    def _output(self, result: object) -> JsonObject:
        try:
            return self._signature.output.write_object(result)
        except TypedObjectError as error:
            raise Permanent(
                f"{self.name} returned something other than its annotation says: {error}"
            ) from None

    def _arguments(self, inputs: Mapping[str, JsonValue], context: Context) -> dict[str, Any]:
        try:
            arguments: dict[str, Any] = self._signature.inputs.read_object(inputs)
        except TypedObjectError as error:
            raise Permanent(f"{self.name} cannot take these inputs: {error}") from None
        for name in self._signature.context_parameters:
            arguments[name] = context
        return arguments


@overload
def agent(function: Callable[P, R], /) -> FunctionAgent[P, R]: ...


@overload
def agent(
    *,
    name: str | None = None,
    description: str | None = None,
    capability: Capability | str | None = None,
    effect: Effect | str = Effect.PURE,
    output: str | None = None,
    main_output: str = "",
    version: str = "1",
    max_retries: int = 2,
    timeout_seconds: float = 120.0,
    cache: str | float | None = None,
    isolation: Isolation | str | None = None,
    terms: Terms | None = None,
    demand: Demand | None = None,
) -> Callable[[Callable[P, R]], FunctionAgent[P, R]]: ...


def agent(
    function: Callable[..., Any] | None = None,
    /,
    *,
    name: str | None = None,
    description: str | None = None,
    capability: Capability | str | None = None,
    effect: Effect | str = Effect.PURE,
    output: str | None = None,
    main_output: str = "",
    version: str = "1",
    max_retries: int = 2,
    timeout_seconds: float = 120.0,
    cache: str | float | None = None,
    isolation: Isolation | str | None = None,
    terms: Terms | None = None,
    demand: Demand | None = None,
) -> Any:
    """Make an agent of a function, with or without arguments: `@agent` or `@agent(effect="read")`.

    The name is the function's, the description the first paragraph of its docstring. Inputs are its
    parameters with their hints; one with a default may be left out; one annotated `Context` receives the
    attempt's context and is not an input. The fields of a returned model, dataclass or TypedDict are the
    outputs; any other value is one output, called `output` ("result").

    `capability` is what it offers under another name than its own, so that several agents can offer the same:
    a name, or the very contract, which its hints must then keep, and whose wording and policy hold.
    `isolation` says where it runs, `terms` its prices and limits, `demand` what an attempt may ask of the
    run's model at most, `cache` how long its output may serve other runs ("1d").

    Raises CapabilityError where a hint is missing or has no JSON form, for `*args`, `**kwargs` and
    positional-only parameters, and where the contract of a given capability isn't kept.
    """
    # Types defined beside the function, inside another function, are visible nowhere else.
    frame = inspect.currentframe()
    scope = dict(frame.f_back.f_locals) if frame and frame.f_back else {}

    def decorate(function: Callable[..., Any]) -> FunctionAgent[..., Any]:
        signature = Signature.from_function(function, name, output or _only_output(capability), scope)
        offered = contract(
            signature.name,
            capability,
            signature.inputs.schema,
            signature.output.schema,
            description=description or signature.description,
            policy={
                "effect": effect,
                "main_output": main_output,
                "version": version,
                "max_retries": max_retries,
                "timeout_seconds": timeout_seconds,
                "cache": cache,
            },
            made_by=agent,
        )
        where = None if isolation is None else _isolation(offered.name, isolation)
        return FunctionAgent(function, signature, offered, isolation=where, terms=terms, demand=demand)

    return decorate if function is None else decorate(function)


async def _awaited(result: Awaitable[Any]) -> Any:
    return await result


def _suiting(function: Callable[..., Any]) -> Isolation:
    return Isolation.LOOP if inspect.iscoroutinefunction(function) else Isolation.THREAD


def _only_output(capability: Capability | str | None) -> str:
    """What a bare result is called: what the given capability calls it, else the default name."""
    return (capability.main_output if isinstance(capability, Capability) else "") or "result"


def _isolation(name: str, isolation: Isolation | str) -> Isolation:
    try:
        return Isolation(isolation)
    except ValueError:
        known = ", ".join(Isolation)
        raise CapabilityError(name, f"its isolation {isolation!r} is unknown; use one of {known}") from None
