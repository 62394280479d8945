"""llama.cpp in this process, through xllamacpp: loads weights, answers one request at a time."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

BATCH_TOKENS = 256
"""How much of a prompt is read between two looks at whether the answer is still wanted."""


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """How the weights are run."""

    weights: Path
    context_tokens: int
    threads: int


def default_threads() -> int:
    """Two, or half the logical processors where that is more: two logical ones often share a core."""
    processors = os.cpu_count() or 1
    return max(min(2, processors), processors // 2)


class Engine:
    """Loaded weights. Every method blocks, and only one thread may use an engine.

    Raises ImportError where xllamacpp is not installed, and RuntimeError where the weights
    cannot be loaded.
    """

    def __init__(self, settings: EngineSettings) -> None:
        # Read by OpenMP once, when the library is loaded: threads that spin while they wait for
        # each other take the processor from everything else in this process.
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        self._server: Any = _serve(import_module("xllamacpp"), settings)
        # Closing a server whose loop has not begun to turn waits for ever, so one token is made first.
        self.answer({"messages": [{"role": "user", "content": "."}], "max_tokens": 1}, lambda _: False)

    def answer(self, body: dict[str, Any], take: Callable[[dict[str, Any]], bool]) -> None:
        """Answer an OpenAI-style chat request. `take` gets each chunk and says whether to stop.

        Raises ValueError or RuntimeError where the request, or its schema, cannot be used.
        """
        self._server.handle_chat_completions({**body, "stream": True, "return_progress": True}, take)

    def close(self) -> None:
        """Free the weights. Doing it twice does no harm."""
        self._server = None


def _serve(xllamacpp: Any, settings: EngineSettings) -> Any:
    # The library always listens for HTTP. A socket file that is gone as soon as the weights are
    # loaded leaves no port, and nothing that another process could connect to.
    folder = Path(tempfile.mkdtemp(prefix="callsheet-"))
    try:
        return xllamacpp.Server(_parameters(xllamacpp, settings, folder / "engine.sock"))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _parameters(xllamacpp: Any, settings: EngineSettings, socket: Path) -> Any:
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(settings.weights)
    parameters.hostnames = [str(socket)]
    parameters.api_keys = [secrets.token_urlsafe()]
    parameters.ui = False
    parameters.endpoint_slots = False
    parameters.n_threads_http = 1
    parameters.n_ctx = settings.context_tokens
    parameters.n_parallel = 1
    parameters.n_batch = BATCH_TOKENS
    parameters.cpuparams.n_threads = settings.threads
    parameters.cpuparams_batch.n_threads = settings.threads
    # Saves 0.6 GB: the weights are not held a second time, repacked.
    parameters.no_extra_bufts = True
    # Of earlier prompts only the last stays cached, in the context itself.
    parameters.cache_ram_mib = 0
    parameters.warmup = False
    parameters.verbosity = -1
    return parameters
