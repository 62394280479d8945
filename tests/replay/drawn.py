"""What is drawn: plans, natures, what a model says, what people do, and how a run is carried out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any

from hypothesis import strategies as st

from callsheet.agents.models.errors import ModelUnavailable
from callsheet.agents.spending.prices import Price, Prices
from callsheet.agents.spending.terms import Terms

from .mishaps import DOINGS, ERRORS, OUTPUTS
from .story import Day, Story, decline, fine, never_say, say_no_slowly, say_nothing, say_yes, think_about_it
from .world import NAMES, Document, Mind, Nature, decision, given_by, hands, planned, value, written

ENDS = st.lists(st.sampled_from(["good"] * 12 + [*ERRORS, *OUTPUTS, *DOINGS]), min_size=1, max_size=12)
PACES = st.lists(st.sampled_from([0.0, 0.0, 1.0, 1.0, 2.5, 7.0]), min_size=1, max_size=4)
THINKING = st.lists(st.sampled_from([0.0, 0.0, 1.0, 20.0]), min_size=1, max_size=3)
NATURES = st.builds(Nature, ENDS, PACES, THINKING)
TERMS = st.lists(
    st.sampled_from(
        [
            None,
            None,
            Terms(max_concurrency=1),
            Terms(max_concurrency=2, price=0.25),
            Terms(requests_per_minute=2),
            Terms(input_price=3.0, output_price=9.0, tokens_per_minute=200),
        ]
    ),
    min_size=1,
    max_size=2,
)
BUDGETS = st.sampled_from(
    [None] * 8
    + ["none", "30 attempts", "5 attempts", "20k tokens", "3k tokens", "$1", "12 calls", "60s", "10s"]
    + ["1 revisions", "$1, 100 attempts"]
)
LATER_BUDGETS = st.sampled_from([None] * 5 + ["none", "40 attempts", "5k tokens", "$1"])
PRICES = st.sampled_from([None, Prices({"mind": Price(Decimal(3), Decimal(12), Decimal("0.3"))})])
# Not to the second, where the model answers: what comes first then, nobody can tell.
TIME_LIMITS = st.sampled_from([None, None, None, 20.3])
APPROVE = st.sampled_from([None, say_yes, say_no_slowly, say_nothing, never_say])
REVIEWS = st.sampled_from([None, None, fine, think_about_it, decline])
THINGS_SAID = (
    *("tell", "answer", "approve", "kim approves", "kim denies", "deny"),
    *("pause", "cancel", "interrupt", "interrupt twice"),
)
SAID = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.5, 1.0, 2.5, 4.0, 9.0, 21.0]),
        st.sampled_from([*THINGS_SAID, "tell", "pause"]),
    ),
    max_size=3,
)


@st.composite
def documents(draw: st.DrawFn, most: int = 6, names: Sequence[str] = NAMES) -> Document:
    """A plan with every kind of flow, over data and order."""
    steps: list[Document] = []
    for place in range(draw(st.integers(1, most))):
        before = [each["id"] for each in steps]
        of = draw(st.lists(st.sampled_from(before), unique=True, max_size=2)) if before else []
        after = draw(st.lists(st.sampled_from(before), unique=True, max_size=1)) if before else []
        it = given_by(of) if of else draw(st.sampled_from(["red", "green", "blue"]))
        step: Document = {"id": f"s{place}", "capability": draw(st.sampled_from(names)), "inputs": {"it": it}}
        if after:
            step["depends_on"] = after
        step |= draw(_flow(of))
        if draw(st.integers(0, 3)) == 3:
            step["for_each"] = {"from": f"[{', '.join(['1', *map(value, of), '1', '2'])}]"}
            step["inputs"]["it"] = {"from": "[item]"}
        steps.append(step)
    return planned(steps)


@st.composite
def _flow(draw: st.DrawFn, of: Sequence[str]) -> Document:
    conditions = ["true", "false", *(f"str({value(each)}) != '1'" for each in of)]
    choices: list[list[Document]] = [
        [{}] * 4 + [{"condition": each} for each in conditions],
        [{}, {}, {}, {"expect": ["output.value != 0"]}],
        [{}, {"on_failure": "continue"}, {"on_failure": "replan"}],
        [{}, {}, {"join": "any"}, {"join": "done"}],
        [{}, {}, {}, {}, {"approval": True}],
        [{}, {"max_retries": 0}, {"max_retries": 1}, {"max_retries": 3}],
        [{}, {}, {}, {"timeout_seconds": 4.0}],
        [{}, {}, {}, {"total_timeout_seconds": 5.0}],
    ]
    flow: Document = {}
    for each in choices:
        flow |= draw(st.sampled_from(each))
    return flow


@st.composite
def decisions(draw: st.DrawFn, document: Document) -> str | BaseException:
    """Something that a model says about a run in trouble."""
    steps = document["steps"]
    match draw(st.sampled_from(["revise"] * 5 + ["accept", "give_up", "ask", "nonsense", "fail"])):
        case ("accept" | "give_up") as kind:
            return decision(kind)
        case "ask":
            return decision("ask", question="what now?")
        case "nonsense":
            return draw(st.sampled_from(["nonsense", "{}", '{"decision": "revise"}']))
        case "fail":
            return draw(st.sampled_from([ModelUnavailable("mind", "busy"), RuntimeError("the model broke")]))
        case _:
            old = steps[draw(st.integers(0, len(steps) - 1))]["id"]
            fresh = f"n{draw(st.integers(0, 99))}"
            mended = {"id": old, "do": {draw(st.sampled_from(NAMES)): {"it": "mended"}}}
            added = {"id": fresh, "do": {draw(st.sampled_from(NAMES)): {"it": "more"}}}
            parts: list[Document] = [
                {"replace": [mended]},
                {"replace": [mended]},
                {"replace": [mended], "add": [added]},
                {"remove": [old], "add": [added], "answer": f"{{{fresh}}}"},
                {"remove": [old]},
            ]
            return decision("revise", **draw(st.sampled_from(parts)))


ASKING_BACK = json.dumps({"steps": [], "answer": {"ask": "Which?"}})


@st.composite
def answers(draw: st.DrawFn, document: Document) -> str | BaseException:
    """What a model writes for a plan: not always one."""
    good = written(document)
    steps = document["steps"]
    match draw(st.sampled_from(["good"] * 4 + ["bad", "twice", "broken", "cut", "ask", "nonsense", "fail"])):
        case "bad":
            return written({**document, "steps": [*steps, {**steps[0], "id": "bad", "capability": "nobody"}]})
        case "twice":
            return written({**document, "steps": [*steps, steps[0]]})
        case "broken":
            return good[:-3]
        case "cut":
            return good[: len(good) // 2]
        case "ask":
            return ASKING_BACK
        case "nonsense":
            return "nonsense"
        case "fail":
            return ModelUnavailable("mind", "busy")
        case _:
            return good


@st.composite
def options(draw: st.DrawFn) -> dict[str, Any]:
    """With what a run is carried out, of that which may change when somebody else goes on with it."""
    return {
        "max_concurrency": draw(st.sampled_from([1, 2, 4, 16])),
        "max_replans": draw(st.sampled_from([None, 0, 1, 5])),
        "approve": draw(APPROVE),
    }


@st.composite
def days(draw: st.DrawFn) -> Day:
    """One process more."""
    dies_after = draw(st.sampled_from([None, None, *range(1, 25)]))
    gap = draw(st.sampled_from([0.0, 100.0]))
    return Day(draw(options()), draw(SAID), dies_after, draw(LATER_BUDGETS), gap)


@st.composite
def stories(draw: st.DrawFn, *, lives: int = 1, stream: bool = False) -> Story:
    """A run of so many processes at the most, with whatever happens to it."""
    document = draw(documents(most=6 if lives == 1 else 5))
    nature, terms = draw(NATURES), draw(TERMS)
    given = not stream and draw(st.booleans())
    turns = [] if given else [*draw(st.lists(answers(document), max_size=2)), written(document)]
    turns += draw(st.lists(decisions(document), min_size=1, max_size=4))
    budget = draw(BUDGETS)
    started: dict[str, Any] = {
        "fail_fast": draw(st.booleans()),
        # Of a run with a budget nobody knows whether it would have hedged, where it never started.
        "hedge": draw(st.booleans()) if budget is None else False,
        "budget": budget,
        "prices": draw(PRICES),
        "strategy": draw(st.sampled_from(["balanced", "round_robin"])),
    }
    first = Day(started | draw(options()))
    if lives > 1:
        drawn = draw(days())
        first = Day({**started, **drawn.options}, drawn.said, drawn.dies_after, None, drawn.gap)
    more = draw(st.lists(days(), max_size=lives - 1)) if lives > 1 else []
    # What a run is started with, all its processes have: who goes on with it notes no prices, for one.
    more = [replace(each, options={**started, "budget": None, **each.options}) for each in more]
    begin: dict[str, Any] = {"time_limit": draw(TIME_LIMITS)}
    begin |= {"stream": True} if stream else {"review": draw(REVIEWS)}
    return Story(
        partial(hands, nature, terms),
        Mind(turns, nature, pieces=draw(st.sampled_from([1, 3, 10])) if stream else 1),
        plan=document if given else None,
        begin=begin,
        days=[first, *more],
        helps=draw(st.sampled_from([True, True, False])),
        settles=draw(st.sampled_from(["again", "done", "failed"])),
    )
