"""The model that a command uses."""

from __future__ import annotations

from callsheet.agents.models.chat import ChatModel
from callsheet.agents.models.errors import ModelNotConfigured
from callsheet.agents.models.openai import OpenAIModel
from callsheet.config import Settings

from .output import Output


def choose_model(settings: Settings, output: Output, *, required: bool) -> ChatModel | None:
    """The model that the settings ask for, said aloud. Raises ModelNotConfigured where it is required."""
    if settings.base_url is None and settings.api_key is None:
        if required:
            raise ModelNotConfigured("no model")
        return None
    key = settings.api_key.get_secret_value() if settings.api_key else None
    model = OpenAIModel(settings.model or "gpt-5", api_key=key, base_url=settings.base_url)
    output.note(f"model: {model.name}")
    return model
