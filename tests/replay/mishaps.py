"""All that agents can come to: what they return, what they raise, and what they ask the model meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from callsheet.agents.agent import Context
from callsheet.agents.errors import Permanent, Retryable, Surprise
from callsheet.agents.models.chat import ChatReply, ChatRequest, Message, ask
from callsheet.agents.models.errors import AnswerTruncated, ModelError, ModelRejected, ModelUnavailable
from callsheet.executor.run.errors import BudgetExceeded


class Hiccup(Retryable):
    """A failure with a name and a constructor of its own."""

    def __init__(self, times: int) -> None:
        super().__init__(f"hiccup {times}", retry_after=times / 2)


class Veto(Permanent):
    """An agent's own way to say that there is no use."""


class Oddity(Surprise):
    """An agent's own surprise."""


class Tongueless(Exception):
    """An error that cannot be put into words."""

    def __str__(self) -> str:
        raise RuntimeError("no words")


class Speechless(Exception):
    """An error whose words are none."""

    def __str__(self) -> str:
        return ""


class Overload(ModelUnavailable):
    """A model's error of somebody's own."""


ERRORS: Mapping[str, BaseException] = {
    "retryable": Retryable("not yet"),
    "later": Retryable("later", retry_after=30.0),
    "at once": Retryable("at once", retry_after=-1.0),
    "retryable without a word": Retryable(""),
    "hiccup": Hiccup(3),
    "permanent": Permanent("broken"),
    "permanent without a word": Permanent(""),
    "veto": Veto("no"),
    "surprise": Surprise("closed"),
    "surprise without a word": Surprise(""),
    "oddity": Oddity("how odd"),
    "runtime": RuntimeError("it broke"),
    "nameless": Exception(),
    "plain": Exception("plain"),
    "its own name": ValueError("ValueError: of all things"),
    "only its own name": ValueError("ValueError"),
    "looks like another": ValueError("Retryable: not really"),
    "tongueless": Tongueless("x"),
    "speechless": Speechless("x"),
    "key": KeyError(""),
    "lines": RuntimeError("one\n\ttwo: three\n"),
    "surrogate": RuntimeError("\ud800"),
    "exit": SystemExit(3),
    "gone": GeneratorExit(),
    "cancelled": asyncio.CancelledError(),
    "cancelled for a reason": asyncio.CancelledError("by itself"),
    "timeout": TimeoutError(),
    "group": ExceptionGroup("several", [ValueError("one"), Retryable("two")]),
    "unavailable": ModelUnavailable("m", "busy", retry_after=2.0),
    "unavailable for long": ModelUnavailable("m", "busy"),
    "overload": Overload("m", "too much", retry_after=1.0),
    "rejected": ModelRejected("m", "no key"),
    "truncated": AnswerTruncated("m", 10, "half"),
    "model": ModelError("m", "?"),
    "budget": BudgetExceeded("not asked", "too dear"),
}

OUTPUTS: Mapping[str, Any] = {
    "nothing": None,
    "text": "no object",
    "another object": {"no": "value"},
    "no JSON": {"value": object()},
    "no number": {"value": float("nan")},
    "a surrogate": {"value": "\ud800"},
    "a tuple": {"value": (1, 2)},
    "more than asked": {"value": 1, "more": [1, {"deep": None}]},
    "zero": {"value": 0},
}


async def hesitate(context: Context) -> Any:
    """Wait for longer than anybody does."""
    await asyncio.sleep(10_000)
    return {"value": "late"}


async def ignore(context: Context) -> Any:
    """Not stop when told to, and be done in the end all the same."""
    try:
        await asyncio.sleep(10_000)
    except asyncio.CancelledError:
        await asyncio.sleep(1)
    return {"value": "stopped late"}


async def ignore_for_good(context: Context) -> Any:
    """Never stop."""
    for _ in range(5):
        try:
            await asyncio.sleep(10_000)
        except asyncio.CancelledError:
            continue
    return {"value": "?"}


async def resist(context: Context) -> Any:
    """Answer the order to stop with an error."""
    try:
        await asyncio.sleep(10_000)
    except asyncio.CancelledError:
        raise Retryable("stopped me") from None


def question(context: Context, *words: str) -> ChatRequest:
    """What an attempt asks a model."""
    told = " ".join(("agent", context.step, str(context.item), str(context.attempt), *words))
    return ChatRequest((Message("system", "You help."), Message("user", told)), max_tokens=50)


async def consult(context: Context) -> Any:
    """Ask once."""
    assert context.model is not None
    return {"value": (await ask(context.model, question(context))).text}


async def consult_twice(context: Context) -> Any:
    """Ask, and ask the same again."""
    assert context.model is not None
    first = await ask(context.model, question(context))
    await asyncio.sleep(1)
    second = await ask(context.model, question(context))
    return {"value": [first.text, second.text]}


async def consult_all_at_once(context: Context) -> Any:
    """Ask several questions at once, two of them the same."""
    assert context.model is not None
    words = ("a", "b", "b", "c")
    asking = (ask(context.model, question(context, each)) for each in words)
    replies = await asyncio.gather(*asking, return_exceptions=True)
    return {"value": [reply.text if isinstance(reply, ChatReply) else "" for reply in replies]}


async def consult_in_a_race(context: Context) -> Any:
    """Take the first of two answers, and wait for no other."""
    assert context.model is not None
    asking = [asyncio.create_task(ask(context.model, question(context, each))) for each in ("x", "yy")]
    done, left = await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
    for each in left:
        each.cancel()
    await asyncio.gather(*asking, return_exceptions=True)
    return {"value": next(iter(done)).result().text}


async def consult_in_vain(context: Context) -> Any:
    """Ask somebody who does not answer, and make do without."""
    assert context.model is not None
    try:
        await ask(context.model, question(context, "fail"))
    except Exception:
        return {"value": "without"}


async def consult_and_fail(context: Context) -> Any:
    """Ask somebody who does not answer, and fail because of it."""
    assert context.model is not None
    return {"value": (await ask(context.model, question(context, "fail"))).text}


async def listen_to_the_beginning(context: Context) -> Any:
    """Stop listening after the first words."""
    assert context.model is not None
    async for chunk in context.model.stream(question(context)):
        return {"value": chunk.text}
    return {"value": "silence"}


async def consult_too_long(context: Context) -> Any:
    """Give up on an answer after a while."""
    assert context.model is not None
    try:
        async with asyncio.timeout(0.5):
            await ask(context.model, question(context, "slow"))
    except TimeoutError:
        return {"value": "no answer"}


async def consult_for_ever(context: Context) -> Any:
    """Wait for an answer that takes too long."""
    assert context.model is not None
    return {"value": (await ask(context.model, question(context, "never"))).text}


async def leave_a_question_behind(context: Context) -> Any:
    """Be done before the answer is there."""
    assert context.model is not None
    left = asyncio.create_task(ask(context.model, question(context, "slow")))
    _left.add(left)
    left.add_done_callback(_forget)
    await asyncio.sleep(0.1)
    return {"value": "asked"}


def _forget(task: asyncio.Task[Any]) -> None:
    _left.discard(task)
    if not task.cancelled():
        task.exception()


_left: set[asyncio.Task[Any]] = set()

DOINGS = {
    each.__name__.replace("_", " "): each
    for each in (
        hesitate,
        ignore,
        ignore_for_good,
        resist,
        consult,
        consult_twice,
        consult_all_at_once,
        consult_in_a_race,
        consult_in_vain,
        consult_and_fail,
        listen_to_the_beginning,
        consult_too_long,
        consult_for_ever,
        leave_a_question_behind,
    )
}

ASKING = [name for name in DOINGS if name not in ("hesitate", "ignore", "ignore for good", "resist")]
EVERYTHING = (*ERRORS, *OUTPUTS, *DOINGS)
