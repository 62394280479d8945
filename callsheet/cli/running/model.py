"""The model that a command uses: chosen by the settings, printed, and downloaded if necessary."""

from __future__ import annotations

from callsheet.agents.models import choice
from callsheet.agents.models.chat import ChatModel, label_of
from callsheet.agents.models.errors import ModelNotConfigured, WeightsUnavailable
from callsheet.cli.options.output import Output
from callsheet.settings.model_settings import model_settings
from callsheet.settings.settings import Settings

from .download_progress import DownloadProgress


def choose_model(settings: Settings, output: Output) -> ChatModel:
    """The model of the settings. The weights of an embedded model are downloaded at their first use, which
    takes minutes and shows its progress.

    Raises what `callsheet.agents.models.choice.choose_model` raises.
    """
    with DownloadProgress(output) as fetching:
        model = choice.choose_model(model_settings(settings), progress=fetching.show)
    output.note(f"model: {label_of(model)}")
    return model


def model_at_hand(settings: Settings, output: Output) -> ChatModel | None:
    """The model for a given plan, which may need none; so nothing is downloaded for it.

    Raises ModelRejected if the named file is not a model.
    """
    try:
        model = choice.choose_model(model_settings(settings), sources=())
    except (ModelNotConfigured, WeightsUnavailable):
        output.note("model: none available; steps that need one will fail (see `callsheet doctor`)")
        return None
    output.note(f"model: {label_of(model)}")
    return model
