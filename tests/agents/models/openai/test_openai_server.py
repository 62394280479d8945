"""The OpenAI model against a real server: the SDK over a socket, streaming, a schema held to."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import JsonValue

from callsheet.agents.contracts.validation import Validator
from callsheet.agents.models.chat import ChatRequest, Message, ask
from callsheet.agents.models.errors import ModelRejected
from callsheet.agents.models.openai.model import OpenAIModel, ServerMemory
from callsheet.agents.models.structured import ask_structured

pytestmark = [pytest.mark.model, pytest.mark.slow]

SCHEMA: dict[str, JsonValue] = {
    "type": "object",
    "properties": {"colours": {"type": "array", "items": {"type": "string", "maxLength": 12}, "maxItems": 2}},
    "required": ["colours"],
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def address(smollm_path: Path) -> Iterator[str]:
    """The base URL of a server that runs SmolLM2."""
    script = Path(__file__).with_name("loopback_server.py")
    command = [sys.executable, str(script), str(smollm_path), "2048"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        yield process.stdout.readline().strip() + "/v1"
        process.stdin.close()
        process.wait(60)


async def test_an_answer_is_streamed(address: str) -> None:
    """Pieces over the socket, and the server's own count of tokens."""
    model = OpenAIModel("smollm2", base_url=address)
    request = ChatRequest((Message("user", "Say hello."),), max_tokens=8)
    chunks = [chunk async for chunk in model.stream(request)]
    assert len([chunk for chunk in chunks if chunk.text]) > 1
    assert chunks[-1].finish_reason == "length"
    assert chunks[-1].usage is not None and chunks[-1].usage.output_tokens == 8


async def test_an_answer_keeps_to_its_schema(address: str) -> None:
    """The server takes the schema, and the answer is valid."""
    memory = ServerMemory()
    model = OpenAIModel("smollm2", base_url=address, memory=memory)
    asked = [Message("user", "Name two colours.")]
    found = await ask_structured(model, asked, schema=SCHEMA, read=lambda value: value, max_tokens=100)
    assert Validator(SCHEMA).accepts(found.value)
    assert memory.refused(address, "smollm2") == frozenset()


async def test_a_schema_that_the_server_refuses_is_stepped_around(address: str) -> None:
    """A reference that leads nowhere is a 400 there; the question is answered all the same."""
    memory = ServerMemory()
    model = OpenAIModel("smollm2", base_url=address, memory=memory)
    dangling: dict[str, JsonValue] = {"type": "object", "properties": {"a": {"$ref": "#/$defs/nowhere"}}}
    reply = await ask(model, ChatRequest((Message("user", "x"),), schema=dangling, max_tokens=8))
    assert reply.text
    assert len(memory.refused(address, "smollm2")) == 1


async def test_a_question_longer_than_the_context_is_refused(address: str) -> None:
    """With the server's own words."""
    with pytest.raises(ModelRejected, match="context size"):
        await ask(OpenAIModel("smollm2", base_url=address), ChatRequest((Message("user", "word " * 3000),)))
