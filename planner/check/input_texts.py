"""What kind of text an input takes: any, JSON, or a short one such as a path, an address or a title."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from pydantic import JsonValue

from callsheet.planner.expressions.evaluate import evaluate
from callsheet.planner.expressions.kinds import type_of_value
from callsheet.planner.expressions.tree import Call, Constant, Name, StepOutput, TemplateText, Tree, children
from callsheet.planner.expressions.types import TEXT, Type
from callsheet.planner.expressions.values import Absent

MAX_SHORT = 200
"""Characters that a text may have at most for its input to count as a short one."""
_JSON = ("application/json", "json")
_BINDING = ("format", "pattern", "contentMediaType", "contentEncoding")
"""Keywords that bind a text to a form of its own."""
_SHORT_FORMAT = re.compile(
    r"date|time|date-time|duration|(?:idn-)?(?:email|hostname)|ipv[46]|(?:uri|iri)(?:-reference|-template)?|url"
    r"|uuid|regex|(?:relative-)?json-pointer|phone|path|file|color|byte|binary"
)
_SHORT_NAME = re.compile(
    r"(?:to|cc|bcc|.*\b(?:path|file|filename|folder|directory|dir|url|uri|link|href|host|hostname|domain|server"
    r"|endpoint|webhook|address|email|recipient|channel|room|bucket|database|repository|repo|branch|account|iban"
    r"|destination|attachment|id|key|code|name|title|subject|headline|heading|caption|label|tag|date|day|month"
    r"|year|time|city|country|region|language|locale|currency|user|username|phone|symbol|pattern|extension|slug))"
)
"""By the last word of the name: `file_name` is one, `file_content` and `names` are not."""
_PLACE = re.compile(r"[/\\@]|\.\w{1,5}\Z")


@dataclass(frozen=True, slots=True)
class InputText:
    """What the name and the schema of an input say about the texts that it takes."""

    is_free: bool
    """No keyword binds its texts to a form."""

    takes_json: bool
    """The schema says that a text is JSON."""

    is_short: bool
    """It takes a path, an address, a name or the like, in which a list or an object has no place."""

    @classmethod
    def of_input(cls, name: str, schema: Any) -> InputText:
        """Read the name and the schema of an input."""
        parts = [part for part in _alternatives(schema) if part.get("type") != "null"]
        takes_json = bool(parts) and all(
            part.get("contentMediaType", part.get("format")) in _JSON for part in parts
        )
        is_free = not any(key in part for part in parts for key in _BINDING)
        is_short = _SHORT_NAME.fullmatch(_words(name)) is not None or any(map(_is_short, parts))
        return cls(is_free, takes_json, is_short and not takes_json)


def is_place(tree: Tree) -> bool:
    """Whether what stands around the values of a text makes it a path, an address or a file's name:
    `{folder}/todo.md`."""
    texts = list(_texts(tree))
    return not any(re.search(r"\s", each) for each in texts) and any(map(_PLACE.search, texts))


def constant_of(tree: Tree) -> tuple[JsonValue] | None:
    """The value of a tree that names nothing, in a tuple of one; None where it may vary, or has no value."""
    if not _names_nothing(tree):
        return None
    value = evaluate(tree, {})
    return None if isinstance(value, Absent) else (value,)


def _names_nothing(tree: Tree) -> bool:
    # An object is written as a display: one that stands there as a constant is what `params` has by default.
    if isinstance(tree, (Name, StepOutput)) or (isinstance(tree, Constant) and isinstance(tree.value, dict)):
        return False
    return all(map(_names_nothing, children(tree)))


def type_of_text(tree: Tree) -> Type:
    """The type of what a template yields: one text, where nothing in it varies."""
    constant = constant_of(tree)
    return type_of_value(*constant) if constant else TEXT


def spelled_in(tree: Tree) -> Iterator[Tree]:
    """What a template, or `str(…)`, makes text of."""
    for child in children(tree):
        if isinstance(tree, TemplateText) or (isinstance(tree, Call) and tree.function == "str"):
            yield child
        yield from spelled_in(child)


def _is_short(schema: Mapping[str, Any]) -> bool:
    bounded = schema.get("maxLength", MAX_SHORT + 1) <= MAX_SHORT
    return bounded or _SHORT_FORMAT.fullmatch(str(schema.get("format"))) is not None


def _texts(tree: Tree) -> Iterator[str]:
    if isinstance(tree, Constant) and isinstance(tree.value, str):
        yield tree.value
    for child in children(tree):
        yield from _texts(child)


def _alternatives(schema: Any) -> list[Mapping[str, Any]]:
    """The schema and those within it that hold for the same value, to a depth that people write."""
    found: list[Mapping[str, Any]] = []
    level = [schema]
    for _ in range(4):
        parts = [cast("Mapping[str, Any]", each) for each in level if isinstance(each, Mapping)]
        groups = [each.get(key) for each in parts for key in ("anyOf", "oneOf", "allOf")]
        level = [each for group in groups if isinstance(group, list) for each in group]
        found += [each for each in parts if not {"anyOf", "oneOf"} & each.keys()]
    return found


def _words(name: str) -> str:
    """`file name` of `file_name` and `fileName`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|[^A-Za-z]+", " ", name).strip().lower()
