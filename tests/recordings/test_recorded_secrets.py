"""A run that meets secrets everywhere: none is in its recording, and the recording replays all the same."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

import callsheet
from callsheet.executor.journal.journal import MemoryJournal
from callsheet.orchestration.orchestrator import Orchestrator

KEY = "sk-proj-Zq8RtvW3yKx91LmNbVcQ7aHj"
BEARER = "gAAAAABnX9q-opaque.Bearer_92kdL0sw"
COOKIE = "s%3AJ7hQ2kd81LsPqz0aWmC.Rv5tYu8"
VARIABLE = "correct-horse-battery-staple-71"
PASSWORD = "hunter2-Tr0ub4dor"
CUSTOMER = "CUST-48151623"
NESTED = "ghp_16C7e42F292c6912E7710c838347Ae178B4a"
PIECE = "xoxb-2147483647-Secret9Slack8Token7"
SECRETS = (KEY, BEARER, COOKIE, VARIABLE, PASSWORD, CUSTOMER, NESTED, PIECE)

HEADERS = {
    "Authorization": f"Bearer {BEARER}",
    "Cookie": f"session={COOKIE}; theme=dark",
    "X-Request": "17",
}
DEEP = json.dumps({"config": json.dumps({"auth": {"token": NESTED}})})


@callsheet.agent(effect="read")
def fetch(url: str, headers: dict[str, str], body: str) -> dict[str, Any]:
    """Fetch a page."""
    return {
        "echo": headers,
        "url": f"https://bot:{PASSWORD}@example.org/?api_key={quote(KEY)}",
        "nested": DEEP,
        "encoded": base64.b64encode(f"user:{VARIABLE}".encode()).decode(),
        "list": [[{"by": CUSTOMER}], KEY],
        VARIABLE: "as a key",
    }


@callsheet.agent(effect="read")
def break_off(text: str) -> str:
    """Fail, and say more than is good."""
    raise callsheet.Permanent(f"POST https://example.org/?token={quote(PIECE)} failed: Bearer {BEARER}")


@callsheet.agent(effect="read")
def puzzled(text: str) -> str:
    """Find the world otherwise."""
    raise callsheet.Surprise(f"the key {KEY} is not that of {CUSTOMER}")


def plan() -> str:
    """What the model writes: it repeats what the goal holds."""
    steps = [
        {
            "id": "page",
            "do": {
                "fetch": {
                    "url": f"https://example.org/?api_key={KEY}",
                    "headers": HEADERS,
                    "body": DEEP,
                }
            },
        },
        {"id": "broken", "do": {"break_off": {"text": VARIABLE}}, "flow": [{"on_failure": "continue"}]},
        {"id": "odd", "do": {"puzzled": {"text": "hm"}}, "flow": [{"on_failure": "continue"}]},
    ]
    return json.dumps({"steps": steps, "answer": "{[page, default(broken, 0), default(odd, 0)]}"})


def forms(secret: str) -> Iterator[str]:
    """What a secret may look like in a file."""
    yield secret
    yield quote(secret, safe="")
    yield json.dumps(secret)[1:-1]
    yield secret.encode().hex()
    for shift in range(3):
        whole = base64.b64encode(b"\0" * shift + secret.encode()).decode()
        # Without what depends on the bytes around it.
        inner = whole[4 if shift else 0 :].rstrip("=")[:-2]
        yield inner
        yield inner.replace("+", "-").replace("/", "_")


@pytest.fixture
def variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """A secret in the environment."""
    monkeypatch.setenv("WAREHOUSE_API_KEY", VARIABLE)


@pytest.mark.usefixtures("variables")
async def test_no_secret_is_in_a_recording_wherever_it_was(tmp_path: Path) -> None:
    """In the goal, the plan, questions to the model and its answers, inputs, outputs, errors, headers, URLs,
    nested JSON, keys and base64: under the environment's name, by its shape, by what stands before it, or
    by a pattern of one's own."""
    journal = MemoryJournal()
    goal = f"Fetch https://example.org/?api_key={KEY} for {CUSTOMER}, as {json.dumps(HEADERS)} has it"
    with callsheet.ScriptedModel([plan()]) as model:
        orchestrator = Orchestrator([fetch, break_off, puzzled], model=model, store=journal, max_replans=0)
        result = await orchestrator.run(goal)
    assert [step.status for step in result.steps.values()] == ["completed", "failed", "failed"]
    file = tmp_path / "secret.yaml"
    callsheet.record(result.run, file, store=journal, secret_patterns=[r"CUST-\d{8}"])
    written = file.read_text("utf-8")
    found = [(secret, form) for secret in SECRETS for form in forms(secret) if form in written]
    assert not found
    assert "<secret:WAREHOUSE_API_KEY>" in written and "X-Request" in written
    run = await callsheet.replay(file)
    run.assert_no_drift()
    assert [step.status for step in run.result.steps.values()] == ["completed", "failed", "failed"]


@callsheet.agent(effect="read")
def account() -> dict[str, Any]:
    """Look an account up."""
    return {"user": "bob", "password": 987654321, "credentials": [55667788.0, -24681357]}


@callsheet.agent(effect="read")
def number() -> int:
    """Look a number up."""
    return 86753090


@callsheet.agent(effect="read")
def share() -> float:
    """Look a share up."""
    return 0.13579246


@callsheet.agent(effect="read")
def repeat(text: str) -> str:
    """Say it again."""
    return text


@pytest.mark.parametrize(
    ("agent", "secrets"),
    [(account, ("987654321", "55667788", "24681357")), (number, ("86753090",)), (share, ("13579246",))],
)
async def test_a_secret_number_is_replaced_by_a_number(
    agent: Any, secrets: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under a name for secrets, or as the value of a variable: its digits are nowhere, what was returned fits
    its schema, texts that were made of it are made of the other, and with agents of today it is the same."""
    monkeypatch.setenv("ACCOUNT_PIN_SECRET", "86753090")
    monkeypatch.setenv("SHARE_TOKEN", "0.13579246")
    steps = [
        {"id": "a", "do": {agent.name: {}}},
        {"id": "b", "do": {"repeat": {"text": "creds {a}"}}},
    ]
    plan = json.dumps({"steps": steps, "answer": "It was {b}."})
    journal = MemoryJournal()
    with callsheet.ScriptedModel([plan]) as model:
        orchestrator = Orchestrator([agent, repeat], model=model, store=journal)
        result = await orchestrator.run("Look it up, and say it again")
    assert result.status == "completed"
    file = tmp_path / "number.yaml"
    callsheet.record(result.run, file, store=journal)
    written = file.read_text("utf-8")
    assert not [secret for secret in secrets if secret in written]
    (await callsheet.replay(file)).assert_no_drift()
    today = await callsheet.replay(file, live="agents", agents=[agent, repeat])
    assert today.drifts == ()
