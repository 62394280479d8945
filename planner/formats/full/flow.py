"""The entries of a step's flow, each a text: `for_each: days`, `join: any`, `max_retries: 5`."""

from __future__ import annotations

import json
import re

from pydantic import JsonValue

from callsheet.agents.contracts.capability import JsonObject

_KEYS = "for_each|condition|expect|depends_on|join|on_failure|approval|max_retries|(total_)?timeout_seconds"
_ID = re.compile(r"""[^\s,"'\[\]]+""")
_JSON = ("approval", "max_retries", "timeout_seconds", "total_timeout_seconds")

FLOW: JsonObject = {"type": "array", "items": {"type": "string", "pattern": f"^({_KEYS}): "}}
"""The JSON Schema of a flow."""


def read_flow(text: str) -> tuple[str, JsonValue]:
    """An entry's key and value. What has neither a known key nor a sensible value is left to the checker."""
    key, _, value = (part.strip() for part in text.partition(":"))
    if key == "depends_on":
        return key, list(_ID.findall(value))
    if key in _JSON:
        try:
            return key, json.loads(value)
        except ValueError:
            return key, value
    return key, value
