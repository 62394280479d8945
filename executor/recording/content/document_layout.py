"""How the document of a recording is laid out, but for its events."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from callsheet.agents.contracts.capability import Effect
from callsheet.executor.run.events import EquippedAgent

from .contracts import CapabilityName, Contract

FORMAT = 1
"""The number of the format that this release writes, and the highest that it reads."""

PriceText = Annotated[str, Meta(pattern=r"^[0-9]+(\.[0-9]+)?(E[-+]?[0-9]+)?$")]


class RunHead(msgspec.Struct, frozen=True, kw_only=True):
    """The run: its id, the seed of its random choices, when it was created, in seconds since the epoch, the
    `budget` it was to keep to, the seconds it was to take at the most, and a digest of its `catalog`. It was
    `equipped` so many seconds later. So many `events` were recorded after that: by them it is seen that none
    is lost; who adds or removes one by hand corrects the number, or leaves it out."""

    id: str
    seed: int
    created: float
    budget: str = ""
    time_limit: float | None = None
    catalog: str = ""
    equipped: Annotated[float, Meta(ge=0)] = 0.0
    events: Annotated[int, Meta(ge=0)] | None = None


class ModelHead(msgspec.Struct, frozen=True, kw_only=True):
    """The model that plans: its name, the host of its server, how many tokens it takes, the format in which
    plans are written for it where one was asked for, and the price of a million tokens of questions, answers
    and what is cached, in dollars."""

    name: str = ""
    host: str = ""
    context_tokens: int = 0
    wire_format: str = ""
    price: tuple[PriceText, PriceText, PriceText] | None = None


class PolicyHead(msgspec.Struct, frozen=True, kw_only=True):
    """What a plan keeps to: it has `max_steps` at the most, and asks for an approval where a step has one
    of the effects `approval_for`."""

    max_steps: int
    approval_for: tuple[Effect, ...] = ()


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that happened in one run of Callsheet. `recording` is the number of the format, `callsheet`
    the release that wrote it. `texts` and `schemas` have what several events say, by name. `events` happened
    `at` so many seconds after the run was created, and so count all times in them."""

    recording: int
    callsheet: str
    goal: str
    run: RunHead
    model: ModelHead = ModelHead()
    policy: PolicyHead
    agents: tuple[EquippedAgent, ...]
    catalog: dict[CapabilityName, Contract]
    texts: dict[str, str] = {}
    schemas: dict[str, dict[str, Any]] = {}
    events: list[dict[str, Any]]
