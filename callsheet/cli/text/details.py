"""What a run keeps in full: the inputs of its steps, what models were asked and answered, and outputs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from textwrap import indent
from typing import Any, Self, TypeAlias

import msgspec
from pydantic import JsonValue

from callsheet.agents.contracts.capability import JsonObject
from callsheet.executor.run.events import AttemptStarted, Event, ModelCalled
from callsheet.executor.run.result import AttemptResult, StepResult
from callsheet.executor.run.revisions import tell_revisions
from callsheet.executor.run.state import Try
from callsheet.planner.plan.plan import Binding, Literal
from callsheet.prompts.hidden import spelled

from .plan import binding_text
from .run import (
    circumstance_lines,
    conclusion_of,
    seconds_text,
    step_lines,
    title_lines,
    value_text,
)
from .safe_text import one_line
from .story import RunView

_Inputs: TypeAlias = Mapping[str, Any]
_WIDE = 1_000
"""Characters of an expression."""


@dataclass(frozen=True, slots=True)
class RunDetails:
    """What the result of a run leaves out, from its events."""

    bindings: Mapping[str, Mapping[str, Binding]]
    """By step, what the last plan that has it gives to each input."""
    inputs: Mapping[Try, _Inputs]
    """What each attempt was given."""
    calls: Mapping[Try, list[ModelCalled]]
    """What each attempt asked a model."""
    planning: list[ModelCalled]
    """What the planner asked."""

    @classmethod
    def from_events(cls, events: Iterable[Event]) -> Self:
        """The details of a run. Each attempt has a number of its own within a step and item."""
        events = list(events)
        plans = tell_revisions(events).plans
        bindings = {step.id: step.inputs for number in sorted(plans) for step in plans[number].steps}
        inputs: dict[Try, _Inputs] = {}
        calls: defaultdict[Try, list[ModelCalled]] = defaultdict(list)
        planning: list[ModelCalled] = []
        for event in events:
            if isinstance(event, AttemptStarted):
                inputs[event.step, event.item, event.attempt] = event.inputs
            elif isinstance(event, ModelCalled):
                asked = planning if event.step is None else calls[_try_of(event)]
                asked.append(event)
        return cls(bindings, inputs, dict(calls), planning)


def full_lines(story: RunView, details: RunDetails) -> Iterator[str]:
    """The run as `run_lines` shows it, with what the planner asked, and every step whole."""
    yield from title_lines(story)
    yield from circumstance_lines(story)
    for call in details.planning:
        yield ""
        yield from _call(call, "the planner")
    for step in story.result.steps.values():
        yield ""
        yield from detail_lines(step, details)
    yield ""
    yield from conclusion_of(story)


def detail_lines(step: StepResult, details: RunDetails) -> Iterator[str]:
    """A step with its inputs, the prompts and answers of models, and its output, all of it whole."""
    yield from step_lines(step, output=False)
    shown: dict[int | None, _Inputs] = {}
    for attempt in step.attempts:
        key = (step.id, attempt.item, attempt.number)
        inputs = details.inputs.get(key, {})
        item = "" if attempt.item is None else f" of item {attempt.item}"
        if shown.get(attempt.item) != inputs:
            shown[attempt.item] = inputs
            yield f"  inputs{item}, attempt {attempt.number}:"
            yield from _inputs(inputs, details.bindings.get(step.id, {}))
        for call in details.calls.get(key, ()):
            yield from _call(call, f"attempt {attempt.number}{item}")
    if step.output is not None:
        yield "  output:"
        yield indent(value_text(step.output), "    ")


def expressions_document(step: StepResult, details: RunDetails) -> JsonObject:
    """By input, the expression that gives it, for programs."""
    bindings = details.bindings.get(step.id, {}).items()
    return {name: binding_text(each, _WIDE) for name, each in bindings if not isinstance(each, Literal)}


def attempt_details(step: StepResult, attempt: AttemptResult, details: RunDetails) -> JsonObject:
    """The inputs of an attempt, and its calls of models, for programs."""
    key = (step.id, attempt.item, attempt.number)
    return {
        "inputs": dict(details.inputs.get(key, {})),
        "calls": [call_document(call) for call in details.calls.get(key, ())],
    }


def call_document(call: ModelCalled) -> JsonValue:
    """A call of a model, for programs."""
    return {
        "model": call.model,
        "messages": msgspec.to_builtins(call.request.messages),
        "reply": call.reply,
        "error": call.error,
        "started": call.started,
        "ended": call.at,
        "usage": asdict(call.usage),
    }


def _try_of(call: ModelCalled) -> Try:
    return call.step or "", call.item, call.attempt or 0


def _inputs(inputs: _Inputs, bindings: Mapping[str, Binding]) -> Iterator[str]:
    for name, value in inputs.items():
        binding = bindings.get(name)
        # What a literal gives is the value itself.
        given = (
            "" if binding is None or isinstance(binding, Literal) else f" ({binding_text(binding, _WIDE)})"
        )
        text = spelled(value_text(value))
        if "\n" in text:
            yield f"    {one_line(name, 40)}{given}:"
            yield indent(text, "      ")
        else:
            yield f"    {one_line(name, 40)}{given}: {text}"


def _call(call: ModelCalled, who: str) -> Iterator[str]:
    usage = f"{call.usage.input_tokens:,} tokens in, {call.usage.output_tokens:,} out"
    yield f"  {who} asked {call.model} ({usage}, {seconds_text(call.at - call.started)}):"
    for message in call.request.messages:
        yield f"    {message.role}:"
        yield indent(spelled(message.content), "      ")
    yield f"    {'answer' if call.error is None else 'answer, as far as it came'}:"
    yield indent(spelled(call.reply), "      ")
    if call.error is not None:
        yield f"    error: {call.error}"
