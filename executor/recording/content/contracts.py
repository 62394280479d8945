"""Contracts as a recording has them: without what goes without saying, and with a hash that tells when
one was edited."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, Any, cast

import msgspec
from msgspec import Meta

from callsheet.agents.contracts.capability import NAME, Capability, Effect

CapabilityName = Annotated[str, Meta(pattern=f"^{NAME.pattern.removesuffix(chr(92) + 'Z')}$")]


class _Promises(msgspec.Struct, frozen=True, kw_only=True):
    description: str
    input_schema: dict[str, Any]
    output_schema: dict[str, Any]
    main_output: str = ""
    effect: Effect = Effect.PURE
    version: str = "1"
    max_retries: Annotated[int, Meta(ge=0, le=100)] = 2
    timeout_seconds: Annotated[float, Meta(gt=0)] = 120.0
    cache: Annotated[float, Meta(gt=0)] | None = None


class Contract(_Promises, frozen=True, kw_only=True):
    """What everybody who offers the work keeps to. `main_output` is the first field of the output where it
    is left out, and empty where none is declared; `timeout_seconds` are those of an attempt, `cache` is in
    seconds. `hash` tells whether the contract is as it was recorded; who edits it leaves `hash` out."""

    hash: str = ""


class NamedContract(_Promises, frozen=True, kw_only=True):
    """A contract that a plan was checked against, and that is another than the catalog's."""

    name: CapabilityName


DEFAULTS: Mapping[str, Any] = {
    name: msgspec.to_builtins(field.default)
    for name, field in Capability.model_fields.items()
    if not field.is_required() and name != "main_output"
}
"""What the fields of a contract are where it leaves them out; `main_output` depends on the output."""

_ORDER = tuple(Capability.model_fields)


def terse(contract: Mapping[str, Any]) -> dict[str, Any]:
    """A contract without the fields that `whole` puts back, in their order."""
    kept = brief({name: contract[name] for name in _ORDER if name in contract})
    if kept.get("main_output") == _first_output(contract):
        del kept["main_output"]
    return kept


def whole(entries: Mapping[str, Any]) -> dict[str, Any]:
    """The contract that `terse` has shortened, as `Capability.model_dump` gives it; what is no field of one
    is left out."""
    contract = {"main_output": _first_output(entries), **DEFAULTS, **entries}
    ordered = {name: contract[name] for name in _ORDER}
    for name in ("timeout_seconds", "cache"):
        if isinstance(ordered[name], int):
            # People write 60 for 60.0, and the hash tells one from the other.
            ordered[name] = float(ordered[name])
    return ordered


def brief(contract: Mapping[str, Any]) -> dict[str, Any]:
    """A whole contract as a plan keeps it: without what is at its default."""
    return {
        name: value for name, value in contract.items() if name not in DEFAULTS or value != DEFAULTS[name]
    }


def hash_of(contract: Mapping[str, Any]) -> str:
    """The first twelve hexadecimal digits of SHA-256 over the brief contract as canonical JSON: a release
    that knows more fields still finds the same."""
    return hashlib.sha256(canonical(brief(contract)).encode()).hexdigest()[:12]


def canonical(value: object) -> str:
    """JSON that is the same for the same value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def contract_problem(contract: Mapping[str, Any]) -> str | None:
    """What keeps a contract from being one, by its form alone; defaults may be left out."""
    try:
        msgspec.convert({**contract}, NamedContract)
    except msgspec.ValidationError as error:
        return str(error)
    unknown = contract.keys() - set(_ORDER)
    return f"a contract has no {sorted(unknown)[0]!r:.80}" if unknown else None


def _first_output(contract: Mapping[str, Any]) -> str:
    schema = _entries(contract.get("output_schema"))
    return next(iter(_entries(schema.get("properties"))), "")


def _entries(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
