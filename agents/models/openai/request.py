"""What is sent to an OpenAI-compatible server, given what it is known not to take."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from callsheet.agents.contracts.capability import JsonObject
from callsheet.agents.models.chat import ChatRequest
from callsheet.agents.models.strict_schema import strict_schema
from callsheet.agents.models.wire import encodable, wire_messages
from callsheet.prompts.render import render

RUNGS = ("strict", "json_schema", "json_object")
"""The ways to ask for a schema, best first. Below them all stands the prompt alone."""
_HELD = ("strict", "json_schema")
"""The ways that carry the schema itself."""

_SCHEMA_WORDS = ("response_format", "json_schema", "json_object", "schema", "grammar", "strict")
_THIS_SCHEMA = (
    *("invalid schema", "invalid_json_schema"),  # OpenAI
    *("schema conversion", "parse grammar", "json schema error"),  # llama.cpp
)
_REFUSAL = re.compile(
    r"not supported|unsupported|unrecogni[sz]ed|unknown|unexpected|not permitted|not allowed|"
    r"no longer|does not support|doesn't support|only the default|extra (inputs|fields)|unavailable",
)


@dataclass(frozen=True, slots=True)
class RequestBody:
    """A request body, and what of it the server may turn out to refuse.

    `rung` is how the schema is asked for; None where the prompt alone carries it, or there is none.
    """

    body: dict[str, Any]
    rung: str | None
    parameters: tuple[str, ...]
    fingerprint: str = ""

    def refused_feature(self, problem: str) -> str | None:
        """What to do without, from the text of a 400; None where it names nothing that was sent.

        A complaint about one schema concerns that schema alone.
        """
        text = problem.lower()
        for parameter in self.parameters:
            if parameter in text and _REFUSAL.search(text):
                return parameter
        if self.rung is None or not any(word in text for word in _SCHEMA_WORDS):
            return None
        about_schema = any(words in text for words in _THIS_SCHEMA)
        return f"{self.rung}:{self.fingerprint}" if about_schema else self.rung


def draft(
    request: ChatRequest,
    model: str,
    *,
    refused: frozenset[str],
    limit_names: tuple[str, ...],
    schema_in_prompt: bool = True,
) -> RequestBody:
    """The body of a streamed chat completion.

    `limit_names` are what the bound on the answer may be called, the one to try first in front.
    The schema stands in the messages too, since many servers only mask tokens with it, unless the
    request carries it and `schema_in_prompt` is False.
    """
    optional = _optional(request, refused, limit_names)
    fingerprint = _fingerprint(request.schema)
    rung, response_format = _response_format(request, refused, fingerprint)
    messages = _messages(request, noted=schema_in_prompt or rung not in _HELD)
    body: dict[str, Any] = {"model": model, "stream": True, "messages": messages, **optional}
    if response_format is not None:
        body["response_format"] = response_format
    parameters = [*optional]
    if request.grammar is not None and "grammar" not in refused:
        # What llama.cpp's server calls it; the SDK has no name for it.
        body["extra_body"] = {"grammar": request.grammar}
        parameters.append("grammar")
    return RequestBody(body, rung, tuple(parameters), fingerprint)


def _optional(request: ChatRequest, refused: frozenset[str], limit_names: tuple[str, ...]) -> dict[str, Any]:
    limit = next((name for name in limit_names if name not in refused), None)
    optional: dict[str, Any] = {
        "temperature": request.temperature,
        "seed": request.seed,
        "stream_options": {"include_usage": True},
    }
    if limit is not None:
        optional[limit] = request.max_tokens
    return {name: value for name, value in optional.items() if value is not None and name not in refused}


def _messages(request: ChatRequest, *, noted: bool) -> list[dict[str, str]]:
    messages = wire_messages(request.messages)
    if request.schema is None or not noted:
        return messages
    note = render("models/schema", schema=encodable(json.dumps(request.schema, ensure_ascii=False)))
    if messages and messages[0]["role"] == "system":
        first = {"role": "system", "content": f"{messages[0]['content']}\n\n{note}"}
        return [first, *messages[1:]]
    return [{"role": "system", "content": note}, *messages]


def _response_format(
    request: ChatRequest, refused: frozenset[str], fingerprint: str
) -> tuple[str | None, dict[str, Any] | None]:
    if request.schema is None:
        return None, None
    for rung in RUNGS:
        if rung in refused or f"{rung}:{fingerprint}" in refused:
            continue
        if (written := _write_format(rung, request.schema, request.schema_name)) is not None:
            return rung, written
    return None, None


def _write_format(rung: str, schema: JsonObject, name: str) -> dict[str, Any] | None:
    if rung == "json_object":
        return {"type": "json_object"}
    wire_name = re.sub(r"[^a-zA-Z0-9_-]", "_", name)[:64] or "answer"
    if rung == "json_schema":
        return {"type": "json_schema", "json_schema": {"name": wire_name, "schema": schema}}
    strict = strict_schema(schema)
    if strict is None:
        return None
    return {"type": "json_schema", "json_schema": {"name": wire_name, "schema": strict, "strict": True}}


def _fingerprint(schema: JsonObject | None) -> str:
    return hashlib.sha256(json.dumps(schema, sort_keys=True).encode()).hexdigest()[:16]
