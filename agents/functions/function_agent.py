"""An agent whose work is a call of a function."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar, overload

from pydantic import JsonValue

from callsheet.agents.agent import Context, Isolation, SoloAgent
from callsheet.agents.contracts.capability import Capability, JsonObject
from callsheet.agents.contracts.errors import TypedObjectError
from callsheet.agents.errors import Permanent
from callsheet.agents.spending.demand import NO_DEMAND, Demand
from callsheet.agents.spending.terms import Terms

from .signature import Signature

P = ParamSpec("P")
Rest = ParamSpec("Rest")
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
        functools.update_wrapper(self, getattr(function, "func", function))
        self.__wrapped__ = function

    def __eq__(self, other: object) -> bool:
        """Whether it is the same contract and the same function, or the same method of the same object."""
        if not isinstance(other, FunctionAgent):
            return NotImplemented
        return self._function == other._function and self._capability == other._capability

    def __hash__(self) -> int:
        return hash((self._name, self._function))

    @property
    def receiver(self) -> object | None:
        """The object whose method it is; None for a function."""
        return getattr(self._function, "__self__", None)

    if TYPE_CHECKING:
        __qualname__: str

        # In a class it is an `AgentMethod`, which type checkers cannot tell from its place.
        @overload
        def __get__(self, instance: None, owner: Any) -> FunctionAgent[P, R]: ...

        @overload
        def __get__(
            self: FunctionAgent[Concatenate[Any, Rest], R], instance: object, owner: Any
        ) -> FunctionAgent[Rest, R]: ...

        def __get__(self, instance: Any, owner: Any) -> Any: ...

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


async def _awaited(result: Awaitable[Any]) -> Any:
    return await result


def _suiting(function: Callable[..., Any]) -> Isolation:
    return Isolation.LOOP if inspect.iscoroutinefunction(function) else Isolation.THREAD
