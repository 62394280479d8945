"""What a run has used of its budget, and models that are asked only as far as it goes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.agents.models.chat import ChatChunk, ChatRequest, Message, Usage, ask
from callsheet.agents.models.errors import ModelUnavailable
from callsheet.agents.spending.budget import Budget, Spending
from callsheet.agents.spending.prices import Prices
from callsheet.agents.spending.terms import Terms
from callsheet.errors import ExitCode
from callsheet.executor.clocks.virtual_loop import VirtualClock, run_virtually
from callsheet.executor.models.budgeted import BudgetedModel, BudgetGate
from callsheet.executor.models.journaled import Caller, JournaledModel
from callsheet.executor.run.errors import BudgetExceeded
from callsheet.executor.run.events import (
    AttemptStarted,
    AttemptSucceeded,
    Event,
    ModelCalled,
    ModelMessage,
    ModelRequest,
    PlanAdopted,
    RunCreated,
    RunPaused,
    RunResumed,
    StepSkipped,
    decode,
    encode,
)
from callsheet.executor.run.spending import ATTEMPT, REVISION, RunSpending, asking_terms, spending_of

PRICES = Prices.from_table({"m": {"input": 1_000_000, "output": 1_000_000}})
"""A dollar a token."""
CREATED = RunCreated(0.0, "r", "a goal", 7)


def called(
    at: float, usage: Usage, *, model: str = "m", attempt: int | None = None, **more: Any
) -> ModelCalled:
    """A call that the journal has."""
    request = ModelRequest((ModelMessage("user", "x" * 40),))
    step = None if attempt is None else "a"
    return ModelCalled(at, at, model, request, usage=usage, step=step, attempt=attempt, **more)


def started(at: float, attempt: int = 1, agent: str = "w") -> AttemptStarted:
    """An attempt at step `a`."""
    return AttemptStarted(at, "a", attempt, agent, "key", 99.0, {})


def folded(*events: Event, budget: str = "none", terms: dict[str, Terms] | None = None) -> RunSpending:
    """The purse after these events."""
    return spending_of((CREATED, *events), Budget.parse(budget), PRICES, terms or {})


# The fold.


def test_a_purse_counts_what_the_journal_tells() -> None:
    """Tokens and money of every call, attempts, plans after the first, and time."""
    spending = folded(
        called(1.0, Usage(30, 10)),
        PlanAdopted(2.0, 1, {"steps": []}),
        started(3.0),
        called(4.0, Usage(5, 1), attempt=1),
        AttemptSucceeded(5.0, "a", 1, {}),
        PlanAdopted(6.0, 2, {"steps": []}),
        started(7.5),
    )
    assert spending.spent() == Spending(
        tokens=46, cost=Decimal(46), seconds=7.5, attempts=2, revisions=1, model_calls=2
    )


def test_time_stands_still_while_nobody_is_at_work() -> None:
    """While the run is paused, and between the death of its process and its being resumed; a clock that
    was set back takes nothing away."""
    spending = folded(
        started(10.0),
        RunResumed(1_000.0, 4),
        started(1_005.0),
        RunPaused(1_006.0, ("a",)),
        StepSkipped(5_000.0, "b", ()),
        RunResumed(6_000.0, 4),
        started(6_001.0),
        started(5_990.0),
        started(5_992.0),
    )
    assert spending.spent().seconds == 10 + 5 + 1 + 1 + 2
    assert spending.spent(now=5_993.5).seconds == 19 + 1.5


def test_a_call_that_nobody_counted_is_estimated() -> None:
    """By the bytes of question and answer; one that was never answered took nothing, one that was broken
    off took its question."""
    assert folded(called(1.0, Usage(), reply="y" * 9)).spent().tokens == 10 + 3
    assert folded(called(1.0, Usage(), error="ModelUnavailable: m: down")).spent().tokens == 0
    assert folded(called(1.0, Usage(), error="CancelledError: ")).spent().tokens == 10
    assert folded(called(1.0, Usage(7, 1), reply="y" * 900)).spent().tokens == 8


def test_an_agent_costs_its_price_and_charges_its_own_tokens() -> None:
    """An attempt costs its agent's price; its calls cost what the agent asks for tokens, if it asks."""
    terms = {"w": Terms(price=0.25), "dear": Terms(input_price=2_000_000, output_price=0)}
    assert folded(started(1.0), called(2.0, Usage(3, 0), attempt=1), terms=terms).spent().cost == Decimal(
        "3.25"
    )
    dear = folded(started(1.0, agent="dear"), called(2.0, Usage(3, 5), attempt=1), terms=terms)
    assert dear.spent().cost == 6


def test_only_agents_that_ask_anything_are_kept() -> None:
    """So that a run of free agents keeps nothing of its attempts."""

    @dataclass
    class Named:
        name: str
        terms: Terms | None = None

    agents: Sequence[Any] = [
        Named("free"),
        Named("busy", Terms(max_concurrency=1)),
        Named("w", Terms(price=1)),
    ]
    assert list(asking_terms(agents)) == ["w"]
    assert folded(started(1.0)).at_work == {}


def test_money_that_nobody_can_count_is_said() -> None:
    """The cost is then without what those models took."""
    spent = folded(called(1.0, Usage(1, 1), model="strange"), called(2.0, Usage(1, 1))).spent()
    assert (spent.cost, spent.unpriced) == (Decimal(2), frozenset({"strange"}))


def test_what_is_left_broken_and_pressing_is_told() -> None:
    """Each in a sentence for people and planners."""
    spending = folded(called(1.0, Usage(80, 3)), started(2.0), budget="100 tokens, 1 attempt, 1 revision")
    assert spending.left() == Budget(tokens=17, attempts=0, revisions=1)
    assert spending.broken() is None
    assert spending.pressure() == (
        "the budget is nearly used up: 83 tokens of 100 tokens; 1 attempt of 1 attempt"
    )
    assert spending.refusal(ATTEMPT) == "1 attempt used or reserved, and the budget allows 1 attempt"
    assert spending.refusal(REVISION) is None
    spending.add_event(called(3.0, Usage(20, 0)))
    assert spending.broken() == "103 tokens used, and the budget allows 100 tokens"


EVENTS = st.lists(
    st.one_of(
        st.builds(
            called,
            st.floats(0, 100),
            st.builds(Usage, st.integers(0, 50), st.integers(0, 50)),
            model=st.sampled_from(["m", "local/x", "strange"]),
            attempt=st.none() | st.integers(1, 3),
        ),
        st.builds(started, st.floats(0, 100), st.integers(1, 3), st.sampled_from(["w", "free"])),
        st.builds(AttemptSucceeded, st.floats(0, 100), st.just("a"), st.integers(1, 3), st.just({})),
        st.builds(RunPaused, st.floats(0, 100), st.just(())),
        st.builds(RunResumed, st.floats(0, 100), st.just(4)),
        st.builds(PlanAdopted, st.floats(0, 100), st.integers(1, 4), st.just({"steps": []})),
    ),
    max_size=20,
)


@given(EVENTS, st.integers(0, 20))
def test_a_purse_folds_to_the_same_from_the_journal(events: list[Event], cut: int) -> None:
    """For every journal: read back, and cut anywhere and gone on with, it is the purse that was lived."""
    terms = {"w": Terms(price=0.5, input_price=3.0)}
    lived = folded(*events, terms=terms)
    assert folded(*(decode(encode(event)) for event in events), terms=terms) == lived
    resumed = folded(*events[:cut], terms=terms)
    for event in events[cut:]:
        resumed.add_event(event)
    assert resumed == lived


@given(EVENTS)
def test_nothing_that_was_used_comes_back(events: list[Event]) -> None:
    """For every journal without revisions taken back: what was spent never becomes less."""
    spending, before = folded(), folded().spent()
    for event in events:
        spending.add_event(event)
        after = spending.spent()
        for name in ("tokens", "cost", "seconds", "attempts", "model_calls"):
            assert getattr(after, name) >= getattr(before, name)
        before = after


# Calls in flight.


@dataclass
class Model:
    """Takes as long for each answer as it is told, and as many tokens, whatever was asked."""

    takes: list[tuple[float, Usage | None]] = field(default_factory=list[tuple[float, Usage | None]])
    name: str = "m"
    context_tokens: int = 1_000
    asked: int = 0

    async def stream(self, request: ChatRequest) -> AsyncIterator[ChatChunk]:
        """Answer."""
        seconds, usage = self.takes[self.asked % len(self.takes)]
        self.asked += 1
        await asyncio.sleep(seconds)
        yield ChatChunk("answer")
        yield ChatChunk(usage=usage, finish_reason="stop")


def request(question: int, most: int) -> ChatRequest:
    """A question of so many tokens, by its bytes, for an answer of at most so many."""
    return ChatRequest((Message("user", "x" * 4 * question),), max_tokens=most)


def till_of(budget: str, *events: Event, terms: dict[str, Terms] | None = None) -> BudgetGate:
    """A till over the purse of these events."""
    return BudgetGate(folded(*events, budget=budget, terms=terms))


async def test_a_call_is_refused_before_it_is_made() -> None:
    """Where nothing is left, or its question alone goes beyond the limit. The model hears nothing of it."""
    model = Model([(0.0, Usage(60, 40))])
    budgeted = BudgetedModel(model, till_of("100 tokens"))
    with pytest.raises(BudgetExceeded, match="m was not asked: 0 tokens used"):
        await ask(budgeted, request(101, 1))
    await ask(budgeted, request(60, 40))
    with pytest.raises(
        BudgetExceeded, match="100 tokens used or reserved, and the budget allows 100"
    ) as caught:
        await ask(budgeted, request(0, 1))
    assert caught.value.exit_code is ExitCode.BUDGET
    assert model.asked == 1


@pytest.mark.parametrize(
    ("budget", "calls"), [("2 calls", 2), ("$10", 1), ("$11", 2), ("1s", 5), ("none", 5), ("3 attempts", 5)]
)
async def test_every_limit_that_a_call_uses_holds(budget: str, calls: int) -> None:
    """Calls and money as well as tokens; what a call doesn't use, it isn't refused for."""
    model = Model([(0.0, Usage(5, 5))])
    budgeted = BudgetedModel(model, till_of(budget))
    for _ in range(5):
        try:
            await ask(budgeted, request(1, 1))
        except BudgetExceeded:
            break
    assert model.asked == calls


async def test_after_its_time_a_run_asks_nobody() -> None:
    """Also where the call itself would take no time."""
    with pytest.raises(BudgetExceeded, match="5s used or reserved"):
        await ask(BudgetedModel(Model(), till_of("5s", started(5.0))), request(1, 1))


async def test_without_a_price_a_limit_of_money_refuses() -> None:
    """Rather than count nothing; a model that costs nothing, and an agent with a price, may go on."""
    strange = Model([(0.0, Usage(1, 1))], name="strange")
    with pytest.raises(BudgetExceeded, match="nobody knows what strange costs: put its price"):
        await ask(BudgetedModel(strange, till_of("$5")), request(1, 1))
    await ask(BudgetedModel(Model([(0.0, Usage(1, 1))], name="local/x"), till_of("$0")), request(1, 1))
    own = till_of("$5", started(1.0), terms={"w": Terms(input_price=1.0)})
    await ask(BudgetedModel(strange, own, Caller("a", None, 1)), request(1, 1))
    assert strange.asked == 1


def test_what_is_in_flight_is_reserved_until_it_is_known() -> None:
    """While two calls may take everything a third is refused; once they took little it may go on."""

    async def scene() -> None:
        gate = till_of("100 tokens")
        model = BudgetedModel(Model([(1.0, Usage(10, 2))]), gate)
        flights = [asyncio.create_task(ask(model, request(10, 40))) for _ in range(2)]
        await asyncio.sleep(0.5)
        assert gate.spent.tokens == 100
        with pytest.raises(BudgetExceeded):
            await ask(model, request(10, 40))
        await asyncio.gather(*flights)
        assert gate.spent.tokens == 24
        await ask(model, request(10, 40))

    run_virtually(scene())


@pytest.mark.parametrize("ending", ["error", "cancelled"])
def test_a_call_that_broke_off_keeps_no_reservation(ending: str) -> None:
    """One that was not answered is given back; of one that was called off the question is counted."""

    class Broken(Model):
        async def stream(self, request: ChatRequest) -> AsyncIterator[ChatChunk]:
            await asyncio.sleep(1.0)
            raise ModelUnavailable("m", "down")
            yield ChatChunk()

    async def scene() -> None:
        gate = till_of("100 tokens")
        flight = asyncio.create_task(ask(BudgetedModel(Broken(), gate), request(10, 80)))
        await asyncio.sleep(0.5)
        assert gate.spent.tokens == 90
        if ending == "cancelled":
            flight.cancel()
        with pytest.raises((ModelUnavailable, asyncio.CancelledError)):
            await flight
        assert gate.spent.tokens == (10 if ending == "cancelled" else 0)

    run_virtually(scene())


async def test_a_till_goes_on_where_the_journal_ends() -> None:
    """After a run is resumed, what was called before counts."""
    gate = till_of("100 tokens", called(1.0, Usage(95, 5)))
    with pytest.raises(BudgetExceeded):
        await ask(BudgetedModel(Model(), gate), request(1, 1))


CALLS = st.tuples(st.floats(0.0, 3.0), st.none() | st.builds(Usage, st.integers(0, 60), st.integers(0, 60)))


@given(
    st.integers(0, 300),
    st.lists(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 30), CALLS), max_size=8), max_size=5),
)
def test_a_limit_is_exceeded_by_no_more_than_one_call_a_slot(
    limit: int, slots: list[list[tuple[int, int, tuple[float, Usage | None]]]]
) -> None:
    """For every interleaving of calls, by however many at once, of a model that may take more than it was
    allowed: beyond the limit goes at most the latest call of each. What the till counted is what the
    journal's events reduce to."""
    spending = RunSpending(Budget(tokens=limit), PRICES)
    gate = BudgetGate(spending)
    latest = [0] * len(slots)

    async def work(slot: int, calls: list[tuple[int, int, tuple[float, Usage | None]]]) -> None:
        for question, most, takes in calls:
            model = JournaledModel(Model([takes]), enter, VirtualClock())
            try:
                reply = await ask(BudgetedModel(model, gate), request(question, most))
            except BudgetExceeded:
                return
            usage = reply.usage
            counted = usage.input_tokens + usage.output_tokens
            latest[slot] = counted or question + 2  # "answer", by its bytes

    async def enter(event: ModelCalled) -> None:
        spending.add_event(event)

    async def scene() -> None:
        await asyncio.gather(*(work(slot, calls) for slot, calls in enumerate(slots)))

    run_virtually(scene())
    assert spending.called.tokens <= limit + sum(latest)
    assert gate.spent == spending.called + spending.worked + Spending(seconds=spending.seconds)


@given(
    st.integers(1, 300),
    st.lists(
        st.lists(st.tuples(st.integers(0, 20), st.integers(1, 30), st.floats(0, 3)), max_size=8), max_size=5
    ),
)
def test_a_model_that_keeps_to_its_limits_exceeds_the_budget_by_one_call_in_all(
    limit: int, slots: list[list[tuple[int, int, float]]]
) -> None:
    """For every interleaving: because what is in flight is reserved, only the last call that was admitted
    may go beyond, and its question does not."""
    gate = BudgetGate(RunSpending(Budget(tokens=limit), PRICES))
    longest = max((most for calls in slots for _, most, _ in calls), default=0)

    async def work(calls: list[tuple[int, int, float]]) -> None:
        for question, most, seconds in calls:
            model = Model([(seconds, Usage(question, most))])
            try:
                await ask(BudgetedModel(model, gate), request(question, most))
            except BudgetExceeded:
                return

    async def scene() -> None:
        await asyncio.gather(*map(work, slots))

    run_virtually(scene())
    assert gate.spent.tokens <= limit + longest
