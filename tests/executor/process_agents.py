"""Agents that work in a process of their own, and what can happen to them there."""

from __future__ import annotations

import asyncio
import ctypes
import inspect
import math
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from callsheet.agents.agent import Context, Isolation
from callsheet.agents.contracts.capability import Capability, Effect
from callsheet.agents.errors import Permanent, Retryable, Surprise
from callsheet.agents.models.chat import ChatRequest, Message, ask
from callsheet.agents.models.errors import ModelUnavailable

Behaviour = Callable[[Mapping[str, Any], Context], Any]


class Alone:
    """An agent whose work is a function of inputs and context, done in a process."""

    isolation = Isolation.PROCESS

    def __init__(self, behaviour: Behaviour, effect: Effect = Effect.PURE, name: str = "") -> None:
        self.__module__, self.__qualname__ = behaviour.__module__, name or behaviour.__qualname__
        self.name = name or behaviour.__name__
        self.behaviour = behaviour
        self._effect = effect

    @property
    def capabilities(self) -> Sequence[Capability]:
        """One, of its own name, that takes and gives any object."""
        anything: dict[str, JsonValue] = {"type": "object", "properties": {"value": {}}}
        capability = Capability(
            name=self.name,
            description="Work.",
            input_schema=anything,
            output_schema=anything,
            main_output="value",
            effect=self._effect,
        )
        return (capability,)

    async def perform(self, capability: str, inputs: Mapping[str, JsonValue], context: Context) -> Any:
        """Do it, and return whatever comes of it."""
        result = self.behaviour(inputs, context)
        return await result if inspect.isawaitable(result) else result


@Alone
def surroundings(inputs: Mapping[str, Any], context: Context) -> Any:
    """What it sees of the world."""
    return {
        "inputs": inputs,
        "run": context.run,
        "step": context.step,
        "item": context.item,
        "attempt": context.attempt,
        "key": context.idempotency_key,
        "deadline": context.deadline,
        "workspace": str(context.workspace.root),
        "model": context.model is not None,
        "folder": str(Path.cwd()),
        "path": sys.path,
        "variable": os.environ.get("CALLSHEET_TEST"),
        "session": os.getsid(0),
        "pid": os.getpid(),
    }


@Alone
def pid(inputs: Mapping[str, Any], context: Context) -> Any:
    """Which process it is."""
    return {"value": os.getpid()}


@Alone
def crash(inputs: Mapping[str, Any], context: Context) -> Any:
    """End its own process."""
    if inputs["how"] == "exit":
        os._exit(3)
    if inputs["how"] == "segfault":
        ctypes.string_at(0)
    if inputs["how"] == "close":
        os.closerange(3, 256)
        time.sleep(600)
    os.kill(os.getpid(), getattr(signal, inputs["how"]))
    time.sleep(600)


wipe = Alone(crash.behaviour, Effect.IRREVERSIBLE, "wipe")


@Alone
def fail(inputs: Mapping[str, Any], context: Context) -> Any:
    """Raise what it is asked for."""
    raise {
        "retryable": Retryable("busy", retry_after=7.5),
        "permanent": Permanent("never"),
        "surprise": Surprise("the page is gone"),
        "model": ModelUnavailable("parrot", "it flew off", retry_after=3.0),
        "value": ValueError("no such \ud800 thing"),
        "key": KeyError("k"),
        "cancelled": asyncio.CancelledError(),
        "exit": SystemExit(4),
        "interrupt": KeyboardInterrupt(),
        "unspeakable": Unspeakable(),
    }[inputs["what"]]


class Unspeakable(Exception):
    """Has no text."""

    def __str__(self) -> str:
        raise RuntimeError("no text")


@Alone
def give(inputs: Mapping[str, Any], context: Context) -> Any:
    """Return what it is asked for."""
    if inputs["what"] == "large":
        return {"value": inputs["text"] * inputs["times"]}
    return {
        "nan": {"value": math.nan},
        "object": {"value": object()},
        "tuple": {"value": (1, 2)},
        "surrogate": {"value": "\ud800"},
        "nothing": None,
    }[inputs["what"]]


@Alone
def chatter(inputs: Mapping[str, Any], context: Context) -> Any:
    """Print, read, and let others print, all over what might be the channel."""
    print("printed")
    os.write(1, b"written\n")
    subprocess.run([sys.executable, "-c", "print('started')"], check=True)
    return {"value": sys.stdin.read()}


@Alone
async def converse(inputs: Mapping[str, Any], context: Context) -> Any:
    """Ask the model so often, all at once."""
    assert context.model is not None
    request = ChatRequest((Message("user", "How many?"),), {"type": "object"}, "count", 9, 0.5, 7)
    replies = await asyncio.gather(*(ask(context.model, request) for _ in range(inputs["times"])))
    return {"value": [[each.text, each.usage.input_tokens, each.finish_reason] for each in replies],
            "model": [context.model.name, context.model.context_tokens]}  # fmt: skip


@Alone
async def lose_patience(inputs: Mapping[str, Any], context: Context) -> Any:
    """Ask the model, and wait `patience` seconds at most; `value` is what came of asking."""
    assert context.model is not None
    try:
        async with asyncio.timeout(inputs["patience"]):
            await ask(context.model, ChatRequest((Message("user", "How many?"),)))
    except TimeoutError:
        return {"value": "too slow"}
    except ModelUnavailable as error:
        return {"value": [str(error), error.retry_after, error.model]}


@Alone
def hold(inputs: Mapping[str, Any], context: Context) -> Any:
    """Hold the file `fifo` open for ever, and say so; `stubborn` ignores SIGTERM, and with `tidy` it
    leaves a file behind when it is told to stop. With `child` another process holds it instead."""
    if inputs.get("stubborn"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with Path(inputs["fifo"]).open("wb", buffering=0) as fifo:
        child = subprocess.Popen(["sleep", "600"], stdout=fifo) if inputs.get("child") else None
        try:
            fifo.write(b"x")
            time.sleep(600)
        finally:
            if inputs.get("tidy"):
                Path(inputs["tidy"]).write_text("tidied up")
    return {"value": child is None}


@Alone
def leave_child(inputs: Mapping[str, Any], context: Context) -> Any:
    """Start a process that holds the file `fifo` open, and return."""
    with Path(inputs["fifo"]).open("wb", buffering=0) as fifo:
        subprocess.Popen(["sleep", "600"], stdout=fifo)
        fifo.write(b"x")
    return {"value": os.getpid()}


class Group:
    """A namespace."""

    @Alone
    @staticmethod
    def member(inputs: Mapping[str, Any], context: Context) -> Any:
        """An agent that is a member of a class."""
        return {"value": "found"}
