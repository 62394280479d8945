"""Runs drawn at random: events of every kind with any content, as far as they fit those before."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
from hypothesis import strategies as st

from callsheet.agents.contracts.capability import Effect
from callsheet.agents.spending.terms import Terms
from callsheet.executor.recording.content.errors import RunNotRecordable
from callsheet.executor.recording.content.recording import Recording
from callsheet.executor.recording.content.times import fitted
from callsheet.executor.recording.reading.event_reader import KINDS
from callsheet.executor.run.events import (
    EquippedAgent,
    Event,
    ModelCalled,
    PlanAdopted,
    RunCreated,
    RunEquipped,
    RunStarted,
)

from .everything import CATALOG, CREATED

NAMES = ("page", "each", "letter")
WHOLE = tuple(capability.model_dump(mode="json") for capability in CATALOG)
BRIEF = tuple(capability.model_dump(mode="json", exclude_defaults=True) for capability in CATALOG)

# Whatever UTF-8 can hold, which is what a journal can.
texts = st.text(st.characters(codec="utf-8"), max_size=30) | st.sampled_from(
    [
        "no",
        "2024-01-31",
        "~",
        "1e3",
        "0x10",
        "- a",
        "a: b",
        " a",
        "a ",
        "a\n",
        "\n",
        "a\n b\n\n",
        "\u2028b",
        "\t\n",
    ]
)
shared = st.sampled_from(["a long text that is told more than once " * 6, "another\n" * 40])
counts = st.integers(0, 2**53)
times = st.floats(CREATED - 10, CREATED + 1e8)
seconds = st.floats(0, 1e6)
numbers = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
steps = st.lists(st.sampled_from(NAMES), unique=True).map(
    lambda names: [{"id": name, "capability": "fetch"} for name in names]
)
contracts = st.lists(st.sampled_from(BRIEF + WHOLE), unique_by=lambda each: each["name"]).map(tuple)
pieces = st.tuples(st.integers(0, 10**9).map(lambda micros: micros / 1e6), st.integers(1, 9))

FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "item": st.none() | st.integers(0, 1),
    "attempt": st.integers(1, 3),
    "at": st.floats(CREATED, CREATED + 1e8),
    "started": times,
    "deadline": times,
    "due": times,
    "revision": st.integers(1, 3),
    "plan": st.fixed_dictionaries({"steps": steps, "goal": texts}),
    "steps": steps.map(tuple),
    "contracts": contracts,
    "afresh": st.just(NAMES),
    "waiting": st.just(()),
    "missing": st.just(()),
    "approvals": st.just(()),
    "content": texts | shared,
    "chunks": st.lists(pieces, max_size=3).map(tuple),
}
"""What has to fit something else, by the name of its field."""

WORDS = {"step": st.sampled_from(NAMES), "budget": st.sampled_from(["", "$1", "20k tokens, 5m"])}
"""The same for what may be None in some events."""

ENTRIES: dict[type[Any], st.SearchStrategy[Any]] = {
    str: texts,
    int: counts,
    float: seconds,
    bool: st.booleans(),
    type(None): st.none(),
    Terms: st.builds(Terms, price=seconds, max_concurrency=st.none() | st.integers(1, 9)),
}


def strategy_of(kind: Any) -> st.SearchStrategy[Any]:
    """Anything of a type that stands in an event."""
    origin, parts = get_origin(kind), get_args(kind)
    if kind is Any:
        return values
    if origin in (Union, types.UnionType):
        return st.one_of([strategy_of(part) for part in parts])
    if origin is Literal:
        return st.sampled_from(parts)
    if origin is tuple and parts[-1] is ...:
        return st.lists(strategy_of(parts[0]), max_size=3).map(tuple)
    if origin is tuple:
        return st.tuples(*map(strategy_of, parts))
    if origin is list:
        return st.lists(strategy_of(parts[0]), max_size=3)
    if origin is dict:
        return st.dictionaries(texts, strategy_of(parts[1]), max_size=3)
    if issubclass(kind, Enum):
        return st.sampled_from(list(kind))
    return ENTRIES[kind] if kind in ENTRIES else build(kind)


def build(kind: type[Any]) -> st.SearchStrategy[Any]:
    """Any struct or dataclass of a type."""
    hints = get_type_hints(kind)
    if issubclass(kind, msgspec.Struct):
        names = [field.name for field in msgspec.structs.fields(kind)]
    else:
        names = [field.name for field in dataclasses.fields(kind)]
    return st.fixed_dictionaries({name: _field(name, hints[name]) for name in names}).map(_made(kind))


def _field(name: str, hint: Any) -> st.SearchStrategy[Any]:
    if name in FIELDS:
        return FIELDS[name]
    some = WORDS.get(name)
    if some is None:
        return strategy_of(hint)
    return some if hint is str else st.none() | some


def _made(kind: type[Any]) -> Callable[[dict[str, Any]], Any]:
    def make(fields: dict[str, Any]) -> Any:
        if kind is ModelCalled:
            fields["chunks"] = tuple(fitted(fields["chunks"], len(fields["reply"])))
        return kind(**fields)

    return make


happenings = st.sampled_from(list(KINDS.values())).flatmap(build)
created = build(RunCreated).map(lambda event: msgspec.structs.replace(event, at=CREATED))
effects = st.lists(st.sampled_from([effect.value for effect in Effect]), unique=True).map(tuple)


@st.composite
def equipped(draw: st.DrawFn) -> RunEquipped:
    """A run is equipped with some of the catalog, and with agents who offer it."""
    catalog = draw(st.sampled_from([WHOLE, WHOLE[:1], ()]))
    names = st.sampled_from([each["name"] for each in catalog]) if catalog else None
    offers = st.just([]) if names is None else st.lists(names, max_size=2)
    agents = [
        msgspec.structs.replace(each, capabilities=tuple(draw(offers)))
        for each in draw(st.lists(build(EquippedAgent), max_size=2))
    ]
    whatever: RunEquipped = draw(build(RunEquipped))
    return msgspec.structs.replace(
        whatever,
        contracts=catalog,
        agents=tuple(agents),
        approval_for=draw(effects),
        price=draw(st.sampled_from([None, ("1", "0.50", "1E-7")])),
    )


@st.composite
def recordings(draw: st.DrawFn) -> Recording:
    """A run in which some of what was drawn happens."""
    plan = {"steps": [{"id": name, "capability": "fetch"} for name in NAMES]}
    events: list[Event] = [draw(created), draw(equipped())]
    if draw(st.booleans()):
        events += [PlanAdopted(CREATED, 1, plan, BRIEF), RunStarted(CREATED, 3)]
    return fitting(events, draw(st.lists(happenings, max_size=12)))


def fitting(events: Sequence[Event], more: Sequence[Event]) -> Recording:
    """A recording of the events, and of those others that fit."""
    recording = Recording.from_events(events)
    for event in more:
        try:
            recording = Recording.from_events([*recording.events, event])
        except RunNotRecordable:
            continue
    return recording
