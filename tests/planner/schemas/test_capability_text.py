"""What a prompt shows of a capability, however much its author wrote."""

from __future__ import annotations

from callsheet.agents.contracts.capability import Capability, JsonObject
from callsheet.planner.schemas.capability_text import MAX_DESCRIPTION, description

OBJECT: JsonObject = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}


def shown(text: str) -> str:
    """The description of a capability that is described like this, where there is room for all of it."""
    capability = Capability(name="shout", description=text, input_schema=OBJECT, output_schema=OBJECT)
    return description(capability, terse=False)


def test_a_description_is_bounded_however_large_the_context_is() -> None:
    """200 KB of it would be paid for with every question; its beginning is shown, and that it is cut."""
    text = shown("Make a text loud. " * 11_000)
    assert len(text) == MAX_DESCRIPTION
    assert text.startswith("Make a text loud.")
    assert text.endswith("…")


def test_a_description_of_usual_length_is_shown_whole() -> None:
    """On one line, to the letter."""
    assert shown("Make a\ntext loud.") == "Make a text loud."
    assert len(shown("x" * MAX_DESCRIPTION)) == MAX_DESCRIPTION
