"""Which model is used: what was asked for, else what is set up, else what is installed."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from callsheet.agents.models.chat import ChatModel
from callsheet.agents.models.errors import ModelNotConfigured
from callsheet.agents.models.local.model import CONTEXT_TOKENS as LOCAL_CONTEXT_TOKENS
from callsheet.agents.models.local.model import LocalModel
from callsheet.agents.models.openai.model import CONTEXT_TOKENS, OpenAIModel
from callsheet.agents.models.weights.cache import OnDownload, WeightsCache, cache_folder, no_progress
from callsheet.agents.models.weights.file import Weights
from callsheet.agents.models.weights.hugging_face import HOST, HuggingFace
from callsheet.agents.models.weights.package_index import PackageIndex
from callsheet.agents.models.weights.weights import KNOWN, QWEN, Source, gguf_file, obtain

KEY_VARIABLE = "OPENAI_API_KEY"
DEFAULT_OPENAI_MODEL = "gpt-5"

THREE_WAYS = """no model is configured; there are three ways to have one:
  1. set OPENAI_API_KEY (and CALLSHEET_MODEL, or --model, for one in particular)
  2. set OPENAI_BASE_URL to any OpenAI-compatible server
  3. pip install 'callsheet[local]' for one that runs on this machine"""


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """What decides which model is used."""

    model: str | None = None
    """`openai/NAME`, a bare `NAME` (the same), `local`, `local/NAME` of known weights, or `local/PATH` of a
    GGUF file. None for the default."""

    api_key: str | None = field(default=None, repr=False)
    """The key for OpenAI, or for the server at `base_url`. It is in no repr, so that it is in no log."""

    base_url: str | None = None
    """The address of an OpenAI-compatible server; None for OpenAI itself."""

    local_model: Path | None = None
    """The GGUF file that `local` alone stands for."""

    context_tokens: int | None = None
    """How many tokens a prompt and its answer may have together; None for the model's default."""

    cache: Path | None = None
    """The folder in which weights are kept; None for the user's cache folder."""

    hub: str = HOST
    """The address of Hugging Face, or of a mirror."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """What the environment says; a variable that is empty says nothing."""
        own = environment.get("CALLSHEET_LOCAL_MODEL")
        return cls(
            model=environment.get("CALLSHEET_MODEL") or None,
            api_key=environment.get("OPENAI_API_KEY") or None,
            base_url=environment.get("OPENAI_BASE_URL") or None,
            local_model=Path(own) if own else None,
            cache=Path(folder) if (folder := environment.get("CALLSHEET_CACHE")) else None,
            hub=environment.get("HF_ENDPOINT") or HOST,
        )


def choose_model(
    settings: ModelSettings, *, progress: OnDownload = no_progress, sources: Sequence[Source] | None = None
) -> ChatModel:
    """The model that the settings ask for. Weights that are not on this machine are fetched, which blocks for
    minutes and is reported to `progress`.

    Raises `ModelNotConfigured` where there is none, `WeightsUnavailable` where no source has its weights, and
    `ModelRejected` where a named file is not a GGUF.
    """
    chosen = settings.model or _usual(settings)
    kind, _, rest = chosen.partition("/")
    if kind == "local":
        return _local(rest, settings, progress, sources)
    return _openai(rest if kind == "openai" and rest else chosen, settings)


def model_of(
    model: ChatModel | str,
    settings: ModelSettings | None = None,
    *,
    sources: Sequence[Source] | None = None,
) -> ChatModel:
    """The model itself, or the one of this name, chosen as these settings say (those of the environment).

    Raises what `choose_model` does, and ModelNotConfigured for what is neither a model nor a name.
    """
    if isinstance(model, str) and model.strip():
        wanted = settings or ModelSettings.from_environment(os.environ)
        return choose_model(replace(wanted, model=model), sources=sources)
    if isinstance(model, str) or not callable(getattr(model, "stream", None)):
        raise ModelNotConfigured(
            f"{model!r:.80} is neither a model nor the name of one; give a ChatModel, or a name such as "
            "openai/gpt-5, local, or local/FILE.gguf"
        )
    return model


def default_sources(settings: ModelSettings) -> tuple[Source, ...]:
    """Where weights are looked for that are not in the cache, in this order."""
    return (HuggingFace(settings.hub), PackageIndex())


def _usual(settings: ModelSettings) -> str:
    if settings.api_key or settings.base_url:
        return f"openai/{DEFAULT_OPENAI_MODEL}"
    if importlib.util.find_spec("xllamacpp") is not None:
        return "local"
    raise ModelNotConfigured(THREE_WAYS, variable=KEY_VARIABLE)


def _openai(name: str, settings: ModelSettings) -> ChatModel:
    if not settings.api_key and not settings.base_url:
        raise ModelNotConfigured(
            f"{name} needs a key or a server: set {KEY_VARIABLE} or OPENAI_BASE_URL", variable=KEY_VARIABLE
        )
    return OpenAIModel(
        name,
        api_key=settings.api_key,
        base_url=settings.base_url,
        context_tokens=settings.context_tokens or CONTEXT_TOKENS,
    )


def _local(
    which: str, settings: ModelSettings, progress: OnDownload, sources: Sequence[Source] | None
) -> ChatModel:
    if importlib.util.find_spec("xllamacpp") is None:
        raise ModelNotConfigured("the local model needs xllamacpp: pip install 'callsheet[local]'")
    context_tokens = settings.context_tokens or LOCAL_CONTEXT_TOKENS
    own = Path(which) if which and which not in KNOWN else settings.local_model if not which else None
    if own is not None:
        return LocalModel(gguf_file(own), context_tokens=context_tokens)
    weights: Weights = KNOWN.get(which, QWEN)
    cache = WeightsCache(cache_folder(settings.cache))
    path = obtain(weights, cache, default_sources(settings) if sources is None else sources, progress)
    return LocalModel(path, name=f"local/{weights.name}", context_tokens=context_tokens)
