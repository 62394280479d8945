"""What planning costs in tokens: prompt and answer, ours beside those of other planners.

No model is asked. The same plan for each goal, a sensible one that checks, is written in each
planner's notation, below the prompt that its own code makes for the catalog.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from callsheet.agents.contracts.capability import Capability
from callsheet.errors import CallsheetError
from callsheet.planner.check.checker import check
from callsheet.planner.formats.examples import read_capability
from callsheet.planner.formats.full.plan_format import FullFormat
from callsheet.planner.plan.checked_plan import CheckedPlan
from callsheet.planner.planning.prompt import PlanningPrompt
from callsheet.prompts.budget import count_tokens

from . import tokens_notations as notations
from .report import Cell, Report

GOALS = Path(__file__).parent / "tokens_goals.json"
PROMPTS = Path(__file__).parent / "tokens_prompts.py"
OURS = "Callsheet"
MESSAGE_TOKENS = 4
"""The tokens of a message besides its text, the same for all planners."""

COLUMNS = (
    "planner",
    "version",
    "calls a goal",
    "prompt tokens",
    "answer tokens",
    "total tokens",
    "total to ours",
    "of it new for a second goal",
    "unsaid",
)


class Case(NamedTuple):
    """A goal over a catalog, the plan for it, and how we write that plan."""

    catalog: tuple[Capability, ...]
    goal: str
    checked: CheckedPlan
    answer: str


class Planning(NamedTuple):
    """The calls that plan one goal: the messages of each, and the answers, all of them texts."""

    calls: Sequence[Sequence[str]]
    answers: Sequence[str]

    @property
    def prompt_tokens(self) -> int:
        """Of all messages of all calls."""
        return sum(_count(text) + MESSAGE_TOKENS for call in self.calls for text in call)

    @property
    def answer_tokens(self) -> int:
        """Of all answers."""
        return sum(map(_count, self.answers))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the option: where the other planners are installed."""
    parser.add_argument(
        "--python",
        default=sys.executable,
        metavar="PATH",
        help="the interpreter that has the other planners, best in an environment of its own (default: this)",
    )


def run(options: argparse.Namespace) -> Report:
    """Count everything once."""
    cases = read_cases()
    ours = [_ours(case) for case in cases]
    with_schema = [_with_schema(case, each) for case, each in zip(cases, ours, strict=True)]
    rows = [_row(OURS, "", cases, ours, ours, 0), _row(_WITH_SCHEMA, "", cases, with_schema, ours, 0)]
    met: bool | None = None
    for name, found in peer_prompts(options.python, cases).items():
        if "missing" in found:
            print(f"{name} is left out: {found['missing']}. {_HOW}", file=sys.stderr)
            continue
        for label, theirs, unsaid in _theirs(name, cases, found["prompts"]):
            rows.append(_row(label, found["version"], cases, theirs, ours, unsaid))
            if label != _PLAN_ALONE:
                met = met is not False and _total(theirs) > _total(ours)
    totals: dict[str, Cell] = {"goals": len(cases)}
    return Report("Tokens a goal, prompt and answer (o200k)", COLUMNS, tuple(rows), totals, met)


def read_cases() -> list[Case]:
    """The goals with their plans. Raises PlanCheckFailed where a plan does not check."""
    cases: list[Case] = []
    for each in json.loads(GOALS.read_text("utf-8"))["sets"]:
        catalog = tuple(sorted(map(read_capability, each["catalog"]), key=lambda one: one.name))
        for goal in each["goals"]:
            document = FullFormat().read_plan(goal["answer"], goal["goal"], catalog).document
            checked = check(document, catalog).require()
            cases.append(Case(catalog, goal["goal"], checked, FullFormat().write_answer(goal["answer"])))
    return cases


def peer_prompts(python: str, cases: Sequence[Case]) -> Mapping[str, Any]:
    """What each peer's own code makes of the cases, asked of an interpreter that has it."""
    request = [
        {
            "goal": case.goal,
            "steps": notations.as_steps(case.checked),
            "tools": [
                {"name": one.name, "description": one.description, "inputs": one.input_schema}
                for one in case.catalog
            ],
        }
        for case in cases
    ]
    asked = [python, str(PROMPTS)]
    try:
        done = subprocess.run(asked, input=json.dumps(request), capture_output=True, text=True, check=True)
    except OSError as error:
        raise PeersUnreachable(python, str(error)) from error
    except subprocess.CalledProcessError as error:
        raise PeersUnreachable(python, str(error.stderr)[-2_000:]) from error
    return dict(json.loads(done.stdout))


class PeersUnreachable(CallsheetError):
    """The interpreter that should have the other planners cannot be asked."""

    def __init__(self, python: str, reason: str) -> None:
        super().__init__(f"{python} cannot make the prompts of other planners: {reason}. {_HOW}")
        self.python = python


_HOW = "To have it: python -m venv DIR; DIR/bin/pip install --group tokens; then --python DIR/bin/python"
_WITH_SCHEMA = "Callsheet, its schema counted"
_PLAN_ALONE = "LangChain, the plan alone (sees no tools)"


def _ours(case: Case) -> Planning:
    messages = PlanningPrompt(FullFormat(), case.goal, case.catalog).messages()
    return Planning([[message.content for message in messages]], [case.answer])


def _with_schema(case: Case, planning: Planning) -> Planning:
    """As where the provider counts the schema of the answer, or has to be shown it."""
    schema = json.dumps(FullFormat().schema(case.catalog), separators=(",", ":"))
    return Planning([[schema, *call] for call in planning.calls], planning.answers)


def _theirs(
    name: str, cases: Sequence[Case], prompts: Sequence[Sequence[Sequence[str]]]
) -> list[tuple[str, list[Planning], int]]:
    """The lines of one peer: a label, the planning of each goal, and how much its plans leave unsaid."""
    both = list(zip(cases, prompts, strict=True))
    match name:
        case "LLMCompiler":
            unsaid = sum(notations.unsaid_by_calls(case.checked) for case in cases)
            return [
                (name, [Planning(calls, [notations.as_calls(case.checked)]) for case, calls in both], unsaid)
            ]
        case "CrewAI planner":
            return [
                (name, [Planning(calls, [notations.as_crew_plan(case.checked)]) for case, calls in both], 0)
            ]
        case _:
            plans = [notations.as_numbered_steps(case.checked) for case in cases]
            alone = [Planning(calls[:1], [plan]) for (_, calls), plan in zip(both, plans, strict=True)]
            whole = [
                Planning(calls, [plan, *notations.as_actions(case.checked)])
                for (case, calls), plan in zip(both, plans, strict=True)
            ]
            return [(_PLAN_ALONE, alone, 0), (name, whole, 0)]


def _row(
    label: str,
    version: str,
    cases: Sequence[Case],
    plannings: Sequence[Planning],
    ours: Sequence[Planning],
    unsaid: int,
) -> tuple[Cell, ...]:
    count = len(plannings)
    return (
        label,
        version,
        sum(len(each.calls) for each in plannings) / count,
        round(sum(each.prompt_tokens for each in plannings) / count),
        round(sum(each.answer_tokens for each in plannings) / count),
        round(_total(plannings) / count),
        _total(plannings) / _total(ours),
        round(_new_tokens(cases, plannings)),
        unsaid,
    )


def _total(plannings: Sequence[Planning]) -> int:
    return sum(each.prompt_tokens + each.answer_tokens for each in plannings)


def _new_tokens(cases: Sequence[Case], plannings: Sequence[Planning]) -> float:
    """Tokens a goal that no prompt cache can have from the goal before over the same catalog."""
    new = [
        after.prompt_tokens + after.answer_tokens - _shared(before, after)
        for (first, second), (before, after) in zip(pairwise(cases), pairwise(plannings), strict=True)
        if first.catalog == second.catalog
    ]
    return sum(new) / len(new)


def _shared(before: Planning, after: Planning) -> int:
    """The tokens of the prompts of one planning that begin like a prompt of another, or like one of its own
    that came earlier. Whole messages only, and the beginning of the first that differs."""
    shared = 0
    for at, call in enumerate(after.calls):
        earlier = [*before.calls, *after.calls[:at]]
        shared += max((_common(one, call) for one in earlier), default=0)
    return shared


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    tokens = 0
    for mine, its in zip(one, other, strict=False):
        if mine != its:
            length = next((at for at, (a, b) in enumerate(zip(mine, its, strict=False)) if a != b), 0)
            return tokens + _count(its[:length])
        tokens += _count(its) + MESSAGE_TOKENS
    return tokens


@cache
def _count(text: str) -> int:
    return count_tokens(text).tokens
