"""Real weights, where this machine has them, and loopback servers."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from callsheet.agents.models.chat import ChatRequest, Message
from callsheet.agents.models.local.model import LocalModel
from callsheet.agents.models.weights.cache import WeightsCache, cache_folder
from callsheet.agents.models.weights.weights import SMOLLM


@pytest.fixture(scope="session")
def smollm_path() -> Path:
    """SmolLM2's file: for transport, streaming and schemas, never for what is answered."""
    path = WeightsCache(cache_folder(os.environ.get("CALLSHEET_CACHE"))).find_file(SMOLLM)
    if path is None:
        pytest.skip(f"the weights of {SMOLLM.name} are not in the cache")
    return path


@pytest.fixture
async def smollm(smollm_path: Path) -> AsyncIterator[LocalModel]:
    """SmolLM2 in this process."""
    model = LocalModel(smollm_path, context_tokens=2048)
    yield model
    model.close()


def question(text: str = "hello", **options: object) -> ChatRequest:
    """A request with one message."""
    return ChatRequest((Message("user", text),), **options)  # type: ignore[arg-type]
