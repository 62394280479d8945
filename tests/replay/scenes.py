"""Runs that were thought out: each has something of everything that a replay has to do again."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from .drawn import ASKING_BACK
from .story import Day, Story, say_yes
from .world import Document, Mind, Nature, decision, given_by, hands, planned, written


def step(id: str, capability: str, it: Any = None, **more: Any) -> Document:
    """A step as a plan's document has it; what `it` is given is its id where nothing is said."""
    return {"id": id, "capability": capability, "inputs": {"it": id if it is None else it}, **more}


BUSY = planned(
    [
        step("first", "think", max_retries=2),
        step("each", "look", {"from": "[item]"}, for_each={"from": "[1, 1, 2]"}, on_failure="continue"),
        step("asks", "muse", given_by(["first"]), timeout_seconds=4.0),
        step("saves", "save", given_by(["each"]), condition="true", join="done"),
        step("sends", "send", given_by(["asks"]), join="done", on_failure="continue"),
        step("last", "grind", given_by(["saves", "sends"]), join="done", max_retries=1),
    ]
)
NATURE = Nature(["good", "retryable", "good", "consult twice", "good", "permanent", "good"], [0.0, 1.0])


def replanned() -> Story:
    """A plan of a model, revised twice: once it is no decision that the model writes."""
    mended = {"id": "asks", "do": {"think": {"it": "mended"}}}
    turns = [written(BUSY), "nonsense", decision("revise", replace=[mended]), decision("give_up")]
    nature = Nature(["permanent", "good", "good", "runtime", "good"], [1.0, 0.0], [0.0, 1.0])
    return Story(partial(hands, nature), Mind(turns, nature), days=[Day({"approve": say_yes})])


def approved() -> Story:
    """A plan that was given, and somebody who is asked about what cannot be undone."""
    return Story(
        partial(hands, NATURE), Mind(["nonsense"], NATURE), plan=BUSY, days=[Day({"approve": say_yes})]
    )


def asked() -> Story:
    """A goal that leaves something open, a step that wants an approval, and a person who says more."""
    document = planned([*BUSY["steps"][:3], step("wants", "save", "it", approval=True)])
    turns = [ASKING_BACK, written(document), decision("accept"), decision("ask", question="why?")]
    said = [(1.0, "tell"), (2.5, "tell")]
    return Story(
        partial(hands, NATURE),
        Mind(turns, NATURE),
        days=[Day({"max_replans": 3}), Day({"max_replans": 3}, said), Day({"max_replans": 3})],
    )


def interrupted() -> Story:
    """Attempts that take long, and somebody who has enough of it."""
    nature = Nature(["ignore", "resist", "consult for ever", "hesitate"], [1.0])
    steps = [step(f"s{place}", ("think", "muse", "look", "save")[place % 4]) for place in range(6)]
    return Story(
        partial(hands, nature),
        Mind(["nonsense"], nature),
        plan=planned(steps),
        days=[Day(said=[(3.0, "interrupt")])],
    )


def streamed() -> Story:
    """Steps that start while the plan is written: the first try is none, the second has all of it."""
    broken = json.dumps({"steps": json.loads(written(BUSY))["steps"], "answer": {"from": "nobody"}})
    nature = Nature(["good", "retryable", "good"], [0.5, 1.0], [4.0])
    return Story(
        partial(hands, nature),
        Mind([broken, written(BUSY), decision("give_up")], nature, pieces=12),
        begin={"stream": True},
        days=[Day({"approve": say_yes})],
    )


def asked_while_it_was_drafted() -> Story:
    """The draft is halted, and then the model wants to know something."""
    cut = written(BUSY)[: len(written(BUSY)) // 2]
    nature = Nature(["good"], [0.5], [4.0])
    return Story(
        partial(hands, nature),
        Mind([cut, ASKING_BACK, written(BUSY)], nature, pieces=6),
        begin={"stream": True},
        days=[Day({"approve": say_yes}), Day({"approve": say_yes}), Day({"approve": say_yes})],
    )


def too_dear() -> Story:
    """Whatever is written, steps start; and then all of it is more than the budget allows."""
    dear = written(planned([*BUSY["steps"], step("once", "think", max_retries=9)]))
    less = written(planned(BUSY["steps"][:2]))
    nature = Nature(["good", "permanent"], [0.5, 1.5], [2.0])
    options = {"approve": say_yes, "hedge": False}
    return Story(
        partial(hands, nature),
        Mind([dear, less, decision("accept"), decision("give_up")], nature, pieces=5),
        begin={"stream": True},
        days=[Day({**options, "budget": "12 attempts"}), Day(options), Day(options)],
    )


SCENES: dict[str, Callable[[], Story]] = {
    each.__name__.replace("_", " "): each
    for each in (replanned, approved, asked, interrupted, streamed, asked_while_it_was_drafted, too_dear)
}
