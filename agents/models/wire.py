"""How messages look in an OpenAI-style request body."""

from __future__ import annotations

from collections.abc import Iterable

from .chat import Message


def wire_messages(messages: Iterable[Message]) -> list[dict[str, str]]:
    """The messages as JSON. Half a surrogate pair, which no encoder takes, becomes `?`."""
    return [{"role": message.role, "content": encodable(message.content)} for message in messages]


def encodable(text: str) -> str:
    """The text without what UTF-8 cannot carry."""
    return text.encode(errors="replace").decode()
