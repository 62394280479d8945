"""The agent that pulls named facts out of a text, and says which ones aren't there.

Where the model misses what the text itself labels, such as `replicas: 3`, the label is believed. A text that
gives none of the facts is a surprise: the plan expected it to have them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated

from pydantic import BaseModel, Field

from callsheet.agents.agent import Context
from callsheet.agents.contracts.capability import JsonObject
from callsheet.agents.contracts.tidy_schema import closed_object
from callsheet.agents.errors import Permanent, Surprise
from callsheet.agents.functions.decorator import agent
from callsheet.agents.llm.marking import mark
from callsheet.agents.llm.model_call import MAX_REPAIRS, ask_object, need_model
from callsheet.agents.spending.demand import Demand
from callsheet.prompts.cleaning import clean
from callsheet.prompts.render import render

from .labels import labelled_value

MAX_FIELDS = 30
_LONGEST_NAME = 80
_MAX_TOKENS = 1_000
_SEPARATORS = re.compile(r"[,;\n]|\band\b")


class Fact(BaseModel):
    """One fact that was asked for."""

    field: str
    value: Annotated[str | None, Field(description="as it stands in the text; null where it wasn't found")]
    found: bool


class Facts(BaseModel):
    """What `extract` gives."""

    text: Annotated[str, Field(description="one line for each field, such as `date: 28 August`")]
    facts: list[Fact]
    missing: Annotated[list[str], Field(description="the fields that the text doesn't give")]


@agent(
    effect="pure",
    main_output="text",
    timeout_seconds=300.0,
    demand=Demand.of_calls(1 + MAX_REPAIRS, _MAX_TOKENS),
)
async def extract(text: str, fields: str, context: Context) -> Facts:
    """pull named facts such as a date, a name or an amount out of a text

    Args:
        text: the text to look in
        fields: the names of the facts, separated by commas, such as invoice number, total
    """
    model = need_model("extract", context.model)
    names = field_names(fields)
    prompt = render("agents/extract", fields=names, text=mark("text", text))
    values = await ask_object(
        "extract",
        model,
        prompt,
        schema=_schema(names),
        read=lambda answer: _read(answer, names),
        max_tokens=_MAX_TOKENS,
    )
    facts = [_fact(name, values[name], text) for name in names]
    if not any(fact.found for fact in facts):
        raise Surprise(f"extract found nothing: the text gives none of {', '.join(names)}")
    return Facts(
        text="\n".join(f"{fact.field}: {fact.value if fact.found else 'not found'}" for fact in facts),
        facts=facts,
        missing=[fact.field for fact in facts if not fact.found],
    )


def field_names(fields: str) -> Sequence[str]:
    """The names in a list such as "number, date and total". Raises Permanent where there are none,
    more than 30, or one that is too long to be a name."""
    parts = (" ".join(part.split()).strip(" .-*[]\"'") for part in _SEPARATORS.split(clean(fields)))
    names = tuple(dict.fromkeys(part for part in parts if part))
    if not names or len(names) > MAX_FIELDS:
        raise Permanent(
            f"extract takes 1 to {MAX_FIELDS} fields, separated by commas, and was given {len(names)}"
        )
    if long := next((name for name in names if len(name) > _LONGEST_NAME), None):
        raise Permanent(f"extract: {long[:40]!r}… is too long to be the name of a field")
    return names


def _schema(names: Sequence[str]) -> JsonObject:
    value: JsonObject = {"type": ["string", "null"]}
    return closed_object(dict.fromkeys(names, value))


def _read(answer: JsonObject, names: Sequence[str]) -> Mapping[str, str | None]:
    values = {name: answer.get(name) for name in names}
    if wrong := [name for name, value in values.items() if isinstance(value, (dict, list))]:
        raise ValueError(f"{wrong[0]!r} must be text or null, not a list or an object")
    return {name: None if value is None else str(value).strip() for name, value in values.items()}


def _fact(name: str, value: str | None, text: str) -> Fact:
    # A value that doesn't stand in the text was made up, however well it fits.
    if not value or _plain(value) not in _plain(text):
        value = labelled_value(text, name)
    return Fact(field=name, value=value, found=value is not None)


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
