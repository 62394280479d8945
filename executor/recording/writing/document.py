"""The document of a recording: what its file says, as JSON."""

from __future__ import annotations

from typing import Any, cast

import msgspec
from pydantic import JsonValue

from callsheet.executor.recording.content.contracts import brief, canonical, hash_of, terse, whole
from callsheet.executor.recording.content.document_layout import FORMAT, Document
from callsheet.executor.recording.content.fields import fields_of
from callsheet.executor.recording.content.recording import Recording
from callsheet.executor.recording.content.times import DECIMALS, fitted, since, times_of
from callsheet.executor.run.events import Event, ModelCalled, encode

from .shared_texts import SharedTexts


def document_of(recording: Recording) -> dict[str, JsonValue]:
    """What the file of a recording says: the same for the same recording, to the last key. Raises
    EventUnwritable where an event holds what JSON cannot."""
    glossary = SharedTexts(event for event in recording.events if isinstance(event, ModelCalled))
    writer = _EventWriter(recording, glossary)
    head = fields_of(Document).without_defaults(_head(recording, glossary))
    return cast("dict[str, JsonValue]", {**head, "events": [writer.entry(e) for e in recording.course]})


def _head(recording: Recording, glossary: SharedTexts) -> dict[str, Any]:
    created, equipped = recording.created, _json(recording.equipped)
    return {
        "recording": FORMAT,
        "callsheet": recording.callsheet,
        "goal": created.goal,
        "run": {
            "id": created.run,
            "seed": created.seed,
            "created": created.at,
            "budget": created.budget,
            "time_limit": recording.equipped.time_limit,
            "catalog": created.catalog,
            "equipped": since(recording.equipped.at, created.at),
            "events": len(recording.course),
        },
        "model": {
            "name": created.model,
            "host": recording.equipped.host,
            "context_tokens": recording.equipped.context_tokens,
            "wire_format": recording.equipped.wire_format,
            "price": equipped.get("price"),
        },
        "policy": {
            "max_steps": recording.equipped.max_steps,
            "approval_for": list(recording.equipped.approval_for),
        },
        "agents": equipped["agents"],
        "catalog": {contract["name"]: _entry(contract) for contract in equipped["contracts"]},
        "texts": glossary.texts,
        "schemas": glossary.schemas,
    }


def _entry(contract: dict[str, Any]) -> dict[str, Any]:
    named = terse(contract)
    del named["name"]
    return {"hash": hash_of(whole(contract)), **named}


class _EventWriter:
    """Writes the events of one recording."""

    def __init__(self, recording: Recording, glossary: SharedTexts) -> None:
        self._created = recording.created.at
        self._glossary = glossary
        self._catalog = {
            contract["name"]: canonical(brief(contract)) for contract in recording.equipped.contracts
        }

    def entry(self, event: Event) -> dict[str, Any]:
        """An event as the document has it."""
        entries = _json(event)
        for name in times_of(type(event)):
            if name in entries:
                entries[name] = since(entries[name], self._created)
        if "contracts" in entries:
            entries["contracts"] = [self._contract(each) for each in entries["contracts"]]
        if isinstance(event, ModelCalled):
            self._tell_call(event, entries)
        told = fields_of(type(event)).without_defaults(entries)
        return {"at": told.pop("at"), **told}

    def _contract(self, contract: dict[str, Any]) -> str | dict[str, Any]:
        # Anything but the catalog's is kept to the letter, with what is at its default and what is not.
        name: str = contract["name"]
        return name if self._catalog.get(name) == canonical(contract) else contract

    def _tell_call(self, event: ModelCalled, entries: dict[str, Any]) -> None:
        entries["request"]["messages"] = self._glossary.messages(event.request)
        if event.request.schema is not None:
            entries["request"]["schema"] = self._glossary.schema(event.request)
        chunks = fitted(event.chunks, len(event.reply))
        entries["chunks"] = [[round(seconds, DECIMALS), count] for seconds, count in chunks]


def _json(value: Any) -> dict[str, Any]:
    """A struct as a journal would keep it."""
    data = encode(value)
    entries: dict[str, Any] = msgspec.json.decode(data)
    return entries
