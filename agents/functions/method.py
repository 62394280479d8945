"""A method as an agent: one for each object that it is taken of."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Generic, ParamSpec, TypeVar, overload

from .function_agent import FunctionAgent

O = TypeVar("O")  # noqa: E741 - the object
P = ParamSpec("P")
R = TypeVar("R")


class AgentMethod(Generic[O, P, R]):
    """What `@agent` makes of a method in a class: taken of an object, `crm.find`, it is that object's agent.

    All of them have one contract, which is made with the class.
    """

    def __init__(self, method: Any, make_agent: Callable[[Callable[P, R]], FunctionAgent[P, R]]) -> None:
        self._method = method
        self._make_agent = make_agent
        self.__doc__ = method.__doc__
        self.__wrapped__ = method

    @overload
    def __get__(self, instance: None, owner: type[O]) -> AgentMethod[O, P, R]: ...

    @overload
    def __get__(self, instance: O, owner: type[O] | None = None) -> FunctionAgent[P, R]: ...

    def __get__(self, instance: O | None, owner: type[O] | None = None) -> Any:
        bound = self._method.__get__(instance, owner)
        return self if bound is self._method else self._make_agent(bound)

    def __call__(self, instance: O, *args: P.args, **kwargs: P.kwargs) -> R:
        result: R = self._method(instance, *args, **kwargs)
        return result


def is_method(function: Callable[..., Any]) -> bool:
    """Whether a function is being defined in the body of a class, to be taken of its objects."""
    if isinstance(function, classmethod):
        return True
    enclosing = getattr(function, "__qualname__", "").rpartition(".")[0]
    if not inspect.isfunction(function) or not enclosing or enclosing.endswith("<locals>"):
        return False
    first = next(iter(inspect.signature(function).parameters.values()), None)
    return first is not None and (first.name == "self" or first.annotation is first.empty)
