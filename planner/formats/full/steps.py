"""Makes a plan's document of the steps that a model wrote in the full format.

It takes more than the schema lets through: models that are held to no schema write the plan's own
notation, or put the entries of a flow beside those of the step.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, cast

from pydantic import JsonValue

from callsheet.agents.contracts.capability import Capability, JsonObject
from callsheet.planner.plan.plan import Join, OnFailure, write_binding
from callsheet.planner.schemas.strict_reader import StrictReader, read_entries

from .flow import read_flow
from .templates import bare, read_braces

_DEFAULTS: Mapping[str, JsonValue] = {
    "join": Join.ALL.value,
    "on_failure": OnFailure.REPLAN.value,
    "approval": False,
}
_EMPTY: tuple[JsonValue, ...] = (None, [])
_LISTS = ("expect", "depends_on")


class FullSteps:
    """The steps of one answer, for one catalog."""

    def __init__(self, steps: Sequence[JsonValue], catalog: Sequence[Capability]) -> None:
        self._steps = steps
        self._catalog = {capability.name: capability for capability in catalog}
        self._ids = [str(step["id"]) for step in steps if isinstance(step, dict) and "id" in step]
        self._ids.append("item")
        self._readers: dict[str, _InputReader] = {}

    def documents(self) -> list[JsonValue]:
        """Each step as the plan has it, what is at its default left out.

        Raises ValueError where a step says twice what it can say once.
        """
        return [self._step(step) for step in self._steps]

    def binding(self, value: JsonValue) -> JsonValue:
        """The binding that a value means where a text may stand, as the plan has it."""
        return write_binding(read_braces(value, self._ids))

    def _step(self, step: JsonValue) -> JsonValue:
        if not isinstance(step, dict):
            return step
        written = {key: value for key, value in step.items() if key not in ("do", "call", "flow")}
        written |= _call(step.get("do", step.get("call")))
        written |= _flow(step)
        capability = self._catalog.get(str(written.get("capability")))
        if capability is not None:
            written["inputs"] = self._inputs(written.get("inputs", {}), capability)
        return {
            key: value
            for key, value in written.items()
            if value not in _EMPTY and value != {} and not (key in _DEFAULTS and _DEFAULTS[key] == value)
        }

    def _inputs(self, inputs: JsonValue, capability: Capability) -> JsonValue:
        entries = read_entries(inputs) if isinstance(inputs, list) else inputs
        if not isinstance(entries, dict):
            return entries
        reader = self._readers.get(capability.name)
        if reader is None:
            reader = self._readers[capability.name] = _InputReader(capability, self._ids)
        return {
            name: reader.read_input(name, value)
            for name, value in entries.items()
            if value is not None or name in reader.required
        }


class _InputReader:
    """Reads the inputs of all steps that name one capability."""

    def __init__(self, capability: Capability, ids: Collection[str]) -> None:
        schema = capability.input_schema
        self._ids = ids
        self._literals = StrictReader(schema)
        self._properties = cast("Mapping[str, Any]", schema.get("properties") or {})
        self._takes_text: dict[str, bool] = {}
        self.required = frozenset(cast("list[str]", schema.get("required") or []))

    def read_input(self, name: str, value: JsonValue) -> JsonValue:
        """The binding of an input, as the plan has it."""
        # What the capability does not know is for the checker to say.
        schema = self._properties.get(name, True)
        if name not in self._takes_text:
            self._takes_text[name] = self._literals.takes_text(schema)
        literal = self._literals.read(value, schema)
        binding = read_braces(
            literal,
            self._ids,
            takes_text=self._takes_text[name],
            takes_object=not isinstance(value, dict) or self._literals.fits(value, schema),
        )
        return write_binding(binding)


def _call(call: Any) -> JsonObject:
    """`{"use": CAPABILITY, INPUT: VALUE}`, the two under their own names, or, as was written before,
    `{CAPABILITY: INPUTS}`."""
    match call:
        case {"use": str(capability)}:
            return {"capability": capability, "inputs": {name: call[name] for name in call if name != "use"}}
        case {"capability": capability, "inputs": inputs}:
            return {"capability": capability, "inputs": inputs}
        case dict() if len(call) == 1:
            ((capability, inputs),) = call.items()
            return {"capability": capability, "inputs": inputs}
        case None:
            return {}
        case _:
            return {"do": call}


def _flow(step: JsonObject) -> JsonObject:
    """The entries of a step's flow, whether they stand in a list of their own or beside the others."""
    flow: JsonObject = {}
    for key, value in _entries(step):
        if key in _LISTS:
            flow[key] = [*cast("list[JsonValue]", flow.get(key, [])), *_listed(value)]
        elif key in flow:
            raise ValueError(f"step {step.get('id')}: its flow says `{key}` twice; say it once")
        else:
            flow[key] = bare(value) if key in ("condition", "for_each") else value
    if isinstance(expressions := flow.get("expect"), list):
        flow["expect"] = [bare(each) for each in expressions]
    if isinstance(each := flow.get("for_each"), str):
        flow["for_each"] = {"from": each}
    return flow


def _entries(step: JsonObject) -> Iterator[tuple[str, JsonValue]]:
    beside = ((key, step[key]) for key in ("condition", "for_each", *_LISTS) if key in step)
    yield from ((key, value) for key, value in beside if value is not None)
    written = step.get("flow")
    for part in written if isinstance(written, list) else [] if written is None else [written]:
        match part:
            case dict():
                yield from part.items()
            case str() if ":" in part:
                yield read_flow(part)
            case _:
                yield "flow", part


def _listed(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else [value]
