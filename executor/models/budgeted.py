"""The budget gate: what a run has spent while calls of models are in flight, and the models that pay into
it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from callsheet.agents.models.chat import ChatChunk, ChatModel, ChatRequest, Usage
from callsheet.agents.spending.budget import NOTHING, Spending
from callsheet.agents.spending.terms import Terms
from callsheet.executor.run.errors import BudgetExceeded
from callsheet.executor.run.spending import BYTES_A_TOKEN, UNANSWERED, RunSpending, caller_of, counted
from callsheet.executor.run.state import NO_USAGE, Try

from .journaled import Caller, ModelWrapper


@dataclass(slots=True)
class _Call:
    """A call that is being made."""

    model: str
    """The name of the model."""
    terms: Terms
    """The terms of the agent that makes it."""
    asked: int
    """The size of its question, in bytes."""
    reserved: Spending
    """What is kept back from the budget for it."""
    answered: int = 0
    """The size of its answer so far, in bytes."""
    usage: Usage = NO_USAGE
    """The tokens that the provider has counted so far."""
    unanswered: bool = False
    """The model was not reached, or refused the call: it costs nothing."""


class BudgetGate:
    """Admits the calls of one run, one after the other, on its event loop.

    A call is refused before it is made where what it asks for certain (one call, and its question by the
    count of its bytes) goes beyond a limit, or nothing is left of one. What it may take at most (its
    question, and an answer of `max_tokens`) is reserved until it has ended; then what the provider counted
    takes the place of that. So all that is in flight together goes beyond a limit by no more than the last
    call that was admitted, and by what each of them exceeds its reservation.

    The spending has what was called before; calls of this process are counted here, because their events
    reach the journal later.
    """

    def __init__(self, spending: RunSpending) -> None:
        self._spending = spending
        self._called = spending.called
        self._in_flight: dict[int, _Call] = {}

    @property
    def spent(self) -> Spending:
        """What was used, and what is reserved."""
        reserved = sum((call.reserved for call in self._in_flight.values()), NOTHING)
        return self._called + reserved + replace(self._spending.worked, seconds=self._spending.seconds)

    def open(self, model: str, request: ChatRequest, owner: Try | None) -> _Call:
        """Admit a call and reserve what it may take. Raises BudgetExceeded."""
        asked = sum(len(message.content.encode("utf-8", "replace")) for message in request.messages)
        question = -(-asked // BYTES_A_TOKEN)
        terms = self._spending.terms_of(owner)
        least = self._spending.price_of(model, Usage(question), terms)
        most = self._spending.price_of(model, Usage(question, request.max_tokens), terms)
        budget = self._spending.budget
        problem = budget.refusal(self.spent, least, most)
        if budget.cost is not None and most.unpriced:
            problem = (
                f"the budget limits money, and nobody knows what {model} costs: put its price under "
                "`prices` in the settings, or limit tokens instead"
            )
        if problem is not None:
            raise BudgetExceeded(f"{model} was not asked", problem)
        call = _Call(model, terms, asked, most)
        self._in_flight[id(call)] = call
        return call

    def close(self, call: _Call) -> None:
        """The call has ended: count what it took."""
        del self._in_flight[id(call)]
        usage = counted(call.usage, call.asked, call.answered, unanswered=call.unanswered)
        self._called += self._spending.price_of(call.model, usage, call.terms)


class BudgetedModel(ModelWrapper):
    """A model that is asked only as far as the budget of the run goes. It stands before the journaled one,
    so that what is refused is in no journal."""

    def __init__(self, model: ChatModel, gate: BudgetGate, owner: Caller | None = None) -> None:
        super().__init__(model)
        self._gate = gate
        self._owner = None if owner is None else caller_of(owner.step, owner.item, owner.attempt)

    async def stream(self, request: ChatRequest) -> AsyncIterator[ChatChunk]:
        """Ask, and yield the answer as it is written. Raises BudgetExceeded, and what the model raises."""
        call = self._gate.open(self.name, request, self._owner)
        try:
            async for chunk in self._model.stream(request):
                call.answered += len(chunk.text.encode("utf-8", "replace"))
                call.usage = chunk.usage or call.usage
                yield chunk
        except Exception as error:
            call.unanswered = type(error) in UNANSWERED
            raise
        finally:
            self._gate.close(call)
