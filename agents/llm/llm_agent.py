"""An agent whose work is one question to a language model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import JsonValue

from callsheet.agents.agent import Context, Isolation, SoloAgent
from callsheet.agents.contracts.capability import Capability, Effect, JsonObject
from callsheet.agents.contracts.errors import CapabilityError, TypedObjectError
from callsheet.agents.contracts.typed_object import TypedObject, has_fields
from callsheet.agents.functions.declaration import contract
from callsheet.agents.models.chat import ChatModel
from callsheet.agents.models.choice import model_of
from callsheet.agents.spending.demand import NO_DEMAND, Demand
from callsheet.agents.spending.terms import Terms
from callsheet.prompts.quoting import inline
from callsheet.prompts.render import render, render_text

from .marking import MAX_CHARACTERS, mark_all
from .model_call import ask_object, ask_text, need_model

_BOUNDED_TEXT = frozenset({"enum", "const", "pattern", "format", "minLength", "maxLength"})


class LLMAgent(SoloAgent):
    """Instructions for a model, with typed inputs and outputs.

    `instructions` is a Jinja2 template by the developer. `{{ name }}` puts an input where it
    belongs: numbers, and texts of one line and at most 120 characters, as they are; longer texts
    between marks, as material. Inputs it doesn't name are added after it, marked. A value is data:
    it is never read as a template, and what could pass for a message, for marks or for nothing at
    all is taken out of it. A template that computes with a text (`{{ name | length }}`) sees it as
    it would be shown.

    `input` and `output` are each a pydantic model, a dataclass, a TypedDict or a mapping of names
    to types; `output` may also be a bare type: `str` is one field `text`, any other one field
    `result` (or what the given capability calls it). Where the output is one free text the model
    writes plain prose; otherwise JSON, which is validated and, up to `max_repairs` times, mended.
    `model` is asked, or where it is None the run's own. It is a model, or the name of one (`openai/NAME`,
    `local`, `local/FILE`), for which the environment has the key or the server; weights are not fetched for
    it. `max_tokens` bounds the answer.

    `capability` is what it offers under another name than its own, so that several agents can offer the same:
    a name, or the very contract, which its types must then keep, and whose wording and policy hold. `terms`
    are its prices and limits, `cache` how long its output may serve other runs ("1d").

    Raises CapabilityError where the types have no JSON form, the instructions are not a template over the
    inputs, or the contract of a given capability isn't kept; ModelNotConfigured and WeightsUnavailable where
    there is no model of that name.
    """

    def __init__(
        self,
        name: str,
        description: str,
        instructions: str,
        *,
        input: Any,
        output: Any = str,
        capability: Capability | str | None = None,
        main_output: str = "",
        effect: Effect | str = Effect.PURE,
        model: ChatModel | str | None = None,
        max_tokens: int = 1024,
        max_repairs: int = 2,
        version: str = "1",
        max_retries: int = 2,
        timeout_seconds: float = 300.0,
        cache: str | float | None = None,
        terms: Terms | None = None,
    ) -> None:
        self._input, self._output = _shapes(name, input, output, capability)
        offered = contract(
            name,
            capability,
            self._input.schema,
            self._output.schema,
            description=description,
            policy={
                "effect": effect,
                "main_output": main_output,
                "version": version,
                "max_retries": max_retries,
                "timeout_seconds": timeout_seconds,
                "cache": cache,
            },
            made_by=LLMAgent,
        )
        # It only waits for its model.
        super().__init__(name, offered, Isolation.LOOP, terms)
        self._named = _names_in(name, instructions, tuple(self._input.properties))
        self._instructions = instructions
        # Weights take minutes to fetch, which is nothing to wait for while a module is imported.
        self._model = None if model is None else model_of(model, sources=())
        self._max_tokens = max_tokens
        self._max_repairs = max_repairs

    async def perform(self, capability: str, inputs: Mapping[str, JsonValue], context: Context) -> JsonObject:
        """Ask the model once, and for repairs. Raises Permanent where there is no model, and a ModelError."""
        model = need_model(self.name, self._model or context.model)
        if (field := self._plain_text) is not None:
            text = await ask_text(self.name, model, self.prompt(inputs), max_tokens=self._max_tokens)
            return {field: text}
        return await ask_object(
            self.name,
            model,
            self.prompt(inputs),
            schema=self._output.schema,
            read=self._read,
            max_tokens=self._max_tokens,
            max_repairs=self._max_repairs,
        )

    @property
    def demand(self) -> Demand | None:
        """What an attempt asks of the run's model, at most: one answer where that is plain text, else one for
        every repair too. Of a model of its own the run sees nothing."""
        if self._model is not None:
            return NO_DEMAND
        calls = 1 if self._plain_text is not None else 1 + self._max_repairs
        return Demand.of_calls(calls, self._max_tokens)

    def prompt(self, inputs: Mapping[str, JsonValue]) -> str:
        """What the model is asked for these inputs, as an agent's developer may want to see it.

        Raises PromptError where the instructions cannot be rendered with them.
        """
        given = self._input.write_object(self._input.read_object(inputs))
        values: JsonObject = dict.fromkeys(self._input.properties) | {
            name: inline(name, value, MAX_CHARACTERS, others=given.keys()) for name, value in given.items()
        }
        unnamed = {name: value for name, value in given.items() if name not in self._named}
        return render(
            "agents/work",
            instructions=render_text(self._instructions, values).strip(),
            material=mark_all(unnamed),
            fields=[] if self._plain_text else _fields(self._output),
        )

    def _read(self, answer: JsonObject) -> JsonObject:
        problems = self._capability.output_validator.problems(answer)
        if problems:
            raise TypedObjectError(
                "; ".join(f"{each.pointer or 'the answer'}: {each.sentence}" for each in problems)
            )
        return self._output.write_object(self._output.read_object(answer))

    @property
    def _plain_text(self) -> str | None:
        """The output's one field, where that is any text: small models write it better as prose."""
        match list(self._output.properties.items()):
            case [(name, {"type": "string", **others})] if not _BOUNDED_TEXT.intersection(others):
                return name
            case _:
                return None


def _shapes(
    name: str, input: Any, output: Any, capability: Capability | str | None
) -> tuple[TypedObject, TypedObject]:
    field = "text" if output is str else "result"
    if isinstance(capability, Capability):
        field = capability.main_output or field
    try:
        if isinstance(output, Mapping) or has_fields(output):
            shape = TypedObject.of_object(output, "serialization")
        else:
            shape = TypedObject(output, "serialization", wrapped_as=field)
        return TypedObject.of_object(input, "validation"), shape
    except TypedObjectError as error:
        raise CapabilityError(name, str(error)) from None


def _names_in(name: str, instructions: str, inputs: Sequence[str]) -> frozenset[str]:
    import jinja2
    from jinja2 import meta

    environment = jinja2.Environment(trim_blocks=True, autoescape=False)
    try:
        named = meta.find_undeclared_variables(environment.parse(instructions))
    except jinja2.TemplateSyntaxError as error:
        raise CapabilityError(name, f"its instructions are not a valid template: {error}") from None
    if unknown := sorted(named.difference(inputs)):
        known = ", ".join(inputs) or "none"
        raise CapabilityError(name, f"its instructions use {', '.join(unknown)}; its inputs are: {known}")
    return frozenset(named)


def _fields(shape: TypedObject) -> list[dict[str, Any]]:
    return [
        {"name": name, "kind": _kind(schema), "description": schema.get("description", "")}
        for name, schema in shape.properties.items()
    ]


def _kind(schema: Any) -> str:
    if "enum" in schema:
        return f"one of {', '.join(map(str, schema['enum']))}"
    if "anyOf" in schema:
        return " or ".join(_kind(each) for each in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items') or {})}"
    if "properties" in schema:
        inner = ", ".join(f"{name}: {_kind(each)}" for name, each in schema["properties"].items())
        return f"object with {inner}"
    return {"string": "text", "integer": "whole number", "boolean": "true or false"}.get(
        str(schema.get("type")), str(schema.get("type", "any JSON value"))
    )
