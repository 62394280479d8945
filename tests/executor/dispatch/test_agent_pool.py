"""The pool of agents: which is free, which rests, and which run is next."""

from __future__ import annotations

import asyncio
import math
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.agents.agent import Isolation, SoloAgent
from callsheet.agents.contracts.capability import Capability
from callsheet.agents.registry import Registry
from callsheet.agents.selection.breaker import AttemptVerdict, BreakerPolicy
from callsheet.agents.selection.errors import StrategyError
from callsheet.agents.selection.statistics import Figures, Observation
from callsheet.agents.selection.strategies import Candidate
from callsheet.agents.spending.terms import Terms
from callsheet.executor.dispatch.agent_pool import AgentPool
from callsheet.executor.dispatch.chooser import Ended, NoAgentAvailable, Request, Wait
from callsheet.executor.dispatch.wait_queue import Waiter

GOOD, BAD, NEUTRAL = AttemptVerdict.GOOD, AttemptVerdict.BAD, AttemptVerdict.NEUTRAL


def capability(name: str = "work") -> Capability:
    schema: dict[str, Any] = {"type": "object", "properties": {"value": {"type": "integer"}}}
    return Capability(name=name, description=name, input_schema=schema, output_schema=schema)


class Worker(SoloAgent):
    """An agent of which only the name, the offers and the terms matter."""

    def __init__(self, name: str, *offers: str, **terms: Any) -> None:
        offered = [capability(each) for each in offers or ["work"]]
        super().__init__(name, offered[0], Isolation.LOOP, Terms(**terms))
        self.offered = offered

    @property
    def capabilities(self) -> list[Capability]:
        return self.offered

    async def perform(self, capability: str, inputs: Any, context: Any) -> Any:
        raise AssertionError("no agent works in the pool")


@dataclass(eq=False)
class Timer:
    """The one timer that a pool sets, at a time that only passes when it is told to."""

    now: float = 0.0
    rings_at: float = math.inf
    callback: Callable[[], None] = lambda: None

    def set(self, seconds: float, callback: Callable[[], None]) -> Any:
        assert self.rings_at == math.inf, "there are two timers"
        self.rings_at, self.callback = self.now + seconds, callback
        return self

    def cancel(self) -> None:
        self.rings_at = math.inf

    def ring(self) -> None:
        """The time comes for which it was set."""
        self.now = self.rings_at
        self.callback()


def pool_of(*workers: Worker, timer: Timer | None = None, **settings: Any) -> AgentPool:
    return AgentPool(Registry(workers), call_later=(timer or Timer()).set, **settings)


def named(answer: Any) -> Any:
    """The name of the agent that was given, or the answer that names none."""
    return answer if isinstance(answer, Wait | NoAgentAvailable) else answer.name


def chosen(pool: AgentPool, now: float = 0.0, offer: str = "work", **others: Any) -> Any:
    return named(pool.choose(Request(offer, now, **others)))


def acquired(pool: AgentPool, now: float = 0.0, offer: str = "work", **others: Any) -> Any:
    return named(pool.acquire(Request(offer, now, **others)))


def fail(pool: AgentPool, name: str, times: int = 5, at: float = 0.0, offer: str = "work") -> None:
    """The agent fails so many times, whoever else is free."""
    others = [each for each in ("a", "b", "c", "d") if each != name]
    for _ in range(times):
        assert acquired(pool, at, offer, exclude=others) == name
        pool.release(name, offer, Ended(at, BAD))


def waiter(called: list[str], name: str, *key: str) -> Waiter:
    """A run that notes that it was woken."""
    return Waiter(key or ("work",), lambda: called.append(name))


def waiters(called: list[str], *names: str) -> list[Waiter]:
    return [waiter(called, name) for name in names]


def test_choosing_changes_nothing() -> None:
    """Only acquiring and releasing count."""
    office = pool_of(Worker("one", max_concurrency=1))
    assert [chosen(office) for _ in range(3)] == ["one"] * 3
    assert acquired(office) == "one"
    assert [chosen(office), acquired(office)] == [Wait(None)] * 2
    office.release("one", "work", Ended(1.0, GOOD))
    assert chosen(office) == "one"


def test_the_strategy_sees_who_is_free_with_figures_and_terms() -> None:
    """Busy agents are no candidates; figures come aged to now, for this capability alone."""
    shown: list[Candidate] = []

    def first(candidates: Sequence[Candidate]) -> Candidate:
        shown.extend(candidates)
        return candidates[0]

    office = pool_of(Worker("a", price=2.0), Worker("b", max_concurrency=1), Worker("c"), strategy=first)
    for name in ("b", "c"):
        assert acquired(office, exclude={"a", "b", "c"} - {name}) == name
    figures = Figures().after(Observation("a", "work", 0.0, 1.0, True))
    office.choose(Request("work", 3600.0, {("a", "work"): figures, ("c", "other"): figures}))
    a, c = shown
    assert (a.agent.name, a.terms.price, a.running, a.turn) == ("a", 2.0, 0, 0)
    assert a.figures is not None
    assert a.figures.weight == pytest.approx(0.5)
    assert (c.agent.name, c.figures, c.running, c.turn) == ("c", None, 1, 2)


def test_a_strategy_that_chooses_a_stranger_is_an_error() -> None:
    """It says whom it may choose."""
    strategy: Any = lambda candidates: None  # noqa: E731
    with pytest.raises(StrategyError, match=r"chose None for 'work'; .* here those of a, b"):
        chosen(pool_of(Worker("a"), Worker("b"), strategy=strategy))
    with pytest.raises(StrategyError, match="no strategy 'best'"):
        pool_of(Worker("a"), strategy="best")


def test_work_spreads_over_equal_agents() -> None:
    """The one that has less to do, then the one that was asked longest ago."""
    office, given_to = pool_of(Worker("a"), Worker("b"), Worker("c")), Counter[str]()
    for _ in range(9):
        given_to[acquired(office)] += 1
    assert given_to == {"a": 3, "b": 3, "c": 3}


def test_an_agent_that_failed_at_this_work_is_passed_over() -> None:
    """Another is taken, and waited for when busy; where there is no other, the same one is asked again."""
    office = pool_of(Worker("a"), Worker("b", max_concurrency=1))
    assert acquired(office, failures={"a": 1}) == "b"
    assert acquired(office, failures={"a": 1}) == Wait(None)
    assert chosen(pool_of(Worker("a")), failures={"a": 3}) == "a"
    assert chosen(pool_of(Worker("a"), Worker("b")), failures={"a": 2, "b": 1}) == "b"


def test_an_agent_in_trouble_is_waited_for_only_a_little() -> None:
    """Five seconds before its breaker half-opens it is worth waiting; before that, the one that failed
    is asked again."""
    office = pool_of(Worker("a"), Worker("b"))
    fail(office, "b")
    assert chosen(office, now=24.0, failures={"a": 1}) == "a"
    assert chosen(office, now=26.0, failures={"a": 1}) == Wait(30.0)
    assert chosen(office, now=30.0, failures={"a": 1}) == "b"


def test_where_every_breaker_is_open_the_first_to_half_open_is_waited_for() -> None:
    """Until then nobody can help; then exactly one attempt may try."""
    office = pool_of(Worker("a"), Worker("b"))
    fail(office, "a", at=0.0)
    fail(office, "b", at=7.0)
    assert chosen(office, now=8.0) == Wait(30.0)
    assert chosen(office, now=8.0, failures={"a": 1, "b": 1}) == Wait(30.0)
    assert acquired(office, now=30.0) == "a"
    assert acquired(office, now=31.0) == Wait(37.0)


def test_a_probe_that_says_nothing_frees_its_place() -> None:
    """Cancelling the one probe must not lock the agent out."""
    office = pool_of(Worker("a"), breaker=BreakerPolicy(threshold=1))
    fail(office, "a", times=1)
    assert acquired(office, now=30.0) == "a"
    assert acquired(office, now=31.0) == Wait(None)
    office.release("a", "work", Ended(31.0, NEUTRAL))
    assert chosen(office, now=31.0) == "a"


def test_retry_after_holds_for_everybody() -> None:
    """What one run was told, all keep to; a shorter one that comes later doesn't shorten it."""
    office = pool_of(Worker("a"))
    assert [acquired(office), acquired(office)] == ["a", "a"]
    office.release("a", "work", Ended(1.0, BAD, retry_after=20.0))
    assert chosen(office, now=2.0) == Wait(21.0)
    office.release("a", "work", Ended(2.0, BAD, retry_after=5.0))
    assert chosen(office, now=8.0) == Wait(21.0)
    assert chosen(office, now=21.0) == "a"


def test_rates_are_kept() -> None:
    """Requests and tokens a minute, over all capabilities of an agent."""
    office = pool_of(Worker("a", "work", "other", requests_per_minute=2, tokens_per_minute=100))
    assert acquired(office) == "a"
    office.release("a", "work", Ended(5.0, GOOD, tokens=100))
    assert chosen(office, now=6.0, offer="other") == Wait(65.0)
    assert acquired(office, now=65.0, offer="other") == "a"
    office.release("a", "other", Ended(66.0, GOOD))
    assert chosen(office, now=66.0) == "a"


def test_a_capability_may_be_limited_whoever_does_it() -> None:
    """Two agents, and one attempt at a time."""
    office = pool_of(Worker("a"), Worker("b"), capability_limits={"work": 1})
    assert acquired(office) == "a"
    assert acquired(office) == Wait(None)
    assert "1 of 1 are running" in office.explain("work", 0.0)


def test_nobody_is_said_with_its_reason() -> None:
    """No agent offers it, or all that do are excluded."""
    unknown = chosen(pool_of(Worker("a")), offer="wrk")
    assert isinstance(unknown, NoAgentAvailable)
    assert "did you mean 'work'" in unknown.message
    excluded = chosen(pool_of(Worker("a"), Worker("b")), exclude={"a", "b"})
    assert excluded == NoAgentAvailable("no other agent provides 'work': `a`: free; `b`: free")
    assert chosen(pool_of(Worker("a"), Worker("b")), exclude={"a"}) == "b"


def test_what_keeps_an_agent_is_explained() -> None:
    """Every reason, with figures."""
    office = pool_of(
        Worker("a", max_concurrency=1), Worker("b", requests_per_minute=1), Worker("c"), Worker("d")
    )
    fail(office, "a")
    fail(office, "d", at=30.0)
    for name in ("a", "b", "c"):
        assert acquired(office, 30.0, exclude={"a", "b", "c", "d"} - {name}) == name
    office.release("c", "work", Ended(30.0, BAD, retry_after=60.0))
    assert office.explain("work", 40.0) == (
        "'work': `a`: being tried once after 5 failures in a row, 1 of 1 running; "
        "`b`: at its limit a minute for 50 s more; "
        "`c`: asked to be left alone for 50 s more; "
        "`d`: breaker open for 20 s more after 5 failures in a row"
    )


def test_a_slot_that_frees_up_wakes_one_run_first_come_first_served() -> None:
    """One of a thousand, and only that one; the next is woken when it has no use for the slot."""
    office, called = pool_of(Worker("a", max_concurrency=1)), list[str]()
    line = waiters(called, *map(str, range(1000)))
    assert acquired(office) == "a"
    assert {acquired(office, waiter=each) for each in line} == {Wait(None)}
    office.leave(line[0], 0.0)
    office.release("a", "work", Ended(1.0, GOOD))
    assert called == ["1"]
    office.leave(line[1], 1.0)
    assert called == ["1", "2"]
    assert acquired(office, 1.0, waiter=line[2]) == "a"
    assert called == ["1", "2"]


def test_who_was_woken_comes_before_a_newcomer() -> None:
    """Otherwise a run that ends an attempt and begins the next would starve those that wait."""
    office, called = pool_of(Worker("a", max_concurrency=1)), list[str]()
    first, newcomer = waiters(called, "first", "newcomer")
    assert acquired(office) == "a"
    assert acquired(office, waiter=first) == Wait(None)
    office.release("a", "work", Ended(1.0, GOOD))
    assert acquired(office, 1.0, waiter=newcomer) == Wait(None)
    assert acquired(office, 1.0) == Wait(None)
    assert acquired(office, 1.0, waiter=first) == "a"
    office.release("a", "work", Ended(2.0, GOOD))
    assert called == ["first", "newcomer"]


def test_one_grant_is_for_one_attempt() -> None:
    """A run that has work for a hundred slots gets the next one after the other runs that wait."""
    office, called = pool_of(Worker("a", max_concurrency=1)), list[str]()
    greedy, modest = waiters(called, "greedy", "modest")
    assert acquired(office) == "a"
    for each in (greedy, modest):
        acquired(office, waiter=each)
    for at, each in enumerate((greedy, modest, greedy, modest)):
        office.release("a", "work", Ended(at, GOOD))
        assert acquired(office, at, waiter=each) == "a"
        assert acquired(office, at, waiter=each) == Wait(None)
    assert called == ["greedy", "modest"] * 2


def test_a_slot_that_frees_up_does_not_wait_for_a_run_that_is_awake() -> None:
    """That run may be writing its journal: as many are awake as slots have become free."""
    office, called = pool_of(Worker("a", max_concurrency=2)), list[str]()
    line = waiters(called, "one", "two", "three")
    assert [acquired(office), acquired(office)] == ["a", "a"]
    for each in line:
        acquired(office, waiter=each)
    office.release("a", "work", Ended(1.0, GOOD))
    office.release("a", "work", Ended(1.0, GOOD))
    assert called == ["one", "two"]
    assert [acquired(office, 1.0, waiter=each) for each in line[:2]] == ["a", "a"]
    assert called == ["one", "two"]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_who_is_woken_for_nothing_keeps_its_place(order: tuple[int, int]) -> None:
    """They try in vain, since their agent began to rest meanwhile, and are woken again in the same order,
    whichever of them tried first."""
    timer, called = Timer(), list[str]()
    office = pool_of(Worker("a", max_concurrency=3), timer=timer)
    line = waiters(called, "1", "2", "3")
    assert [acquired(office) for _ in line] == ["a"] * 3
    for each in line:
        acquired(office, waiter=each)
    for retry_after in (None, None, 10.0):
        office.release("a", "work", Ended(0.0, BAD, retry_after=retry_after))
    assert [acquired(office, waiter=line[at]) for at in order] == [Wait(10.0)] * 2
    assert called == ["1", "2"]
    timer.ring()
    for each in line:
        assert acquired(office, 10.0, waiter=each) == "a"
    assert called == ["1", "2", "1", "2", "3"]


def test_a_run_that_leaves_when_it_was_woken_passes_it_on() -> None:
    """A run that is cancelled between being woken and trying must not take the slot with it."""
    office, called = pool_of(Worker("a", max_concurrency=1)), list[str]()
    gone, following = waiters(called, "gone", "following")
    assert acquired(office) == "a"
    for each in (gone, following):
        acquired(office, waiter=each)
    office.release("a", "work", Ended(1.0, GOOD))
    office.leave(gone, 1.0)
    assert called == ["gone", "following"]


def test_the_work_of_others_does_not_hold_up_a_queue() -> None:
    """Who waits for the other agent, since the first failed at its work, is not in the way of those for whom
    the first will do."""
    office, called = pool_of(Worker("a", max_concurrency=1), Worker("b", max_concurrency=1)), list[str]()
    picky, anybody = waiter(called, "picky", "work", "a"), waiter(called, "anybody")
    assert {acquired(office), acquired(office)} == {"a", "b"}
    assert acquired(office, failures={"a": 1}, waiter=picky) == Wait(None)
    assert acquired(office, waiter=anybody) == Wait(None)
    office.release("a", "work", Ended(1.0, GOOD))
    assert called == ["anybody"]
    office.release("b", "work", Ended(1.0, GOOD))
    assert called == ["anybody", "picky"]


def test_of_several_queues_the_run_that_has_waited_longest_is_woken() -> None:
    """One agent for two capabilities: neither starves the other."""
    office, called = pool_of(Worker("a", "work", "other", max_concurrency=1)), list[str]()
    line = [waiter(called, name, offer) for name, offer in (("1", "other"), ("2", "work"), ("3", "other"))]
    assert acquired(office) == "a"
    for each in line:
        acquired(office, offer=each.key[0], waiter=each)
    running = "work"
    for at, each in enumerate(line):
        office.release("a", running, Ended(at, GOOD))
        assert len(called) == at + 1
        running = each.key[0]
        assert acquired(office, at, running, waiter=each) == "a"
    assert called == ["1", "2", "3"]


def test_a_run_that_leaves_may_make_room_for_several() -> None:
    """Two that do not compete with each other both stood behind the one that was awake."""
    workers = (
        Worker("a", "middle", "left", max_concurrency=1),
        Worker("b", "middle", "right", max_concurrency=1),
    )
    office, called = pool_of(*workers), list[str]()
    left, middle, right = (waiter(called, name, name) for name in ("left", "middle", "right"))
    assert [acquired(office, offer="left"), acquired(office, offer="right")] == ["a", "b"]
    for each in (middle, left):
        assert acquired(office, offer=each.key[0], waiter=each) == Wait(None)
    office.release("a", "left", Ended(1.0, GOOD))
    office.release("b", "right", Ended(1.0, GOOD))
    assert acquired(office, 1.0, "right", waiter=right) == Wait(None)
    assert called == ["middle"]
    office.leave(middle, 1.0)
    assert called == ["middle", "left", "right"]


def test_one_timer_wakes_one_run_when_a_rate_lets_go() -> None:
    """It is set for the time that is known, whichever run ends meanwhile, and for none once none waits."""
    timer, called = Timer(), list[str]()
    office = pool_of(Worker("a", requests_per_minute=1), timer=timer)
    line = waiters(called, "first", "second", "third")
    assert acquired(office) == "a"
    office.release("a", "work", Ended(0.5, GOOD))
    timer.now = 1.0
    assert [acquired(office, 1.0, waiter=each) for each in line] == [Wait(60.0)] * 3
    office.leave(line[0], 2.0)
    assert timer.rings_at == 60.0
    timer.ring()
    assert called == ["second"]
    assert acquired(office, 60.0, waiter=line[1]) == "a"
    assert (called, timer.rings_at) == (["second"], 120.0)
    office.leave(line[2], 61.0)
    assert timer.rings_at == math.inf


def test_a_newcomer_does_not_overtake_a_timer_that_is_about_to_ring() -> None:
    """The time has come, but the event loop has not got to the timer."""
    timer, called = Timer(), list[str]()
    office = pool_of(Worker("a", requests_per_minute=1), timer=timer)
    first, newcomer = waiters(called, "first", "newcomer")
    assert acquired(office) == "a"
    assert acquired(office, waiter=first) == Wait(60.0)
    timer.now = 60.1
    assert acquired(office, 60.1, waiter=newcomer) == Wait(None)
    assert (called, timer.rings_at) == (["first"], math.inf)


def test_the_timer_is_set_anew_when_a_breaker_opens() -> None:
    """Two wait for one that is being tried; it fails, and they are served when its next pause is over."""
    timer, called = Timer(), list[str]()
    office = pool_of(Worker("a"), breaker=BreakerPolicy(threshold=1, cooldown=30.0), timer=timer)
    one, other = waiters(called, "one", "other")
    fail(office, "a", times=1)
    assert acquired(office, 30.0) == "a"
    timer.now = 30.5
    assert [acquired(office, 30.5, waiter=each) for each in (one, other)] == [Wait(None)] * 2
    assert timer.rings_at == math.inf
    timer.now = 31.0
    office.release("a", "work", Ended(31.0, BAD))
    assert (called, timer.rings_at) == ([], 91.0)
    timer.ring()
    assert called == ["one"]
    office.leave(one, 91.0)
    assert called == ["one", "other"]


async def test_the_timer_runs_on_the_event_loop_of_the_run_that_waits() -> None:
    """Also where an earlier loop was closed, since a timer does not outlive those that wait."""
    office = AgentPool(Registry([Worker("a", requests_per_minute=60_000)]))
    while acquired(office) == "a":
        pass
    rung = asyncio.Event()
    assert acquired(office, 59.9999, waiter=Waiter(("work",), rung.set)) == Wait(60.0)
    await rung.wait()


def test_an_agent_that_gets_into_trouble_makes_everybody_look_again() -> None:
    """They waited for it rather than ask one that failed; now there is nothing to wait for."""
    office, called = pool_of(Worker("a"), Worker("b", max_concurrency=1)), list[str]()
    fail(office, "b", times=4)
    assert acquired(office, exclude={"a"}) == "b"
    line = [waiter(called, name, "work", "a") for name in ("0", "1", "2")]
    for each in line:
        assert acquired(office, failures={"a": 1}, waiter=each) == Wait(None)
    office.release("b", "work", Ended(1.0, BAD))
    for each in line:
        assert acquired(office, 1.0, failures={"a": 1}, waiter=each) == "a"
    assert called == ["0", "1", "2"]


def test_only_runs_that_can_be_served_are_woken() -> None:
    """Those that wait for another agent than the one that is free sleep on."""
    office, called = pool_of(Worker("a"), Worker("b", max_concurrency=1)), list[str]()
    line = [waiter(called, name, "work", "a") for name in ("one", "two")]
    assert acquired(office, exclude={"b"}) == "a"
    assert acquired(office, exclude={"a"}) == "b"
    for each in line:
        assert acquired(office, failures={"a": 1}, waiter=each) == Wait(None)
    office.release("a", "work", Ended(1.0, GOOD))
    assert called == []


def test_when_a_breaker_closes_everybody_for_whom_there_is_room_is_woken() -> None:
    """One after the other, though the event was one."""
    office = pool_of(Worker("a", max_concurrency=3), breaker=BreakerPolicy(threshold=1))
    called = list[str]()
    line = waiters(called, *"12345")
    fail(office, "a", times=1)
    assert acquired(office, 30.0) == "a"
    for each in line:
        assert acquired(office, 30.5, waiter=each) == Wait(None)
    office.release("a", "work", Ended(31.0, GOOD))
    for each in line[:3]:
        assert acquired(office, 31.0, waiter=each) == "a"
    assert called == ["1", "2", "3"]


@dataclass(eq=False)
class Piece:
    """A piece of work of the simulation below."""

    offer: str
    failures: dict[str, int]
    waiter: Waiter
    arrived: int = 0


@dataclass
class Day:
    """Pieces of work that are done as a driver does them, at a virtual time."""

    office: AgentPool
    timer: Timer
    workers: Mapping[str, Worker]
    limits: Mapping[str, int]
    in_hand: list[tuple[str, Piece]] = field(default_factory=list)
    waiting: list[Piece] = field(default_factory=list)
    woken: deque[Piece] = field(default_factory=deque)
    served: int = 0
    arrivals: int = 0

    @property
    def now(self) -> float:
        return self.timer.now

    def ask(self, offer: str, failures: dict[str, int] | None = None) -> None:
        """A piece of work arrives."""

        def wake() -> None:
            self.waiting.remove(piece)
            self.woken.append(piece)
            rivals = [each for each in self.waiting if each.waiter.key == piece.waiter.key]
            assert all(piece.arrived < each.arrived for each in rivals), "the first comes first"

        self.arrivals += 1
        key = (offer, *sorted(failures or {}))
        piece = Piece(offer, failures or {}, Waiter(key, wake), self.arrivals)
        self.look(piece)

    def look(self, piece: Piece) -> None:
        answer = self.office.acquire(
            Request(piece.offer, self.now, failures=piece.failures, waiter=piece.waiter)
        )
        assert not isinstance(answer, NoAgentAvailable)
        if isinstance(answer, Wait):
            assert answer.until is None or answer.until > self.now
            self.waiting.append(piece)
            return
        self.in_hand.append((answer.name, piece))
        self.served += 1
        self.check_limits()

    def settle(self) -> None:
        """Every run that was woken tries; none is woken for ever."""
        for _ in range(10_000):
            if not self.woken:
                return
            self.look(self.woken.popleft())
        raise AssertionError("they wake each other for ever")

    def end(self, which: int, verdict: AttemptVerdict, retry_after: float | None, again: bool) -> None:
        name, piece = self.in_hand.pop(which % len(self.in_hand))
        self.office.release(name, piece.offer, Ended(self.now, verdict, which, retry_after))
        if verdict is BAD and again:
            self.served -= 1
            self.ask(piece.offer, {**piece.failures, name: piece.failures.get(name, 0) + 1})

    def leave(self, which: int) -> None:
        """A run is cancelled, whether it waits or has just been woken."""
        present = [*self.woken, *self.waiting]
        piece = present[which % len(present)]
        (self.woken if piece in self.woken else self.waiting).remove(piece)
        self.office.leave(piece.waiter, self.now)

    def check_limits(self) -> None:
        by_agent = Counter(name for name, _ in self.in_hand)
        by_offer = Counter(piece.offer for _, piece in self.in_hand)
        for name, count in by_agent.items():
            assert count <= (self.workers[name].terms.max_concurrency or count)
        for offer, count in by_offer.items():
            assert count <= self.limits.get(offer, count)

    def check_none_waits_for_nothing(self) -> None:
        """Also: whose turn is known by the clock has the timer set for it."""
        for piece in self.waiting:
            answer = self.office.choose(Request(piece.offer, self.now, failures=piece.failures))
            assert isinstance(answer, Wait)
            assert answer.until is None or self.timer.rings_at <= answer.until + 1e-6


offices = st.lists(
    st.tuples(
        st.sampled_from([("x",), ("y",), ("x", "y"), ("x", "y", "z")]),
        st.sampled_from([None, 1, 1, 2, 3]),
        st.sampled_from([None, None, 2.0, 5.0]),
        st.sampled_from([None, None, 10.0]),
    ),
    min_size=1,
    max_size=3,
)
work = st.tuples(st.just("work"), st.sampled_from("xyz"))
end = st.tuples(
    st.just("end"),
    st.integers(0, 20),
    st.sampled_from(AttemptVerdict),
    st.sampled_from([None, None, 1.0, 30.0]),
    st.booleans(),
)
other = st.one_of(
    st.tuples(st.just("leave"), st.integers(0, 20)),
    st.tuples(st.just("pause"), st.sampled_from([0.5, 4.0, 20.0])),
    st.tuples(st.just("ring")),
)
settle = st.tuples(st.just("settle"))
moves = st.lists(st.one_of(work, work, end, end, other, settle), min_size=15, max_size=80)


@given(offices, st.dictionaries(st.sampled_from("xyz"), st.integers(1, 2), max_size=1), moves)
def test_for_every_course_limits_are_kept_and_every_waiter_is_served(
    office: list[Any], limits: dict[str, int], moves: list[Any]
) -> None:
    """Whatever the order of beginning, ending, leaving and time: no limit is broken, no run waits while
    an agent could serve it, who waited longest for the same agents is woken first, and once no more work
    comes every run that stayed is served."""
    workers = [
        Worker(
            f"w{number}", *offers, max_concurrency=seats, requests_per_minute=rate, tokens_per_minute=tokens
        )
        for number, (offers, seats, rate, tokens) in enumerate(office)
    ]
    offered = sorted({each.name for worker in workers for each in worker.capabilities})
    policy = BreakerPolicy(threshold=2, cooldown=10.0, max_cooldown=40.0)
    timer = Timer()
    office_of_day = pool_of(*workers, capability_limits=limits, breaker=policy, timer=timer)
    day = Day(office_of_day, timer, {w.name: w for w in workers}, limits)
    asked = 0
    for kind, *move in moves:
        if kind == "work":
            asked += 1
            day.ask(offered[ord(move[0]) % len(offered)])
        elif kind == "end" and day.in_hand:
            day.end(*move)
        elif kind == "leave" and (day.waiting or day.woken):
            asked -= 1
            day.leave(*move)
        elif kind == "ring" and timer.rings_at < math.inf:
            timer.ring()
        elif kind == "pause":
            timer.now = max(day.now, min(day.now + move[0], timer.rings_at))
        elif kind == "settle":
            day.settle()
        # Until they settle, things happen while those that were woken have not tried yet.
        if not day.woken and day.now < timer.rings_at:
            day.check_none_waits_for_nothing()
    day.settle()
    while day.in_hand or day.waiting:
        if day.in_hand:
            day.end(0, GOOD, None, False)
        else:
            assert timer.rings_at < math.inf, "all wait, and none will ever be woken"
            timer.ring()
        day.settle()
    assert day.served == asked
    assert timer.rings_at == math.inf
