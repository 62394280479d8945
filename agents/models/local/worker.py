"""The one thread in which an embedded model lives: it loads the weights and runs the requests."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from callsheet.agents.models.chat import ChatChunk, FinishReason, Usage
from callsheet.agents.models.errors import ModelNotConfigured, ModelRejected, ModelUnavailable

from .engine import Engine, EngineSettings

INSTALL = "pip install 'callsheet[local]'"


@dataclass(frozen=True, slots=True)
class EngineRequest:
    """One request on its way to the engine: its body, who takes the chunks, and whether they still do."""

    body: dict[str, Any]
    hand_over: Callable[[ChatChunk], None]
    unwanted: threading.Event


class EngineThread:
    """Runs requests one at a time. Holds nothing of the model it works for, which may go first."""

    def __init__(self, name: str, settings: EngineSettings) -> None:
        self._name = name
        self._settings = settings
        self._engine: Engine | None = None
        self._closing = threading.Event()
        self._threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="callsheet-local-model")

    def submit(self, errand: EngineRequest) -> Future[None]:
        """Queue the request. Raises `ModelUnavailable` after `close`."""
        if self._closing.is_set():
            raise ModelUnavailable(self._name, "the model was closed")
        return self._threads.submit(self._run, errand)

    def close(self) -> None:
        """Stop the request under way, drop those that wait, free the weights."""
        self._closing.set()
        self._threads.shutdown(wait=True, cancel_futures=True)
        if self._engine is not None:
            self._engine.close()
            self._engine = None

    def _run(self, errand: EngineRequest) -> None:
        if self._gone(errand):
            return
        answer = _Answer(errand, lambda: self._gone(errand))
        engine = self._engine = self._engine or self._load()
        try:
            engine.answer(errand.body, answer.pass_chunk)
        except (ValueError, RuntimeError) as error:
            raise ModelRejected(self._name, f"the request cannot be used: {error}") from None
        if answer.error is not None:
            raise ModelRejected(self._name, _explain(answer.error))
        if answer.finish_reason is None:
            raise ModelUnavailable(self._name, "the answer was broken off")
        errand.hand_over(ChatChunk(usage=answer.usage, finish_reason=answer.finish_reason))

    def _gone(self, errand: EngineRequest) -> bool:
        return errand.unwanted.is_set() or self._closing.is_set()

    def _load(self) -> Engine:
        path = self._settings.weights
        if not path.is_file():
            raise ModelRejected(self._name, f"there is no file {path}")
        try:
            return Engine(self._settings)
        except ImportError:
            raise ModelNotConfigured(f"{self._name} needs xllamacpp: {INSTALL}") from None
        except RuntimeError:
            raise ModelRejected(
                self._name, f"the weights in {path} cannot be loaded; is it a complete GGUF file?"
            ) from None


class _Answer:
    """What has come of one answer so far."""

    def __init__(self, errand: EngineRequest, gone: Callable[[], bool]) -> None:
        self._errand = errand
        self._gone = gone
        self.error: dict[str, Any] | None = None
        self.usage: Usage | None = None
        self.finish_reason: FinishReason | None = None

    def pass_chunk(self, chunk: dict[str, Any]) -> bool:
        """Pass one chunk on; say whether to stop. The engine swallows what is raised here."""
        self.error = chunk.get("error", self.error)
        if (usage := chunk.get("usage")) is not None:
            self.usage = _usage(usage)
        for choice in chunk.get("choices", ()):
            if text := choice["delta"].get("content"):
                self._errand.hand_over(ChatChunk(text))
            if reason := choice.get("finish_reason"):
                self.finish_reason = "length" if reason == "length" else "stop"
        return self._gone()


def _usage(usage: dict[str, Any]) -> Usage:
    details: dict[str, int] = usage.get("prompt_tokens_details") or {}
    return Usage(usage["prompt_tokens"], usage["completion_tokens"], details.get("cached_tokens", 0))


def _explain(error: dict[str, Any]) -> str:
    if error.get("type") == "exceed_context_size_error":
        asked, held = error.get("n_prompt_tokens"), error.get("n_ctx")
        return f"the prompt has {asked} tokens, but the context holds only {held}; send less text"
    return str(error.get("message", error))
