"""A plain Python function as an agent: its contract is read off its type hints and docstring."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import FrameType
from typing import Any, ParamSpec, TypeVar, overload

from callsheet.agents.agent import Isolation
from callsheet.agents.contracts.capability import Capability, Effect
from callsheet.agents.contracts.errors import CapabilityError
from callsheet.agents.spending.demand import Demand
from callsheet.agents.spending.terms import Terms

from .declaration import contract
from .function_agent import FunctionAgent
from .method import AgentMethod, is_method
from .signature import Signature, callable_of

P = ParamSpec("P")
R = TypeVar("R")


@overload
def agent(
    function: Callable[P, R],
    /,
    *,
    effect: Effect | str,
    capability: Capability | str | None = None,
    name: str | None = None,
    description: str | None = None,
    output: str | None = None,
    main_output: str = "",
    version: str = "1",
    max_retries: int = 2,
    timeout_seconds: float = 120.0,
    cache: str | float | None = None,
    isolation: Isolation | str | None = None,
    terms: Terms | None = None,
    demand: Demand | None = None,
) -> FunctionAgent[P, R]: ...


@overload
def agent(
    *,
    effect: Effect | str,
    capability: Capability | str | None = None,
    name: str | None = None,
    description: str | None = None,
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


@overload
def agent(
    *,
    capability: Capability,
    name: str | None = None,
    description: str | None = None,
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
    effect: Effect | str | None = None,
    capability: Capability | str | None = None,
    name: str | None = None,
    description: str | None = None,
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
    """Make an agent of a function: `@agent(effect="read")`. On a method in a class it makes one for every
    object: `crm.find` is an agent. `agent(crm.find, effect="read")` is one too, as is one of an object that
    can be called.

    `effect` says what a call does to the world, and so whether it may be repeated, started early, kept, or
    has to be approved: "pure" works with its inputs alone; "read" looks something up; "write" changes
    something, and doing it twice does no harm; "irreversible" changes what cannot be undone. There is no
    default, because a forgotten word would let a deletion run unasked; only a given contract says it already.

    The name is the function's, the description the first paragraph of its docstring. Inputs are its
    parameters with their hints; one with a default may be left out; one annotated `Context` receives the
    attempt's context and is not an input. The fields of a returned model, dataclass or TypedDict are the
    outputs; any other value is one output, called `output` ("result").

    `capability` is what it offers under another name than its own, so that several agents can offer the same:
    a name, or the very contract, which its hints must then keep, and whose wording and policy hold.
    `isolation` says where it runs, `terms` its prices and limits, `demand` what an attempt may ask of the
    run's model at most, `cache` how long its output may serve other runs ("1d").

    Raises CapabilityError, with the line of the code that called it, without an effect, where a hint is
    missing or has no JSON form, for `*args`, `**kwargs` and positional-only parameters, and where the
    contract of a given capability isn't kept.
    """
    caller = inspect.currentframe()
    scope = _scope(caller and caller.f_back)
    policy = {
        "effect": effect,
        "main_output": main_output,
        "version": version,
        "max_retries": max_retries,
        "timeout_seconds": timeout_seconds,
        "cache": cache,
    }

    def decorate(function: Callable[..., Any]) -> Any:
        function = function.__func__ if isinstance(function, staticmethod) else function
        try:
            signature = Signature.from_function(
                function, name, output or _only_output(capability), scope, is_method=is_method(function)
            )
            offered = contract(
                signature.name,
                capability,
                signature.inputs.schema,
                signature.output.schema,
                description=description or signature.description,
                policy=policy,
                made_by=agent,
            )
            where = None if isolation is None else _isolation(offered.name, isolation)
        except CapabilityError as error:
            # Without the frames in between, so that the user's line is the last one but this.
            raise error.at(_users_line(inspect.currentframe())).with_traceback(None) from None

        def make_agent(called: Callable[..., Any]) -> FunctionAgent[..., Any]:
            return FunctionAgent(called, signature, offered, isolation=where, terms=terms, demand=demand)

        return AgentMethod(function, make_agent) if is_method(function) else make_agent(callable_of(function))

    return decorate if function is None else decorate(function)


def _only_output(capability: Capability | str | None) -> str:
    """What a bare result is called: what the given capability calls it, else the default name."""
    return (capability.main_output if isinstance(capability, Capability) else "") or "result"


def _isolation(name: str, isolation: Isolation | str) -> Isolation:
    try:
        return Isolation(isolation)
    except ValueError:
        known = ", ".join(Isolation)
        raise CapabilityError(name, f"its isolation {isolation!r} is unknown; use one of {known}") from None


def _scope(frame: FrameType | None) -> Mapping[str, Any]:
    """The names at the place of the decorator. Types that are defined beside a function, inside another
    function, are visible nowhere else; those around a class, not inside it."""
    if frame is None:
        return {}
    around = _scope(frame.f_back) if "__qualname__" in frame.f_locals else {}
    return {**around, **frame.f_locals}


def _users_line(frame: FrameType | None) -> str:
    """The place at which this file was called: `FILE, line N`."""
    while frame is not None and frame.f_code.co_filename == __file__:
        frame = frame.f_back
    return f"{frame.f_code.co_filename}, line {frame.f_lineno}" if frame else ""
