"""The part of the settings that decides about the model."""

from __future__ import annotations

import os
from collections.abc import Mapping

from callsheet.agents.models.chat import ChatModel
from callsheet.agents.models.choice import ModelSettings, model_of
from callsheet.agents.models.weights.hugging_face import HOST
from callsheet.settings.settings import Settings


def model_settings(settings: Settings, environment: Mapping[str, str] = os.environ) -> ModelSettings:
    """The settings that `choose_model` needs."""
    return ModelSettings(
        model=settings.model,
        api_key=settings.api_key.get_secret_value() if settings.api_key else None,
        base_url=settings.base_url,
        local_model=settings.local_model,
        cache=settings.cache,
        hub=environment.get("HF_ENDPOINT") or HOST,
    )


def named_model(model: ChatModel | str | None, settings: Settings | None = None) -> ChatModel | None:
    """The model itself, or the model of this name, with the key, server and cache of the settings (by default
    those of the working folder).

    Raises what `choose_model` does, ModelNotConfigured if it is neither a model nor a name, and ConfigError.
    """
    if model is None:
        return None
    wanted = model_settings(settings or Settings.load_here()) if isinstance(model, str) else None
    return model_of(model, wanted)
