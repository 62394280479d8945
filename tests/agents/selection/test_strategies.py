"""Which of several agents is given the work."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.agents.selection.errors import StrategyError
from callsheet.agents.selection.statistics import Figures, Observation
from callsheet.agents.selection.strategies import STRATEGIES, Candidate, Strategy, strategy_named
from callsheet.agents.spending.terms import Terms

EVERY = pytest.mark.parametrize("strategy", STRATEGIES.values(), ids=STRATEGIES)


def figures(attempts: int = 20, *, every: int = 0, seconds: float = 1.0, cost: float = 0.0) -> Figures:
    """Of attempts of which every nth fails."""
    known = Figures()
    for number in range(1, attempts + 1):
        succeeded = not every or number % every != 0
        known = known.after(Observation("agent", "work", 0.0, seconds, succeeded, cost))
    return known


def candidate(name: str, known: Figures | None = None, **others: Any) -> Candidate:
    agent: Any = SimpleNamespace(name=name)
    return Candidate(agent=agent, figures=known, **others)


def choice(strategy: str, *candidates: Candidate) -> str:
    return strategy_named(strategy)(candidates).agent.name


def test_each_takes_what_its_name_says() -> None:
    """Of three agents with one virtue each."""
    crowd = (
        candidate("fast", figures(seconds=1.0, cost=5.0, every=3)),
        candidate("cheap", figures(seconds=9.0, cost=1.0, every=3)),
        candidate("sure", figures(seconds=9.0, cost=5.0)),
    )
    assert choice("fastest", *crowd) == "fast"
    assert choice("cheapest", *crowd) == "cheap"
    assert choice("most_reliable", *crowd) == "sure"


def test_balanced_weighs_time_cost_and_reliability() -> None:
    """Better in one with the rest equal is better; a speed that isn't reliable is none."""
    plain = candidate("plain", figures(seconds=2.0, cost=2.0))
    assert choice("balanced", plain, candidate("quick", figures(seconds=1.0, cost=2.0))) == "quick"
    assert choice("balanced", plain, candidate("cheap", figures(seconds=2.0, cost=1.0))) == "cheap"
    assert choice("balanced", candidate("shaky", figures(every=2, seconds=2.0, cost=2.0)), plain) == "plain"
    assert choice("balanced", candidate("hasty", figures(every=1, seconds=0.1, cost=0.1)), plain) == "plain"


def test_balanced_leaves_work_to_others_when_the_best_is_busy() -> None:
    """Somewhat slower and free is better than somewhat faster with all the work."""
    better, worse = figures(seconds=1.0), figures(seconds=1.5)
    assert choice("balanced", candidate("worse", worse), candidate("better", better)) == "better"
    assert choice("balanced", candidate("worse", worse), candidate("better", better, running=4)) == "worse"


@pytest.mark.parametrize("strategy", ["fastest", "cheapest"])
def test_what_mostly_fails_is_neither_fast_nor_cheap(strategy: str) -> None:
    """Under half the reliability of the best, an agent isn't considered."""
    broken = candidate("broken", figures(every=1, seconds=0.1, cost=0.1))
    assert choice(strategy, broken, candidate("sound", figures(seconds=9.0, cost=9.0))) == "sound"


def test_known_prices_stand_in_for_unknown_costs() -> None:
    """Before its first attempt an agent is thought to take a thousand tokens each way."""
    dear = candidate("dear", terms=Terms(input_price=100.0))
    assert choice("cheapest", dear, candidate("cheap", terms=Terms(price=0.01))) == "cheap"


@pytest.mark.parametrize("strategy", ["balanced", "fastest", "cheapest", "most_reliable"])
def test_an_unknown_agent_is_tried_but_not_flooded(strategy: str) -> None:
    """It gets its chance beside one that does well; while that is under way, the other gets the rest."""
    known = candidate("known", figures(every=50, seconds=2.0, cost=0.0), turn=1)
    assert choice(strategy, known, candidate("new")) == "new"
    busy = (msgspec.structs.replace(known, running=1, turn=2), candidate("new", running=2, turn=3))
    assert choice(strategy, *busy) == "known"


@pytest.mark.parametrize("strategy", ["balanced", "fastest", "most_reliable"])
def test_a_bad_agent_is_left_and_not_banned_for_ever(strategy: str) -> None:
    """While its failures are fresh the good one is taken; days later it has its chance again."""
    bad = figures(every=1, seconds=9.0)
    good = candidate("good", figures(seconds=1.0), turn=9)
    assert choice(strategy, candidate("bad", bad, turn=1), good) == "good"
    forgiven = candidate("bad", bad.aged(bad.latest + 5 * 86_400.0), turn=1)
    assert choice(strategy, forgiven, good) == "bad"


@EVERY
@given(order=st.permutations("abcde"), same=st.sampled_from([None, figures(), figures(every=2, cost=1.0)]))
def test_for_every_order_equal_agents_get_equal_shares(
    strategy: Strategy, order: list[str], same: Figures | None
) -> None:
    """Work that goes on for long, and work that ends at once, spreads evenly however the agents stand."""
    for lasting in (True, False):
        running, turns, given_to = Counter[str](), Counter[str](), Counter[str]()
        for turn in range(1, 26):
            crowd = [candidate(each, same, running=running[each], turn=turns[each]) for each in order]
            chosen = strategy(crowd).agent.name
            turns[chosen] = turn
            given_to[chosen] += 1
            running[chosen] += lasting
        assert set(given_to.values()) == {5}


crowds = st.lists(
    st.builds(
        candidate,
        st.text("abc", min_size=1),
        st.none()
        | st.builds(
            figures,
            st.integers(0, 30),
            every=st.integers(0, 4),
            seconds=st.floats(0, 1e4),
            cost=st.floats(0, 100),
        ),
        running=st.integers(0, 9),
        turn=st.integers(0, 99),
        failures=st.integers(0, 3),
        terms=st.builds(Terms, price=st.floats(0, 10)),
    ),
    min_size=1,
    max_size=6,
)


@EVERY
@given(crowd=crowds)
def test_for_every_crowd_the_same_candidates_give_the_same_choice(
    strategy: Strategy, crowd: list[Candidate]
) -> None:
    """One of them is chosen, and asking again, with equal ones, gives the one in the same place."""
    chosen = strategy(crowd)
    place = next(index for index, each in enumerate(crowd) if each is chosen)
    again = [msgspec.structs.replace(each) for each in crowd]
    assert strategy(again) is again[place]


def test_an_unknown_name_is_refused_with_those_there_are() -> None:
    """A slip is recognised."""
    with pytest.raises(StrategyError, match=r"'fastes'; did you mean 'fastest'\? there are balanced, fast"):
        strategy_named("fastes")
