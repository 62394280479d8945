"""From what a document says of an event to the event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast, get_args

from callsheet.executor.recording.content.contracts import NamedContract, brief
from callsheet.executor.recording.content.fields import fields_of
from callsheet.executor.recording.content.times import times_of, until
from callsheet.executor.run.events import (
    AttemptProgressed,
    Event,
    ModelCalled,
    OptionsGiven,
    RunCreated,
    RunEquipped,
    RunResumed,
    RunStarted,
)
from callsheet.suggestions import did_you_mean

from .problems import DocumentProblems

KINDS: Mapping[str, type[Event]] = {
    cast(str, kind.__struct_config__.tag): kind
    for kind in get_args(Event)
    if kind not in (AttemptProgressed, RunCreated, RunEquipped)
}
"""What may happen in a run after its beginning, by the names that events have."""


class EventReader:
    """Reads the events of one document: the run was `created` then, its catalog has these whole `contracts`,
    and these `texts` and `schemas` are told elsewhere in the document, by name."""

    def __init__(
        self,
        faults: DocumentProblems,
        created: float,
        contracts: Mapping[str, dict[str, Any]],
        texts: Mapping[str, str],
        schemas: Mapping[str, dict[str, Any]],
    ) -> None:
        self._faults = faults
        self._created = created
        self._contracts = contracts
        self._texts = texts
        self._schemas = schemas

    def event(self, at: int, entries: dict[str, Any]) -> Event:
        """The event at a place in the document, from 0."""
        pointer = f"/events/{at}"
        tag = entries.get("event")
        kind = KINDS.get(tag) if isinstance(tag, str) else None
        if kind is None:
            if not isinstance(tag, str):
                self._faults.fail("`event` must be the name of an event", f"{pointer}/event")
            self._faults.fail(f"{tag!r:.80} is not an event; {did_you_mean(tag, KINDS)}", f"{pointer}/event")
        self._faults.require_known(fields_of(kind).unknown(entries), pointer)
        event: Event = self._faults.converted(self._told_out(kind, entries, pointer), kind, pointer)
        if isinstance(event, ModelCalled):
            self._require_pieces(event, pointer)
        elif isinstance(event, OptionsGiven | RunResumed | RunStarted):
            self._faults.require_budget(event.budget, f"{pointer}/budget")
        return event

    def _told_out(self, kind: type[Event], entries: dict[str, Any], pointer: str) -> dict[str, Any]:
        """An event without names for what stands elsewhere, and with times since the epoch."""
        told = {**entries}
        for name in times_of(kind):
            if name in told:
                told[name] = until(told[name], self._created)
        if kind is ModelCalled and isinstance(told.get("request"), dict):
            told["request"] = self._request(told["request"], f"{pointer}/request")
        if "contracts" in told and isinstance(told["contracts"], list):
            contracts = cast("list[object]", told["contracts"])
            told["contracts"] = [
                self._event_contract(each, f"{pointer}/contracts/{at}") for at, each in enumerate(contracts)
            ]
        return told

    def _event_contract(self, contract: object, pointer: str) -> object:
        if isinstance(contract, str):
            self._faults.require_name("contract", contract, self._contracts, pointer)
            return brief(self._contracts[contract])
        entries = cast("dict[str, Any]", contract)
        self._faults.require_known(fields_of(NamedContract).unknown(entries), pointer)
        self._faults.converted(entries, NamedContract, pointer)
        return entries

    def _request(self, request: dict[str, Any], pointer: str) -> dict[str, Any]:
        told = {**request}
        if isinstance(messages := request.get("messages"), list):
            told["messages"] = [
                self._message(each, f"{pointer}/messages/{at}")
                for at, each in enumerate(cast("list[object]", messages))
            ]
        if request.get("schema") is not None:
            name = self._reference(request["schema"], "schema", self._schemas, f"{pointer}/schema")
            told["schema"] = self._schemas[name]
        return told

    def _message(self, message: object, pointer: str) -> object:
        if not isinstance(message, dict):
            return message
        entries = cast("dict[str, Any]", message)
        content = entries.get("content")
        if content is None or isinstance(content, str):
            return entries
        name = self._reference(content, "text", self._texts, f"{pointer}/content")
        return {**entries, "content": self._texts[name]}

    def _reference(self, value: object, kind: str, names: Mapping[str, object], pointer: str) -> str:
        """The name of a text or schema that is told elsewhere."""
        entries = cast("dict[str, object]", value) if isinstance(value, dict) else {}
        name = entries.get(kind)
        if entries.keys() != {kind} or not isinstance(name, str):
            self._faults.fail(f"write a {kind} here by its name, as `{{{kind}: NAME}}`", pointer)
        self._faults.require_name(kind, name, names, pointer)
        return name

    def _require_pieces(self, call: ModelCalled, pointer: str) -> None:
        pieces = [count for _, count in call.chunks]
        if pieces and (sum(pieces) != len(call.reply) or min(pieces) < 1):
            self._faults.fail(
                f"the chunks have {sum(pieces)} characters, but the reply has {len(call.reply)}",
                f"{pointer}/chunks",
                "leave `chunks` out, or correct it",
            )
