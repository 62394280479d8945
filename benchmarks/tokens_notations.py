"""One plan in the notations of other planners, each saying as much of it as it can."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from pydantic import JsonValue

from callsheet.planner.plan.checked_plan import CheckedPlan
from callsheet.planner.plan.plan import Binding, From, Literal, Step, Template

END_OF_PLAN = "<END_OF_PLAN>"
"""What LLMCompiler and LangChain end a plan with."""

_BRACES = re.compile(r"\{([^{}]+)\}")
_WORD = re.compile(r"""'[^']*'|"[^"]*"|(?<![\w.])[a-z]\w*""")
_PATH = re.compile(r"[a-z]\w*\Z")
_CLOSING = "Given the above steps taken, please respond to the users original question"


def as_calls(checked: CheckedPlan) -> str:
    """LLMCompiler's lines: positional arguments, `$1` for the result of the first."""
    numbers = _numbers(checked)
    lines = [
        f"{numbers[step.id]}. {step.capability}({', '.join(_arguments(step, checked, numbers))})"
        for step in checked.plan.steps
    ]
    return "\n".join([*lines, f"{len(lines) + 1}. join(){END_OF_PLAN}"])


def unsaid_by_calls(checked: CheckedPlan) -> int:
    """How many entries of a plan LLMCompiler's lines cannot say: conditions, `for_each`, expectations,
    order without data, and expressions that are more than a result."""
    return sum(map(_unsaid, checked.plan.steps))


def as_steps(checked: CheckedPlan) -> list[str]:
    """Sentences, one for each step, that tell which capability is used, with what, and when."""
    numbers = _numbers(checked)
    return [_sentence(step, numbers) for step in checked.plan.steps]


def as_numbered_steps(checked: CheckedPlan) -> str:
    """What LangChain's planner is asked for."""
    steps = [*as_steps(checked), _CLOSING]
    return "\n".join(["Plan:", *(f"{at}. {step}" for at, step in enumerate(steps, 1)), END_OF_PLAN])


def as_actions(checked: CheckedPlan) -> list[str]:
    """What LangChain's executor is asked for, step by step; the results in the inputs are left empty,
    because nothing has run."""
    actions: list[str] = []
    for step in checked.plan.steps:
        inputs = {name: _filled(binding) for name, binding in step.inputs.items()}
        blob = json.dumps({"action": step.capability, "action_input": inputs}, ensure_ascii=False)
        actions.append(f"Action:\n```\n{blob}\n```")
    return actions


def as_crew_plan(checked: CheckedPlan) -> str:
    """CrewAI's JSON: one task, the goal, and its plan in numbered sentences."""
    steps = "\n".join(f"{at}. {step}" for at, step in enumerate(as_steps(checked), 1))
    plan = {"task_number": 1, "task": checked.plan.goal, "plan": steps}
    return json.dumps({"list_of_plans_per_task": [plan]}, ensure_ascii=False)


def _numbers(checked: CheckedPlan) -> dict[str, int]:
    return {step.id: at for at, step in enumerate(checked.plan.steps, 1)}


def _arguments(step: Step, checked: CheckedPlan, numbers: Mapping[str, int]) -> Iterator[str]:
    """The inputs in the order of the capability's, up to the last one given."""
    schema = checked.steps[step.id].capability.input_schema
    names = list(cast("Mapping[str, Any]", schema.get("properties") or {}))
    given = [at for at, name in enumerate(names) if name in step.inputs]
    for name in names[: given[-1] + 1] if given else ():
        yield _argument(step.inputs.get(name), step, numbers)


def _argument(binding: Binding | None, step: Step, numbers: Mapping[str, int]) -> str:
    # What stands for one item of a list can only be the list.
    items = _roots(step.for_each, numbers)

    def named(id: str) -> str:
        return f"${numbers[id]}" if id in numbers else f"${items[0]}" if items else id

    match binding:
        case None:
            return "None"
        case Literal(value):
            return json.dumps(value, ensure_ascii=False)
        case From(expression):
            return json.dumps(_renamed(expression, named), ensure_ascii=False)
        case Template(text):
            return json.dumps(_replaced(text, lambda each: _renamed(each, named)), ensure_ascii=False)


def _roots(binding: Binding | None, numbers: Mapping[str, int]) -> list[int]:
    words = _WORD.findall(binding.expression) if isinstance(binding, From) else []
    return [numbers[word] for word in words if word in numbers]


def _unsaid(step: Step) -> int:
    flow = (step.condition, step.for_each, *step.expect, *step.depends_on)
    inputs = [
        expression
        for binding in step.inputs.values()
        for expression in _expressions(binding)
        if not _PATH.match(expression)
    ]
    return sum(each is not None for each in flow) + len(inputs)


def _expressions(binding: Binding) -> list[str]:
    match binding:
        case From(expression):
            return [expression]
        case Template(text):
            return _BRACES.findall(text)
        case Literal():
            return []


def _sentence(step: Step, numbers: Mapping[str, int]) -> str:
    def named(id: str) -> str:
        return f"the result of step {numbers[id]}" if id in numbers else id

    given = [f"{name} {_in_words(binding, named)}" for name, binding in step.inputs.items()]
    sentence = f"Use {step.capability} with {', '.join(given)}."
    if step.for_each is not None:
        sentence = f"For each item of {_in_words(step.for_each, named)}: {sentence}"
    if step.condition is not None:
        sentence = f"Only if {_renamed(step.condition, named)}: {sentence}"
    checks = [f" Check that {_renamed(each, named)}." for each in step.expect]
    return sentence + "".join(checks)


def _in_words(binding: Binding, named: Callable[[str], str]) -> str:
    match binding:
        case Literal(value):
            return json.dumps(value, ensure_ascii=False)
        case From(expression):
            return _renamed(expression, named)
        case Template(text):
            words = _replaced(text, lambda each: f"[{_renamed(each, named)}]")
            return json.dumps(words, ensure_ascii=False)


def _filled(binding: Binding) -> JsonValue:
    match binding:
        case Literal(value):
            return value
        case From():
            return ""
        case Template(text):
            return _replaced(text, lambda _: "")


def _renamed(expression: str, named: Callable[[str], str]) -> str:
    """The expression with its names exchanged; texts in it stay."""
    return _WORD.sub(lambda word: word[0] if word[0][0] in "'\"" else named(word[0]), expression.strip())


def _replaced(text: str, written: Callable[[str], str]) -> str:
    return _BRACES.sub(lambda match: written(match[1]), text)
