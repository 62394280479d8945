"""A JSON Schema of an earlier draft, written in draft 2020-12, so that one set of rules holds for all."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, cast

from .foreign_pattern import readable_pattern
from .references import is_uri
from .subschemas import SchemaObject, map_subschemas

LATEST = 2020
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_DRAFT = re.compile(r"draft-0?([3-7])\b|draft/(2019)-09")
_ANCHOR = re.compile(r"[A-Za-z_][-A-Za-z0-9._]*\Z")

_TEXT_NOTES = ("title", "description", "$comment", "format", "contentEncoding", "contentMediaType")
_NOTES: Mapping[str, type] = {
    **dict.fromkeys(_TEXT_NOTES, str),
    **dict.fromkeys(("deprecated", "readOnly", "writeOnly"), bool),
    "examples": list,
}
"""Keywords that no value is checked by, and what they have to be. One that is something else is left out."""
_BESIDE_REFERENCES = frozenset({*_NOTES, "default", "$ref", "$schema", "$id", "id", "$defs", "definitions"})
"""What means something beside a `$ref` in drafts up to 7."""
_TYPES: Mapping[str, str] = {
    **dict.fromkeys(("str", "text", "char"), "string"),
    **dict.fromkeys(("int", "long", "short", "bigint"), "integer"),
    **dict.fromkeys(("float", "double", "decimal"), "number"),
    **dict.fromkeys(("bool",), "boolean"),
    **dict.fromkeys(("dict", "map", "hashmap", "hashtable"), "object"),
    **dict.fromkeys(("list", "tuple", "set", "arraylist"), "array"),
    **dict.fromkeys(("none", "nil"), "null"),
    **{each: each for each in ("string", "integer", "number", "boolean", "object", "array", "null", "any")},
}
"""The types that people write after those of their language, and what they are in a schema."""
_CHOICES = ("anyOf", "oneOf", "allOf")
_PLACE = re.compile(r"#/(?:.*/)?(?:items/\d|additionalItems|dependencies/)")


def modern(schema: Mapping[str, Any]) -> SchemaObject:
    """The same schema in draft 2020-12. `$schema` says which draft it was; 2020-12 where it does not.

    What the latest draft has no place for is read as its own draft means it, wherever it stands: tuples in
    `items`, `exclusiveMinimum: true`, `required: true`, `$recursiveRef`. Repeated names count once, null is
    nothing said, and notes to people that have not their form are left out. Types have the names that
    programmers give them, and patterns may be those of another engine. What cannot be read stays as it is; so
    does a schema in which nothing is old.
    """
    old = dict(schema)
    found = _DRAFT.search(str(old.get("$schema")))
    draft = int(found[1] or found[2]) if found else LATEST
    new = _redirected(_modern(old, draft))
    return {**new, "$schema": _DIALECT} if new != old and "$schema" in old else new


def _modern(schema: SchemaObject, draft: int) -> SchemaObject:
    schema = map_subschemas(_lift_required(schema), partial(_modern, draft=draft))
    changes: list[Callable[[SchemaObject], SchemaObject]] = [
        _without_misplaced,
        _types,
        _patterns,
        _tuples,
        _bounds,
        _names,
        _recursion,
    ]
    if draft <= 7:
        changes += [_references, _dependencies]
    for change in changes:
        schema = change(schema)
    return schema


def _without_misplaced(schema: SchemaObject) -> SchemaObject:
    """Without notes that are none, null where it says nothing, and names that are said twice."""
    kept = {key: _once(key, value) for key, value in schema.items() if not _says_nothing(key, value)}
    return kept if kept != schema else schema


def _says_nothing(key: str, value: Any) -> bool:
    if value is None:
        return key not in ("default", "const", "example")
    if (key == "type" or key in _CHOICES) and value == []:
        return True
    if key == "$schema":
        return not isinstance(value, str)
    if key in ("$defs", "definitions"):
        return not isinstance(value, dict)
    if key == "$id":
        return isinstance(value, str) and not is_uri(value)
    return key in _NOTES and not isinstance(value, _NOTES[key])


def _once(key: str, value: Any) -> Any:
    if key == "properties" and isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        return {name: {} if each is None else each for name, each in fields.items()}
    if key not in ("required", "type") or not isinstance(value, list):
        return value
    names = cast("list[object]", value)
    return [each for at, each in enumerate(names) if each not in names[:at]]


def _types(schema: SchemaObject) -> SchemaObject:
    """`str`, `Integer` and `dict` as the types that are meant; `any` is nothing said."""
    found = schema.get("type")
    if not isinstance(found, (str, list)):
        return schema
    names = [found] if isinstance(found, str) else found
    meant = [_TYPES.get(each.lower(), each) if isinstance(each, str) else each for each in names]
    if meant == names and "any" not in meant:
        return schema
    if "any" in meant:
        return {key: value for key, value in schema.items() if key != "type"}
    return {**schema, "type": _once("type", meant) if isinstance(found, list) else meant[0]}


def _patterns(schema: SchemaObject) -> SchemaObject:
    """Patterns in the words of this engine; what it cannot read is the agent's to check."""
    pattern, named = schema.get("pattern"), schema.get("patternProperties")
    if isinstance(pattern, str) and (read := readable_pattern(pattern)) != pattern:
        kept = {key: value for key, value in schema.items() if key != "pattern"}
        schema = kept if read is None else {**kept, "pattern": read}
    if isinstance(named, dict):
        by_pattern = cast("dict[str, Any]", named)
        read_as = {each: readable_pattern(each) for each in by_pattern}
        known = {read: by_pattern[each] for each, read in read_as.items() if read is not None}
        if len(known) < len(by_pattern):
            return {**schema, "patternProperties": known, "additionalProperties": True}
        if known.keys() != by_pattern.keys():
            return {**schema, "patternProperties": known}
    return schema


def _redirected(root: SchemaObject) -> SchemaObject:
    """References that lead where a tuple's places were, and those by a dynamic name of one schema alone."""
    anchors: list[object] = []

    def look(schema: SchemaObject) -> SchemaObject:
        anchors.append(schema.get("$dynamicAnchor"))
        return map_subschemas(schema, look)

    def redirect(schema: SchemaObject) -> SchemaObject:
        schema = map_subschemas(schema, redirect)
        reference, dynamic = schema.get("$ref"), schema.get("$dynamicRef")
        if isinstance(dynamic, str) and "$ref" not in schema and anchors.count(dynamic[1:]) == 1:
            return {("$ref" if key == "$dynamicRef" else key): value for key, value in schema.items()}
        if isinstance(reference, str) and _PLACE.search(reference):
            return {**schema, "$ref": _new_place(reference, root)}
        return schema

    look(root)
    return redirect(root)


def _new_place(reference: str, root: SchemaObject) -> str:
    found: Any = root
    parts = reference.split("/")
    for at, part in enumerate(parts[1:], 1):
        tuples = found if isinstance(found, dict) else {}
        if part == "items" and "prefixItems" in tuples and parts[at + 1 :][:1] and parts[at + 1].isdecimal():
            parts[at] = "prefixItems"
        elif part == "additionalItems" and part not in tuples:
            parts[at] = "items"
        elif part == "dependencies" and part not in tuples:
            parts[at] = "dependentSchemas"
        if isinstance(found, list):
            found = found[int(part)] if part.isdecimal() and int(part) < len(found) else None
        else:
            found = tuples.get(parts[at].replace("~1", "/").replace("~0", "~"))
    return "/".join(parts)


def _lift_required(schema: SchemaObject) -> SchemaObject:
    """`required: true` in a property belongs into the list of its object (draft 3)."""
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        is_flag = isinstance(schema.get("required"), bool)
        return {key: value for key, value in schema.items() if key != "required"} if is_flag else schema
    fields = cast("dict[str, Any]", properties)
    flagged = {
        name: each["required"]
        for name, each in fields.items()
        if isinstance(each, dict) and isinstance(cast("SchemaObject", each).get("required"), bool)
    }
    own = schema.get("required")
    if not flagged and not isinstance(own, bool):
        return schema
    names = cast("list[str]", own) if isinstance(own, list) else []
    required = [*names, *(name for name, is_required in flagged.items() if is_required)]
    return {key: value for key, value in schema.items() if key != "required"} | (
        {"required": required} if required else {}
    )


def _tuples(schema: SchemaObject) -> SchemaObject:
    """`items` that is a list (up to draft 2019-09)."""
    first = schema.get("items")
    if not isinstance(first, list):
        return schema
    others = {key: value for key, value in schema.items() if key not in ("items", "additionalItems")}
    rest = {"items": schema["additionalItems"]} if "additionalItems" in schema else {}
    # An empty list of schemas is refused, and means nothing.
    return {**others, **({"prefixItems": first} if first else {}), **rest}


def _bounds(schema: SchemaObject) -> SchemaObject:
    """`exclusiveMinimum: true` beside a `minimum` (drafts 3 and 4)."""
    for name, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(schema.get(name), bool):
            is_exclusive = schema[name] and bound in schema
            left_out = {name, bound} if is_exclusive else {name}
            kept = {key: value for key, value in schema.items() if key not in left_out}
            schema = {**kept, name: schema[bound]} if is_exclusive else kept
    return schema


def _names(schema: SchemaObject) -> SchemaObject:
    """`$id: "#name"` names a place within the schema (drafts 4 to 7); `$id: "#/a/b"` names nothing."""
    for key in ("$id", "id"):
        name = schema.get(key)
        if isinstance(name, str) and name.startswith("#") and len(name) > 1:
            kept = {each: value for each, value in schema.items() if each != key}
            schema = {**kept, "$anchor": name[1:]} if _ANCHOR.match(name[1:]) else kept
    return schema


def _recursion(schema: SchemaObject) -> SchemaObject:
    """`$recursiveRef` (draft 2019-09)."""
    if not schema.keys() & {"$recursiveRef", "$recursiveAnchor"}:
        return schema
    kept = {key: value for key, value in schema.items() if key != "$recursiveAnchor"}
    return {("$ref" if key == "$recursiveRef" else key): value for key, value in kept.items()}


def _references(schema: SchemaObject) -> SchemaObject:
    """Beside a `$ref`, nothing else holds (up to draft 7)."""
    if not isinstance(schema.get("$ref"), str) or schema.keys() <= _BESIDE_REFERENCES:
        return schema
    return {key: value for key, value in schema.items() if key in _BESIDE_REFERENCES}


def _dependencies(schema: SchemaObject) -> SchemaObject:
    """`dependencies`, which became two keywords (up to draft 7)."""
    both = schema.get("dependencies")
    if not isinstance(both, dict):
        return schema
    named = cast("dict[str, Any]", both)
    lists = {name: [each] if isinstance(each, str) else each for name, each in named.items()}
    required = {name: each for name, each in lists.items() if isinstance(each, list)}
    schemas = {name: each for name, each in lists.items() if not isinstance(each, list)}
    kept = {key: value for key, value in schema.items() if key != "dependencies"}
    parts = {"dependentRequired": required, "dependentSchemas": schemas}
    return {**kept, **{key: part for key, part in parts.items() if part}}
