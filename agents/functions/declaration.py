"""The contract that an agent is made with: one of its own, or one that others keep too."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, cast

from pydantic import JsonValue

from callsheet.agents.contracts.capability import Capability, Effect, JsonObject
from callsheet.agents.contracts.errors import CapabilityError
from callsheet.agents.contracts.same_schema import same_schema

_NO_EFFECT = (
    'say what it does to the world, as in @agent(effect="read"): "pure" works with its inputs alone, "read" '
    'looks something up, "write" changes something that may be done twice without harm, "irreversible" '
    "changes what cannot be undone"
)
_WORDING = frozenset({"description", "title", "examples"})


def contract(
    name: str,
    capability: Capability | str | None,
    input_schema: JsonObject,
    output_schema: JsonObject,
    *,
    description: str,
    policy: Mapping[str, Any],
    made_by: Callable[..., Any],
) -> Capability:
    """What agent `name` offers: a capability of its own name, or called `capability`, or that very one.

    `policy` are the arguments that `made_by` was given for the other fields of a Capability. Raises
    CapabilityError: where the types are not those of a given capability, in anything but wording; or
    where something else is asked for than it says.
    """
    if isinstance(capability, Capability):
        _check_types(name, capability, input_schema, output_schema)
        _check_policy(name, capability, policy, made_by)
        return capability
    offered = name if capability is None else capability
    fields: dict[str, Any] = {**policy, "effect": _effect(offered, policy["effect"])}
    return Capability(
        name=offered,
        description=description,
        input_schema=input_schema,
        output_schema=output_schema,
        **fields,
    )


def _effect(name: str, effect: Effect | str | None) -> Effect:
    if effect is None:
        raise CapabilityError(name, _NO_EFFECT)
    try:
        return Effect(effect)
    except ValueError:
        known = ", ".join(Effect)
        raise CapabilityError(name, f"its effect {effect!r} is unknown; use one of {known}") from None


def _check_types(name: str, capability: Capability, inputs: JsonObject, outputs: JsonObject) -> None:
    differing = [
        *_differences("input", capability.input_schema, inputs),
        *_differences("output", capability.output_schema, outputs),
    ]
    if differing:
        raise CapabilityError(
            capability.name,
            f"agent {name!r} does not keep it: it differs in {', '.join(differing)}; make its types those "
            "of the capability, or give it a capability of another name",
        )


def _check_policy(
    name: str, capability: Capability, policy: Mapping[str, Any], made_by: Callable[..., Any]
) -> None:
    defaults = inspect.signature(made_by).parameters
    asked = [
        field
        for field, value in policy.items()
        if value != defaults[field].default and value != getattr(capability, field)
    ]
    if asked:
        raise CapabilityError(
            capability.name,
            f"agent {name!r} is given another {', '.join(asked)}; only the capability can set them",
        )


def _differences(side: str, wanted: JsonObject, given: JsonObject) -> Iterator[str]:
    """The fields in which two schemas differ, wording aside."""
    fields, given_fields = _fields(wanted), _fields(given)
    named = False
    for field in sorted(fields.keys() | given_fields.keys()):
        if not _is_same_field(fields.get(field), given_fields.get(field), (wanted, given)):
            named = True
            missing = " (not there)" if field not in given_fields else ""
            yield f"{side} `{field}`{missing}"
    if not named and not same_schema(wanted, given, ignoring=_WORDING):
        yield f"the {side} schema"


def _is_same_field(one: _Field | None, other: _Field | None, roots: tuple[JsonObject, JsonObject]) -> bool:
    if one is None or other is None or one.is_required != other.is_required:
        return False
    parts = ({"not": one.schema}, {"not": other.schema})
    return same_schema(*parts, roots, ignoring=_WORDING)


class _Field(NamedTuple):
    """What an object says of one of its fields."""

    schema: JsonValue
    is_required: bool


def _fields(schema: JsonObject) -> Mapping[str, _Field]:
    properties = cast("JsonObject", schema.get("properties") or {})
    required = cast("list[str]", schema.get("required") or [])
    return {name: _Field(each, name in required) for name, each in properties.items()}
