"""The agents that write prose: summaries, and whatever else is asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, Field

from callsheet.agents.agent import Context
from callsheet.agents.contracts.capability import JsonObject
from callsheet.agents.contracts.tidy_schema import closed_object
from callsheet.agents.errors import Permanent
from callsheet.agents.functions.decorator import agent
from callsheet.agents.llm.marking import mark
from callsheet.agents.llm.model_call import MAX_REPAIRS, ask_object, ask_text, characters_that_fit, need_model
from callsheet.agents.models.chat import ChatModel
from callsheet.agents.spending.demand import Demand
from callsheet.prompts.cleaning import clean
from callsheet.prompts.render import render

_SYSTEM = "agents/writer"
_ENDS = ".!?…\"')"
_SUMMARY_TOKENS = 700
_TEXT_TOKENS = 1_500
_INSTRUCTION_CHARACTERS = 600
_MAX_PIECES = 40
_TIMEOUT_SECONDS = 600.0

_MAX_SENTENCES = 20
_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_COUNT = re.compile(rf"(?<![-\d])\b(?P<count>\d{{1,2}}|{'|'.join(_WORDS)})[-\s]sentences?\b", re.I)
_LOOSELY = re.compile(
    r"(about|around|at least|at most|up to|under|over|max(imum)?|min(imum)?|roughly|or|to|than|-)\s*\Z", re.I
)


class Summary(BaseModel):
    """What `summarize` gives."""

    summary: str


class Prose(BaseModel):
    """What `write_text` gives."""

    text: str
    words: Annotated[int, Field(description="how many it has")]


@agent(effect="pure", timeout_seconds=_TIMEOUT_SECONDS)
async def summarize(text: str, context: Context, length: str = "") -> Summary:
    """shorten a given text to its main points

    Args:
        text: the text to shorten
        length: such as three sentences or one paragraph
    """
    model = need_model("summarize", context.model)
    if not text.strip():
        raise Permanent("summarize was given an empty text; there is nothing to shorten")
    # What doesn't fit the model's context is summarized in pieces, and their summaries together.
    while len(pieces := split(text, _room(model))) > 1:
        shorter = "\n\n".join([await _summarize(piece, "", model) for piece in pieces])
        if len(shorter) >= len(text):
            raise Permanent(f"summarize: {model.name} doesn't shorten this text; choose another model")
        text = shorter
    return Summary(summary=await _summarize(text, length, model))


@agent(
    effect="pure",
    main_output="text",
    timeout_seconds=_TIMEOUT_SECONDS,
    demand=Demand.of_calls(1 + MAX_REPAIRS, _TEXT_TOKENS),
)
async def write_text(instructions: str, context: Context, material: str = "") -> Prose:
    """write prose such as a letter, article, poem or sentence

    Args:
        instructions: what to write, for whom and how long
        material: the facts or texts to write from
    """
    model = need_model("write_text", context.model)
    if not instructions.strip():
        raise Permanent("write_text was given no instructions; say what to write")
    sentences = sentences_asked(instructions)
    prompt = render(
        "agents/write_text",
        instructions=clean(instructions).strip(),
        material=mark("material", material) if material.strip() else "",
        sentences=sentences,
    )
    text = await _write("write_text", model, prompt, sentences, _TEXT_TOKENS)
    return Prose(text=text, words=len(text.split()))


def split(text: str, size: int) -> Sequence[str]:
    """The text in pieces of `size` characters at most, cut between paragraphs, else lines, else
    words. Raises Permanent where that makes more than 40."""
    if size <= 0 or len(text) > size * _MAX_PIECES:
        raise Permanent(
            f"summarize was given {len(text):,} characters, too many for this model's context; "
            "give it a part, or choose a model with a larger context"
        )
    pieces: list[str] = []
    while len(text) > size:
        cut = next(
            (at for mark in ("\n\n", "\n", " ") if (at := text.rfind(mark, size // 2, size)) > 0), size
        )
        pieces.append(text[:cut].strip())
        text = text[cut:].strip()
    return [piece for piece in (*pieces, text) if piece]


def sentences_asked(text: str) -> int | None:
    """How many sentences `text` asks for; None where it asks for none, for about so many, for more
    than 20, or twice for different numbers.

    Small models don't count: they keep to a number of sentences only where it is made the shape
    of the answer.
    """
    counts: set[int] = set()
    for match in _COUNT.finditer(text):
        if _LOOSELY.search(text[: match.start()]):
            return None
        word = match["count"].lower()
        counts.add(_WORDS.index(word) + 1 if word in _WORDS else int(word))
    return next(iter(counts)) if len(counts) == 1 and 1 <= max(counts) <= _MAX_SENTENCES else None


def _room(model: ChatModel) -> int:
    return characters_that_fit(model, _SUMMARY_TOKENS) - _INSTRUCTION_CHARACTERS


async def _summarize(text: str, length: str, model: ChatModel) -> str:
    sentences = sentences_asked(length)
    prompt = render(
        "agents/summarize",
        text=mark("text", text),
        length=clean(length).strip().rstrip("."),
        sentences=sentences,
    )
    return await _write("summarize", model, prompt, sentences, _SUMMARY_TOKENS)


async def _write(agent: str, model: ChatModel, prompt: str, sentences: int | None, max_tokens: int) -> str:
    if sentences is None:
        return await ask_text(agent, model, prompt, max_tokens=max_tokens, system=_SYSTEM)
    return await ask_object(
        agent,
        model,
        prompt,
        schema=_sentences_schema(sentences),
        read=lambda answer: _join(answer, sentences),
        max_tokens=max_tokens,
        system=_SYSTEM,
    )


def _sentences_schema(count: int) -> JsonObject:
    listed: JsonObject = {
        "type": "array",
        "items": {"type": "string", "minLength": 10, "maxLength": 400},
        "minItems": count,
        "maxItems": count,
    }
    return closed_object({"sentences": listed})


def _join(answer: JsonObject, count: int) -> str:
    listed = answer.get("sentences")
    found = [each.strip() for each in listed if isinstance(each, str)] if isinstance(listed, list) else []
    if len(found) != count or not all(found):
        raise ValueError(f"`sentences` must be a list of {count} sentences, none of them empty")
    return " ".join(each if each[-1] in _ENDS else f"{each}." for each in found)
