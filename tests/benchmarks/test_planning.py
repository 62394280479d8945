"""The benchmark of planning, with a model that says what the test wrote down."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.goal_set import SHIPPED, read_goal_set
from benchmarks.planning import add_arguments, chosen_files, measure
from benchmarks.report import Report, print_report
from callsheet.agents.models.chat import ChatReply, Usage
from callsheet.agents.models.errors import ModelRefused
from callsheet.agents.models.scripted import Script, ScriptedModel
from callsheet.agents.spending.prices import Prices
from callsheet.planner.formats.full.plan_format import FullFormat

CATALOG = [
    {
        "capability": "read",
        "description": "read a file",
        "inputs": ["path"],
        "output": "text",
        "effect": "read",
    },
    {"capability": "shorten", "description": "shorten a text", "inputs": ["text"], "output": "text"},
]
GOAL: dict[str, Any] = {
    "goal": "Shorten a.md",
    "steps": {"a": "read", "b": "shorten"},
    "order": [["a", "b"]],
    "may_also_use": [],
    "must_mention": ["a.md"],
}
PRICES = {"scripted": {"input": 10.0, "output": 100.0}}


def plan(path: str, text: str = "{file}") -> ChatReply:
    """A reply of 1,000 tokens to 100 with a plan in the full format."""
    steps = [
        {"id": "file", "do": {"read": {"path": path}}},
        {"id": "short", "do": {"shorten": {"text": text}}},
    ]
    return ChatReply(json.dumps({"steps": steps, "answer": "{short}"}), Usage(1000, 100), "stop")


async def report_of(folder: Path, *answers: Script, sets: int = 1, prices: Any = PRICES) -> Report:
    """What is reported of goal sets with one goal each, with these answers."""
    paths = [folder / f"set{at}.json" for at in range(sets)]
    for path in paths:
        path.write_text(json.dumps({"catalog": CATALOG, "goals": [GOAL]}), "utf-8")
    with ScriptedModel(answers) as model:
        read = [read_goal_set(path) for path in paths]
        return await measure(model, FullFormat(), read, Prices.from_table(prices))


def rows_of(report: Report) -> list[dict[str, Any]]:
    return [dict(zip(report.columns, row, strict=True)) for row in report.rows]


async def test_a_goal_has_its_figures(tmp_path: Path) -> None:
    """Judged, counted, and paid for by the table of prices."""
    row, total = rows_of(await report_of(tmp_path, plan("a.md")))
    assert row["sensible"] is row["executable"] is row["first sensible"] is True
    assert (row["calls"], row["tokens in"], row["tokens out"]) == (1, 1000, 100)
    assert row["US cents"] == pytest.approx(2.0)
    assert row["fault"] is None
    assert (total["set"], total["goal"], total["sensible"]) == ("set0", "total", "1 of 1")


async def test_the_first_draft_is_judged_alone(tmp_path: Path) -> None:
    """One that did not check and was repaired is no merit of the first answer; both are paid for."""
    row, total = rows_of(await report_of(tmp_path, plan("a.md", "{nothing}"), plan("a.md")))
    assert row["sensible"] is True
    assert row["first executable"] is row["first sensible"] is False
    assert (row["calls"], row["tokens in"], row["first tokens in"]) == (2, 2000, 1000)
    assert row["US cents"] == pytest.approx(4.0)
    assert (total["executable"], total["first executable"]) == ("1 of 1", "0 of 1")


async def test_a_plan_that_can_be_carried_out_may_not_be_sensible(tmp_path: Path) -> None:
    """It is told why."""
    row, _ = rows_of(await report_of(tmp_path, plan("a.md", "the text"), plan("a.md", "the text")))
    assert row["executable"] is True
    assert row["sensible"] is False
    assert row["fault"] == "shorten uses no read"


async def test_a_goal_without_a_plan_is_neither(tmp_path: Path) -> None:
    """A question, a refusal and answers that never check are told as what they are."""
    question = json.dumps({"steps": [], "answer": {"ask": "Which file?"}})
    asked, _ = rows_of(await report_of(tmp_path, question))
    refused, _ = rows_of(await report_of(tmp_path, ModelRefused("scripted", "no")))
    failed, _ = rows_of(await report_of(tmp_path, "a", "b", "c", "d"))
    assert asked["fault"] == "asked: Which file?"
    assert "declined" in refused["fault"]
    assert failed["calls"] == 4
    for row in (asked, refused, failed):
        assert row["executable"] is row["sensible"] is row["first executable"] is False


async def test_several_sets_have_a_total_over_all(tmp_path: Path) -> None:
    """Behind the totals of each."""
    rows = rows_of(await report_of(tmp_path, plan("a.md"), plan("b.md"), plan("b.md"), sets=2))
    assert [row["set"] for row in rows if row["goal"] == "total"] == ["set0", "set1", "all"]
    assert rows[-1]["sensible"] == "1 of 2"
    assert rows[-1]["tokens in"] == 3000


async def test_a_price_that_is_unknown_is_not_guessed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The column stays empty, and the report says why."""
    report = await report_of(tmp_path, plan("a.md"), prices={})
    assert rows_of(report)[0]["US cents"] is None
    print_report(report)
    assert "the price of scripted is unknown" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "folders"),
    [
        ([], {"goals", "hard", "languages"}),
        (["--hard"], {"hard"}),
        (["--plain", "--languages"], {"goals", "languages"}),
        (["--goals", "mine/own.json"], {"mine"}),
    ],
)
def test_options_narrow_the_sets(words: list[str], folders: set[str]) -> None:
    """Without any, everything that ships is planned."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    files = chosen_files(parser.parse_args(words))
    assert {path.parent.name for path in files} == folders
    if not words:
        assert len(files) == len([*SHIPPED.rglob("*.json")])
