"""The agents that write prose."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.agents.agent import Context
from callsheet.agents.builtin.prose import sentences_asked, split, summarize, write_text
from callsheet.agents.errors import Permanent
from callsheet.agents.models.errors import AnswerInvalid
from callsheet.agents.models.scripted import ScriptedModel

MakeContext = Callable[..., Context]


async def test_a_summary_is_asked_for_in_the_wanted_length(make_context: MakeContext) -> None:
    """The text is marked as material, the length said in words."""
    with ScriptedModel(["Short."]) as model:
        output = await summarize.perform(
            "summarize", {"text": "Long {{ text }}.", "length": "one paragraph"}, make_context(model)
        )
    asked = model.requests[0].messages[-1].content
    assert output == {"summary": "Short."}
    assert asked.startswith("<text>\nLong {{ text }}.\n</text>\n")
    assert "Its length: one paragraph." in asked
    assert model.requests[0].schema is None


async def test_a_number_of_sentences_becomes_the_shape_of_the_answer(make_context: MakeContext) -> None:
    """Exactly so many come back, each with an end; fewer are asked for again."""
    two = json.dumps({"sentences": ["South led the whole quarter", "West came second."]})
    with ScriptedModel([json.dumps({"sentences": ["South led the quarter."]}), two]) as model:
        output = await write_text.perform(
            "write_text",
            {"instructions": "a two-sentence summary", "material": "South 5"},
            make_context(model),
        )
    assert output == {"text": "South led the whole quarter. West came second.", "words": 8}
    schema = model.requests[0].schema
    assert schema is not None
    assert "'minItems': 2, 'maxItems': 2" in str(schema)
    with ScriptedModel(['{"sentences": "no"}'] * 3) as model, pytest.raises(AnswerInvalid):
        await summarize.perform("summarize", {"text": "x", "length": "1 sentence"}, make_context(model))


async def test_instructions_without_material_are_asked_as_they_are(make_context: MakeContext) -> None:
    """Nothing stands around them that a small model could take for the text."""
    with ScriptedModel(["Dear Maria"]) as model:
        output = await write_text.perform("write_text", {"instructions": "a poem"}, make_context(model))
    assert output == {"text": "Dear Maria", "words": 2}
    assert model.requests[0].messages[-1].content.strip() == "a poem"


async def test_a_text_beyond_the_context_is_summarized_in_pieces(make_context: MakeContext) -> None:
    """Every part of it reaches the model, and at last the summaries of all parts do."""
    text = "\n\n".join(f"Paragraph {number}. " + "word " * 60 for number in range(20))
    with ScriptedModel([f"Part {number}." for number in range(4)], context_tokens=2_000) as model:
        output = await summarize.perform("summarize", {"text": text}, make_context(model))
    assert output == {"summary": "Part 3."}
    asked = "".join(request.messages[-1].content for request in model.requests)
    assert all(f"Paragraph {number}." in asked for number in range(20))
    assert all(f"Part {number}." in model.requests[-1].messages[-1].content for number in range(3))


async def test_a_summary_that_does_not_shorten_ends(make_context: MakeContext) -> None:
    """A model that echoes is found out, instead of being asked for ever."""
    with (
        ScriptedModel(["x" * 2_000] * 3, context_tokens=2_000) as model,
        pytest.raises(Permanent, match="doesn't shorten"),
    ):
        await summarize.perform("summarize", {"text": "word " * 1_000}, make_context(model))


async def test_far_too_long_a_text_is_refused(make_context: MakeContext) -> None:
    """Before the model is asked at all."""
    with ScriptedModel() as model, pytest.raises(Permanent, match="too many for this model's context"):
        await summarize.perform("summarize", {"text": "x" * 5_000_000}, make_context(model))


async def test_nothing_to_work_on_is_refused(make_context: MakeContext) -> None:
    """An empty text has no main points; a model would invent some."""
    with ScriptedModel() as model:
        with pytest.raises(Permanent, match="empty text"):
            await summarize.perform("summarize", {"text": " \n"}, make_context(model))
        with pytest.raises(Permanent, match="no instructions"):
            await write_text.perform("write_text", {"instructions": " "}, make_context(model))


@pytest.mark.parametrize(
    ("agent", "inputs"), [(summarize, {"text": "x"}), (write_text, {"instructions": "x"})]
)
async def test_without_a_model_they_say_what_to_do(make_context: MakeContext, agent, inputs) -> None:  # type: ignore[no-untyped-def]
    """The error is permanent and lists the ways to a model."""
    with pytest.raises(Permanent, match="needs a language model"):
        await agent.perform(agent.name, inputs, make_context())


@given(text=st.text(alphabet="ab \n", max_size=300), size=st.integers(10, 100))
def test_for_every_text_the_pieces_hold_all_of_it(text: str, size: int) -> None:
    """No piece is too long, and nothing but blanks is lost."""
    pieces = split(text, size)
    assert all(0 < len(piece) <= size for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Write a three-sentence summary", 3),
        ("in 2 sentences", 2),
        ("One sentence about tea.", 1),
        ("a summary of ten sentences", 10),
        ("three sentences. Really three sentences!", 3),
        ("a short summary", None),
        ("about three sentences", None),
        ("at most 2 sentences", None),
        ("two or three sentences", None),
        ("2-3 sentences", None),
        ("first two sentences, then four sentences", None),
        ("50 sentences", None),
        ("0 sentences", None),
        ("sentences", None),
        ("", None),
    ],
)
def test_an_exact_number_of_sentences_is_understood(text: str, count: int | None) -> None:
    """Exact numbers up to 20 count; loose or contradictory ones are left to the model."""
    assert sentences_asked(text) == count
