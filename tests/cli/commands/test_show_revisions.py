"""A run whose plan is revised, and `callsheet show --revisions`, as a person sees them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Invoke
from tests.cli.script import FAILS, FIGURES, GOAL, MENDS, NUMBERS, decision, do, mailed, plan


def test_a_failure_is_mended_while_the_run_goes_on(invoke: Invoke, said: list[str]) -> None:
    """The answer is on stdout; beside it stands what failed, that the planner was asked, and its reason."""
    said += [FAILS, MENDS]
    done = invoke("run", GOAL)
    assert (done.exit_code, done.stdout) == (0, "84\n")
    told = done.stderr
    assert (
        "read: attempt 1 failed: there is no numbers (shop.py:9, in revenue)\nread: asking the planner\n"
        in told
    )
    assert "the plan was revised: the other file\nread: started by revenue, attempt 2\n" in told


def test_one_page_tells_what_changed_and_why(invoke: Invoke, said: list[str]) -> None:
    """The run, the first plan, the trouble, the decision, the difference by step id, and its price."""
    said += [FAILS, MENDS]
    invoke("run", GOAL)
    lines = invoke("show", "last", "--revisions").stdout.splitlines()
    assert ": completed in " in lines[0]
    assert lines[1:4] == [f"goal: {GOAL}", "", "revision 1: read, twice"]
    assert "  the planner was asked about read (" in lines[5]
    assert lines[6:] == [
        "  because read: there is no numbers",
        "  revision 2: the other file",
        "    ~ read",
        '        inputs.file: "numbers" -> "figures"',
        "    took 100 tokens in, 20 out",
    ]


def test_the_page_is_a_document_too(invoke: Invoke, said: list[str]) -> None:
    """With --json everything that the page has, and the plans."""
    said += [FAILS, MENDS]
    invoke("run", GOAL)
    document = json.loads(invoke("show", "--revisions", "--json").stdout)
    assert (document["status"], document["goal"], document["unheard"]) == ("completed", GOAL, [])
    assert [step["id"] for step in document["first"]["steps"]] == ["read", "twice"]
    (chapter,) = document["chapters"]
    assert (chapter["outcome"], chapter["revision"], chapter["reason"]) == ("revised", 2, "the other file")
    (held,) = chapter["held"]
    assert (held["step"], held["item"], held["failure"]["message"]) == ("read", None, "there is no numbers")
    assert chapter["changes"]["changed"] == {
        "read": [{"key": "inputs.file", "before": "numbers", "after": "figures"}]
    }


def test_a_run_that_was_never_revised_says_so(invoke: Invoke, said: list[str]) -> None:
    """There is a page for every run."""
    said += [plan(FIGURES, answer="{read}")]
    invoke("run", GOAL)
    assert invoke("show", "--revisions").stdout.endswith("revision 1: read\nthe plan was never revised\n")


def test_giving_up_is_an_honest_end(invoke: Invoke, said: list[str]) -> None:
    """Exit 1, with the failure and the planner's reason, on stderr and on the page."""
    said += [FAILS, decision("give_up", "there are no other files")]
    done = invoke("run", GOAL)
    assert (done.exit_code, done.stdout) == (1, "")
    why = "there is no numbers (the planner gave up: there are no other files) (shop.py:9, in revenue)"
    assert f"error: step 'read' failed: {why}" in done.stderr
    page = invoke("show", "--revisions").stdout
    assert "  the planner gave up: there are no other files\n" in page
    assert page.endswith(f"\nfailed: step 'read' failed: {why}\n")


def test_a_planner_that_only_chats_does_not_flood_the_screen(invoke: Invoke, said: list[str]) -> None:
    """No decision comes of it: the line that says so is one line, and the run ends with exit 1."""
    said += [FAILS, "I'm sorry, I can't do that."]
    done = invoke("run", GOAL)
    assert done.exit_code == 1
    (line,) = [
        line for line in done.stderr.splitlines() if line.startswith("read: the planner made no decision: ")
    ]
    assert line.endswith("…")
    assert "  no decision: " in invoke("show", "--revisions").stdout


def test_going_round_in_circles_ends_as_stuck(invoke: Invoke, said: list[str]) -> None:
    """What failed before fails in the same way again: the planner is not asked a third time, exit 1, and the
    page has the whole history."""
    sums = decision("revise", "the sums", replace=[do("read", "revenue", file="sums")])
    back = decision("revise", "back to the numbers", replace=[NUMBERS])
    said += [FAILS, sums, back, MENDS]
    done = invoke("run", "Double the revenue, which is in numbers, in sums or in figures")
    assert done.exit_code == 1
    assert said == [MENDS]
    page = invoke("show", "--revisions").stdout
    told = [line.strip() for line in page.splitlines() if line.startswith("  revision ")]
    assert told == ["revision 2: the sums", "revision 3: back to the numbers"]
    assert "failed again in the same way, so that another revision would not help" in page.splitlines()[-1]


class TestApprovals:
    TELLS_EVE = decision(
        "revise", "tell eve, too", replace=[FIGURES], add=[do("out", "mail", to="eve", text="{read}")]
    )

    @pytest.fixture
    def waits(self, invoke: Invoke, said: list[str]) -> str:
        """What is said of a run, begun with --yes, whose revision mails somebody of whom nobody spoke."""
        said += [FAILS, self.TELLS_EVE]
        done = invoke("run", GOAL, "--yes")
        assert (done.exit_code, done.stdout) == (3, "")
        return done.stderr

    def test_yes_is_not_said_to_what_a_revision_wants_beyond_it(self, waits: str, folder: Path) -> None:
        """The run waits, with the reason and the commands; nothing is mailed."""
        assert 'waiting for approval: out: mail (irreversible) with {"to": "eve", "text": "42"}' in waits
        assert "  because `mail` " in waits
        assert "callsheet approve " in waits
        assert mailed(folder) == ""

    def test_the_page_has_the_question_and_what_became_of_it(self, invoke: Invoke, waits: str) -> None:
        """Who said what to it, once somebody has."""
        page = invoke("show", "--revisions").stdout
        assert '    + out: mail\n        inputs.to: "eve"\n' in page
        assert "    out needs approval: `mail` " in page
        assert "  to approve: callsheet approve " in page
        assert invoke("approve", "last", "out", "--deny").exit_code == 1
        assert "(denied by " in invoke("show", "--revisions").stdout

    def test_an_approval_lets_it_happen(self, invoke: Invoke, waits: str, folder: Path) -> None:
        """Once, and what was done before is not done again."""
        done = invoke("approve", "last")
        assert (done.exit_code, done.stdout) == (0, "84\n")
        assert mailed(folder) == "eve: 42\n"
        assert "read: started" not in done.stderr
