"""What a run has spent of its budget, reduced from its events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from callsheet.agents.agent import Agent
from callsheet.agents.models.chat import Usage
from callsheet.agents.models.errors import ModelRejected, ModelUnavailable
from callsheet.agents.spending.budget import NOTHING, Budget, Spending
from callsheet.agents.spending.prices import Prices
from callsheet.agents.spending.terms import FREE, Terms, terms_of

from .events import (
    AttemptCancelled,
    AttemptFailed,
    AttemptLost,
    AttemptStarted,
    AttemptSucceeded,
    AttemptSurprised,
    Event,
    ModelCalled,
    PlanAdopted,
    RunPaused,
    RunResumed,
)
from .state import Try

ATTEMPT = Spending(attempts=1)
"""What one more attempt takes, beside its agent's price."""
REVISION = Spending(revisions=1)
"""What one more plan takes."""
UNANSWERED = (ModelUnavailable, ModelRejected)
"""What a call ends with that the model never answered, so that it costs nothing."""
BYTES_A_TOKEN = 4

_ENDS = (AttemptCancelled, AttemptFailed, AttemptLost, AttemptSucceeded, AttemptSurprised)
_UNANSWERED_TEXTS = tuple(f"{kind.__name__}:" for kind in UNANSWERED)


@dataclass(slots=True)
class RunSpending:
    """What a run has used of its budget. Costs are in US dollars, times in seconds."""

    budget: Budget = field(default_factory=Budget)
    """The limits; by default there is none."""
    prices: Prices = field(default_factory=Prices)
    """What models cost."""
    terms: Mapping[str, Terms] = field(default_factory=dict[str, Terms])
    """The terms of the agents that charge something, by name."""
    called: Spending = NOTHING
    """What calls of models took."""
    worked: Spending = NOTHING
    """What attempts and revisions took, apart from calls of models and time."""
    seconds: float = 0.0
    """From the first event on, except while the run was paused, or had no process."""
    now: float | None = None
    """The time of the latest event; None before the first."""
    resting: bool = False
    """The run is paused: no time is counted."""
    at_work: dict[Try, Terms] = field(default_factory=dict[Try, Terms])
    """The attempts under way whose agents ask anything."""

    def add_event(self, event: Event) -> None:
        """Enter the event. Costs the same whatever has happened before."""
        self._let_time_pass(event)
        match event:
            case ModelCalled():
                self.called += self._call(event)
            case AttemptStarted():
                self._start((event.step, event.item, event.attempt), event.agent)
            case PlanAdopted(revision=revision):
                self.worked = replace(self.worked, revisions=max(0, revision - 1))
            case RunPaused():
                self.resting = True
            case _ if isinstance(event, _ENDS) and self.at_work:
                self.at_work.pop((event.step, event.item, event.attempt), None)
            case _:
                pass

    def spent(self, now: float | None = None) -> Spending:
        """What was used up to the latest event, or up to `now`."""
        since = 0.0 if now is None or self.now is None or self.resting else max(0.0, now - self.now)
        return replace(self.called + self.worked, seconds=self.seconds + since)

    def left(self, now: float | None = None) -> Budget:
        """What is left of each limit."""
        return self.budget.left(self.spent(now))

    def broken(self, now: float | None = None) -> str | None:
        """Which limit the run has gone beyond, and by how much; None where it is within all of them."""
        return self.budget.broken(self.spent(now))

    def pressure(self, share: float = 0.8, now: float | None = None) -> str:
        """What is nearly used up, in a sentence; empty where nothing is."""
        return self.budget.pressure(self.spent(now), share)

    def refusal(self, least: Spending, now: float | None = None) -> str | None:
        """Why something that takes this much must not be begun; None where it may."""
        return self.budget.refusal(self.spent(now), least)

    def terms_of(self, attempt: Try | None) -> Terms:
        """The terms of the agent whose attempt is under way; those of the planner, None, are none."""
        return FREE if attempt is None else self.at_work.get(attempt, FREE)

    def price_of(self, model: str, usage: Usage, terms: Terms) -> Spending:
        """What these tokens come to, used in one call by an agent with these terms."""
        tokens = usage.input_tokens + usage.output_tokens
        cost = self.prices.charge(model, usage, self.now or 0.0, terms)
        if cost is None:
            return Spending(tokens=tokens, model_calls=1, unpriced=frozenset((model,)))
        return Spending(tokens=tokens, cost=cost, model_calls=1)

    def _call(self, event: ModelCalled) -> Spending:
        asked = sum(_size(message.content) for message in event.request.messages)
        unanswered = event.error is not None and event.error.startswith(_UNANSWERED_TEXTS)
        usage = counted(event.usage, asked, _size(event.reply), unanswered=unanswered)
        owner = caller_of(event.step, event.item, event.attempt)
        return self.price_of(event.model, usage, self.terms_of(owner))

    def _start(self, attempt: Try, agent: str) -> None:
        terms = self.terms.get(agent)
        price = Decimal(0)
        if terms is not None:
            self.at_work[attempt] = terms
            price = Decimal(str(terms.price))
        self.worked += Spending(attempts=1, cost=price)

    def _let_time_pass(self, event: Event) -> None:
        if isinstance(event, RunResumed):
            self.resting = False
        # A clock that was set back gives no time back.
        elif self.now is not None and not self.resting and event.at > self.now:
            self.seconds += event.at - self.now
        self.now = event.at


def spending_of(
    events: Iterable[Event], budget: Budget, prices: Prices, terms: Mapping[str, Terms]
) -> RunSpending:
    """What the run has spent by its events."""
    spending = RunSpending(budget, prices, terms)
    for event in events:
        spending.add_event(event)
    return spending


def asking_terms(agents: Sequence[Agent]) -> dict[str, Terms]:
    """The terms of the agents that ask anything, by name. Raises TermsError."""
    terms = {agent.name: terms_of(agent) for agent in agents}
    return {name: each for name, each in terms.items() if each.price or each.input_price or each.output_price}


def caller_of(step: str | None, item: int | None, attempt: int | None) -> Try | None:
    """The attempt that makes a call; None where the planner does."""
    return None if step is None or attempt is None else (step, item, attempt)


def counted(usage: Usage, asked: int, answered: int, *, unanswered: bool) -> Usage:
    """The tokens of a call: as the provider has it; where it said nothing, by the bytes of question and
    answer. One that was `unanswered`, because the model was not reached or refused it, took none."""
    if usage.input_tokens or usage.output_tokens:
        return usage
    if unanswered and not answered:
        return Usage()
    return Usage(-(-asked // BYTES_A_TOKEN), -(-answered // BYTES_A_TOKEN), estimated=True)


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))
