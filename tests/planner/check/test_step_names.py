"""What the name of a step alone means: its declared main output, its only field, or all that it returns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel

import callsheet
from callsheet.agents.contracts.capability import Capability, JsonObject
from callsheet.planner.check.checker import CheckResult, check
from callsheet.planner.expressions.tree import Call, Member, StepOutput, TemplateText, Tree

TEXT: JsonObject = {"type": "string"}
NUMBER: JsonObject = {"type": "number"}
MANY: JsonObject = {"type": "array", "items": TEXT}


def capability(
    name: str, inputs: JsonObject, outputs: JsonObject, main_output: str = "", *, closed: bool = True
) -> Capability:
    """A capability that requires all its inputs and returns all its outputs."""
    entries: JsonObject = {} if not closed else {"additionalProperties": False}
    return Capability(
        name=name,
        description=name,
        input_schema={"type": "object", "properties": inputs, "required": [*inputs], **entries},
        output_schema={"type": "object", "properties": outputs, "required": [*outputs], **entries},
        main_output=main_output,
    )


ORDER: JsonObject = {"id": TEXT, "total": NUMBER}
TAKERS = (
    capability("take_text", {"it": TEXT}, {"done": TEXT}),
    capability("take_texts", {"it": MANY}, {"done": TEXT}),
    capability(
        "take_order",
        {"it": {"type": "object", "properties": ORDER, "required": ["id"], "additionalProperties": False}},
        {"done": TEXT},
    ),
    capability("take_anything", {"it": {}}, {"done": TEXT}),
    capability(
        "take_pair", {"it": {"type": "array", "items": {"type": ["string", "object"]}}}, {"done": TEXT}
    ),
    capability("take_named", {"it": {"type": "object", "additionalProperties": TEXT}}, {"done": TEXT}),
)


def checked(made: Capability, taken_by: str = "take_anything", **step: Any) -> CheckResult:
    """A plan of a step `o` that makes something and `p` that takes it."""
    first = {"id": "o", "capability": made.name, "inputs": {}, **step.pop("o", {})}
    second = {"id": "p", "capability": taken_by, "inputs": {"it": {"from": "o"}}, **step}
    plan = {"goal": "g", "steps": [first, second], "answer": {"from": "default(p, null)"}}
    return check(plan, (made, *TAKERS))


def tree(made: Capability, taken_by: str = "take_anything", **step: Any) -> Tree:
    """What the input of `p` is then."""
    return checked(made, taken_by, **step).require().steps["p"].inputs["it"]


def all_of_it(each: bool = False) -> StepOutput:
    """The whole output of `o`."""
    return StepOutput("o", None, each, 0)


class TestMeaning:
    def test_a_declared_main_output(self) -> None:
        """Wherever it stands among the fields."""
        made = capability("make", {}, {"id": TEXT, "total": NUMBER}, "total")
        assert tree(made) == StepOutput("o", "total", False, 0)

    def test_an_only_field(self) -> None:
        """It need not be declared."""
        made = capability("make", {}, {"title": TEXT})
        assert made.main_output == "title"
        assert tree(made) == StepOutput("o", "title", False, 0)

    @pytest.mark.parametrize("fields", [ORDER, dict(reversed(ORDER.items()))])
    def test_the_whole_output_otherwise(self, fields: JsonObject) -> None:
        """In whatever order its fields stand; so it can be handed to who takes such an object."""
        made = capability("make", {}, fields)
        assert made.main_output == ""
        assert tree(made, "take_order") == all_of_it()

    def test_an_output_without_fields(self) -> None:
        """An open map is handed on whole."""
        made = Capability(
            name="make",
            description="make",
            input_schema={"type": "object"},
            output_schema={"type": "object", "additionalProperties": TEXT},
        )
        assert tree(made, "take_named") == all_of_it()

    @pytest.mark.parametrize("field", ["result", "text", "answer", "value"])
    def test_a_plain_field_where_no_object_can_be_meant(self, field: str) -> None:
        """And the whole output where one can."""
        made = capability("make", {}, {"source": TEXT, field: TEXT})
        assert tree(made, "take_text") == StepOutput("o", field, False, 0)
        assert tree(made, "take_anything") == all_of_it()

    def test_two_plain_fields_are_none(self) -> None:
        """Which one is meant cannot be told."""
        (error,) = checked(capability("make", {}, {"text": TEXT, "answer": TEXT}), "take_text").errors
        assert error.code == "type-mismatch"

    @pytest.mark.parametrize(
        "expression",
        ["o + '!'", "o == 'x'", "o < 'x'", "'x' in o", "len(o)", "str(o)", "o[0]", "default(o + '', '')"],
    )
    def test_operators_and_functions_want_no_object(self, expression: str) -> None:
        """There is nothing that they could do with one."""
        made = capability("make", {}, {"source": TEXT, "text": TEXT})
        found = tree(made, inputs={"it": {"from": expression}})
        assert "field='text'" in repr(found)

    def test_templates_conditions_and_lists(self) -> None:
        """A template wants texts, a condition a boolean, and `for_each` a list."""
        texts = capability("make", {}, {"source": TEXT, "text": TEXT})
        template = tree(texts, "take_text", inputs={"it": {"template": "So: {o}"}})
        assert isinstance(template, TemplateText) and template.parts[1] == StepOutput("o", "text", False, 5)
        truths = capability("make", {}, {"source": TEXT, "answer": {"type": "boolean"}})
        conditional = checked(truths, "take_text", condition="o", inputs={"it": ""}).require()
        assert conditional.steps["p"].condition == StepOutput("o", "answer", False, 0)
        lists = capability("make", {}, {"source": TEXT, "result": MANY})
        many = checked(lists, "take_text", for_each={"from": "o"}, inputs={"it": {"from": "item"}}).require()
        assert many.steps["p"].for_each == StepOutput("o", "result", False, 0)

    def test_what_is_wanted_reaches_into_lists_objects_and_fallbacks(self) -> None:
        """Each part of what is written is taken for what its place wants."""
        made = capability("make", {}, {"source": TEXT, "text": TEXT})
        plain = StepOutput("o", "text", False, 1)
        assert plain in getattr(tree(made, "take_texts", inputs={"it": {"from": "[o]"}}), "elements", ())
        fallback = tree(made, "take_text", inputs={"it": {"from": "default(o, '')"}})
        assert isinstance(fallback, Call) and fallback.arguments[0] == StepOutput("o", "text", False, 8)
        named = tree(made, "take_named", inputs={"it": {"from": '{"a": o}'}})
        assert getattr(named, "entries", ()) == (("a", StepOutput("o", "text", False, 6)),)

    def test_a_list_of_whole_outputs(self) -> None:
        """Of a `for_each` step, or of plain fields where no objects can be meant."""
        made = capability("make", {}, {"source": TEXT, "text": TEXT})
        each: dict[str, Any] = {"o": {"for_each": [1, 2]}}
        assert tree(made, **each) == all_of_it(each=True)
        assert tree(made, "take_texts", **each) == StepOutput("o", "text", True, 0)

    def test_the_message_says_what_a_name_was_taken_for(self) -> None:
        """The whole output, with a field that would do, or the declared main output."""
        (error,) = checked(capability("make", {}, {"n": NUMBER, "id": TEXT}), "take_text").errors
        assert error.message == (
            "input `it`: this is an object with n, id, but a string is required; "
            "`o` means its whole output, `o.id` a field of it"
        )
        (error,) = checked(capability("make", {}, {"n": NUMBER, "id": TEXT}, "n"), "take_texts").errors
        assert error.message.endswith("; `o` means its main output `n`")

    def test_a_field_that_wants_brackets_is_written_so(self) -> None:
        """What the message suggests can be put into the plan."""
        made = capability("make", {}, {"a b": TEXT, "c-d": TEXT})
        (error,) = checked(made, "take_text").errors
        assert error.message.endswith('`o["a b"]` a field of it')


class TestFieldsByName:
    @pytest.mark.parametrize("key", ["Exchange Rate", "_id", "pm2.5_level", "größe", "in", "日付", 'a"b'])
    @pytest.mark.parametrize("main", ["", "other"])
    def test_any_name_in_brackets(self, key: str, main: str) -> None:
        """`step["…"]` is a field of the step's own output, whatever its main output is."""
        made = capability("make", {}, {key: TEXT, "other": NUMBER}, main)
        quoted = key.replace('"', '\\"')
        found = tree(made, "take_text", inputs={"it": {"from": f'o["{quoted}"]'}})
        assert found == StepOutput("o", key, False, found.start)
        in_text = tree(made, "take_text", inputs={"it": {"template": '{o["' + quoted + '"]}'}})
        assert isinstance(in_text, TemplateText)

    def test_a_for_each_step(self) -> None:
        """The list of that field, as behind a dot."""
        made = capability("make", {}, {"a b": TEXT, "n": NUMBER})
        step: dict[str, Any] = {"o": {"for_each": [1]}, "inputs": {"it": {"from": 'o["a b"]'}}}
        assert isinstance(found := tree(made, "take_texts", **step), StepOutput)
        assert (found.field, found.each) == ("a b", True)

    def test_the_own_output_before_the_main_one(self) -> None:
        """A key of the main output can be meant where the step's own output cannot have it."""
        inner: JsonObject = {"type": "object", "properties": {"x": TEXT, "y": TEXT}}
        made = capability("make", {}, {"x": TEXT, "rows": inner}, "rows")
        assert isinstance(tree(made, inputs={"it": {"from": 'o["x"]'}}), StepOutput)
        found = tree(made, inputs={"it": {"from": 'o["y"]'}})
        assert getattr(found, "of", None) == StepOutput("o", "rows", False, 0)
        assert tree(made, inputs={"it": {"from": "o.rows.y"}}) == Member(
            StepOutput("o", "rows", False, 2), "y", 7
        )

    def test_an_unknown_name(self) -> None:
        """The finding is about the step's output."""
        made = capability("make", {}, {"a b": TEXT, "n": NUMBER})
        (error,) = checked(made, inputs={"it": {"from": 'o["a  b"]'}}).errors
        assert (error.code, error.hint) == ("unknown-field", "did you mean `a b`?")


class Order(BaseModel):
    """What one agent returns and another takes."""

    id: str
    total: float
    lines: list[str]


@callsheet.agent(effect="read")
def fetch_order(number: str) -> Order:
    """Fetch an order."""
    return Order(id=number, total=12.5, lines=["pen"])


@callsheet.agent(effect="pure")
def bill(order: Order) -> str:
    """Write the bill of an order."""
    return f"{order.id}: {order.total}"


@callsheet.agent(effect="pure")
def count(orders: list[Order]) -> int:
    """Count orders."""
    return sum(len(each.lines) for each in orders)


@pytest.mark.parametrize(
    ("steps", "answer"),
    [
        (
            [
                {"id": "o", "capability": "fetch_order", "inputs": {"number": "A"}},
                {"id": "p", "capability": "bill", "inputs": {"order": {"from": "o"}}},
            ],
            "A: 12.5",
        ),
        (
            [
                {
                    "id": "o",
                    "capability": "fetch_order",
                    "inputs": {"number": {"from": "item"}},
                    "for_each": ["A", "B"],
                },
                {"id": "p", "capability": "count", "inputs": {"orders": {"from": "o"}}},
            ],
            2,
        ),
    ],
)
def test_a_model_that_one_agent_returns_is_handed_to_another(steps: list[Any], answer: Any) -> None:
    """Whole, by the name of its step."""
    run: Callable[..., Any] = callsheet.run_sync
    plan = {"goal": "g", "steps": steps, "answer": {"from": "p"}}
    assert run(plan=plan, agents=[fetch_order, bill, count], store=None).answer == answer
