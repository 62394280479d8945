"""The bounds of a plan before it runs."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from callsheet.agents.agent import Context, Isolation
from callsheet.agents.contracts.capability import Capability, Effect, JsonObject
from callsheet.agents.registry import Registry
from callsheet.agents.selection.statistics import Figures, Observation
from callsheet.agents.spending.budget import Budget, Spending
from callsheet.agents.spending.demand import NO_DEMAND, Demand
from callsheet.agents.spending.errors import TermsError
from callsheet.agents.spending.prices import Prices
from callsheet.agents.spending.terms import Terms
from callsheet.executor.driver import executor
from callsheet.planner.check import step_bounds
from callsheet.planner.check.bounds import Bounds, Conditions, bounds
from callsheet.planner.check.checker import check
from callsheet.planner.plan.checked_plan import CheckedPlan

OBJECT: JsonObject = {"type": "object", "properties": {"value": {}}, "required": ["value"]}
PRICES = Prices.from_table({"m": {"input": 1, "output": 10}})


def capability(name: str, effect: Effect = Effect.PURE) -> Capability:
    """One that takes whatever `text` it is given."""
    return Capability(
        name=name,
        description=name,
        input_schema={"type": "object", "properties": {"text": {}}},
        output_schema=OBJECT,
        effect=effect,
        max_retries=2,
        timeout_seconds=10.0,
    )


@dataclass
class Worker:
    """An agent that is only looked at."""

    name: str
    offers: Sequence[Capability]
    demand: Any = NO_DEMAND
    terms: Terms | None = None
    isolation: Isolation = Isolation.LOOP

    @property
    def capabilities(self) -> Sequence[Capability]:
        """What it offers."""
        return self.offers

    async def perform(self, capability: str, inputs: Mapping[str, JsonValue], context: Context) -> JsonObject:
        """It is never called."""
        raise NotImplementedError


WORK = capability("work")


def conditions(*workers: Worker, **options: Any) -> Conditions:
    """With these agents, or one who asks for nothing."""
    return Conditions(Registry(workers or (Worker("worker", [WORK]),)), grace_seconds=0.0, **options)


def plan(*steps: Mapping[str, Any], catalog: Sequence[Capability] = (WORK,)) -> CheckedPlan:
    """A checked plan of these steps, whose capability is `work` unless they say otherwise."""
    written = [{"capability": "work", **step} for step in steps]
    return check({"goal": "g", "steps": written, "answer": {"from": written[0]["id"]}}, catalog).require()


def known(agent: str, *seconds: float) -> Mapping[tuple[str, str], Figures]:
    """Figures of an agent that took that long each time."""
    figures = Figures()
    for each in seconds:
        figures = figures.after(Observation(agent, "work", 1e9, each, True))
    return {(agent, "work"): figures}


# Attempts.


def test_attempts_are_first_tries_and_retries_of_each_item() -> None:
    """Literal lists are counted, whichever way they are written."""
    found = bounds(
        plan(
            {"id": "a"},
            {"id": "b", "max_retries": 0, "for_each": [1, 2, 3]},
            {"id": "c", "max_retries": 1, "for_each": {"from": "[a, a.value] + [1]"}},
            {"id": "d", "max_retries": 0, "for_each": {"from": "[x for x in b if x]"}},
            {"id": "e", "for_each": []},
            {"id": "f", "max_retries": 0, "for_each": {"from": "default([a], [1, 2, 3, 4])"}},
        ),
        conditions(),
    )
    assert {name: step.items for name, step in found.steps.items()} == {
        "a": 1,
        "b": 3,
        "c": 3,
        "d": 3,
        "e": 0,
        "f": 4,
    }
    assert found.known.work.attempts == 3 + 3 + 3 * 2 + 3 + 0 + 4
    assert (found.known, found.unsized) == (found.assumed, ())


def test_a_list_that_only_the_run_will_tell_counts_as_one_item_and_as_many() -> None:
    """And a step over its results is as long as it is."""
    found = bounds(
        plan({"id": "a"}, {"id": "b", "for_each": {"from": "a"}}, {"id": "c", "for_each": {"from": "b"}}),
        conditions(max_items=7),
    )
    assert found.unsized == ("b", "c")
    assert (found.known.work.attempts, found.assumed.work.attempts) == (9, 3 + 2 * 7 * 3)
    assert found.steps["b"].work.attempts == 3


def test_what_may_be_hedged_may_take_twice_the_attempts() -> None:
    """Where there are two who could, and doing it twice does no harm."""
    write = capability("write", Effect.WRITE)
    pair = [Worker(name, [WORK, write]) for name in ("one", "other")]
    steps = plan({"id": "a"}, {"id": "b", "capability": "write"}, catalog=[WORK, write])
    assert bounds(steps, conditions(*pair)).known.work.attempts == 6
    assert bounds(steps, conditions(*pair, hedge=True)).known.work.attempts == 9
    assert bounds(steps, conditions(pair[0], hedge=True)).known.work.attempts == 6


def test_what_is_done_takes_nothing_more() -> None:
    """Its attempts, its time, and its place are over."""
    steps = plan({"id": "a"}, {"id": "b", "depends_on": ["a"]}, {"id": "c", "depends_on": ["b"]})
    found = bounds(steps, conditions(figures=known("worker", 2.0)), done={"a"})
    assert list(found.steps) == ["b", "c"]
    assert (found.known.work.attempts, found.known.expected) == (6, 4.0)


# Tokens and money.


def test_tokens_and_cost_are_those_of_the_dearest_agent() -> None:
    """For every attempt: its price, and what its calls of the model may come to."""
    cheap = Worker("cheap", [WORK], Demand(1, 10, 10))
    dear = Worker("dear", [WORK], Demand(2, 100_000, 1_000_000), Terms(price=0.5))
    found = bounds(plan({"id": "a"}), conditions(cheap, dear, model="m", prices=PRICES))
    work = found.known.work
    assert (work.model_calls, work.tokens, work.cost) == (6, 3_300_000, 3 * (Decimal("0.5") + 1 + 1))
    assert found.unknown.keys() == {"seconds"}


def test_without_a_model_nothing_is_asked() -> None:
    """Then an attempt costs its price and no more, whatever it would have asked for."""
    worker = Worker("w", [WORK], None, Terms(price=2.0, input_price=9.0))
    found = bounds(plan({"id": "a"}), conditions(worker))
    assert (found.known.work.tokens, found.known.work.cost) == (0, Decimal(6))
    assert "tokens" not in found.unknown


@pytest.mark.parametrize(
    ("demand", "model", "unknown"),
    [
        (NO_DEMAND, "unpriced", set[str]()),
        (Demand(1, 5, 5), "m", set[str]()),
        (Demand(1, 5, 5), "unpriced", {"cost"}),
        (Demand(1, 5), "m", {"tokens", "cost"}),
        (Demand(1, 5), "local/x", {"tokens"}),
        (None, "m", {"model_calls", "tokens", "cost"}),
        (None, "local/x", {"model_calls", "tokens"}),
    ],
)
def test_steps_of_which_something_is_not_known_are_named(demand: Any, model: str, unknown: set[str]) -> None:
    """What is unknown is not made up; and where tokens cost nothing, the cost is known without them."""
    found = bounds(plan({"id": "a"}), conditions(Worker("w", [WORK], demand), model=model, prices=PRICES))
    assert {name for name, steps in found.unknown.items() if steps == ("a",)} - {"seconds"} == unknown


def test_a_step_that_nobody_offers_is_unknown_but_for_its_attempts() -> None:
    """A plan from a file may name work for which there is no agent here."""
    other = Worker("w", [capability("other")])
    found = bounds(plan({"id": "a"}), conditions(other, model="m"))
    assert found.known.work.attempts == 3
    assert found.unknown.keys() == {"model_calls", "tokens", "cost", "seconds"}


def test_a_demand_that_is_none_is_refused() -> None:
    """The error says what it must be."""
    with pytest.raises(TermsError, match="a Demand, or None"):
        bounds(plan({"id": "a"}), conditions(Worker("w", [WORK], 5), model="m"))


# Time.


def test_the_expected_time_is_the_critical_path_by_the_agents_figures() -> None:
    """Steps side by side take as long as the slowest; whoever is not known is named."""
    steps = plan(
        {"id": "a"},
        {"id": "b", "depends_on": ["a"]},
        {"id": "c", "depends_on": ["a"], "capability": "strange"},
        catalog=[WORK, capability("strange")],
    )
    agents = Worker("worker", [WORK]), Worker("stranger", [capability("strange")])
    found = bounds(steps, conditions(*agents, figures=known("worker", 2.0, 2.0)))
    assert found.known.expected == 4.0
    assert found.unknown["seconds"] == ("c",)


def test_the_expected_time_counts_whom_it_knows_by_their_successes() -> None:
    """One lucky attempt of an agent does not weigh as much as another's habit."""
    pair = Worker("one", [WORK]), Worker("other", [WORK])
    figures = {**known("one", *[1.0] * 9), **known("other", 100.0)}
    expected = bounds(plan({"id": "a"}), conditions(*pair, figures=figures)).known.expected
    assert 1.0 < expected < 50.0


def test_the_longest_time_has_every_attempt_run_into_its_limit() -> None:
    """With the waits between attempts, and no longer than the step as a whole may take."""
    steps = plan({"id": "a"}, {"id": "b", "depends_on": ["a"], "total_timeout_seconds": 12.0})
    assert bounds(steps, conditions()).known.longest == (3 * 10 + 1 + 2) + 12


def test_the_grace_is_that_of_the_executor() -> None:
    """It stands in two folders, because one may not import the other."""
    assert step_bounds.GRACE_SECONDS == executor.GRACE_SECONDS


# Admission.


def test_a_plan_over_budget_is_told_why() -> None:
    """A sentence for each limit; what was spent before counts; what is within its limit is not spoken of."""
    found = bounds(plan({"id": "a"}, {"id": "b"}), conditions())
    assert found.exceeds(Budget(attempts=6)) == ()
    (sentence,) = found.exceeds(Budget(attempts=6, tokens=5), Spending(attempts=1, tokens=9))
    assert sentence == (
        "the plan may take 6 attempts, and the budget allows 6 attempts in all, 1 attempt of which gone "
        "already; plan fewer steps, or fewer retries"
    )


def test_an_assumed_number_of_items_refuses_no_plan() -> None:
    """The limit holds while it runs as well; what the plan itself says is held against it before."""
    found = bounds(plan({"id": "a"}, {"id": "b", "for_each": {"from": "a"}}), conditions())
    assert found.assumed.work.attempts > 100
    assert found.exceeds(Budget(attempts=6)) == ()
    assert found.exceeds(Budget(attempts=5))


def test_time_is_admitted_by_what_is_usual() -> None:
    """Time limits of attempts say nothing about how long they take."""
    found = bounds(plan({"id": "a"}), conditions(figures=known("worker", 4.0)))
    assert found.known.longest > 5 and found.exceeds(Budget(seconds=5.0)) == ()
    assert found.exceeds(Budget(seconds=3.0))


# For every plan.


@dataclass(frozen=True)
class Shape:
    """A plan, and what was put into it."""

    checked: CheckedPlan
    items: Mapping[str, int]


@st.composite
def shapes(draw: st.DrawFn) -> Shape:
    """A DAG of up to six steps, written in any order, some over a list."""
    steps: list[dict[str, Any]] = []
    items: dict[str, int] = {}
    for at in range(draw(st.integers(1, 6))):
        name = f"s{at}"
        before = list(items)
        step: dict[str, Any] = {
            "id": name,
            "max_retries": draw(st.integers(0, 3)),
            "depends_on": draw(st.lists(st.sampled_from(before), unique=True)) if before else [],
        }
        count = draw(st.none() | st.integers(0, 3))
        items[name] = 1 if count is None else count
        steps.append(step if count is None else {**step, "for_each": list(range(count))})
    return Shape(plan(*draw(st.permutations(steps))), items)


def play(shape: Shape, most: int | None, seconds: Mapping[tuple[str, int], float]) -> tuple[float, int]:
    """Carry the plan out greedily, each item taking so long; when it is over, and how much was under way
    at once."""
    left = {name: set(step.dependencies) for name, step in shape.checked.steps.items()}
    unfinished = dict(shape.items)
    ready: list[tuple[str, int]] = []
    running: list[tuple[float, tuple[str, int]]] = []
    now, widest = 0.0, 0

    def end(name: str) -> None:
        for other in list(left):
            left[other].discard(name)
        admit()

    def admit() -> None:
        # One without items ends at once, and admits others meanwhile.
        for name in [name for name, waits in left.items() if not waits]:
            if name not in left:
                continue
            del left[name]
            if shape.items[name]:
                ready.extend((name, item) for item in range(shape.items[name]))
            else:
                end(name)

    admit()
    while ready or running:
        while ready and (most is None or len(running) < most):
            work = ready.pop(0)
            heapq.heappush(running, (now + seconds[work], work))
        widest = max(widest, len(running))
        now, (name, _) = heapq.heappop(running)
        unfinished[name] -= 1
        if not unfinished[name]:
            end(name)
    assert not left
    return now, widest


@given(shapes(), st.none() | st.integers(1, 3), st.data())
def test_no_run_takes_longer_or_is_wider_than_its_bounds(
    shape: Shape, most: int | None, data: st.DataObject
) -> None:
    """For every plan, whatever each item takes within its limits and however few places there are."""
    found = bounds(shape.checked, conditions(max_concurrency=most))
    seconds = {
        (name, item): data.draw(st.floats(0, found.steps[name].longest))
        for name, count in shape.items.items()
        for item in range(count)
    }
    took, widest = play(shape, most, seconds)
    assert took <= found.known.longest * (1 + 1e-9)
    assert widest <= found.known.width


@given(shapes(), st.none() | st.integers(1, 3))
def test_no_run_is_faster_than_is_expected(shape: Shape, most: int | None) -> None:
    """For every plan whose items all take as long as usual; and with places enough it is just as fast."""
    found = bounds(shape.checked, conditions(max_concurrency=most, figures=known("worker", 2.0)))
    took, _ = play(shape, most, {(name, item): 2.0 for name, n in shape.items.items() for item in range(n)})
    assert took >= found.known.expected * (1 - 1e-9)
    if most is None:
        assert took == pytest.approx(found.known.expected)


@given(shapes())
def test_attempts_are_what_a_run_takes_in_which_everything_fails_to_the_last(shape: Shape) -> None:
    """For every plan: counted one by one, they are exactly those of the bounds."""
    attempts = 0
    for name, step in shape.checked.steps.items():
        for _ in range(shape.items[name]):
            attempts += 1 + step.max_retries
    assert bounds(shape.checked, conditions()).known.work.attempts == attempts


@given(shapes())
def test_the_width_is_not_less_than_any_set_of_steps_that_do_not_wait_for_each_other(shape: Shape) -> None:
    """For every plan: by trying them all."""
    after = {name: ancestors(shape.checked, name) for name in shape.checked.steps}
    widest = max(
        sum(shape.items[name] for name in group)
        for size in range(1, len(after) + 1)
        for group in combinations(after, size)
        if not any(one in after[other] for one in group for other in group)
    )
    found = bounds(shape.checked, conditions()).known.width
    assert widest <= found <= sum(shape.items.values())


def ancestors(checked: CheckedPlan, name: str) -> set[str]:
    """All the steps that it waits for."""
    found: set[str] = set()
    for each in checked.steps[name].dependencies:
        found |= {each} | ancestors(checked, each)
    return found


@given(shapes(), st.integers(0, 60))
def test_a_plan_is_refused_exactly_where_its_attempts_are_more_than_allowed(shape: Shape, most: int) -> None:
    """For every plan and limit."""
    found = bounds(shape.checked, conditions())
    assert bool(found.exceeds(Budget(attempts=most))) == (found.known.work.attempts > most)


def count_work(size: int) -> int:
    """How many attempts of a chain of `size` steps are looked at, by the calls of a counting mapping."""
    looked = 0

    class Counting(dict[str, Any]):
        def __getitem__(self, key: str) -> Any:
            nonlocal looked
            looked += 1
            return super().__getitem__(key)

    steps = [{"id": f"s{at}", "depends_on": [f"s{at - 1}"] if at else []} for at in range(size)]
    checked = plan(*steps)
    found = bounds(replace(checked, steps=Counting(checked.steps)), conditions())
    assert isinstance(found, Bounds) and found.known.width == 1
    return looked


def test_the_work_grows_with_the_plan_and_no_faster() -> None:
    """Each step is looked at as often in a long plan as in a short one."""
    assert count_work(400) == 10 * count_work(40)
