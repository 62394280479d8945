"""The model that a command uses: chosen as the settings say, named aloud, fetched where it must be."""

from __future__ import annotations

from callsheet.agents.models import choice
from callsheet.agents.models.chat import ChatModel
from callsheet.agents.models.errors import ModelNotConfigured, WeightsUnavailable
from callsheet.cli.options.output import Output
from callsheet.settings.model_settings import model_settings
from callsheet.settings.settings import Settings

from .download_progress import DownloadProgress


def choose_model(settings: Settings, output: Output) -> ChatModel:
    """The model that the settings ask for. The weights of an embedded one are fetched at their first use,
    which is shown and takes minutes.

    Raises what `callsheet.agents.models.choice.choose_model` raises.
    """
    with DownloadProgress(output) as fetching:
        model = choice.choose_model(model_settings(settings), progress=fetching.show)
    output.note(f"model: {model.name}")
    return model


def model_at_hand(settings: Settings, output: Output) -> ChatModel | None:
    """The model for a plan that is there already, and may need none. Nothing is fetched for it.

    Raises ModelRejected where a file that was named holds no model.
    """
    try:
        model = choice.choose_model(model_settings(settings), sources=())
    except (ModelNotConfigured, WeightsUnavailable):
        output.note("model: none at hand; a step that asks one will fail (see `callsheet doctor`)")
        return None
    output.note(f"model: {model.name}")
    return model
