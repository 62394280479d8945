"""Grammars of lines of calls, in GBNF, as llama.cpp takes them: an engine that is held to one can write no
unknown capability, input or step.

Rules: https://github.com/ggml-org/llama.cpp/blob/master/grammars/README.md
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any, cast

from pydantic import JsonValue

from callsheet.agents.contracts.capability import Capability, Effect
from callsheet.planner.schemas.literal_schema import LiteralSchemas, options_of

from .lines import write_name

MAX_TEXT = 2000
"""Characters of one text: left without a bound, a small model can go on until its token limit, and half an
answer is none. A grammar cannot count further than this."""

MAX_REASON = 300
"""Characters of what a decision says in words."""

_COMMON = {
    "text": rf'"\"" char{{0,{MAX_TEXT}}} "\""',
    "char": r'[^"\\\x00-\x1F\x7F] | "\\" ["\\/bfnrt]',
    "number": r'"-"? ("0" | [1-9] [0-9]{0,14}) ("." [0-9]{1,14})?',
    "integer": r'"-"? ("0" | [1-9] [0-9]{0,14})',
    "boolean": '"true" | "false"',
    "null": '"null"',
    "words": rf"[^\x00-\x1F\x7F]{{1,{MAX_REASON}}}",
}


class CallGrammar:
    """Puts a grammar together for calls of a catalog. The rules of an input's type are written once for each
    set of steps that may be referred to."""

    def __init__(self, catalog: Sequence[Capability]) -> None:
        self._catalog = catalog
        self._schemas = {each.name: LiteralSchemas(each.input_schema, strict=False) for each in catalog}
        self._fields = sorted({name for each in catalog for name in _side_outputs(each)})
        self._rules: dict[str, str] = dict(_COMMON)
        self._names: dict[str, str] = {}
        self._numbers = count(1)

    def plan(self, max_steps: int) -> str:
        """Of a whole plan: ids in order, and references to earlier steps alone."""
        ids = [f"s{number}" for number in range(1, max_steps + 1)]
        return self._written(self.lines(ids, ()))

    def lines(self, ids: Sequence[str], known: Sequence[str]) -> str:
        """The rule of one line and more: a step for each of the ids at most, which may refer to the `known`
        steps and to those before it."""
        rest = ""
        for at in range(len(ids) - 1, -1, -1):
            call = self._rule(" | ".join(self._calls((*known, *ids[:at]))))
            more = f' ("\\n" {rest})?' if rest else ""
            rest = self._rule(f"{_quoted(f'{ids[at]} = ')} {call}{more}")
        return rest

    def line_with(self, id: str, known: Sequence[str], value: str, effects: Collection[Effect]) -> str | None:
        """Of one line, in which a capability of one of these effects is given this text as an input; None
        where none takes one."""
        calls = list(self._calls_with(known, value, effects))
        return self._written(self._rule(f"{_quoted(f'{id} = ')} ({' | '.join(calls)})")) if calls else None

    def decision(
        self, said: Iterable[str], ids: Sequence[str], known: Sequence[str], removable: Sequence[str]
    ) -> str:
        """Of a decision, behind the reason for it: a word of `said`, `ask` with a question, or `revise` with
        the steps to be removed and the lines of new steps."""
        forms = [f"{_quoted(f'{word}: ')} words" if word == "ask" else _quoted(word) for word in said]
        if self._catalog:
            lines = self.lines(ids, known)
            body = lines
            if removable:
                one = self._rule(" | ".join(map(_quoted, removable)))
                body = f'("remove " {one} (", " {one}){{0,{len(removable) - 1}}} ("\\n" {lines})? | {lines})'
            forms.insert(0, f'"revise\\n" {body}')
        return self._written(f'"because: " words "\\n" ({" | ".join(forms)})')

    def _written(self, root: str) -> str:
        rules = {"root": root, **self._rules}
        return "\n".join(f"{name} ::= {rule}" for name, rule in rules.items())

    def _rule(self, text: str) -> str:
        """The name of a rule; the same for the same text."""
        if text not in self._names:
            self._names[text] = f"r{next(self._numbers)}"
            self._rules[self._names[text]] = text
        return self._names[text]

    def _calls(self, known: Sequence[str]) -> Iterator[str]:
        reference = self._reference(known)
        return (self._call(each, reference, {}) for each in self._catalog)

    def _calls_with(self, known: Sequence[str], held: str, effects: Collection[Effect]) -> Iterator[str]:
        reference, text = self._reference(known), _quoted(json.dumps(held, ensure_ascii=False))
        for each in self._catalog:
            if each.effect in effects:
                for name in _text_inputs(each):
                    yield self._call(each, reference, {name: text})

    def _reference(self, known: Sequence[str]) -> str | None:
        if not known:
            return None
        steps = self._rule(" | ".join(map(_quoted, known)))
        fields = f' ("." {self._rule(" | ".join(map(_quoted, self._fields)))})?' if self._fields else ""
        return self._rule(f"{steps}{fields}")

    def _call(self, capability: Capability, reference: str | None, held: Mapping[str, str]) -> str:
        schemas = self._schemas[capability.name]
        properties = cast("Mapping[str, Any]", capability.input_schema.get("properties") or {})
        required = cast("list[str]", capability.input_schema.get("required") or [])
        pairs = {
            name: f"{_quoted(f'{write_name(name)}=')} "
            + (held.get(name) or self._value(schemas.write(part), reference))
            for name, part in properties.items()
        }
        must = [name for name in pairs if name in required or name in held]
        return f'{_quoted(f"{capability.name}(")} {self._arguments(pairs, must)} ")"'

    def _arguments(self, pairs: Mapping[str, str], must: Sequence[str]) -> str:
        """The inputs in their order, with commas between them; what need not be given may be left out."""
        names = list(pairs)
        if not must:
            starts = [self._rest(pairs, names[at], names[at + 1 :]) for at in range(len(names))]
            return f"({' | '.join(starts)})?" if starts else ""
        first = names.index(must[0])
        before = " ".join(f'({pairs[name]} ", ")?' for name in names[:first])
        behind = (
            f'", " {pairs[name]}' if name in must else f'(", " {pairs[name]})?' for name in names[first + 1 :]
        )
        return " ".join((before, pairs[must[0]], *behind)).strip()

    def _rest(self, pairs: Mapping[str, str], first: str, others: Sequence[str]) -> str:
        return " ".join((pairs[first], *(f'(", " {pairs[name]})?' for name in others)))

    def _value(self, schema: Mapping[str, JsonValue] | None, reference: str | None) -> str:
        """The rule of a value: by its schema, or a reference; a text where neither can be."""
        ways = [] if schema is None else [self._literal(each, reference) for each in _options(schema)]
        if reference is not None:
            ways.append(reference)
        return self._rule(" | ".join(dict.fromkeys(ways)) or "text")

    def _literal(self, schema: Mapping[str, Any], reference: str | None) -> str:
        if "enum" in schema:
            return " | ".join(_quoted(json.dumps(each, ensure_ascii=False)) for each in schema["enum"])
        match schema.get("type"):
            case "array":
                return self._list(self._value(schema.get("items"), reference))
            case "object":
                return self._object(schema, reference)
            case "string":
                # Held to quotation marks, a small model that wants a figure writes something else.
                return "text | number"
            case kind:
                return str(kind)

    def _list(self, item: str) -> str:
        return f'"[" ({item} (", " {item})*)? "]"'

    def _object(self, schema: Mapping[str, Any], reference: str | None) -> str:
        properties = cast("Mapping[str, Any]", schema.get("properties") or {})
        if not properties:
            if not (others := schema.get("additionalProperties")):
                return '"{}"'
            value = self._value(others, reference)
            return f'"{{" (text ": " {value} (", " text ": " {value})*)? "}}"'
        pairs = {
            name: f"{_quoted(f'{json.dumps(name, ensure_ascii=False)}: ')} {self._value(part, reference)}"
            for name, part in properties.items()
        }
        must = [name for name in pairs if name in schema.get("required", ())]
        return f'"{{" {self._arguments(pairs, must)} "}}"'


def _options(schema: Mapping[str, JsonValue]) -> Iterable[Mapping[str, Any]]:
    return cast("Iterable[Mapping[str, Any]]", options_of(dict(schema)))


def _text_inputs(capability: Capability) -> Iterator[str]:
    """The names of the inputs that take any text."""
    properties = cast("Mapping[str, Any]", capability.input_schema.get("properties") or {})
    schemas = LiteralSchemas(capability.input_schema, strict=False)
    for name, part in properties.items():
        if {"type": "string"} in _options(schemas.write(part) or {}):
            yield name


def _side_outputs(capability: Capability) -> Iterator[str]:
    """The outputs of a capability that a reference to the whole step does not mean."""
    properties = cast("Mapping[str, Any]", capability.output_schema.get("properties") or {})
    return (name for name in properties if name != capability.main_output and name.isidentifier())


def _quoted(text: str) -> str:
    """A text as GBNF has it."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"'
