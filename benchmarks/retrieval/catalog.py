"""A catalog of 1,000 capabilities, as large organizations have them: the same everyday operations on
seventy kinds of record, in the words of their systems, and two hundred special services."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from callsheet.agents.contracts.capability import Capability
from callsheet.planner.formats.examples import read_capability

SIZE = 1_000
FOLDER = Path(__file__).parent
PREFIXED = frozenset({"crm", "billing", "shop", "logistics", "dev", "cloud", "clinic"})
"""Domains whose names begin with that of the system, `crm_lead_create`; elsewhere it is `create_lead`."""
MANY = frozenset({"list", "search", "export", "import", "count"})
"""Operations on more than one record."""


def large_catalog(size: int = SIZE) -> tuple[Capability, ...]:
    """The same capabilities every time, in the order of their names."""
    special = list(_specials())
    # Which operations a system lacks looks like chance, and is the same on every machine.
    drawn = sorted(_operations(), key=lambda each: zlib.crc32(each["capability"].encode()))
    documents = [*special, *drawn][:size]
    return tuple(map(read_capability, sorted(documents, key=lambda each: each["capability"])))


def _specials() -> Iterator[dict[str, Any]]:
    """Lines of `name | description | inputs -> outputs ! effect`; one without an effect only reads."""
    for line in _lines("specials.txt"):
        name, about, fields = line
        fields, _, effect = fields.partition(" ! ")
        yield _document(name, about, fields, effect or "read")


def _operations() -> Iterator[dict[str, Any]]:
    """Each operation on each kind of record, in one of its three wordings."""
    for noun, nouns, domain, system, fields in _lines("entities.txt"):
        for verb, effect, *wordings, signature in _lines("operations.txt"):
            what = (nouns if verb in MANY else noun).replace(" ", "_")
            name = f"{domain}_{what}_{verb}" if domain in PREFIXED else f"{verb}_{what}"
            wording = wordings[zlib.crc32(f"{noun} {verb}".encode()) % len(wordings)]
            identity = noun.replace(" ", "_") + "_id"
            values = {"noun": noun, "nouns": nouns, "system": system}
            signature = signature.format(
                fields=fields, id=identity, record=noun.replace(" ", "_"), records=nouns.replace(" ", "_")
            )
            yield _document(name, wording.format(fields=fields, **values), signature, effect)


def _document(name: str, about: str, signature: str, effect: str) -> dict[str, Any]:
    inputs, outputs = (side.strip().split(", ") for side in signature.split(" -> "))
    return {"capability": name, "description": about, "inputs": inputs, "output": outputs, "effect": effect}


def _lines(file: str) -> Iterator[list[str]]:
    for line in (FOLDER / file).read_text("utf-8").splitlines():
        yield line.split(" | ")
