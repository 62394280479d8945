"""Budgets at the command line: shown, held, and ended by."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from callsheet.agents.spending.budget import Quantity, Spending
from callsheet.cli.text.bounds import bounds_lines
from callsheet.planner.check.bounds import Bounds, Totals
from tests.cli.chat_server import ChatServer
from tests.cli.conftest import Invoke, step, write_plan
from tests.cli.script import ASKS, FAILS, FIGURES, GOAL, MENDS, do, plan

DEAR = plan(*(do(f"r{n}", "revenue", file="figures") for n in range(5)), answer="{[r0, r1, r2, r3, r4]}")
AT_MOST = "at most, with every retry and time limit used up: "
CHEAP = plan(FIGURES, answer="{read}")


def test_the_preview_has_the_bounds_and_the_budget(
    invoke: Invoke, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the plan may take at the most, and what it is allowed."""
    said += [CHEAP]
    monkeypatch.setenv("CALLSHEET_BUDGET", "6 attempts, 20k tokens")
    told = invoke("run", GOAL).stderr
    assert "at most, with every retry and time limit used up: 3 attempts," in told
    assert "\nbudget: 20,000 tokens, 6 attempts\n" in told


def test_what_nobody_has_said_anything_about_takes_one_line() -> None:
    """No `at least 0`: a language model as an agent may take whatever it takes, and that is all there is to
    say of it."""
    totals = Totals(Spending(attempts=3), 0.0, 60.0, 1)
    unknown: dict[Quantity, tuple[str, ...]] = {"model_calls": ("a",), "tokens": ("a",), "cost": ("a",)}
    assert list(bounds_lines(Bounds({}, totals, totals, (), unknown, 100))) == [
        "usual time: no history yet",
        f"{AT_MOST}3 attempts, 1 m 0 s, 1 at once, model calls and tokens and cost of a unknown",
    ]


def test_a_plan_over_budget_gets_one_chance_to_be_cheaper(
    invoke: Invoke, said: list[str], server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The planner is told what is too much, and only the plan that fits is shown and run."""
    said += [DEAR, CHEAP]
    monkeypatch.setenv("CALLSHEET_BUDGET", "6 attempts")
    done = invoke("run", GOAL)
    assert (done.exit_code, done.stdout) == (0, "42\n")
    assert "plan: 1 step\n" in done.stderr and "plan: 5 steps" not in done.stderr
    assert "15 attempts" in json.dumps(server.questions[-1]["messages"])


def test_a_plan_that_stays_over_budget_ends_with_4(
    invoke: Invoke, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing runs; what is too much is said, and stays in the journal."""
    said += [DEAR]
    monkeypatch.setenv("CALLSHEET_BUDGET", "6 attempts")
    done = invoke("run", GOAL)
    assert (done.exit_code, done.stdout) == (4, "")
    assert "15 attempts, and the budget allows 6 attempts" in done.stderr
    assert "started by" not in done.stderr
    document = json.loads(invoke("show", "--json").stdout)
    assert (document["status"], document["account"]["failure"]["kind"]) == ("failed", "budget")


def test_a_given_plan_is_held_to_the_budget_too(
    invoke: Invoke, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without any model: exit 4, and a JSON error that says so."""
    file = write_plan(folder, step("a", "shout", text="x"), step("b", "shout", text="from a"), answer="b")
    monkeypatch.setenv("CALLSHEET_BUDGET", "5 attempts")
    done = invoke("run", "--plan", file, "--json")
    assert done.exit_code == 4
    error = json.loads(done.stdout)["error"]
    assert (error["type"], error["exit_code"]) == ("BudgetExceeded", 4)


def test_tokens_are_limited_before_the_first_question(
    invoke: Invoke, said: list[str], server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A question that does not fit is never asked."""
    said += [CHEAP]
    monkeypatch.setenv("CALLSHEET_BUDGET", "100 tokens")
    assert invoke("run", GOAL).exit_code == 4
    assert server.questions == []


def test_no_revisions_means_that_the_planner_is_not_asked(
    invoke: Invoke, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A budget of none, and `max_replans` of none, leave the failure as it is."""
    for name, value in (("CALLSHEET_BUDGET", "0 revisions"), ("CALLSHEET_MAX_REPLANS", "0")):
        said[:] = [FAILS, MENDS]
        with monkeypatch.context() as here:
            here.setenv(name, value)
            done = invoke("run", GOAL)
        assert done.exit_code == 1
        assert "error: step 'read' failed: there is no numbers" in done.stderr
        assert "asking the planner" not in done.stderr
        assert said == [MENDS]


def test_resume_can_raise_the_budget(
    invoke: Invoke, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run keeps the budget that it began with, unless it is given another."""
    said += [FAILS, ASKS, MENDS]
    with monkeypatch.context() as here:
        here.setenv("CALLSHEET_BUDGET", "1 revision, 2 calls")
        assert invoke("run", GOAL).exit_code == 3
    assert invoke("answer", "last", "figures", "--no-resume").exit_code == 0
    done = invoke("resume", "--budget", "1 revision, 9 calls")
    assert (done.exit_code, done.stdout) == (0, "84\n")


def test_a_budget_that_is_none_is_refused_before_anything(
    invoke: Invoke, said: list[str], server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 2, with how limits are written."""
    monkeypatch.setenv("CALLSHEET_BUDGET", "6 atempts")
    done = invoke("run", GOAL)
    assert done.exit_code == 2
    assert "'6 atempts' is not a limit" in done.stderr and "100 attempts" in done.stderr
    assert server.questions == []


@pytest.mark.parametrize("flags", [["--max-replans", "-1"], ["--max-replans", "many"], ["--budget", "a lot"]])
def test_flags_that_mean_nothing_are_refused(invoke: Invoke, flags: list[str]) -> None:
    """Exit 2."""
    assert invoke("resume", "last", *flags).exit_code == 2
