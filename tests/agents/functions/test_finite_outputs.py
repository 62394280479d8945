"""NaN and infinity inside `Any` are refused like anywhere else, and a group of errors is told with what is in
it (issue 12, D6)."""

from __future__ import annotations

import math
from typing import Any

import pytest
from pydantic import BaseModel

import callsheet


class _Report(BaseModel):
    figures: dict[str, Any]


async def _run(agent: Any) -> callsheet.RunResult:
    steps = [{"id": "one", "capability": agent.name, "inputs": {"x": 1}, "max_retries": 0}]
    plan = {"goal": "g", "steps": steps, "answer": {"from": "one"}}
    return await callsheet.run(plan=plan, agents=[agent], store=None)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("shape", [lambda n: n, lambda n: [1.0, n], lambda n: {"a": ({"b": n},)}])
async def test_a_number_that_json_cannot_hold_is_refused_inside_any(number: float, shape: Any) -> None:
    """It never becomes null without a word; the message names its place."""

    @callsheet.agent(effect="pure")
    def give(x: int) -> Any:
        """Give it."""
        return shape(number)

    @callsheet.agent(effect="pure")
    def report(x: int) -> _Report:
        """Report it."""
        return _Report(figures={"all": shape(number)})

    for agent in (give, report):
        result = await _run(agent)
        assert result.status == "failed" and result.account is not None
        assert "JSON cannot" in result.account.failure.message


async def test_null_is_still_a_value_of_any() -> None:
    """Only what was no null is refused."""

    @callsheet.agent(effect="pure")
    def give(x: int) -> Any:
        """Give it."""
        return {"a": None, "b": [1.5, None]}

    assert (await _run(give)).answer == {"a": None, "b": [1.5, None]}


async def test_a_group_of_errors_is_told_with_what_is_in_it() -> None:
    """However deep; one that is alone in its groups counts as itself."""

    @callsheet.agent(effect="pure")
    def several(x: int) -> str:
        """Fail in several ways."""
        inner = ExceptionGroup("inner", [OSError("no host"), KeyError("k")])
        raise ExceptionGroup("outer", [ValueError("bad"), inner])

    @callsheet.agent(effect="pure")
    def alone(x: int) -> str:
        """Fail in one way."""
        raise ExceptionGroup("outer", [ExceptionGroup("inner", [callsheet.Permanent("no such order")])])

    told = (await _run(several)).account
    assert told is not None
    assert "ValueError: bad; OSError: no host; KeyError: 'k'" in told.failure.message
    one = (await _run(alone)).account
    assert one is not None
    assert (one.failure.message, one.failure.retryable) == ("no such order", False)
