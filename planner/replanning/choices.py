"""Questions that the user can answer: what went wrong is named, and what there is to choose from."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pydantic import JsonValue

from callsheet.agents.contracts.capability import Capability
from callsheet.planner.expressions.values import leaves
from callsheet.planner.revision.situation import Mishap, Situation, Trouble
from callsheet.prompts.cleaning import clean

MAX_ALTERNATIVES = 5
MAX_MESSAGE = 300
"""Characters of what an agent said of its failure."""

_WORD = re.compile(r"[^\W_]{3,}")
_USUAL = frozenset(
    re.findall(
        r"\w+",
        """
        the this that these those and for but not are was were will would what which who how why when where
        should shall could can may must you your with without from into instead else now next then again there
        here have has had does did done doing want like need try use using get got give make going proceed
        continue step steps task failed failing failure fail fails error errors problem wrong issue plan goal
        result results please tell know help way other another different any some all one two
        """,
    )
)
"""Words that a question about any failure may have: they name none."""


def alternatives(situation: Situation) -> list[str]:
    """The other capabilities on offer that take what the step in trouble is given, give the same kind of
    result, and do no more to the world: what a small model overlooks in a catalog."""
    step = situation.plan.steps[situation.trouble.step] if situation.trouble else None
    if step is None:
        return []
    return [
        each.name
        for each in situation.catalog
        if each.name != step.capability.name
        and each.effect is step.capability.effect
        and _result_type(each) == _result_type(step.capability)
        and (required := _required(each))
        and required <= step.inputs.keys()
    ]


def answerable(question: str, situation: Situation) -> str:
    """The question, with the failure before it and the choices behind it where it names nothing of what went
    wrong: "What should I do instead?" alone cannot be answered."""
    trouble = situation.trouble
    if (
        trouble is None
        or not trouble.mishaps
        or not _words_of(question).isdisjoint(_named(situation, trouble))
    ):
        return question
    return f"{_failure(situation, trouble)} {question} You can say to {_choices(situation, trouble)}."


def _failure(situation: Situation, trouble: Trouble) -> str:
    first = trouble.mishaps[0]
    step = f"Step `{trouble.step}` ({situation.plan.steps[trouble.step].capability.name})"
    others = f", and {len(trouble.mishaps) - 1:,} more of its items" if len(trouble.mishaps) > 1 else ""
    if first.output is not None:
        return f"{step} gave a result that is not as expected{others}: `{_line(str(first.expectation))}`."
    return f"{step} failed{others}: {_line(first.message).rstrip('.')}."


def _choices(situation: Situation, trouble: Trouble) -> str:
    others = [f"use `{each}` instead" for each in alternatives(situation)[:MAX_ALTERNATIVES]]
    inputs = [f"`{name}`" for name in situation.plan.steps[trouble.step].inputs]
    again = (
        f"try it again with another {' or '.join(inputs[:MAX_ALTERNATIVES])}" if inputs else "try it again"
    )
    accept = ["accept the result as it is"] if trouble.has_results else []
    return ", ".join([*accept, again, *others, "go on without it"]) + ", or give up"


def _named(situation: Situation, trouble: Trouble) -> frozenset[str]:
    """The words that name what went wrong: of the step, what it was given, and what was said of it."""
    step = situation.plan.steps[trouble.step]
    texts = [trouble.step, step.capability.name, *step.inputs]
    for mishap in trouble.mishaps:
        texts += _texts(mishap)
    return frozenset().union(*map(_words_of, texts))


def _texts(mishap: Mishap) -> Iterator[str]:
    yield mishap.message
    yield mishap.expectation or ""
    yield from (str(leaf) for leaf in leaves(mishap.inputs or {}))


def _words_of(text: str) -> frozenset[str]:
    return frozenset(word.casefold() for word in _WORD.findall(text)) - _USUAL


def _line(text: str) -> str:
    line = " ".join(clean(text).split())
    return line if len(line) <= MAX_MESSAGE else f"{line[:MAX_MESSAGE]}…"


def _required(capability: Capability) -> frozenset[str]:
    required = capability.input_schema.get("required")
    return frozenset(map(str, required)) if isinstance(required, list) else frozenset()


def _result_type(capability: Capability) -> JsonValue:
    match capability.output_schema.get("properties"):
        case {capability.main_output: {"type": kind}}:
            return kind
        case dict(fields) if not capability.main_output:
            return [*fields]
        case _:
            return None
