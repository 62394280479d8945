"""A failure or a surprise, as the journal keeps it: enough to act on, and enough to explain."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec


class FailureKind(StrEnum):
    """What sort of failure it was."""

    ERROR = "error"
    """The agent said so, or raised."""
    TIMEOUT = "timeout"
    """An attempt took longer than its step allows."""
    INVALID_OUTPUT = "invalid_output"
    """What the agent returned is no JSON, too large, or not what its capability promises."""
    INVALID_INPUT = "invalid_input"
    """The inputs, once their expressions were evaluated, are not what the capability takes."""
    SURPRISE = "surprise"
    """The work was done, or could be, and the world is not as the plan assumed."""
    NO_AGENT = "no_agent"
    """No agent provides the capability any more."""
    LOST = "lost"
    """Its process ended during the work, again and again."""
    DOUBT = "doubt"
    """Its outcome was unknown, and a person said that it was not done."""
    DENIED = "denied"
    """The step's approval was denied."""
    TIME_LIMIT = "time_limit"
    """The run used up its time."""
    PLANNING = "planning"
    """No plan could be made."""
    BUDGET = "budget"
    """What would have to be done is more than the budget allows."""
    STUCK = "stuck"
    """After the plan was revised, the same work failed again in the same way."""
    GIVEN_UP = "given_up"
    """The planner saw no way to the goal."""


class Failure(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why an attempt, a step or a run did not do what it was to do.

    `message` is one sentence or more for people. `retryable`: trying again can help; `retry_after`
    is how many seconds the other side asked to wait. `agent_at_fault`: another agent might do
    better. For a broken `expectation`, that is its text; `values` are the values that stood in
    it, or in the expression that had no value, long ones shortened. `exception` is the type that
    was raised, where one was. `abandoned`: the attempt was told to stop, ignored it, and may
    still be running. `in_doubt`: the work cannot be taken back, and may have been done. `from_inputs`: by its
    type the exception comes from what the agent was given, and says nothing about other work. `place` is the
    line of the user's code that raised last, `my_agents.py:12, in fetch`; recordings leave it out, so that an
    edited line is no drift.
    """

    kind: FailureKind
    message: str
    retryable: bool = False
    retry_after: float | None = None
    agent_at_fault: bool = False
    expectation: str | None = None
    values: dict[str, Any] = {}
    exception: str | None = None
    abandoned: bool = False
    in_doubt: bool = False
    from_inputs: bool = False
    place: str = ""

    @property
    def told(self) -> str:
        """The message, and the place in the user's code if there is one."""
        return f"{self.message} ({self.place})" if self.place else self.message


class Account(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a run failed: the step that brought it down, if one did, after how many attempts, and how."""

    failure: Failure
    step: str | None = None
    item: int | None = None
    attempts: int = 0

    def describe(self) -> str:
        """One sentence or two, for people."""
        if self.step is None:
            return self.failure.told
        place = f"step {self.step!r}" if self.item is None else f"step {self.step!r}, item {self.item}"
        tries = f" after {self.attempts} attempts" if self.attempts > 1 else ""
        # The message itself is in journals and recordings, and stays as it is.
        more = _more_time(self.failure) if self.failure.kind is FailureKind.TIMEOUT else ""
        return f"{place} failed{tries}: {self.failure.told}{more}"


def _more_time(failure: Failure) -> str:
    """What to do if the work was right to take so long."""
    if failure.agent_at_fault:
        return "; if it needs more, set `timeout_seconds` of the agent, or of the step in the plan"
    return "; if it needs more, set `total_timeout_seconds` of the step"
