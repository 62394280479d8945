"""JSON and YAML documents, read as data only and written so that people can read them.

The YAML is that of version 1.2's core schema, so that `no` and `2024-01-31` are texts. Aliases,
tags and repeated keys are refused: a document says each thing once, and it says nothing but data.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Never, cast

import yaml
from pydantic import JsonValue

from .errors import DocumentError

MAX_BYTES = 50_000_000
MAX_NESTING = 64

_TAG = "tag:yaml.org,2002:"
_INT = re.compile(r"[-+]?[0-9]+\Z")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_BOOL = re.compile(r"(?:true|True|TRUE|false|False|FALSE)\Z")
_NULL = re.compile(r"(?:~|null|Null|NULL|)\Z")
_RESOLVERS = (
    ("bool", _BOOL, "tTfF"),
    ("int", _INT, "-+0123456789"),
    ("float", _FLOAT, "-+.0123456789"),
    ("null", _NULL, ["~", "n", "N", ""]),
)
_OPENING = re.compile(r"[\[{]")
_INDENTED = re.compile(rf"^[ ?:-]{{{MAX_NESTING},}}", re.MULTILINE)


def read_document(path: Path) -> JsonValue:
    """The document in a file: JSON where its name ends in .json, else YAML. Raises DocumentError."""
    try:
        # Not by the size that the file states: a pipe or a device states none, and may never end.
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise DocumentError(str(path), f"the file is larger than {MAX_BYTES // 1_000_000} MB")
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise DocumentError(str(path), f"it cannot be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise DocumentError(str(path), "it is no UTF-8 text") from None
    if path.suffix.lower() == ".json":
        return read_json(text, str(path))
    return read_yaml(text, str(path))


def read_json(text: str, source: str = "the text") -> JsonValue:
    """The value of a JSON text. Raises DocumentError with the line where it goes wrong."""

    def no_repeats(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
        entries = dict(pairs)
        if len(entries) < len(pairs):
            keys = [key for key, _ in pairs]
            repeated = next(key for key in keys if keys.count(key) > 1)
            raise DocumentError(source, f"the key {repeated!r:.80} stands twice in one object")
        return entries

    def no_constants(name: str) -> Never:
        raise DocumentError(source, f"{name} is no JSON")

    try:
        return cast(JsonValue, json.loads(text, object_pairs_hook=no_repeats, parse_constant=no_constants))
    except json.JSONDecodeError as error:
        raise DocumentError(source, f"this is no JSON: {error.msg}", error.lineno) from None
    except RecursionError:
        raise DocumentError(source, "it is nested too deeply") from None
    except ValueError:
        raise DocumentError(source, "it holds a number that is too large") from None


def read_yaml(text: str, source: str = "the text") -> JsonValue:
    """The value of a YAML text. Raises DocumentError with the line where it goes wrong."""
    try:
        if _may_be_deep(text):
            _refuse_depth(text, source)
        value = yaml.load(text, _Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        raise DocumentError(source, f"this is no YAML: {error.problem}", line) from None
    except yaml.YAMLError as error:
        raise DocumentError(source, f"this is no YAML: {error}") from None
    except RecursionError:
        raise DocumentError(source, "it is nested too deeply") from None
    except ValueError:
        raise DocumentError(source, "it holds a number that cannot be read") from None
    _refuse_aliases(value, source)
    return cast(JsonValue, value)


def write_yaml(value: JsonValue) -> str:
    """The YAML of a value, which `read_yaml` gives back: keys in their order, long texts as blocks."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


def _may_be_deep(text: str) -> bool:
    """A cheap test before the exact one: deep nesting takes many brackets, or a deep indentation."""
    return len(_OPENING.findall(text)) > MAX_NESTING or _INDENTED.search(text) is not None


def _refuse_depth(text: str, source: str) -> None:
    """Count the levels before anything recurses into them."""
    depth = 0
    for event in yaml.parse(text, _Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_NESTING:
                line = event.start_mark.line + 1 if event.start_mark else None
                raise DocumentError(source, f"it is nested more than {MAX_NESTING} deep", line)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _refuse_aliases(value: object, source: str) -> None:
    """An alias shows as one container that stands in two places."""
    seen: set[int] = set()
    pending = [value]
    while pending:
        each = pending.pop()
        if not isinstance(each, (dict, list)):
            continue
        if id(cast(object, each)) in seen:
            raise DocumentError(source, "aliases (*name) are not allowed; write the value out")
        seen.add(id(cast(object, each)))
        pending += each.values() if isinstance(each, dict) else cast("list[object]", each)


class _Loader(yaml.CSafeLoader):
    """Reads the core schema of YAML 1.2, and nothing but data."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012
    yaml_constructors: ClassVar[dict[str | None, Callable[[Any, Any], Any]]] = {}

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys: set[object] = set()
        for key_node, _ in node.value:
            key = key_node.value
            if key_node.tag != f"{_TAG}str" or key in keys:
                problem = "this key stands twice" if key_node.tag == f"{_TAG}str" else "a key is a text"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key_node.start_mark)
            keys.add(key)
        return super().construct_mapping(node, deep)

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Merge keys (<<) are no part of YAML 1.2."""


class _Dumper(yaml.CSafeDumper):
    """Quotes what any reader of YAML, old or new, might take for something else than a text."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _construct_int(loader: _Loader, node: yaml.ScalarNode) -> int:
    return int(loader.construct_scalar(node))


def _construct_float(loader: _Loader, node: yaml.ScalarNode) -> float:
    return float(loader.construct_scalar(node))


def _represent_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text.rstrip("\n") else None
    return dumper.represent_scalar(f"{_TAG}str", text, style=style)  # pyright: ignore[reportUnknownMemberType]


for _kind, _pattern, _first in _RESOLVERS:
    for _side in (_Loader, _Dumper):
        # PyYAML's stubs leave this method untyped.
        _side.add_implicit_resolver(_TAG + _kind, _pattern, list(_first))  # pyright: ignore[reportUnknownMemberType]
for _kind in ("str", "bool", "null", "map", "seq"):
    _Loader.add_constructor(_TAG + _kind, yaml.SafeLoader.yaml_constructors[_TAG + _kind])
_Loader.add_constructor(_TAG + "int", _construct_int)
_Loader.add_constructor(_TAG + "float", _construct_float)
_Loader.add_constructor(None, yaml.SafeLoader.yaml_constructors[None])
_Dumper.add_representer(str, _represent_text)
