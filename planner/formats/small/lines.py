"""Reads plans that are written as lines of calls: `s1 = read_file(path="notes.md")`.

An engine that takes a grammar writes nothing else. For those that take none, what is likely to stand around
the calls is passed over (prose, fences, bullets), and what means the same as JSON is read (`True`, `'text'`,
`f"…"`, texts that are added up).
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from typing import TypeAlias, cast

from pydantic import JsonValue

from callsheet.agents.contracts.capability import JsonObject
from callsheet.agents.models.json_answer import MAX_NESTING, read_json_answer
from callsheet.planner.formats.partial_json import ArrayReader

from .references import WIRE_ID

_Read: TypeAlias = tuple[JsonValue, int]

_TEXTS = json.JSONDecoder(strict=False)

_BULLET = r"[ \t]*+(?:(?:[-*]|[0-9]++[.)])[ \t]*+)?+"
_CALL = re.compile(rf"^{_BULLET}({WIRE_ID})[ \t]*+[=:][ \t]*+([^\s(]++)[ \t]*+\(", re.MULTILINE)
_NAME = re.compile(r"\s*([^\s=,()\"]+(?: [^\s=,()\"]+)*)\s*=(?!=)\s*")
_BLANKS = re.compile(r"\s*")
_SINGLE = re.compile(r"'((?:[^'\\]|\\.)*)'", re.DOTALL)
_PREFIX = re.compile(r"f(?=[\"'])")
_QUOTED = re.compile(r"f?[\"']")
_BARE = re.compile(r"(?:[^,+()\[\]{}\"'\n]|\[[^\[\]\n]*\]|\([^()\n]*\))+")
_ASSIGNED = re.compile(r"(?<![=!<>])=(?!=)")
_WORD = re.compile(r"\w+")
_STEP = re.compile(WIRE_ID)
_REFERENCE = re.compile(rf"\{{({WIRE_ID}(?:\.\w+)*)\}}")
_CONSTANTS: dict[str, JsonValue] = {"True": True, "False": False, "None": None}
_SHAPE = 'the answer has to be lines such as s1 = capability(input="…"), one for each step'
_BROKEN = 'the line of {id} is no call: write {id} = {name}(input="…", other="…")'


def read_lines(text: str) -> JsonObject:
    """`{"steps": […]}`: each with an id, a capability and inputs, in which `{s1}` stands for a result.

    A JSON object with steps is taken too: recordings have answers from before there were lines. Raises
    ValueError, with a sentence for the model, where there is no call, or one is broken.
    """
    if text.lstrip().startswith("{"):
        answer = read_json_answer(text)
        if isinstance(answer, dict) and isinstance(answer.get("steps"), list):
            return answer
        raise ValueError(_SHAPE)
    steps = read_calls(text)
    if not steps:
        raise ValueError(_SHAPE)
    return {"steps": list[JsonValue](steps)}


def read_calls(text: str, ids: Collection[str] = ()) -> list[JsonObject]:
    """The calls in a text, none where it has none. A bare word of `ids` is a reference, as `s1` always is.
    Raises ValueError where a call is broken."""
    read = _CallReader(text, ids)
    steps: list[JsonObject] = []
    at = 0
    while call := _CALL.search(text, at):
        try:
            inputs, at = read.inputs(call.end())
        except (ValueError, IndexError, RecursionError):
            raise ValueError(_BROKEN.format(id=call[1], name=call[2])) from None
        steps.append({"id": call[1], "capability": call[2], "inputs": inputs})
    return steps


def write_call(step: Mapping[str, JsonValue]) -> str:
    """The line of a step, as `read_calls` reads it."""
    inputs = cast("JsonObject", step["inputs"])
    written = (f"{write_name(name)}={_write_value(value)}" for name, value in inputs.items())
    return f"{step['id']} = {step['capability']}({', '.join(written)})"


def write_name(name: str) -> str:
    """The name of an input; in quotation marks where it is no word."""
    return name if name.isidentifier() else json.dumps(name, ensure_ascii=False)


def new_id(ids: Iterable[str]) -> str:
    """The next number behind these ids."""
    return f"s{1 + max((int(id[1:]) for id in ids if _STEP.fullmatch(id)), default=0)}"


class LineReader:
    """The steps of an answer while it is written, a line at a time. A line that is no call ends the reading:
    `is_broken` is then True. `is_ended` says that no step can come any more."""

    def __init__(self) -> None:
        self._rest = ""
        self._lines_broken = False
        self._json: ArrayReader | None = None

    @property
    def is_broken(self) -> bool:
        """Whether what was written is not a plan."""
        return self._lines_broken or (self._json is not None and self._json.is_broken)

    @property
    def is_ended(self) -> bool:
        """Whether no step can come any more."""
        return self._lines_broken or (self._json is not None and self._json.is_ended)

    def feed(self, text: str) -> list[JsonValue]:
        """Take the next piece of the answer, and return the steps that are complete with it, in order."""
        if self._json is not None:
            return self._json.feed(text)
        text = self._rest + text
        if text.lstrip().startswith("{"):
            self._json = ArrayReader("steps")
            return self._json.feed(text)
        *lines, self._rest = text.split("\n")
        return [step for line in lines for step in self._read(line)]

    def _read(self, line: str) -> list[JsonObject]:
        if self._lines_broken:
            return []
        try:
            return read_calls(line)
        except ValueError:
            self._lines_broken = True
            return []


class _CallReader:
    """Reads what stands between the brackets of the calls in a text. What breaks off there raises IndexError
    where it is looked at. What stands bare and has one of the `ids` in it, or an id such as `s1`, is a
    reference."""

    def __init__(self, text: str, ids: Collection[str]) -> None:
        self._text = text
        self._ids = ids

    def inputs(self, at: int) -> tuple[JsonObject, int]:
        """The inputs of a call, and where it ends; from behind its bracket."""
        return self._pairs(at, ")", 0)

    def _pairs(self, at: int, closing: str, depth: int) -> tuple[JsonObject, int]:
        pairs: JsonObject = {}
        at = self._skip(at)
        while self._text[at] != closing:
            name, at = self._name(at)
            if name in pairs and closing == ")":
                raise ValueError(name)
            pairs[name], at = self._value(at, depth + 1)
            at = self._behind_comma(at, closing)
        return pairs, at + 1

    def _name(self, at: int) -> tuple[str, int]:
        if self._text[at] == '"':
            name, at = _TEXTS.raw_decode(self._text, at)
            at = self._skip(at)
            if self._text[at] not in "=:":
                raise ValueError(name)
            return str(name), self._skip(at + 1)
        if (named := _NAME.match(self._text, at)) is None:
            raise ValueError(at)
        return named[1], named.end()

    def _value(self, at: int, depth: int) -> _Read:
        """A value, or several with a plus between them: with a text among them a text, else an expression."""
        has_text = _QUOTED.match(self._text, at) is not None
        value, at = self._one(at, depth)
        if self._text[at] != "+":
            return value, at
        parts = [value]
        while self._text[at] == "+":
            at = self._skip(at + 1)
            has_text = has_text or _QUOTED.match(self._text, at) is not None
            value, at = self._one(at, depth)
            parts.append(value)
        if has_text:
            return "".join(map(_as_text, parts)), at
        return "{" + " + ".join(_as_text(part).strip("{}") for part in parts) + "}", at

    def _one(self, at: int, depth: int) -> _Read:
        if depth > MAX_NESTING:
            raise ValueError(depth)
        at += 1 if _PREFIX.match(self._text, at) else 0
        value: JsonValue
        match self._text[at]:
            case '"':
                value, at = _TEXTS.raw_decode(self._text, at)
            case "'" if single := _SINGLE.match(self._text, at):
                plain = single[1].replace("\\'", "'").replace('"', '\\"')
                value, at = _TEXTS.decode(f'"{plain}"'), single.end()
            case "[":
                value, at = self._list(self._skip(at + 1), depth)
            case "{":
                value, at = self._pairs(at + 1, "}", depth)
            case _:
                value, at = self._bare(at)
        return value, self._skip(at)

    def _list(self, at: int, depth: int) -> _Read:
        values: list[JsonValue] = []
        while self._text[at] != "]":
            value, at = self._value(at, depth + 1)
            values.append(value)
            at = self._behind_comma(at, "]")
        return values, at + 1

    def _bare(self, at: int) -> _Read:
        """A number, a constant, an expression over steps; any other word stands for itself."""
        if (found := _BARE.match(self._text, at)) is None:
            raise ValueError(at)
        bare = found[0].strip()
        if _ASSIGNED.search(bare):
            raise ValueError(bare)
        if bare in _CONSTANTS:
            return _CONSTANTS[bare], found.end()
        if any(word in self._ids or _STEP.fullmatch(word) for word in _WORD.findall(bare)):
            return f"{{{bare}}}", found.end()
        try:
            return json.loads(bare), found.end()
        except ValueError:
            return bare, found.end()

    def _behind_comma(self, at: int, closing: str) -> int:
        if self._text[at] == ",":
            return self._skip(at + 1)
        if self._text[at] != closing:
            raise ValueError(at)
        return at

    def _skip(self, at: int) -> int:
        found = _BLANKS.match(self._text, at)
        return found.end() if found else at


def _write_value(value: JsonValue) -> str:
    if isinstance(value, str) and (reference := _REFERENCE.fullmatch(value)):
        return reference[1]
    return json.dumps(value, ensure_ascii=False)


def _as_text(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
