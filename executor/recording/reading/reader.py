"""From the document of a recording to the recording: every fault is told with its line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec

from callsheet.agents.contracts.capability import NAME
from callsheet.agents.spending.errors import TermsError
from callsheet.agents.spending.terms import Terms
from callsheet.executor.recording.content.contracts import Contract, hash_of, whole
from callsheet.executor.recording.content.document_layout import FORMAT, Document
from callsheet.executor.recording.content.errors import RecordingNewer, RunNotRecordable
from callsheet.executor.recording.content.fields import escaped, fields_of
from callsheet.executor.recording.content.recording import Recording
from callsheet.executor.recording.content.times import until
from callsheet.executor.run.events import Event, RunCreated, RunEquipped
from callsheet.executor.run.events.origins import without_origins

from .event_reader import EventReader
from .problems import RESTORE, DocumentProblems, LineOf

_MAKE = "`callsheet record RUN -o FILE` makes one"
_TELLING = frozenset({"catalog", "events"})


def recording_from(document: object, source: str, line_of: LineOf) -> Recording:
    """The recording that a document is, its plans unchecked. Raises RecordingInvalid, RecordingNewer."""
    entries = _require_format(document, DocumentProblems(source, line_of))
    release = entries.get("callsheet")
    faults = (
        DocumentProblems(source, line_of, release)
        if isinstance(release, str)
        else DocumentProblems(source, line_of)
    )
    return _Reading(faults).recording(entries)


def is_headless(document: object) -> bool:
    """Whether a document was a recording, before it lost the line that says so."""
    return isinstance(document, dict) and "recording" not in document and document.keys() >= _TELLING


def _require_format(document: object, faults: DocumentProblems) -> dict[str, Any]:
    if is_headless(document):
        faults.fail("the line `recording:` is missing, and other lines may be too", "", RESTORE)
    if not isinstance(document, dict) or "recording" not in document:
        looks_so = isinstance(document, dict) and "steps" in document
        what = "this is a plan, not a recording" if looks_so else "this is not a recording"
        faults.fail(what, "", _MAKE)
    entries = cast("dict[str, Any]", document)
    number = entries["recording"]
    if type(number) is not int or number < 1:
        faults.fail(f"`recording` must be the number of the format, not {number!r:.80}", "/recording")
    if number > FORMAT:
        release = entries.get("callsheet")
        raise RecordingNewer(faults.source, number, FORMAT, release if isinstance(release, str) else "")
    return entries


class _Reading:
    """Reads one document."""

    def __init__(self, faults: DocumentProblems) -> None:
        self._faults = faults

    def recording(self, entries: dict[str, Any]) -> Recording:
        """The recording that the document is."""
        self._faults.require_known(fields_of(Document).unknown(entries))
        head = self._head(entries)
        self._faults.require_budget(head.run.budget, "/run/budget")
        contracts = {name: self._contract(entries, name) for name in head.catalog}
        reader = EventReader(self._faults, head.run.created, contracts, head.texts, head.schemas)
        events = [reader.event(at, each) for at, each in enumerate(head.events)]
        recording = self._checked([*self._beginning(head, contracts), *events], head.callsheet)
        self._require_count(head)
        return recording

    def _require_count(self, head: Document) -> None:
        """See that as many events are there as were recorded. Comes last: what else is wrong says more."""
        count, recorded = len(head.events), head.run.events
        if recorded is None or count == recorded:
            return
        problem = f"{recorded} events were recorded, but the file holds {count}"
        if count < recorded:
            self._faults.fail(f"{problem}: its end is missing", "/run/events", RESTORE)
        self._faults.fail(problem, "/run/events", "correct `events` under `run`, if that is meant")

    def _head(self, entries: dict[str, Any]) -> Document:
        try:
            head: Document = msgspec.convert(entries, Document)
        except (msgspec.ValidationError, TermsError, OverflowError, ValueError):
            self._find_faulty_entry(entries)
            head = self._faults.converted(entries, Document, "")
        return head

    def _find_faulty_entry(self, entries: dict[str, Any]) -> None:
        """Refuse the first entry of a mapping that is none: msgspec does not say which it is."""
        for at, agent in enumerate(_list(entries.get("agents"))):
            if "terms" in _dict(agent):
                self._faults.converted(_dict(agent)["terms"], Terms, f"/agents/{at}/terms")
        for name, contract in _dict(entries.get("catalog")).items():
            if not NAME.match(name):
                problem = (
                    f"{name!r:.80} is not a capability name: use at most 64 lowercase letters, digits and _"
                )
                self._faults.fail(problem, f"/catalog/{escaped(name)}")
            self._faults.converted(contract, Contract, f"/catalog/{escaped(name)}")
        for name, text in _dict(entries.get("texts")).items():
            self._faults.converted(text, str, f"/texts/{escaped(name)}")
        for name, schema in _dict(entries.get("schemas")).items():
            self._faults.converted(schema, dict[str, Any], f"/schemas/{escaped(name)}")

    def _contract(self, entries: dict[str, Any], name: str) -> dict[str, Any]:
        entry: dict[str, Any] = entries["catalog"][name]
        contract = whole({**entry, "name": name})
        if entry.get("hash", "") not in ("", found := hash_of(contract)):
            self._faults.fail(
                f"the contract of `{name}` was edited: its hash is {found}",
                f"/catalog/{escaped(name)}/hash",
                "record the run again, or leave `hash` out",
            )
        return contract

    def _beginning(
        self, head: Document, contracts: Mapping[str, dict[str, Any]]
    ) -> tuple[RunCreated, RunEquipped]:
        for at, agent in enumerate(head.agents):
            for which, name in enumerate(agent.capabilities):
                self._faults.require_name("capability", name, contracts, f"/agents/{at}/capabilities/{which}")
        run, model = head.run, head.model
        created = RunCreated(
            at=run.created,
            run=run.id,
            goal=head.goal,
            seed=run.seed,
            catalog=run.catalog,
            model=model.name,
            budget=run.budget,
        )
        return created, RunEquipped(
            at=until(run.equipped, run.created),
            contracts=tuple(contracts.values()),
            agents=head.agents,
            max_steps=head.policy.max_steps,
            approval_for=tuple(effect.value for effect in head.policy.approval_for),
            context_tokens=model.context_tokens,
            wire_format=model.wire_format,
            price=model.price,
            time_limit=run.time_limit,
            host=model.host,
        )

    def _checked(self, events: Sequence[Event], callsheet: str) -> Recording:
        try:
            recording = Recording.from_events(events, callsheet, self._faults.source)
        except RunNotRecordable as error:
            self._faults.fail(error.problem, _pointer_of_event(error.event))
        for at, (kept, read) in enumerate(zip(recording.events, map(without_origins, events), strict=True)):
            if kept != read:
                self._faults.fail("a number in it is too large", _pointer_of_event(at))
        return recording


def _pointer_of_event(place: int | None) -> str:
    if place == 0:
        return "/run/created"
    return f"/events/{place - 2}" if place is not None and place > 1 else ""


def _dict(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []
