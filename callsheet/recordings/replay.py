"""Replaying: one function, from a recording to a verdict, with live parts and what-ifs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from callsheet.agents.models.chat import ChatModel, host_of
from callsheet.agents.registry import Registry
from callsheet.errors import CallsheetError
from callsheet.executor.clocks.virtual_loop import run_virtually
from callsheet.executor.recording.content.recording import Recording
from callsheet.executor.recording.writing.redaction import Redacts
from callsheet.executor.replay.doubles.masking import without_numbers
from callsheet.executor.replay.drift.drift import Drift
from callsheet.executor.replay.errors import WhatIfInvalid
from callsheet.executor.replay.liveness import Liveness
from callsheet.executor.replay.what_if import WhatIf, require_places
from callsheet.executor.run.events import Event, ModelCalled, PlanAdopted, RunCreated, RunEquipped
from callsheet.orchestration.equipment import digest_of, equipped_agents
from callsheet.planner.check.checker import check
from callsheet.recordings.network_guard import NetworkGuard
from callsheet.recordings.replay_result import Replay
from callsheet.recordings.retiming import retimings
from callsheet.recordings.verdict import (
    catalog_now,
    drifts_of,
    schema_drifts,
    unanswered,
    without_secrets,
    worse_end,
)

from .playback import Playback, Played


@dataclass(frozen=True, slots=True)
class Team:
    """Today's agents. If they are the whole team (`is_whole`), a capability that none of them offers is gone;
    otherwise the recorded agents offer the rest."""

    registry: Registry
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class ReplayTerms:
    """How a recording is replayed."""

    live: Liveness = Liveness()  # noqa: RUF009 - frozen, so one object serves all
    """The parts that do their work today."""
    team: Team | None = None
    """Today's agents, to do what is live and to compare contracts with; None: the recorded ones."""
    model: ChatModel | None = None
    """The model for what is live."""
    what_ifs: tuple[WhatIf, ...] = ()
    """Changes to what happens."""
    update: bool = False
    """Whether to record what drifted again, with the live parts."""
    workspace: Path = Path()
    """The folder that live agents may read and write."""
    redactor: Redacts | None = None
    """Removes the secrets of live results before they are compared."""


def replay(recording: Recording, terms: ReplayTerms) -> Replay:
    """Carry a recorded run out again, in virtual time. Without live parts the network is blocked.

    Raises WhatIfInvalid, also for a what-if that does not happen in this run, UnknownCapability, and
    NetworkForbidden.
    """
    require_places(terms.what_ifs, _steps_of(recording))
    if terms.what_ifs:
        return _imagined(recording, terms)
    # Live work is done only once, update or not: some of it is irreversible.
    at_once = terms.update and bool(terms.live)
    played = _play_on(recording, terms) if at_once else _play(recording, terms)
    drifts = (*_schema_drifts(recording, terms), *_drifts(recording, played, terms, is_live=bool(terms.live)))
    found = Replay(recording, played.events, drifts, is_cut_short=played.stopped is not None)
    if not (terms.update and drifts):
        return found
    again = played if at_once else _play_on(recording, terms)
    shown = _shown(recording, again.events, terms)
    obstacle = again.stopped or unanswered(recording, shown) or worse_end(recording, shown)
    if obstacle is not None:
        return replace(found, obstacle=obstacle)
    updated = _retimed(
        recording, Recording.from_events(_asking(again.events, terms), source=recording.source)
    )
    return replace(found, events=updated.events, updated=updated, is_cut_short=False)


def _asking(events: Sequence[Event], terms: ReplayTerms) -> list[Event]:
    """The events of a run, with the model that was asked: today's, if it planned from the beginning. The
    recorded price is kept only for the same model."""
    created, equipped, *course = events
    assert isinstance(created, RunCreated) and isinstance(equipped, RunEquipped)
    model = terms.model if terms.live.replans else None
    if model is not None and created.model:
        price = equipped.price if created.model == model.name else None
        created = msgspec.structs.replace(created, model=model.name)
        equipped = msgspec.structs.replace(
            equipped, context_tokens=model.context_tokens, price=price, host=host_of(model)
        )
    return [created, equipped, *course]


def _retimed(recording: Recording, updated: Recording) -> Recording:
    """The updated recording with the recorded times; as it is, if it does not replay with them."""
    return next((each for each in retimings(recording, updated) if _replays(each)), updated)


def _replays(recording: Recording) -> bool:
    """Whether a replay has the same events, with nothing live."""
    try:
        return not any(drifts_of(recording, _play(recording, ReplayTerms()), is_live=False))
    except CallsheetError:
        return False


def _imagined(recording: Recording, terms: ReplayTerms) -> Replay:
    """The run with its what-ifs. Recorded outcomes are used as far as they fit."""
    terms = replace(terms, live=replace(terms.live, only_missing=True))
    played = _play(recording, terms)
    never = [each for each in terms.what_ifs if each not in played.stage.happened]
    if never and played.stopped is None:
        raise WhatIfInvalid(
            f"this does not happen in the run: {'; '.join(each.describe() for each in never)}"
        )
    differences = tuple(_drifts(recording, played, terms, is_live=True))
    return Replay(
        recording, played.events, differences, is_what_if=True, is_cut_short=played.stopped is not None
    )


def _drifts(recording: Recording, played: Played, terms: ReplayTerms, *, is_live: bool) -> Iterator[Drift]:
    """What differs from the recording. Secrets of live results are compared as placeholders."""
    if terms.redactor is not None and terms.live:
        played = replace(played, events=without_numbers(_shown(recording, played.events, terms)))
        recording = replace(recording, events=tuple(without_numbers(recording.events)))
    return drifts_of(recording, played, is_live=is_live)


def _shown(recording: Recording, events: Sequence[Event], terms: ReplayTerms) -> Sequence[Event]:
    """The events of a replay, without secrets."""
    if terms.redactor is None or not terms.live:
        return events
    return without_secrets(recording, events, terms.redactor)


def _play(recording: Recording, terms: ReplayTerms) -> Played:
    with nullcontext() if terms.live else NetworkGuard():
        return run_virtually(
            Playback(
                recording,
                live=terms.live,
                today=None if terms.team is None else terms.team.registry,
                live_model=terms.model,
                what_ifs=terms.what_ifs,
                workspace=terms.workspace,
                redactor=terms.redactor if terms.live else None,
            ).play()
        )


def _schema_drifts(recording: Recording, terms: ReplayTerms) -> tuple[Drift, ...]:
    if terms.team is None:
        return ()
    team = terms.team
    return tuple(schema_drifts(recording, team.registry, is_whole=team.is_whole, redactor=terms.redactor))


def _play_on(recording: Recording, terms: ReplayTerms) -> Played:
    """The recorded run with today's contracts, where the live parts fill in what was not recorded."""
    begun = recording if terms.team is None else _with_contracts_of(recording, terms.team)
    return _play(begun, replace(terms, live=replace(terms.live, fills=True)))


def _with_contracts_of(recording: Recording, team: Team) -> Recording:
    """The recording as it would have begun with today's contracts."""
    catalog = catalog_now(recording, team.registry, is_whole=team.is_whole)
    contracts = tuple(each.model_dump(mode="json") for each in catalog)
    if contracts == recording.equipped.contracts:
        return recording
    names = {each.name for each in catalog}
    agents = {each.name: each for each in equipped_agents(team.registry)}
    recorded = {each.name: each for each in recording.equipped.agents if not team.is_whole}
    offering = tuple(
        msgspec.structs.replace(each, capabilities=tuple(name for name in each.capabilities if name in names))
        for each in (recorded | agents).values()
    )
    created = msgspec.structs.replace(recording.created, catalog=digest_of(contracts))
    equipped = msgspec.structs.replace(
        recording.equipped,
        contracts=contracts,
        agents=tuple(each for each in offering if each.capabilities),
    )
    events = [created, equipped, *recording.course]
    for at, event in enumerate(events):
        if isinstance(event, ModelCalled):
            break
        if isinstance(event, PlanAdopted):
            # This plan was given, so no planner adapts it to today's contracts.
            checked = check(event.plan, catalog).require()
            events[at] = msgspec.structs.replace(event, contracts=checked.contracts)
            break
    return replace(recording, events=tuple(events))


def _steps_of(recording: Recording) -> list[str]:
    steps = (step["id"] for plan in recording.plan_documents.values() for step in plan["steps"])
    return list(dict.fromkeys(steps))
