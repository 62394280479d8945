"""The words of a capability, and of a goal, that a search goes by."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, cast

from callsheet.agents.contracts.capability import Capability

MAX_DESCRIPTION = 4_000
"""Characters of a description that are looked at."""
MAX_FIELDS = 200

COMMON = frozenset(
    line_word
    for line in """
    a about after all also an and any are as ask at be been both but by can could did do does each else every
    find for from get give go had has have he her here him his how i if in into is it its just let like look
    make may me my need no not now of off on one only or other our out please put see set she should so some
    take than that the their them then there these they this those three to too two up us use want was we were
    what when where whether which who whose why will with would yes you your
    """.splitlines()
    for line_word in line.split()
)
"""Words that tell no capability from another."""

_WORD = re.compile(r"[^\W_]+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class Wording(NamedTuple):
    """A capability as a search sees it. `fields` are the names of what it takes and gives."""

    name: str
    description: str
    fields: tuple[str, ...]


def wording(capability: Capability) -> Wording:
    """What of a capability is looked at."""
    fields = (*_properties(capability.input_schema), *_properties(capability.output_schema))
    return Wording(capability.name, capability.description[:MAX_DESCRIPTION], fields[:MAX_FIELDS])


def telling_words(text: str) -> list[str]:
    """The words of a text, in small letters, without those that tell nothing; `aName` has two."""
    text = _HUMP.sub(" ", text).lower().replace("e-mail", "email")
    return [word for word in _WORD.findall(text) if word not in COMMON]


def _properties(schema: Mapping[str, Any]) -> Iterable[str]:
    properties = schema.get("properties")
    return cast("Mapping[str, Any]", properties) if isinstance(properties, Mapping) else ()
