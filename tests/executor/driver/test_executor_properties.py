"""For every plan and every pace: the executor itself, in virtual time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping

from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from callsheet.agents.agent import Context
from callsheet.agents.errors import Permanent, Retryable
from callsheet.executor.run.events import AttemptStarted, AttemptSucceeded, encode
from callsheet.executor.run.reducer import run_state_of
from callsheet.executor.run.result import RunResult
from callsheet.planner.plan.checked_plan import CheckedPlan
from tests.executor.machine.test_machine_properties import plans
from tests.executor.stage import Actor, Behaviour, Played, play

OUTCOMES = st.sampled_from(["good", "good", "good", "flaky", "broken", "slow", "wrong"])


def acting(outcomes: Mapping[str, str], paces: Mapping[str, int]) -> Behaviour:
    """Agents that end as they are told, after as long as they are told."""

    async def behaviour(inputs: Mapping[str, JsonValue], context: Context) -> JsonValue:
        await asyncio.sleep(paces[context.step])
        match outcomes[context.step]:
            case "broken":
                raise Permanent("broken")
            case "flaky" if context.attempt == 1:
                raise Retryable("flaky", retry_after=3.0)
            case "slow":
                await asyncio.sleep(3600)
            case "wrong":
                return {"no": "value"}
        return context.step

    return behaviour


@settings(max_examples=100, deadline=None)
@given(plans(), st.integers(1, 4), st.data())
def test_every_run_comes_to_an_end_and_tells_the_truth(
    checked: CheckedPlan, most: int, data: st.DataObject
) -> None:
    """For every plan and outcome: the run ends or pauses, the result is what the journal says, limits
    hold, nothing is done twice, and the same again gives the same journal byte for byte."""
    outcomes = {name: data.draw(OUTCOMES) for name in checked.steps}
    paces = {name: data.draw(st.integers(0, 5)) for name in checked.steps}

    def once() -> Played:
        return play(checked, Actor(acting(outcomes, paces)), max_concurrency=most)

    played = once()
    assert played.result.status in ("completed", "failed", "paused")
    assert RunResult.from_state(run_state_of(played.events)) == played.result
    done = Counter((event.step, event.item) for event in played.of(AttemptSucceeded))
    assert set(done.values()) <= {1}
    assert _most_at_once(played) <= most
    assert list(map(encode, once().events)) == list(map(encode, played.events))


def _most_at_once(played: Played) -> int:
    at_once = most = 0
    for event in played.events:
        if isinstance(event, AttemptStarted):
            at_once += 1
        elif type(event).__name__ in (
            "AttemptSucceeded",
            "AttemptFailed",
            "AttemptSurprised",
            "AttemptCancelled",
        ):
            at_once -= 1
        most = max(most, at_once)
    return most
