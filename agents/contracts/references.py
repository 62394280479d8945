"""References in a JSON Schema: what they lead to, and how they are written as URIs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import quote, unquote

from .subschemas import SchemaObject, map_subschemas

_SAFE = "/#?~!$&'()*+,;=:@-._%"
_HALF_ENCODED = re.compile(r"%(?![0-9A-Fa-f]{2})")
_URI = re.compile(
    r"(?:[a-z][a-z0-9+.-]*:|(?![^/?#]*:))(?:[\w./~!$&'()*+,;=@?:-]|%[0-9a-f]{2})*#?", re.IGNORECASE | re.ASCII
)
_EARLIER_RULES = re.compile(r"https?://json-schema\.org/(?:draft-0[3-7]/|draft/2019-09/)?schema#?")
_A_SCHEMA: SchemaObject = {"type": ["object", "boolean"]}


def target_of(reference: object, root: object) -> object | None:
    """The schema that a reference leads to within its root: `#`, `#/a/b`, `#name`, or the same behind
    the root's `$id`. None where it leads to none there."""
    if not isinstance(reference, str) or not isinstance(root, Mapping):
        return None
    schema = cast("Mapping[str, object]", root)
    own = schema.get("$id")
    place = reference.removeprefix(own.removesuffix("#")) if isinstance(own, str) else reference
    if place == "#":
        return schema
    if place.startswith("#/"):
        return _at(schema, place.split("/")[1:])
    return _anchored(schema, place[1:]) if place.startswith("#") else None


def is_uri(text: str) -> bool:
    """Whether a text may be a URI, or a part of one."""
    return _URI.fullmatch(text) is not None


def encoded(schema: SchemaObject) -> SchemaObject:
    """The schema with each reference written as a URI, for definitions may be called `List[int]` or `Größe`.
    What refers to the rules of an earlier draft takes a schema; no more of them is known here."""
    schema = map_subschemas(schema, encoded)
    found = schema.get("$ref")
    if not isinstance(found, str):
        return schema
    if _EARLIER_RULES.fullmatch(found):
        return {**{key: value for key, value in schema.items() if key != "$ref"}, **_A_SCHEMA}
    uri = quote(_HALF_ENCODED.sub("%25", found), safe=_SAFE)
    return schema if uri == found else {**schema, "$ref": uri}


def _at(root: object, path: list[str]) -> object | None:
    schema = root
    for part in path:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(schema, Mapping):
            entries = cast("Mapping[str, object]", schema)
            # Behind an `$id` of its own lies another document.
            if schema is not root and isinstance(entries.get("$id"), str):
                return None
            schema = entries[key] if key in entries else entries.get(unquote(key))
        elif isinstance(schema, list) and key.isdecimal() and int(key) < len(cast("list[object]", schema)):
            schema = cast("list[object]", schema)[int(key)]
        else:
            return None
    return schema


def _anchored(root: Mapping[str, Any], name: str) -> object | None:
    found: list[SchemaObject] = []

    def look(schema: SchemaObject) -> SchemaObject:
        if name in (schema.get("$anchor"), schema.get("$dynamicAnchor")):
            found.append(schema)
        return map_subschemas(schema, look)

    look(dict(root))
    return found[0] if found else None
