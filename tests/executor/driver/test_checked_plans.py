"""From a plan as people write it, through the checker, to a result: real parts only."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from callsheet.agents.functions.decorator import agent
from callsheet.agents.registry import Registry
from callsheet.agents.workspace.workspace import Workspace
from callsheet.executor.driver.executor import Executor
from callsheet.executor.journal.history import read_history
from callsheet.executor.journal.sqlite import SqliteJournal
from callsheet.executor.run.events import RunCreated
from callsheet.executor.run.result import RunResult
from callsheet.planner.check.checker import check


@dataclass
class Counted:
    """What `count_words` gives."""

    words: int
    longest: str


@agent(effect="pure")
def split_lines(text: str) -> list[str]:
    """Split a text into lines."""
    return text.splitlines()


@agent(effect="pure")
async def count_words(text: str) -> Counted:
    """Count the words of a text."""
    words = text.split()
    return Counted(len(words), max(words, key=len))


AGENTS = Registry([split_lines, count_words])


def carry_out(tmp_path: Path, *steps: dict[str, JsonValue], answer: str) -> RunResult:
    """Check the plan, carry it out, and see that the journal tells the same."""
    plan = {"goal": "Count", "steps": list(steps), "answer": {"from": answer}}
    checked = check(plan, AGENTS.catalog).require()
    journal = SqliteJournal(tmp_path / "runs.db")

    async def main() -> RunResult:
        await journal.create(RunCreated(1.0, "r", "Count", 7))
        return await Executor(AGENTS, journal, workspace=Workspace(tmp_path)).run("r", checked)

    result = asyncio.run(main())
    assert read_history(journal, "r") == result
    journal.close()
    return result


SPLIT: dict[str, JsonValue] = {
    "id": "lines",
    "capability": "split_lines",
    "inputs": {"text": "one two\nthree $1 {x}\nfour"},
}


def test_a_plan_with_for_each_runs_as_written(tmp_path: Path) -> None:
    """A sync function in a thread, an async one on the loop, items in order, text left alone."""
    count: dict[str, JsonValue] = {
        "id": "counts",
        "capability": "count_words",
        "for_each": {"from": "lines"},
        "inputs": {"text": {"from": "item"}},
    }
    result = carry_out(
        tmp_path, SPLIT, count, answer="{'words': sum(counts.words), 'longest': counts.longest}"
    )
    assert result.answer == {"words": 6, "longest": ["one", "three", "four"]}


def test_an_expectation_that_breaks_names_its_values(tmp_path: Path) -> None:
    """The account has the expectation as the plan wrote it, and what stood in it."""
    result = carry_out(tmp_path, SPLIT | {"expect": ["len(output.result) > 5"]}, answer="lines")
    assert result.account is not None
    failure = result.account.failure
    assert failure.message == "the expectation `len(output.result) > 5` does not hold"
    assert failure.values == {"output.result": ["one two", "three $1 {x}", "four"]}


def test_an_index_out_of_range_is_a_surprise_of_the_step_that_wanted_it(tmp_path: Path) -> None:
    """What the checker cannot know, the run finds out, and says so."""
    ninth: dict[str, JsonValue] = {
        "id": "ninth",
        "capability": "count_words",
        "inputs": {"text": {"from": "lines[8]"}},
    }
    result = carry_out(tmp_path, SPLIT, ninth, answer="ninth")
    assert result.account is not None
    assert (result.account.step, result.account.failure.kind) == ("ninth", "surprise")
    assert "`text`" in result.account.failure.message
