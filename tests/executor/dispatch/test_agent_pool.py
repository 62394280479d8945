"""The desk: who is free, who rests, and who waits for whom."""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.agents.agent import Isolation, SoloAgent
from callsheet.agents.contracts.capability import Capability
from callsheet.agents.registry import Registry
from callsheet.agents.selection.breaker import BreakerPolicy, Verdict
from callsheet.agents.selection.statistics import Figures, Observation
from callsheet.agents.selection.strategies import Candidate, StrategyError
from callsheet.agents.spending.terms import Terms
from callsheet.executor.dispatch.agent_pool import Desk, Nobody, Wait

GOOD, BAD, NEUTRAL = Verdict.GOOD, Verdict.BAD, Verdict.NEUTRAL


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
        raise AssertionError("nobody works at the desk")


def desk(*workers: Worker, **settings: Any) -> Desk:
    return Desk(Registry(workers), **settings)


def chosen(desk: Desk, now: float = 0.0, offer: str = "work", **others: Any) -> Any:
    """The name of the agent that is chosen, or the answer that names none."""
    answer = desk.choose(offer, now=now, figures={}, **others)
    return answer if isinstance(answer, Wait | Nobody) else answer.name


def fail(desk: Desk, name: str, times: int = 5, at: float = 0.0, offer: str = "work") -> None:
    for _ in range(times):
        desk.begin(name, offer, at)
        desk.end(name, offer, at, BAD)


def test_choosing_changes_nothing() -> None:
    """Only begin and end count; so whoever only wonders about a second attempt may ask."""
    office = desk(Worker("one", max_concurrency=1))
    assert [chosen(office) for _ in range(3)] == ["one"] * 3
    office.begin("one", "work", 0.0)
    assert chosen(office) == Wait(None)
    office.end("one", "work", 1.0, GOOD)
    assert chosen(office) == "one"


def test_the_strategy_sees_who_is_free_with_figures_and_terms() -> None:
    """Busy agents are no candidates; figures come aged to now, for this capability alone."""
    shown: list[Candidate] = []

    def first(candidates: Sequence[Candidate]) -> Candidate:
        shown.extend(candidates)
        return candidates[0]

    office = desk(Worker("a", price=2.0), Worker("b", max_concurrency=1), Worker("c"), strategy=first)
    office.begin("b", "work", 0.0)
    office.begin("c", "work", 0.0)
    figures = Figures().after(Observation("a", "work", 0.0, 1.0, True))
    office.choose("work", now=3600.0, figures={("a", "work"): figures, ("c", "other"): figures})
    a, c = shown
    assert (a.agent.name, a.terms.price, a.running, a.turn) == ("a", 2.0, 0, 0)
    assert a.figures is not None
    assert a.figures.weight == pytest.approx(0.5)
    assert (c.agent.name, c.figures, c.running, c.turn) == ("c", None, 1, 2)


def test_a_strategy_that_chooses_a_stranger_is_an_error() -> None:
    """It says whom it may choose."""
    strategy: Any = lambda candidates: None  # noqa: E731
    with pytest.raises(StrategyError, match=r"chose None for 'work'; .* here those of a, b"):
        chosen(desk(Worker("a"), Worker("b"), strategy=strategy))
    with pytest.raises(StrategyError, match="no strategy 'best'"):
        desk(Worker("a"), strategy="best")


def test_work_spreads_over_equal_agents() -> None:
    """The one that has less in hand, then the one that was asked longest ago."""
    office, given_to = desk(Worker("a"), Worker("b"), Worker("c")), Counter[str]()
    for _ in range(9):
        name = chosen(office)
        office.begin(name, "work", 0.0)
        given_to[name] += 1
    assert given_to == {"a": 3, "b": 3, "c": 3}


def test_an_agent_that_failed_at_this_work_is_passed_over() -> None:
    """Another is taken, and waited for when busy; where there is no other, the same one is asked again."""
    office = desk(Worker("a"), Worker("b", max_concurrency=1))
    assert chosen(office, failures={"a": 1}) == "b"
    office.begin("b", "work", 0.0)
    assert chosen(office, failures={"a": 1}) == Wait(None)
    assert chosen(desk(Worker("a")), failures={"a": 3}) == "a"
    assert chosen(desk(Worker("a"), Worker("b")), failures={"a": 2, "b": 1}) == "b"


def test_an_agent_in_trouble_is_waited_for_only_a_little() -> None:
    """Five seconds before its breaker half-opens it is worth waiting; before that, the one that failed
    is asked again."""
    office = desk(Worker("a"), Worker("b"))
    fail(office, "b")
    assert chosen(office, now=24.0, failures={"a": 1}) == "a"
    assert chosen(office, now=26.0, failures={"a": 1}) == Wait(30.0)
    assert chosen(office, now=30.0, failures={"a": 1}) == "b"


def test_where_every_breaker_is_open_the_first_to_half_open_is_waited_for() -> None:
    """Until then nobody can help; then exactly one attempt may try."""
    office = desk(Worker("a"), Worker("b"))
    fail(office, "a", at=0.0)
    fail(office, "b", at=7.0)
    assert chosen(office, now=8.0) == Wait(30.0)
    assert chosen(office, now=8.0, failures={"a": 1, "b": 1}) == Wait(30.0)
    assert chosen(office, now=30.0) == "a"
    office.begin("a", "work", 30.0)
    assert chosen(office, now=31.0) == Wait(37.0)


def test_a_probe_that_says_nothing_frees_its_place() -> None:
    """Cancelling the one probe must not lock the agent out."""
    office = desk(Worker("a"), breaker=BreakerPolicy(threshold=1))
    fail(office, "a", times=1)
    office.begin("a", "work", 30.0)
    assert chosen(office, now=31.0) == Wait(None)
    office.end("a", "work", 31.0, NEUTRAL)
    assert chosen(office, now=31.0) == "a"


def test_retry_after_holds_for_everybody() -> None:
    """What one run was told, all keep to; a shorter one that comes later doesn't shorten it."""
    office = desk(Worker("a"))
    office.begin("a", "work", 0.0)
    office.begin("a", "work", 0.0)
    office.end("a", "work", 1.0, BAD, retry_after=20.0)
    assert chosen(office, now=2.0) == Wait(21.0)
    office.end("a", "work", 2.0, BAD, retry_after=5.0)
    assert chosen(office, now=8.0) == Wait(21.0)
    assert chosen(office, now=21.0) == "a"


def test_rates_are_kept() -> None:
    """Requests and tokens a minute, over all capabilities of an agent."""
    office = desk(Worker("a", "work", "other", requests_per_minute=2, tokens_per_minute=100))
    office.begin("a", "work", 0.0)
    office.end("a", "work", 5.0, GOOD, tokens=100)
    assert chosen(office, now=6.0, offer="other") == Wait(65.0)
    office.begin("a", "other", 65.0)
    office.end("a", "other", 66.0, GOOD)
    assert chosen(office, now=66.0) == "a"


def test_a_capability_may_be_limited_whoever_does_it() -> None:
    """Two agents, and one attempt at a time."""
    office = desk(Worker("a"), Worker("b"), capability_limits={"work": 1})
    office.begin("a", "work", 0.0)
    assert chosen(office) == Wait(None)
    assert "1 of 1 are in hand" in office.explain("work", 0.0)


def test_nobody_is_said_with_its_reason() -> None:
    """Nobody offers it, or all who do are excluded."""
    unknown = chosen(desk(Worker("a")), offer="wrk")
    assert isinstance(unknown, Nobody)
    assert "did you mean 'work'" in unknown.message
    excluded = chosen(desk(Worker("a"), Worker("b")), exclude={"a", "b"})
    assert excluded == Nobody("nobody else offers 'work': `a`: free; `b`: free")
    assert chosen(desk(Worker("a"), Worker("b")), exclude={"a"}) == "b"


def test_what_keeps_an_agent_is_explained() -> None:
    """Every reason, with figures."""
    office = desk(
        Worker("a", max_concurrency=1), Worker("b", requests_per_minute=1), Worker("c"), Worker("d")
    )
    fail(office, "a")
    fail(office, "d")
    office.begin("a", "work", 0.0)
    office.begin("b", "work", 0.0)
    office.begin("c", "work", 0.0)
    office.end("c", "work", 0.0, BAD, retry_after=60.0)
    assert office.explain("work", 10.0) == (
        "'work': `a`: being tried once after 5 failures in a row, 1 of 1 in hand; "
        "`b`: at its limit a minute for 50 s more; "
        "`c`: asked to be left alone for 50 s more; "
        "`d`: breaker open for 20 s more after 5 failures in a row"
    )


def test_one_seat_calls_one_waiter_first_come_first_called() -> None:
    """A freed seat wakes one of a thousand, and only that one; it passes on what it has no use for."""
    office, called = desk(Worker("a", max_concurrency=1)), list[int]()
    office.begin("a", "work", 0.0)
    leaves = [office.wait("work", partial(called.append, number)) for number in range(1000)]
    assert called == []
    leaves[0]()
    office.end("a", "work", 1.0, GOOD)
    assert called == [1]
    office.pass_on("work")
    assert called == [1, 2]
    office.begin("a", "work", 1.0)
    office.pass_on("work")
    assert called == [1, 2]


def test_a_newcomer_leaves_the_seat_to_the_one_who_was_called() -> None:
    """Otherwise a run that ends an attempt and begins the next would starve those who wait."""
    office, called = desk(Worker("a", max_concurrency=1)), list[str]()
    office.begin("a", "work", 0.0)
    office.wait("work", lambda: called.append("first"))
    office.end("a", "work", 1.0, GOOD)
    assert chosen(office, newcomer=True) == Wait(None)
    office.wait("work", lambda: called.append("newcomer"), newcomer=True)
    assert chosen(office) == "a"
    office.pass_on("work")
    assert called == ["first", "newcomer"]


def test_leaving_with_the_word_passes_it_on() -> None:
    """A run that is cancelled between being called and looking must not take the seat with it."""
    office, called = desk(Worker("a", max_concurrency=1)), list[str]()
    office.begin("a", "work", 0.0)
    leave = office.wait("work", lambda: called.append("gone"))
    office.wait("work", lambda: called.append("next"))
    office.end("a", "work", 1.0, GOOD)
    leave()
    leave()
    assert called == ["gone", "next"]


def test_one_waiter_watches_the_clock_for_all() -> None:
    """The second need not; when the first leaves, the second is called to do it."""
    office, called = desk(Worker("a", requests_per_minute=1)), list[str]()
    office.begin("a", "work", 0.0)
    assert chosen(office, now=1.0) == Wait(60.0)
    leave = office.wait("work", lambda: called.append("first"), until=60.0)
    assert chosen(office, now=1.0) == Wait(None)
    office.wait("work", lambda: called.append("second"))
    leave()
    assert called == ["second"]
    assert chosen(office, now=2.0) == Wait(60.0)


@pytest.mark.parametrize("how", ["leave", "pass_on"])
def test_whoever_watched_the_clock_and_is_called_for_nothing_hands_the_watch_on(how: str) -> None:
    """One waits because another watches; that one is called, and its run has no use for anybody any more."""
    office, called = desk(Worker("a"), breaker=BreakerPolicy(threshold=1, cooldown=30.0)), list[str]()
    office.begin("a", "work", 0.0)
    office.end("a", "work", 0.0, BAD)
    assert chosen(office, now=1.0) == Wait(30.0)
    office.wait("work", lambda: called.append("another"))
    leave = office.wait("work", lambda: called.append("watching"), until=30.0)
    office.begin("a", "work", 30.0)
    office.end("a", "work", 31.0, BAD)
    assert called == ["another"]
    assert chosen(office, now=31.0) == Wait(None)
    office.wait("work", lambda: called.append("another"))
    office.pass_on("work")
    assert called == ["another", "watching"]
    leave() if how == "leave" else office.pass_on("work")
    assert called == ["another", "watching", "another"]
    assert chosen(office, now=31.0) == Wait(91.0)


def test_an_agent_that_gets_into_trouble_makes_everybody_look_again() -> None:
    """They waited for it rather than ask one that failed; now there is nothing to wait for."""
    office, called = desk(Worker("a"), Worker("b", max_concurrency=1)), list[int]()
    fail(office, "b", times=4)
    office.begin("b", "work", 0.0)
    for number in range(3):
        assert chosen(office, failures={"a": 1}) == Wait(None)
        office.wait("work", partial(called.append, number))
    office.end("b", "work", 1.0, BAD)
    for _ in range(3):
        assert chosen(office, now=1.0, failures={"a": 1}) == "a"
        office.pass_on("work")
    assert called == [0, 1, 2]


def test_two_who_have_no_use_for_a_seat_do_not_call_each_other_for_ever() -> None:
    """Whoever was called and waits again is out until something else happens."""
    office, called = desk(Worker("a"), Worker("b", max_concurrency=1)), list[str]()
    waiting: dict[str, Callable[[], None]] = {
        "one": lambda: called.append("one"),
        "two": lambda: called.append("two"),
    }
    office.begin("a", "work", 0.0)
    office.begin("b", "work", 0.0)
    for callback in waiting.values():
        office.wait("work", callback)
    office.end("a", "work", 1.0, GOOD)
    for turn in range(2):
        assert len(called) == turn + 1
        office.wait("work", waiting[called[-1]])
        office.pass_on("work")
    assert called == ["one", "two"]


def test_a_seat_that_was_used_lets_everybody_look_again() -> None:
    """When a breaker closes there is room for many, and one wave fills it, though each takes one seat."""
    office, called = desk(Worker("a", max_concurrency=3), breaker=BreakerPolicy(threshold=1)), list[float]()
    fail(office, "a", times=1)
    office.begin("a", "work", 30.0)
    office.wait("work", lambda: called.append(31.0))
    office.end("a", "work", 31.0, GOOD)
    for _ in range(3):
        assert chosen(office, now=31.0) == "a"
        office.begin("a", "work", 31.0)
        office.wait("work", lambda: called.append(31.0))
        office.pass_on("work")
    assert len(called) == 3
    assert chosen(office, now=31.0) == Wait(None)


@dataclass(eq=False)
class Piece:
    """A piece of work of the simulation below."""

    offer: str
    failures: dict[str, int] = field(default_factory=dict)
    leave: Callable[[], None] = lambda: None
    until: float | None = None


@dataclass
class Day:
    """Pieces of work that follow the desk's rules for waiting, as a driver does, at a virtual time."""

    office: Desk
    workers: Mapping[str, Worker]
    limits: Mapping[str, int]
    now: float = 0.0
    in_hand: list[tuple[str, Piece]] = field(default_factory=list)
    waiting: list[Piece] = field(default_factory=list)
    called: deque[Piece] = field(default_factory=deque)
    served: int = 0

    def look(self, piece: Piece, *, newcomer: bool = False) -> bool:
        answer = self.office.choose(
            piece.offer, now=self.now, figures={}, failures=piece.failures, newcomer=newcomer
        )
        if isinstance(answer, Wait):
            self.wait(piece, answer.until, newcomer)
            return False
        assert not isinstance(answer, Nobody)
        self.office.begin(answer.name, piece.offer, self.now)
        self.in_hand.append((answer.name, piece))
        self.served += 1
        self.check_limits()
        return True

    def wait(self, piece: Piece, until: float | None, newcomer: bool) -> None:
        def wake() -> None:
            self.waiting.remove(piece)
            self.called.append(piece)

        assert until is None or until > self.now
        piece.until = until
        self.waiting.append(piece)
        piece.leave = self.office.wait(piece.offer, wake, until=until, newcomer=newcomer)

    def settle(self) -> None:
        """Everybody who was called looks; nobody is called for ever."""
        for _ in range(10_000):
            if not self.called:
                return
            piece = self.called.popleft()
            self.look(piece)
            self.office.pass_on(piece.offer)
        raise AssertionError("they call each other for ever")

    def end(self, which: int, verdict: Verdict, retry_after: float | None, again: bool) -> None:
        name, piece = self.in_hand.pop(which % len(self.in_hand))
        self.office.end(name, piece.offer, self.now, verdict, tokens=which, retry_after=retry_after)
        if verdict is BAD and again:
            self.served -= 1
            failures = {**piece.failures, name: piece.failures.get(name, 0) + 1}
            self.look(Piece(piece.offer, failures), newcomer=True)

    def ring(self) -> None:
        """The clock reaches the time that somebody wanted to look at it."""
        piece = min(self.waiting, key=lambda each: math.inf if each.until is None else each.until)
        self.now = max(self.now, self.soonest)
        self.waiting.remove(piece)
        leave = piece.leave
        self.look(piece)
        leave()

    @property
    def soonest(self) -> float:
        return min((each.until for each in self.waiting if each.until is not None), default=math.inf)

    def leave(self, which: int) -> None:
        """A run is cancelled, whether it waits or has just been called."""
        present = [*self.called, *self.waiting]
        piece = present[which % len(present)]
        (self.called if piece in self.called else self.waiting).remove(piece)
        piece.leave()

    def decline(self) -> None:
        """The one who was called first has no use for it any more."""
        self.office.pass_on(self.called.popleft().offer)

    def check_limits(self) -> None:
        by_agent = Counter(name for name, _ in self.in_hand)
        by_offer = Counter(piece.offer for _, piece in self.in_hand)
        for name, count in by_agent.items():
            assert count <= (self.workers[name].terms.max_concurrency or count)
        for offer, count in by_offer.items():
            assert count <= self.limits.get(offer, count)

    def check_nobody_waits_for_nothing(self) -> None:
        for piece in self.waiting:
            answer = self.office.choose(piece.offer, now=self.now, figures={}, failures=piece.failures)
            assert isinstance(answer, Wait)


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
    st.sampled_from(Verdict),
    st.sampled_from([None, None, 1.0, 30.0]),
    st.booleans(),
)
other = st.one_of(
    st.tuples(st.just("leave"), st.integers(0, 20)),
    st.tuples(st.just("pause"), st.sampled_from([0.5, 4.0, 20.0])),
    st.tuples(st.just("decline")),
    st.tuples(st.just("ring")),
)
settle = st.tuples(st.just("settle"))
moves = st.lists(st.one_of(work, work, end, end, other, settle), min_size=15, max_size=80)


@given(offices, st.dictionaries(st.sampled_from("xyz"), st.integers(1, 2), max_size=1), moves)
def test_for_every_course_limits_are_kept_and_every_waiter_is_served(
    office: list[Any], limits: dict[str, int], moves: list[Any]
) -> None:
    """Whatever the order of begin, end, leaving and time: no limit is broken, nobody waits while somebody
    could serve them, and once no more work comes everybody who stayed is served."""
    workers = [
        Worker(
            f"w{number}", *offers, max_concurrency=seats, requests_per_minute=rate, tokens_per_minute=tokens
        )
        for number, (offers, seats, rate, tokens) in enumerate(office)
    ]
    offered = sorted({each.name for worker in workers for each in worker.capabilities})
    policy = BreakerPolicy(threshold=2, cooldown=10.0, max_cooldown=40.0)
    day = Day(desk(*workers, capability_limits=limits, breaker=policy), {w.name: w for w in workers}, limits)
    asked = 0
    for kind, *move in moves:
        if kind == "work":
            asked += 1
            day.look(Piece(offered[ord(move[0]) % len(offered)]), newcomer=True)
        elif kind == "end" and day.in_hand:
            day.end(*move)
        elif kind == "leave" and (day.waiting or day.called):
            asked -= 1
            day.leave(*move)
        elif kind == "decline" and day.called:
            asked -= 1
            day.decline()
        elif kind == "ring" and day.soonest < math.inf:
            day.ring()
        elif kind == "pause":
            day.now = max(day.now, min(day.now + move[0], day.soonest))
        elif kind == "settle":
            day.settle()
        # Until they settle, things happen while those who were called have not looked yet.
        if not day.called and day.now < day.soonest:
            day.check_nobody_waits_for_nothing()
    day.settle()
    while day.in_hand or day.waiting:
        if day.in_hand:
            day.end(0, GOOD, None, False)
        else:
            assert any(each.until is not None for each in day.waiting), (
                "everybody waits, and nobody ever looks"
            )
            day.ring()
        day.settle()
    assert day.served == asked
