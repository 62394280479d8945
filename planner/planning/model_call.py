"""Asking a model for something, and telling how far it has come."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from callsheet.agents.models.chat import ChatModel, ChatReply, ChatRequest, FinishReason, Usage


@dataclass(frozen=True, slots=True)
class PlanningProgress:
    """Where planning stands: which try (from 1), how many characters of it are written, and what
    was wrong with the one before. `text` is what is written."""

    number: int
    characters: int
    problems: tuple[str, ...]
    text: str = ""


async def collect(
    model: ChatModel,
    request: ChatRequest,
    number: int,
    problems: tuple[str, ...],
    on_progress: Callable[[PlanningProgress], None] | None,
) -> ChatReply:
    """The whole answer, of try `number`, after the `problems` of the one before. Raises what the model
    raises."""
    text, usage = "", Usage(estimated=True)
    finish: FinishReason = "stop"
    async for chunk in model.stream(request):
        text += chunk.text
        usage = chunk.usage or usage
        finish = chunk.finish_reason or finish
        if on_progress:
            on_progress(PlanningProgress(number, len(text), problems, text))
    return ChatReply(text, usage, finish)
