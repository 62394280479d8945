"""The bounds of one step of a plan, before it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from callsheet.agents.agent import Agent
from callsheet.agents.backoff import BETWEEN_ATTEMPTS
from callsheet.agents.contracts.capability import CHANGING
from callsheet.agents.models.chat import Usage
from callsheet.agents.registry import Registry
from callsheet.agents.selection.statistics import Figures
from callsheet.agents.spending.budget import NOTHING, Quantity, Spending
from callsheet.agents.spending.demand import NO_DEMAND, demand_of
from callsheet.agents.spending.prices import Prices
from callsheet.agents.spending.terms import Terms, terms_of
from callsheet.planner.expressions.tree import (
    Call,
    Comprehension,
    Constant,
    ListDisplay,
    Operation,
    StepOutput,
    Tree,
)
from callsheet.planner.plan.checked_plan import CompiledStep

MAX_ITEMS = 100
"""How many items a `for_each` step is assumed to have, where only its run will tell."""

GRACE_SECONDS = 2.0
"""As the executor has it, which this folder may not import."""

_ANY = Usage(input_tokens=1_000_000, output_tokens=1_000_000)
_NONE: frozenset[Quantity] = frozenset()
_COST: frozenset[Quantity] = frozenset(("cost",))
_TOKENS: frozenset[Quantity] = frozenset(("tokens",))
_CALLS: frozenset[Quantity] = frozenset(("model_calls", "tokens"))
_SECONDS: frozenset[Quantity] = frozenset(("seconds",))


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a plan would run under."""

    registry: Registry
    """The agents that may be given the work."""

    figures: Mapping[tuple[str, str], Figures] = field(default_factory=dict[tuple[str, str], Figures])
    """How attempts went so far, by agent and capability."""

    model: str | None = None
    """The name of the run's model; None where it has none."""

    prices: Prices = field(default_factory=Prices)
    """What the model's tokens cost."""

    at: float = 0.0
    """The time, in seconds since the epoch, whose prices apply."""

    max_concurrency: int | None = None
    """How many attempts may run at once; None for no limit."""

    hedge: bool = False
    """Whether slow work may be given to a second agent as well, which doubles the attempts at worst."""

    max_items: int = MAX_ITEMS
    """How many items a `for_each` step is assumed to have where only its run will tell."""

    grace_seconds: float = GRACE_SECONDS
    """How long an attempt may take to stop after its time limit."""


@dataclass(frozen=True, slots=True)
class StepBounds:
    """The bounds of one step. All but `items` is for one item."""

    items: int | None
    """How often the work is done, at most; None where only the run will tell."""

    work: Spending
    """The worst case of attempts, model calls, tokens and cost."""

    expected: float
    """How many seconds it usually takes."""

    longest: float
    """How many seconds it may take, at most."""

    unknown: frozenset[Quantity]
    """The quantities that may exceed what is said here."""


class StepMeasurer:
    """Measures steps; what an attempt at a capability takes is worked out once."""

    def __init__(self, conditions: Conditions) -> None:
        self._conditions = conditions
        self._attempts: dict[str, tuple[Spending, float, frozenset[Quantity]]] = {}

    def step(self, step: CompiledStep, earlier: Mapping[str, StepBounds]) -> StepBounds:
        """One step, whose dependencies are `earlier`."""
        name = step.capability.name
        if name not in self._attempts:
            self._attempts[name] = self._attempt(name)
        each, expected, unknown = self._attempts[name]
        tries = step.max_retries + 1
        attempts = 2 * tries if self._may_be_hedged(step) else tries
        work = Spending(
            attempts=attempts,
            model_calls=attempts * each.model_calls,
            tokens=attempts * each.tokens,
            cost=attempts * each.cost,
        )
        return StepBounds(_items(step, earlier), work, expected, self._longest(step), unknown)

    def _may_be_hedged(self, step: CompiledStep) -> bool:
        return (
            self._conditions.hedge
            and step.capability.effect not in CHANGING
            and len(self._agents(step.capability.name)) > 1
        )

    def _agents(self, capability: str) -> Sequence[Agent]:
        registry = self._conditions.registry
        return registry.agents_for(capability) if capability in registry.capabilities else ()

    def _longest(self, step: CompiledStep) -> float:
        waits = (BETWEEN_ATTEMPTS.delay(attempt, jitter=1.0) for attempt in range(1, step.max_retries + 1))
        attempts = (step.max_retries + 1) * (step.timeout_seconds + self._conditions.grace_seconds)
        longest = attempts + sum(waits)
        if step.total_timeout_seconds is None:
            return longest
        return min(longest, step.total_timeout_seconds + self._conditions.grace_seconds)

    def _attempt(self, capability: str) -> tuple[Spending, float, frozenset[Quantity]]:
        """The worst case of one attempt, over all agents that may be given it; how long it usually takes; and
        what is unknown."""
        agents = self._agents(capability)
        if not agents:
            return NOTHING, 0.0, _CALLS | _COST | _SECONDS
        each = [self._worst(agent) for agent in agents]
        expected = self._expected(capability, agents)
        unknown = _NONE.union(*(quantities for _, quantities in each))
        worst = Spending(
            model_calls=max(work.model_calls for work, _ in each),
            tokens=max(work.tokens for work, _ in each),
            cost=max(work.cost for work, _ in each),
        )
        return worst, expected or 0.0, unknown if expected is not None else unknown | _SECONDS

    def _worst(self, agent: Agent) -> tuple[Spending, frozenset[Quantity]]:
        terms = terms_of(agent)
        demand = NO_DEMAND if self._conditions.model is None else demand_of(agent)
        price = Decimal(str(terms.price))
        unpriced = _NONE if self._is_free(terms) else _COST
        if demand is None:
            return Spending(cost=price), unpriced | _CALLS
        usage = Usage(demand.input_tokens or 0, demand.output_tokens)
        cost = self._charge(usage, terms)
        work = Spending(
            model_calls=demand.calls,
            tokens=usage.input_tokens + usage.output_tokens,
            cost=price + (cost or 0),
        )
        if demand.input_tokens is None:
            return work, unpriced | _TOKENS
        return work, _NONE if cost is not None else unpriced

    def _is_free(self, terms: Terms) -> bool:
        return self._charge(_ANY, terms) == 0

    def _charge(self, usage: Usage, terms: Terms) -> Decimal | None:
        conditions = self._conditions
        if conditions.model is None:
            return Decimal(0)
        return conditions.prices.charge(conditions.model, usage, conditions.at, terms)

    def _expected(self, capability: str, agents: Sequence[Agent]) -> float | None:
        """The mean time of the agents that have done it, each by the weight of its successes."""
        known = [
            figures
            for agent in agents
            if (figures := self._conditions.figures.get((agent.name, capability))) and figures.success_weight
        ]
        weight = sum(figures.success_weight for figures in known)
        if not weight:
            return None
        return sum(figures.success_weight * figures.mean_seconds for figures in known) / weight


def _items(step: CompiledStep, earlier: Mapping[str, StepBounds]) -> int | None:
    return 1 if step.for_each is None else _most_elements(step.for_each, earlier)


def _most_elements(tree: Tree, earlier: Mapping[str, StepBounds]) -> int | None:
    """How long the list is that an expression yields, at most; None where that is not in the plan."""
    match tree:
        case Constant(list() as value):
            return len(value)
        case ListDisplay(elements):
            return len(elements)
        case StepOutput(step, _, True) if step in earlier:
            return earlier[step].items
        case Comprehension(source=source):
            return _most_elements(source, earlier)
        case Operation("+", left, right):
            counts = _most_elements(left, earlier), _most_elements(right, earlier)
            return None if counts[0] is None or counts[1] is None else counts[0] + counts[1]
        case Call("default", (first, other)):
            counts = _most_elements(first, earlier), _most_elements(other, earlier)
            return None if counts[0] is None or counts[1] is None else max(counts[0], counts[1])
        case _:
            return None
