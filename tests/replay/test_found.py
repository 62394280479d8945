"""Runs that these tests found to go wrong by themselves: they come to their end now, and replay."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from callsheet.agents.agent import Agent, Context
from callsheet.agents.functions.decorator import agent
from callsheet.agents.models.chat import ask
from callsheet.agents.spending.terms import Terms
from callsheet.executor.clocks.virtual_loop import run_virtually
from callsheet.executor.journal.journal import MemoryJournal
from callsheet.executor.recording.content.recording import Recording
from callsheet.orchestration.orchestrator import Orchestrator

from .exact import require_exact
from .mishaps import question
from .scenes import SCENES, step
from .story import Day, Story, say_yes
from .world import Mind, Nature, decision, hands, planned

LONG = 1e6
"""Seconds in which any of these runs is over, or hangs."""


def ended(story: Story) -> Recording:
    """What comes of it, in the end."""

    async def play() -> None:
        async with asyncio.timeout(LONG):
            await story.play()

    run_virtually(play())
    (summary,) = story.journal.runs()
    return Recording.from_events(story.journal.read_events(summary.run))


@pytest.mark.parametrize("on_failure", ["replan", "continue"])
def test_work_that_is_held_or_given_up_keeps_nobody_waiting(on_failure: str) -> None:
    """Two items want the same result, which may be shared: the first fails, and the second, and a step behind
    it, do not wait for it."""
    items = {"for_each": {"from": "[1, 1, 2]"}, "max_retries": 0, "on_failure": on_failure}
    steps = [step("a", "look", {"from": "item"}, **items), step("b", "look", {"from": "item"}, **items)]
    nature = Nature(["permanent"], [1.0, 2.0])
    mind = Mind([decision("give_up")], nature)
    days = [Day({"fail_fast": False, "max_replans": 3})]
    recording = ended(Story(partial(hands, nature), mind, plan=planned(steps), days=days))
    assert recording.status in ("completed", "failed")
    require_exact(recording)


def test_a_run_that_may_go_on_does_not_rest() -> None:
    """An agent is handed on to other work in the very moment in which nothing else is left to do."""
    many = {"from": "[1, 1, 2]"}
    steps = [
        step("a", "send", {"from": "[item]"}, for_each=many, on_failure="continue"),
        step("b", "muse", {"from": "[item]"}, for_each=many, on_failure="continue", join="done",
             depends_on=["a"], max_retries=0),
    ]  # fmt: skip
    for ends in (["veto"], ["permanent", "veto"], ["surprise without a word", "veto", "good"]):
        nature = Nature(ends)
        terms = [Terms(max_concurrency=2), None]
        days = [Day({"max_concurrency": 4, "approve": say_yes})]
        story = Story(partial(hands, nature, terms), Mind(["nonsense"]), plan=planned(steps), days=days)
        recording = ended(story)
        assert recording.status in ("completed", "failed")
        require_exact(recording)


def test_a_question_about_a_plan_that_is_halted_can_be_answered() -> None:
    """The draft was none that can be carried out, and then the model wanted to know something."""
    recording = ended(SCENES["asked while it was drafted"]())
    assert recording.status == "completed"
    require_exact(recording)


def test_agents_in_threads_ask_the_model() -> None:
    """By the clock on the wall: what they ask is journaled, and asked again without them."""

    @agent(effect="pure", isolation="thread")
    async def muse(it: int, context: Context) -> str:
        """Ask somebody."""
        assert context.model is not None
        return (await ask(context.model, question(context))).text

    team: list[Agent] = [muse]
    journal = MemoryJournal()
    plan = {
        "goal": "g",
        "steps": [{"id": f"s{n}", "capability": "muse", "inputs": {"it": n}} for n in range(3)],
        "answer": {"from": "[s0, s1, s2]"},
    }
    model = Mind(["nonsense"], Nature(["good"]))
    result = asyncio.run(Orchestrator(team, model=model, store=journal).run(plan=plan))
    assert result.status == "completed"
    require_exact(Recording.from_events(journal.read_events(result.run)))
