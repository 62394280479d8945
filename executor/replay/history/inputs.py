"""News: what a run hears, each piece with what tells it from others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, TypeGuard

from callsheet.executor.driver.planner_call import Decided, Drafted
from callsheet.executor.driver.ports import News
from callsheet.executor.journal.signals import (
    Approve,
    Cancel,
    Deny,
    Pause,
    Settle,
    Signal,
    SignalContent,
    Tell,
)
from callsheet.executor.run.events import (
    ApprovalDenied,
    ApprovalGranted,
    AttemptCancelled,
    AttemptFailed,
    AttemptSucceeded,
    AttemptSurprised,
    CancellationRequested,
    DoubtSettled,
    DraftGrown,
    DraftHalted,
    Event,
    GivenUp,
    HedgeDue,
    ModelCalled,
    PauseRequested,
    PersonAsked,
    PlanAdopted,
    ReplanningFailed,
    ResultAccepted,
    ResultMissing,
    ResultReused,
    RetryDue,
    StepTimeLimitReached,
    TimeLimitReached,
    WordSpoken,
)

BROKEN_OFF = ("CancelledError:", "GeneratorExit:")
"""How calls end that whoever asked did not wait for."""

Key: TypeAlias = tuple[type, str | None, int | None, int | None, int]
"""What kind of news it is, of which step, item and attempt; and a mark that tells calls of a model apart, of
which several may be over at once."""

DRAFTED: Key = (Drafted, None, None, None, 0)

NEWS = frozenset(
    {
        ApprovalDenied,
        ApprovalGranted,
        AttemptCancelled,
        AttemptFailed,
        AttemptSucceeded,
        AttemptSurprised,
        CancellationRequested,
        DoubtSettled,
        DraftGrown,
        DraftHalted,
        GivenUp,
        HedgeDue,
        ModelCalled,
        PauseRequested,
        PersonAsked,
        PlanAdopted,
        ReplanningFailed,
        ResultAccepted,
        ResultMissing,
        ResultReused,
        RetryDue,
        StepTimeLimitReached,
        TimeLimitReached,
        WordSpoken,
    }
)
"""The events of what a run hears. All others are what it decides, and what it is started with."""

UNHEARD = (Decided, Drafted, HedgeDue, RetryDue, StepTimeLimitReached, TimeLimitReached)
"""What may come from within a run, and would not have, had something else come first."""
_EVENT_OF_SIGNAL: dict[type[SignalContent], type[Event]] = {
    Approve: ApprovalGranted,
    Cancel: CancellationRequested,
    Deny: ApprovalDenied,
    Pause: PauseRequested,
    Settle: DoubtSettled,
    Tell: WordSpoken,
}
OUTCOMES = (GivenUp, PersonAsked, PlanAdopted, ReplanningFailed, ResultAccepted)
"""What comes of asking the planner."""


def is_broken_off(news: News) -> TypeGuard[ModelCalled]:
    """Whether it is a call whose end was not waited for."""
    return isinstance(news, ModelCalled) and news.error is not None and news.error.startswith(BROKEN_OFF)


def is_call_of_planner(news: News) -> bool:
    """Whether a model was asked for a plan, or for a decision."""
    return isinstance(news, ModelCalled) and news.step is None


def key_of(news: News) -> Key:
    """What tells it from other news; the same for a signal, or a decision, and the event that comes of it."""
    return _KEYS.get(news.__class__, _by_place)(news)


def _by_place(news: Any) -> Key:
    kind, step = news.__class__, getattr(news, "step", None)
    return kind, step, getattr(news, "item", None), getattr(news, "attempt", None), 0


def _by_signal(signal: Signal) -> Key:
    word = signal.content
    return _EVENT_OF_SIGNAL[type(word)], getattr(word, "step", None), getattr(word, "item", None), None, 0


def _by_content(call: ModelCalled) -> Key:
    # Not by its JSON: that leaves defaults out by their identity, so that equal calls differ in it.
    asked = tuple(message.content for message in call.request.messages)
    return ModelCalled, call.step, call.item, call.attempt, hash((asked, call.reply, call.error))


def _drafted(draft: News) -> Key:
    return DRAFTED


def _decided(decision: News) -> Key:
    # Which of the outcomes it is shows when it is heard.
    return Decided, None, None, None, 0


_KEYS: Mapping[type, Callable[[Any], Key]] = {
    **dict.fromkeys((Decided, *OUTCOMES), _decided),
    **dict.fromkeys((Drafted, DraftGrown, DraftHalted), _drafted),
    Signal: _by_signal,
    ModelCalled: _by_content,
}
