"""The full wire format: the whole plan language in few words, for models that can carry it.

A step is an id and what it does, `{"id": "menu", "do": {"use": "plan_menu", "wishes": "{recipe}"}}`; only one
that needs it has a list of what else holds, `"flow": ["for_each: days"]`, so that a strict schema, in
which every property has to be written, asks for no boilerplate. In texts, expressions stand in braces.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from pydantic import JsonValue

from callsheet.agents.contracts.capability import Capability, JsonObject
from callsheet.agents.contracts.tidy_schema import closed_object
from callsheet.agents.models.json_answer import read_json_answer
from callsheet.planner.formats.examples import Example, load_examples, most_fitting
from callsheet.planner.formats.partial_json import ArrayReader
from callsheet.planner.formats.plan_format import Translation
from callsheet.planner.schemas.call_schemas import TEXT, call_definitions, reference_to
from callsheet.planner.schemas.capability_text import kind, signature
from callsheet.planner.schemas.literal_schema import LiteralSchemas
from callsheet.planner.schemas.shared_schema import share

from .flow import FLOW
from .steps import FullSteps
from .templates import write_braces

_TEXTS: JsonObject = {"type": "array", "items": TEXT}
_SHAPE = 'the answer has to be an object with steps and answer: {"steps": [...], "answer": "..."}'


MAX_STEPS = 500
"""Of a plan that a model writes; people may write larger ones."""

_TOO_MANY = (
    "{count:,} steps are too many: 500 are allowed; work that is done for each of many things is one step, "
    "with for_each"
)


class FullFormat:
    """Expressions, conditions, `for_each`, expectations, joins and policies.

    Instead of an answer the model may ask the person a question. Where the catalog is only a `cut` of
    a larger one, it may say what it lacks; it is told so, by rules of their own.
    """

    name = "full"
    reconsiders = True
    notation = "JSON"

    def __init__(self, *, cut: bool = False) -> None:
        self._cut = cut

    @property
    def rules(self) -> str:
        """The template of the prompt's first message."""
        return "planner/full_rules_cut" if self._cut else "planner/full_rules"

    def schema(self, catalog: Sequence[Capability]) -> JsonObject:
        """In the subset that strict structured outputs take, and within its limits."""
        bare = {"id": TEXT, "do": reference_to("call")}
        step: JsonObject = {"anyOf": [closed_object(bare), closed_object({**bare, "flow": FLOW})]}
        answers: list[JsonValue] = [TEXT, closed_object({"ask": TEXT})]
        if self._cut:
            answers.append(closed_object({"lacking": _TEXTS}))
        plan = closed_object({"steps": {"type": "array", "items": step}, "answer": {"anyOf": answers}})
        return share({**plan, "$defs": call_definitions(catalog)})

    def grammar(self, catalog: Sequence[Capability]) -> None:
        """None: the schema says it all."""
        return

    def missing_line(self, answer: str, name: str, catalog: Sequence[Capability]) -> None:
        """None: such a model writes the whole plan again, and loses nothing."""
        return

    def with_line(self, answer: str, line: str, name: str, goal: str) -> str:
        """The second answer: it is always a whole plan."""
        return line

    def examples(self, catalog: Sequence[Capability]) -> Sequence[Example]:
        """One, chosen for what the catalog has: such a model needs to see the notation, not how to plan."""
        return (most_fitting(load_examples("full"), catalog),)

    def write_answer(self, answer: JsonValue) -> str:
        """Without blanks, which are tokens too."""
        return json.dumps(answer, ensure_ascii=False, separators=(",", ":"))

    def signature(self, capability: Capability, *, terse: bool) -> str:
        """Its line, and the outputs that the line does not tell: other fields, and what is no text."""
        line = signature(capability, terse=terse)
        schemas = LiteralSchemas(capability.output_schema, strict=False)
        outputs = cast("Mapping[str, Any]", capability.output_schema.get("properties") or {})
        kinds = {name: kind(part, schemas) for name, part in outputs.items()}
        if list(kinds.values()) in ([], ["text"]):
            return line
        return f"{line}; gives {', '.join(f'{name}: {of}' for name, of in kinds.items())}"

    def show(self, binding: JsonValue) -> JsonValue:
        """A binding of a plan, given as the plan's JSON, as a model would write it."""
        return write_braces(binding)

    def reader(self) -> ArrayReader:
        """Reads the elements of `steps`."""
        return ArrayReader("steps")

    def read_answer(self, text: str) -> JsonValue:
        """The JSON in a text. Raises ValueError where there is none."""
        return read_json_answer(text)

    def read_plan(self, answer: JsonValue, goal: str, catalog: Sequence[Capability]) -> Translation:
        """The plan's document, or a question, or what is lacking.

        Raises ValueError where the answer has no list of steps, more of them than a model is to write, or a
        step says something twice.
        """
        match answer:
            case {"answer": {"ask": str(question)}} if question.strip():
                return Translation({}, question=question.strip())
            case {"answer": {"lacking": list(lacking)}} if wanted := _texts(lacking):
                return Translation({}, wanted=wanted)
            case dict() if isinstance(written := answer.get("steps"), list):
                if len(written) > MAX_STEPS:
                    raise ValueError(_TOO_MANY.format(count=len(written)))
                steps = FullSteps(written, catalog)
                document: JsonObject = {**answer, "goal": goal, "steps": steps.documents()}
                if "answer" in answer:
                    document["answer"] = steps.binding(answer["answer"])
                return Translation(document)
            case _:
                raise ValueError(_SHAPE)


def _texts(values: Sequence[JsonValue]) -> tuple[str, ...]:
    return tuple(each.strip() for each in values if isinstance(each, str) and each.strip())
