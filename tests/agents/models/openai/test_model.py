"""The protocol's corners, against a mocked transport through which nothing gets out."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpcore2
import httpx
import httpx2
import openai
import pytest
import respx
from pydantic import JsonValue

from callsheet.agents.models.chat import ChatChunk, ChatRequest, Message, Usage, ask
from callsheet.agents.models.errors import ModelRefused, ModelRejected, ModelUnavailable
from callsheet.agents.models.openai.model import OpenAIModel, ServerMemory
from callsheet.agents.models.structured import ask_structured

KEY = "sk-secret-key-of-this-test"
CHAT = "https://api.openai.com/v1/chat/completions"
USAGE = {
    "prompt_tokens": 12,
    "completion_tokens": 7,
    "total_tokens": 19,
    "prompt_tokens_details": {"cached_tokens": 8},
    "completion_tokens_details": {"reasoning_tokens": 3},
}
SCHEMA: dict[str, JsonValue] = {
    "type": "object",
    "properties": {"n": {"type": "integer"}},
    "required": ["n"],
    "additionalProperties": False,
}
ASKED = ChatRequest((Message("user", "How many?"),))
ASKED_JSON = ChatRequest((Message("user", "How many?"),), schema=SCHEMA)


def event(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}


def sse(*events: dict[str, Any], done: bool = True) -> httpx.Response:
    text = "".join(f"data: {json.dumps(item)}\n\n" for item in events) + ("data: [DONE]\n\n" if done else "")
    return httpx.Response(200, text=text, headers={"content-type": "text/event-stream"})


def answer(text: str, finish: str = "stop") -> httpx.Response:
    pieces = [event({"content": text[:3]}), event({"content": text[3:]}), event({}, finish)]
    return sse(*pieces, {**event({}), "choices": [], "usage": USAGE})


def failure(status: int, message: str, *, code: str | None = None, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, json={"error": {"message": message, "code": code}}, headers=named)


class Sleeper:
    """Takes no time, and notes how long it would have been."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.fixture
def sleeper() -> Sleeper:
    return Sleeper()


@pytest.fixture
def make_model(sleeper: Sleeper) -> Callable[..., OpenAIModel]:
    def make(**options: Any) -> OpenAIModel:
        chosen = {"api_key": KEY, "seed": 7, "sleep": sleeper, "clock": lambda: 1_000_000_000.0, **options}
        return OpenAIModel("m", **chosen)

    return make


@pytest.fixture
def model(make_model: Callable[..., OpenAIModel]) -> OpenAIModel:
    return make_model()


@pytest.fixture
def server(httpx2_mock: respx.Router) -> respx.Route:
    return httpx2_mock.post(CHAT)


def bodies(route: respx.Route) -> list[dict[str, Any]]:
    return [json.loads(call.request.content) for call in route.calls]


async def test_nothing_gets_out(httpx2_mock: respx.Router, make_model: Callable[..., OpenAIModel]) -> None:
    """The mock stands in the transport that the SDK really uses: an address that is not mocked fails in the
    mock, not in the network."""
    with pytest.raises(AssertionError, match="not mocked"):
        await ask(make_model(max_retries=0), ASKED)
    assert respx.mocks.HTTPCoreMocker.registry["httpcore2"].targets[0].startswith(httpcore2.__name__)


async def test_an_answer_is_streamed_with_its_usage(server: respx.Route, model: OpenAIModel) -> None:
    """Text as it comes, then one chunk with the usage and the reason."""
    server.mock(return_value=answer("forty-two"))
    chunks = [chunk async for chunk in model.stream(ASKED)]
    usage = Usage(input_tokens=12, output_tokens=7, cached_tokens=8, reasoning_tokens=3)
    assert chunks == [ChatChunk("for"), ChatChunk("ty-two"), ChatChunk(usage=usage, finish_reason="stop")]
    body = bodies(server)[0]
    assert body["stream_options"] == {"include_usage": True}
    assert body["max_completion_tokens"] == 2048
    assert body["messages"] == [{"role": "user", "content": "How many?"}]
    assert "response_format" not in body


async def test_a_schema_is_asked_for_strictly_and_in_words(server: respx.Route, model: OpenAIModel) -> None:
    """Both in the response format and in the prompt."""
    server.mock(return_value=answer('{"n": 42}'))
    assert (await ask(model, ASKED_JSON)).text == '{"n": 42}'
    body = bodies(server)[0]
    assert body["response_format"]["json_schema"] == {"name": "answer", "schema": SCHEMA, "strict": True}
    assert body["messages"][0]["role"] == "system"
    assert json.dumps(SCHEMA) in body["messages"][0]["content"]


async def test_a_server_may_count_nothing(server: respx.Route, model: OpenAIModel) -> None:
    """Without usage from the server, the reply says that it is estimated."""
    server.mock(return_value=sse(event({"content": "hi"}), event({}, "stop")))
    assert (await ask(model, ASKED)).usage == Usage(estimated=True)


async def test_a_429_is_waited_out(server: respx.Route, model: OpenAIModel, sleeper: Sleeper) -> None:
    """Retry-After is waited as it is asked for, in seconds, milliseconds or as a date."""
    server.side_effect = [
        failure(429, "slow down", retry_after="7"),
        failure(429, "slow down", retry_after_ms="1500"),
        failure(429, "slow down", retry_after="Sun, 09 Sep 2001 01:47:10 GMT"),
        answer("fine"),
    ]
    assert (await ask(model, ASKED)).text == "fine"
    assert sleeper.slept == [7.0, 1.5, 30.0]


async def test_a_wait_that_is_too_long_is_told(
    server: respx.Route, model: OpenAIModel, sleeper: Sleeper
) -> None:
    """An hour is not waited for; the error says how long it would be."""
    server.mock(return_value=failure(429, "tomorrow", retry_after="3600"))
    with pytest.raises(ModelUnavailable) as caught:
        await ask(model, ASKED)
    assert caught.value.retry_after == 3600.0
    assert sleeper.slept == []


async def test_a_500_is_tried_again(server: respx.Route, model: OpenAIModel, sleeper: Sleeper) -> None:
    """The waits are drawn between nothing and a bound that doubles."""
    server.side_effect = [failure(500, "oops"), failure(503, "oops"), answer("fine")]
    assert (await ask(model, ASKED)).text == "fine"
    assert len(sleeper.slept) == 2
    assert 0 <= sleeper.slept[0] <= 0.5 and 0 <= sleeper.slept[1] <= 1.0


async def test_waits_come_from_the_seed(
    server: respx.Route, make_model: Callable[..., OpenAIModel], sleeper: Sleeper
) -> None:
    """The same seed waits the same."""
    for _ in range(2):
        server.side_effect = [failure(500, "oops"), answer("fine")]
        await ask(make_model(seed=3), ASKED)
    assert sleeper.slept[0] == sleeper.slept[1]


async def test_retries_are_bounded(server: respx.Route, make_model: Callable[..., OpenAIModel]) -> None:
    """A server that stays down is given up on; the SDK retries nothing by itself."""
    server.mock(return_value=failure(500, "down for good"))
    with pytest.raises(ModelUnavailable, match="down for good"):
        await ask(make_model(max_retries=2), ASKED)
    assert server.call_count == 3


@pytest.mark.parametrize("error", [httpx2.ReadTimeout, httpx2.ConnectTimeout, httpx2.ConnectError])
async def test_timeouts_and_lost_connections_are_tried_again(
    server: respx.Route, model: OpenAIModel, error: type[httpx2.TransportError]
) -> None:
    """What never got an answer may be asked again."""
    server.side_effect = [error("lost"), answer("fine")]
    assert (await ask(model, ASKED)).text == "fine"


async def test_a_timeout_that_stays_is_its_own_words(
    server: respx.Route, make_model: Callable[..., OpenAIModel]
) -> None:
    """The error names the server."""
    server.side_effect = httpx2.ReadTimeout("late")
    with pytest.raises(ModelUnavailable, match=r"api\.openai\.com did not answer in time"):
        await ask(make_model(max_retries=1), ASKED)


@pytest.mark.parametrize(
    ("response", "words"),
    [
        (failure(401, f"Incorrect API key provided: {KEY}."), "check OPENAI_API_KEY"),
        (failure(403, "not for you"), "check OPENAI_API_KEY"),
        (failure(429, "You exceeded your current quota", code="insufficient_quota"), "quota is used up"),
        (failure(400, "messages must not be empty"), "messages must not be empty"),
        (failure(404, "The model `m` does not exist"), "does not exist"),
    ],
)
async def test_what_cannot_be_mended_is_not_tried_again(
    server: respx.Route, model: OpenAIModel, sleeper: Sleeper, response: httpx.Response, words: str
) -> None:
    """One request, one clear error, and the key is nowhere in it."""
    server.mock(return_value=response)
    with pytest.raises(ModelRejected, match=words) as caught:
        await ask(model, ASKED)
    assert server.call_count == 1 and sleeper.slept == []
    assert KEY not in str(caught.value)
    assert KEY not in repr(model)


async def test_a_refusal_is_its_own_error(server: respx.Route, model: OpenAIModel) -> None:
    """A model that declines has not answered, whatever text came before."""
    server.mock(
        return_value=sse(event({"refusal": "I can't "}), event({"refusal": "do that."}), event({}, "stop"))
    )
    with pytest.raises(ModelRefused) as caught:
        await ask(model, ASKED)
    assert caught.value.refusal == "I can't do that."


async def test_a_content_filter_is_a_refusal(server: respx.Route, model: OpenAIModel) -> None:
    """The server declined in the model's place."""
    server.mock(return_value=sse(event({"content": "well"}), event({}, "content_filter")))
    with pytest.raises(ModelRefused, match="content filter"):
        await ask(model, ASKED)


async def test_truncation_is_said(server: respx.Route, model: OpenAIModel) -> None:
    """An answer cut at its limit comes back with the reason `length`."""
    server.mock(return_value=answer("half an ans", finish="length"))
    assert (await ask(model, ASKED)).finish_reason == "length"


async def test_fenced_json_is_read(server: respx.Route, model: OpenAIModel) -> None:
    """Servers that only ask nicely get fences back."""
    server.mock(return_value=answer('```json\n{"n": 42}\n```'))
    found = await ask_structured(model, ASKED.messages, schema=SCHEMA, read=lambda value: value)
    assert found.value == {"n": 42}


async def test_a_stream_that_breaks_before_any_text_is_tried_again(
    server: respx.Route, model: OpenAIModel
) -> None:
    """No text has been yielded yet."""
    server.side_effect = [sse(event({"role": "assistant"}), done=False), answer("fine")]
    assert (await ask(model, ASKED)).text == "fine"


async def test_a_stream_that_breaks_after_text_is_not_tried_again(
    server: respx.Route, model: OpenAIModel
) -> None:
    """What was yielded is never yielded twice."""
    server.side_effect = [sse(event({"content": "half"}), done=False), answer("whole")]
    chunks: list[str] = []
    with pytest.raises(ModelUnavailable, match="broke off"):
        async for chunk in model.stream(ASKED):
            chunks.append(chunk.text)
    assert chunks == ["half"] and server.call_count == 1


async def test_an_error_in_the_stream_is_read(
    server: respx.Route, make_model: Callable[..., OpenAIModel]
) -> None:
    """Servers that notice late send an error as an event."""
    server.mock(return_value=sse({"error": {"message": "out of memory"}}))
    with pytest.raises(ModelUnavailable, match="out of memory"):
        await ask(make_model(max_retries=0), ASKED)


async def test_garbage_instead_of_events_is_an_error(
    server: respx.Route, make_model: Callable[..., OpenAIModel]
) -> None:
    """Not a crash."""
    server.mock(return_value=httpx.Response(200, text="data: {half\n\n"))
    with pytest.raises(ModelUnavailable):
        await ask(make_model(max_retries=0), ASKED)


def formats(route: respx.Route) -> list[str]:
    """How each request asked for the schema."""
    found: list[str] = []
    for body in bodies(route):
        asked = body.get("response_format")
        strict = asked is not None and asked.get("json_schema", {}).get("strict")
        found.append("prompt" if asked is None else "strict" if strict else asked["type"])
    return found


async def test_the_ladder_is_climbed_down_once(server: respx.Route, model: OpenAIModel) -> None:
    """A server without any of it is asked each way once; after that its only way is known."""
    server.side_effect = [
        failure(400, "response_format.json_schema.strict is not supported"),
        failure(400, "This response_format type is unavailable now"),
        failure(400, "'response_format.type' must be 'text'"),
        answer('{"n": 1}'),
        answer('{"n": 2}'),
    ]
    assert (await ask(model, ASKED_JSON)).text == '{"n": 1}'
    assert (await ask(model, ASKED_JSON)).text == '{"n": 2}'
    assert formats(server) == ["strict", "json_schema", "json_object", "prompt", "prompt"]
    assert json.dumps(SCHEMA) in bodies(server)[-1]["messages"][0]["content"]


async def test_models_may_share_what_they_learnt(
    server: respx.Route, make_model: Callable[..., OpenAIModel]
) -> None:
    """A second model on the same endpoint starts where the first one ended."""
    memory = ServerMemory()
    server.side_effect = [failure(400, "json_schema is not supported"), answer("{}"), answer("{}")]
    await ask(make_model(memory=memory), ASKED_JSON)
    await ask(make_model(memory=memory), ASKED_JSON)
    assert formats(server) == ["strict", "json_schema", "json_schema"]


async def test_one_bad_schema_is_not_held_against_the_server(server: respx.Route, model: OpenAIModel) -> None:
    """A complaint about a schema concerns that schema; the next one is asked for strictly again."""
    other = ChatRequest(ASKED.messages, schema={**SCHEMA, "description": "another"})
    message = "Invalid schema for response_format 'answer': In context=(), something is off"
    server.side_effect = [failure(400, message), answer("{}"), answer("{}")]
    await ask(model, ASKED_JSON)
    await ask(model, other)
    assert formats(server) == ["strict", "json_schema", "strict"]


async def test_a_schema_without_a_strict_form_starts_lower(server: respx.Route, model: OpenAIModel) -> None:
    """An open map cannot be written in strict mode, so it is not tried."""
    server.mock(return_value=answer("{}"))
    await ask(model, ChatRequest(ASKED.messages, schema={"type": "object"}))
    assert formats(server) == ["json_schema"]


async def test_parameters_that_are_refused_are_left_out(server: respx.Route, model: OpenAIModel) -> None:
    """Temperature while a model reasons, and the name of the bound on the answer."""
    server.side_effect = [
        failure(400, "Unsupported value: 'temperature' does not support 0.0 with this model."),
        failure(400, "Unrecognized request argument supplied: max_completion_tokens"),
        answer("fine"),
        answer("fine"),
    ]
    await ask(model, ASKED)
    await ask(model, ASKED)
    last = bodies(server)[-1]
    assert "temperature" not in last and "max_completion_tokens" not in last
    assert last["max_tokens"] == 2048


async def test_a_grammar_is_sent_to_servers_that_take_it(server: respx.Route, model: OpenAIModel) -> None:
    """llama.cpp's do; another one is asked once, and from then on without."""
    server.side_effect = [
        answer("s1 = f()"),
        failure(400, "Unrecognized request argument supplied: grammar"),
        answer("s1 = f()"),
        answer("s1 = f()"),
    ]
    asked = ChatRequest(ASKED.messages, grammar='root ::= "s1 = f()"')
    for _ in range(3):
        assert (await ask(model, asked)).text == "s1 = f()"
    assert [each.get("grammar") for each in bodies(server)] == [asked.grammar, asked.grammar, None, None]


async def test_a_400_that_names_nothing_we_can_do_without_is_final(
    server: respx.Route, model: OpenAIModel
) -> None:
    """A value that is wrong is not a feature that is missing."""
    server.mock(return_value=failure(400, "temperature must be below 2"))
    with pytest.raises(ModelRejected, match="below 2"):
        await ask(model, ASKED)
    assert server.call_count == 1


async def test_other_servers_are_asked_with_the_old_name(
    httpx2_mock: respx.Router, make_model: Callable[..., OpenAIModel]
) -> None:
    """Some pass over `max_completion_tokens` in silence, and would write without end."""
    route = httpx2_mock.post("http://10.0.0.9:8000/v1/chat/completions").mock(return_value=answer("hi"))
    await ask(make_model(base_url="http://10.0.0.9:8000/v1/", api_key=None), ASKED)
    assert bodies(route)[0]["max_tokens"] == 2048


async def test_a_password_in_the_address_is_not_told(
    httpx2_mock: respx.Router, make_model: Callable[..., OpenAIModel]
) -> None:
    """Errors name the host alone."""
    httpx2_mock.post(url__startswith="http://10.0.0.9").mock(side_effect=httpx2.ConnectError("no"))
    with pytest.raises(ModelUnavailable) as caught:
        await ask(make_model(base_url="http://me:hunter2@10.0.0.9/v1", max_retries=0), ASKED)
    assert "hunter2" not in str(caught.value) and "10.0.0.9" in str(caught.value)


async def test_half_a_character_is_sent_as_a_question_mark(server: respx.Route, model: OpenAIModel) -> None:
    """A lone surrogate in a file's text does not stop the request."""
    server.mock(return_value=answer("fine"))
    await ask(model, ChatRequest((Message("user", "a\ud800b"),)))
    assert bodies(server)[0]["messages"][0]["content"] == "a?b"


def test_the_sdk_has_the_errors_that_are_told_apart() -> None:
    """An SDK that renamed them should fail here, not in a user's run."""
    assert issubclass(openai.APITimeoutError, openai.APIConnectionError)
    assert issubclass(openai.BadRequestError, openai.APIStatusError)


async def test_a_schema_that_the_request_carries_can_be_left_out_of_the_prompt(server: respx.Route) -> None:
    """For a server that holds the answer to it, and a small model that reads it slowly."""
    server.mock(return_value=answer('{"n": 1}'))
    await ask(OpenAIModel("small", api_key=KEY, schema_in_prompt=False), ASKED_JSON)
    body = json.loads(server.calls.last.request.content)
    assert body["response_format"]["json_schema"]["schema"]
    assert body["messages"] == [{"role": "user", "content": "How many?"}]


async def test_the_environment_says_which_server_and_which_key(
    httpx2_mock: respx.Router, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the program says neither. A server that it names gets no key from there."""
    monkeypatch.setenv("OPENAI_BASE_URL", "http://models.example/v1")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    ours = httpx2_mock.post("http://models.example/v1/chat/completions").mock(return_value=answer("4"))
    other = httpx2_mock.post("http://other.example/v1/chat/completions").mock(return_value=answer("4"))
    await ask(OpenAIModel("m"), ASKED_JSON)
    assert ours.calls.last.request.headers["authorization"] == f"Bearer {KEY}"
    await ask(OpenAIModel("m", base_url="http://other.example/v1"), ASKED_JSON)
    assert KEY not in other.calls.last.request.headers["authorization"]
