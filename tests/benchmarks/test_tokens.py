"""Tokens: what is counted, and that the plans which are counted are plans."""

from __future__ import annotations

import argparse
import json
import stat
import sys
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from benchmarks import tokens
from benchmarks import tokens_notations as notations
from benchmarks.__main__ import main
from callsheet.agents.models.strict_schema import strict_schema
from callsheet.planner.check.checker import check
from callsheet.planner.formats.examples import read_capability
from callsheet.planner.formats.full.plan_format import FullFormat
from callsheet.planner.plan.checked_plan import CheckedPlan

CATALOG = (
    read_capability(
        {"capability": "list_files", "description": "", "inputs": ["pattern"], "output": "paths"}
    ),
    read_capability(
        {
            "capability": "write_text",
            "description": "",
            "inputs": ["brief"],
            "optional": {"tone": {"type": "string"}, "words": {"type": "integer"}},
            "output": {"text": {"type": "string"}, "score": {"type": "number"}},
        }
    ),
)


def checked(*steps: Any, answer: str) -> CheckedPlan:
    """A plan over CATALOG, as our format writes it."""
    document = FullFormat().read_plan({"steps": list(steps), "answer": answer}, "the goal", CATALOG).document
    return check(document, CATALOG).require()


PLAN = checked(
    {"id": "files", "do": {"use": "list_files", "pattern": "*.md"}},
    {
        "id": "text",
        "do": {"use": "write_text", "brief": "About {files}", "words": 50},
        "flow": ["condition: len(files) > 0", "expect: output.score > 0.5"],
    },
    answer="{default(text, '')}",
)


def interpreter(folder: Path, source: str) -> str:
    """An interpreter that runs this, whatever it is asked to."""
    path = folder / "python"
    path.write_text(f"#!{sys.executable}\n{source}")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_the_goals_have_plans_that_check_and_that_the_schema_lets_through() -> None:
    """What is counted as our answer is one that a model could give, without so much as a warning."""
    goals = json.loads(tokens.GOALS.read_text("utf-8"))
    count = 0
    for each in goals["sets"]:
        catalog = [read_capability(one) for one in each["catalog"]]
        schema = FullFormat().schema(catalog)
        assert strict_schema(schema) is not None
        for goal in each["goals"]:
            assert jsonschema_rs.is_valid(schema, goal["answer"])
            document = FullFormat().read_plan(goal["answer"], goal["goal"], catalog).document
            assert check(document, catalog).diagnostics == ()
            count += 1
    assert count == len(tokens.read_cases()) == 20


def test_planning_costs_no_more_than_it_did() -> None:
    """A longer prompt or a wordier format is a decision, not an accident."""
    ours, with_schema, *_ = tokens.run(_options(sys.executable)).rows
    assert ours[0] == tokens.OURS
    assert isinstance(ours[5], int) and isinstance(with_schema[5], int)
    assert ours[5] <= 920
    assert with_schema[5] <= 1_555


def _options(python: str) -> argparse.Namespace:
    return argparse.Namespace(python=python)


def test_a_plan_in_the_lines_of_llm_compiler() -> None:
    """Positional arguments up to the last that is given, numbers for steps, a join at the end."""
    assert notations.as_calls(PLAN) == (
        '1. list_files("*.md")\n2. write_text("About $1", None, 50)\n3. join()<END_OF_PLAN>'
    )
    assert notations.unsaid_by_calls(PLAN) == 2


def test_what_stands_for_an_item_is_the_list_in_lines() -> None:
    """A line is done once, so all that it can be given is all of them."""
    each = {
        "id": "texts",
        "do": {"use": "write_text", "brief": "{item}"},
        "flow": ["for_each: [files, files]"],
    }
    files = {"id": "files", "do": {"use": "list_files", "pattern": "*"}}
    plan = checked(files, each, answer="{texts}")
    assert '2. write_text("$1")' in notations.as_calls(plan)
    assert notations.unsaid_by_calls(plan) == 1


def test_a_plan_in_sentences() -> None:
    """They tell everything, conditions and expectations too."""
    first, second = notations.as_steps(PLAN)
    assert first == 'Use list_files with pattern "*.md".'
    assert second == (
        "Only if len(the result of step 1) > 0: Use write_text with "
        'brief "About [the result of step 1]", words 50. Check that output.score > 0.5.'
    )
    assert notations.as_numbered_steps(PLAN).startswith("Plan:\n1. Use list_files")
    plan = json.loads(notations.as_crew_plan(PLAN))["list_of_plans_per_task"][0]
    assert plan["task"] == "the goal"
    assert plan["plan"].splitlines()[0] == f"1. {first}"


def test_an_action_holds_no_result_that_nobody_has_yet() -> None:
    """What LangChain's executor would fill in is counted as nothing."""
    blob = notations.as_actions(PLAN)[1].split("```")[1]
    assert json.loads(blob) == {"action": "write_text", "action_input": {"brief": "About ", "words": 50}}


def test_peers_are_counted_beside_us(tmp_path: Path) -> None:
    """Each with its own prompts; the target is met where all of them cost more than we do."""
    source = (
        "import json, sys\n"
        "cases = json.load(sys.stdin)\n"
        "prompts = [[['word ' * 3000, case['goal']]] for case in cases]\n"
        "print(json.dumps({'LLMCompiler': {'version': '1', 'prompts': prompts},"
        " 'CrewAI planner': {'missing': 'crewai: none'}}))\n"
    )
    report = tokens.run(_options(interpreter(tmp_path, source)))
    ours, _, theirs = (dict(zip(report.columns, row, strict=True)) for row in report.rows)
    assert theirs["planner"] == "LLMCompiler"
    assert isinstance(theirs["total tokens"], int) and isinstance(ours["total tokens"], int)
    assert theirs["total tokens"] > 3_000 > ours["total tokens"]
    # A cache has the prompt of the goal before, but for the goal.
    assert isinstance(theirs["of it new for a second goal"], int)
    assert theirs["of it new for a second goal"] < 150
    assert report.met is True


def test_a_cheaper_peer_misses_the_target(tmp_path: Path) -> None:
    """Nothing hides it."""
    source = (
        "import json, sys\n"
        "prompts = [[['plan']] for _ in json.load(sys.stdin)]\n"
        "print(json.dumps({'CrewAI planner': {'version': '1', 'prompts': prompts}}))\n"
    )
    assert tokens.run(_options(interpreter(tmp_path, source))).met is False


def test_a_peer_that_is_missing_is_left_out_with_a_hint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line says how to install it; without any peer there is no target to meet."""
    source = "import json\nprint(json.dumps({'CrewAI planner': {'missing': 'crewai: none'}}))\n"
    assert tokens.run(_options(interpreter(tmp_path, source))).met is None
    assert "CrewAI planner is left out: crewai: none" in (said := capsys.readouterr().err)
    assert "--group tokens" in said


def test_an_interpreter_that_fails_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With what it said last, and an exit code."""
    assert main(["tokens", "--python", interpreter(tmp_path, "raise SystemExit('no way')\n")]) == 1
    assert main(["tokens", "--python", str(tmp_path / "nowhere")]) == 1
    said = capsys.readouterr().err
    assert "no way" in said
    assert "nowhere" in said
