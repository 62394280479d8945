"""Capabilities that a model names although it was shown only a part of the catalog."""

from __future__ import annotations

import re
from collections.abc import Iterable

from callsheet.agents.contracts.capability import Capability

_NAMED = re.compile(r'"([a-z][a-z0-9_]{0,63})"|(?<![\w.])([a-z][a-z0-9_]{0,63})(?=\s*\()')
"""A text of its own, as in JSON, or what stands before a parenthesis, as in a call."""


def find_named(
    answer: str, catalog: Iterable[Capability], shown: Iterable[Capability]
) -> tuple[Capability, ...]:
    """What an answer names of the catalog beyond what was shown, in the order of the catalog."""
    names = {one or other for one, other in _NAMED.findall(answer)} - {each.name for each in shown}
    return tuple(each for each in catalog if each.name in names)
