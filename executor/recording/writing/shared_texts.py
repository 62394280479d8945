"""What several requests to models say, told once, under a name."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from callsheet.executor.run.events import ModelCalled, ModelRequest

MIN_CHARACTERS = 200
"""A text that is no longer than this is repeated where it is said."""


class SharedTexts:
    """The texts that several requests share, named by their role, and every schema of a request, named as the
    request names it; numbered in the order of their first use."""

    def __init__(self, calls: Iterable[ModelCalled]) -> None:
        self.texts: dict[str, str] = {}
        self.schemas: dict[str, dict[str, Any]] = {}
        self._text_names: dict[str, str] = {}
        self._schema_names: dict[tuple[str, str], str] = {}
        self._numbers: dict[tuple[str, str], int] = {}
        calls = list(calls)
        shared = _shared(calls)
        for call in calls:
            for message in call.request.messages:
                if message.content in shared and message.content not in self._text_names:
                    name = self._text_names[message.content] = self._next("text", message.role)
                    self.texts[name] = message.content
            if call.request.schema is not None:
                key = _key(call.request.schema_name, call.request.schema)
                if key not in self._schema_names:
                    name = self._schema_names[key] = self._next("schema", call.request.schema_name)
                    self.schemas[name] = call.request.schema

    def messages(self, request: ModelRequest) -> list[dict[str, Any]]:
        """The messages of a request, with a name in the place of a text that has one."""
        return [{"role": each.role, "content": self._content(each.content)} for each in request.messages]

    def schema(self, request: ModelRequest) -> dict[str, str] | None:
        """The name of a request's schema, if it has one."""
        if request.schema is None:
            return None
        return {"schema": self._schema_names[_key(request.schema_name, request.schema)]}

    def _content(self, text: str) -> str | dict[str, str]:
        name = self._text_names.get(text)
        return text if name is None else {"text": name}

    def _next(self, kind: str, name: str) -> str:
        number = self._numbers[kind, name] = self._numbers.get((kind, name), 0) + 1
        return f"{name}_{number}"


def _shared(calls: Iterable[ModelCalled]) -> set[str]:
    """The longer texts that are said in more than one request."""
    once: set[str] = set()
    more: set[str] = set()
    for call in calls:
        texts = {each.content for each in call.request.messages if len(each.content) > MIN_CHARACTERS}
        more |= texts & once
        once |= texts
    return more


def _key(name: str, schema: dict[str, Any]) -> tuple[str, str]:
    return name, json.dumps(schema)
