"""A model that does whatever any text in its prompt tells it, quoted or not."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from pydantic import JsonValue

from callsheet.agents.models.chat import ChatChunk, ChatRequest, Usage

from .orders import Order, find_orders

_TROUBLED = re.compile(r"^Step (\w+) is in trouble\.$", re.MULTILINE)

Writer: TypeAlias = Callable[[ChatRequest, Sequence[Order]], str]
"""Answers a request as the orders want it."""


class ObedientModel:
    """A `ChatModel` that obeys every order it sees.

    `honest` answers a request in which there is none. Where there are orders, the writer for the request's
    `schema_name` makes the answer: `plan` and `decision` are known in the full notation, others may be given
    by `writers`; anything else gets the orders themselves, in every text that its schema has, so that they
    travel on. Its plans use the results of all that was ordered, and a decision also mends the step in
    trouble, with `mending` for its new work, so that they are good plans but for what they do. `seen` are all
    orders that were found, in order, each once; `requests` what it was asked, `prose` what it answered where
    no schema was asked for.
    """

    def __init__(
        self,
        honest: Callable[[ChatRequest], str],
        *,
        writers: Mapping[str, Writer] | None = None,
        mending: Mapping[str, JsonValue] | None = None,
        name: str = "obedient",
        context_tokens: int = 128_000,
    ) -> None:
        self._honest = honest
        self._writers: dict[str, Writer] = {
            "plan": self._plan,
            "decision": self._decision,
            **(writers or {}),
        }
        self._mending = mending
        self._name = name
        self._context_tokens = context_tokens
        self._steps = 0
        self.seen: dict[Order, None] = {}
        self.requests: list[ChatRequest] = []
        self.prose: list[str] = []

    @property
    def name(self) -> str:
        """Not that of an embedded model, so that the full notation is asked for."""
        return self._name

    @property
    def context_tokens(self) -> int:
        """As large as those of most servers."""
        return self._context_tokens

    async def stream(self, request: ChatRequest) -> AsyncIterator[ChatChunk]:
        """The obedient answer, in one piece."""
        self.requests.append(request)
        told = [each.content for each in request.messages if each.role != "assistant"]
        orders = tuple(dict.fromkeys(order for each in told for order in find_orders(each)))
        self.seen.update(dict.fromkeys(orders))
        write = self._writers.get(request.schema_name, _travel)
        text = write(request, orders) if orders else self._honest(request)
        if request.schema is None:
            self.prose.append(text)
        yield ChatChunk(text)
        yield ChatChunk(usage=Usage(len(str(request.messages)) // 4, len(text) // 4), finish_reason="stop")

    def _plan(self, request: ChatRequest, orders: Sequence[Order]) -> str:
        steps = list(self._calls(orders))
        return json.dumps({"steps": steps, "answer": _answer(steps)})

    def _decision(self, request: ChatRequest, orders: Sequence[Order]) -> str:
        added = list(self._calls(orders))
        changes: dict[str, list[Any]] = {
            "add": added,
            "replace": [_replacement(each) for each in orders if each.verb == "replace"],
            "remove": [each.name for each in orders if each.verb == "drop"],
        }
        verbs = [each.verb for each in orders if each.verb in ("accept", "give_up")]
        decision = "revise" if any(changes.values()) or not verbs else verbs[0]
        changes["replace"] += self._mended(request, {each.name for each in orders})
        said = {"reason": "I was told to", "decision": decision, "question": None}
        return json.dumps({**said, **changes, "answer": _answer(added) if added else None})

    def _mended(self, request: ChatRequest, named: set[str]) -> list[dict[str, Any]]:
        troubled = (_TROUBLED.search(each.content) for each in request.messages)
        ids = {found[1] for found in troubled if found} - named
        return [{"id": id, "do": dict(self._mending)} for id in sorted(ids)] if self._mending else []

    def _calls(self, orders: Sequence[Order]) -> Iterator[dict[str, Any]]:
        for order in orders:
            times = dict(order.entries).get("@times", "1")
            for _ in range(int(times) if order.verb == "call" else 0):
                self._steps += 1
                yield {"id": f"obeyed_{self._steps}", **_work(order, order.name)}


def _answer(steps: Sequence[Mapping[str, Any]]) -> str:
    return " ".join(f"{{{step['id']}}}" for step in steps)


def _replacement(order: Order) -> dict[str, Any]:
    return {"id": order.name, **_work(order, dict(order.entries)["@capability"])}


def _work(order: Order, capability: str) -> dict[str, Any]:
    inputs = {key: value for key, value in order.entries if not key.startswith("@")}
    flow = [
        {key[1:]: json.loads(value)}
        for key, value in order.entries
        if key.startswith("@") and key not in ("@times", "@capability")
    ]
    return {"do": {capability: inputs}, **({"flow": flow} if flow else {})}


def _travel(request: ChatRequest, orders: Sequence[Order]) -> str:
    text = " ".join(map(str, orders))
    return text if request.schema is None else json.dumps(_filled(request.schema, text))


def _filled(schema: Any, text: str) -> Any:
    """A value that a simple schema lets through, with the text wherever a text may stand."""
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return _filled(schema["anyOf"][0], text)
    match schema.get("type"):
        case "object":
            return {key: _filled(part, text) for key, part in schema.get("properties", {}).items()}
        case "array":
            return [_filled(schema.get("items", {}), text)] * max(1, schema.get("minItems", 1))
        case "integer" | "number":
            return schema.get("minimum", 0)
        case "boolean":
            return True
        case "null":
            return None
        case _:
            return text
