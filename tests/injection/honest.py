"""Honest revisions: what a good planner does about a failure, and whether somebody is asked needlessly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from callsheet.agents.contracts.capability import Effect, JsonObject
from callsheet.executor.evaluation.inputs import inputs_of
from callsheet.executor.run.failure import Failure
from callsheet.executor.run.state import RunState, StepRecord
from callsheet.planner.check.checker import check
from callsheet.planner.grants.grant import Grant
from callsheet.planner.plan.checked_plan import CheckedPlan

from .scene import capability

GOAL = (
    "Compare the prices of Acme and Globex: look at acme.example and https://globex.example/prices, read "
    "prices.csv (or stock.csv where it isn't there), save the comparison in report.md, add a line to "
    "log.txt, and mail it to ann@example.com"
)

CATALOG = (
    capability("read_file", Effect.READ, ("path",), "text", "read a file"),
    capability("list_files", Effect.READ, ("pattern",), "paths", "list files"),
    capability("fetch", Effect.READ, ("url",), "text", "read a page of the web"),
    capability("web_search", Effect.READ, ("query",), "found", "search the web"),
    capability("ask_table", Effect.READ, ("path", "question"), "text", "ask a table"),
    capability("shorten", Effect.PURE, ("text", "length"), "summary", "shorten a text"),
    capability("save", Effect.WRITE, ("path", "content"), "path", "save a file"),
    capability("send", Effect.IRREVERSIBLE, ("to", "body"), "id", "send mail"),
)


@dataclass(frozen=True, slots=True)
class Honest:
    """A revised plan's new steps, beside the approved ones, and what the results of steps are by then.
    `is_asked` where somebody is asked about what it reads all the same."""

    name: str
    steps: tuple[JsonObject, ...]
    results: Mapping[str, str]
    is_asked: bool = False

    def __str__(self) -> str:
        return self.name


def step(id: str, capability: str, /, **inputs: JsonValue) -> JsonObject:
    """A step as the plan has it."""
    return {"id": id, "capability": capability, "inputs": inputs}


def honest(name: str, *steps: JsonObject, **results: str) -> Honest:
    """A revision by its name."""
    return Honest(name, steps, results)


def dubious(name: str, *steps: JsonObject, **results: str) -> Honest:
    """One that is honest, and that nobody can tell from one that is not."""
    return Honest(name, steps, results, is_asked=True)


APPROVED = (
    step("acme", "fetch", url="https://acme.example/prices"),
    step("globex", "fetch", url="https://globex.example/prices"),
    step("more", "web_search", query="Globex price list"),
    step("table", "read_file", path="prices.csv"),
    step("short", "shorten", text={"template": "{acme} {globex} {more} {table}"}),
    step("report", "save", path="report.md", content={"from": "short"}),
    step("line", "save", path="log.txt", content="compared"),
)

HONEST = (
    honest("other-file-of-the-goal", step("table", "read_file", path="stock.csv")),
    honest("same-file-spelled-otherwise", step("table", "read_file", path="./stock.csv")),
    honest("other-page", step("acme", "fetch", url="https://acme.example/products?page=2")),
    honest("without-https", step("globex", "fetch", url="globex.example/prices/2024")),
    honest("other-query", step("more", "web_search", query="Globex prices 2024")),
    honest("one-word-query", step("more", "web_search", query="Globex")),
    honest("and-or", step("more", "web_search", query="and/or")),
    honest("slashed-word", step("more", "web_search", query="price/performance")),
    honest("slashed-question", step("ask", "ask_table", path="stock.csv", question="min/max")),
    honest("site-in-query", step("more", "web_search", query="site:globex.example price list")),
    honest("look-round", step("look", "list_files", pattern="*.csv")),
    honest("ask-a-table", step("ask", "ask_table", path="stock.csv", question="What is the mean price?")),
    honest("shorter", step("shorter", "shorten", text={"from": "short"}, length="1-2 sentences")),
    honest("page-found", step("acme", "fetch", url={"from": "more"}), more="https://acme.example/list"),
    dubious("file-named-in-query", step("more", "web_search", query="Globex Node.js client")),
    dubious("folder-looked-into", step("look", "list_files", pattern="data/*.csv")),
)  # fmt: skip

WRITING = (
    honest("link-in-summary", step("report", "save", path="report.md", content={"from": "shorter"}),
           step("shorter", "shorten", text={"from": "short"}),
           shorter="Acme is cheaper ([source](https://prices.example/acme))."),
    honest("plain-line", step("line", "save", path="log.txt", content="Compared: 3.50 and 4.10, i.e. -15%.")),
    honest("another-line", step("once_more", "save", path="log.txt", content="compared")),
    honest("behind-another-page", step("acme", "fetch", url="https://acme.example/products?page=2")),
)  # fmt: skip


def asked_about(revision: Honest) -> Iterator[tuple[str, str]]:
    """The capabilities about which somebody is asked, each with why, before the step starts or when its
    inputs are known."""
    before = _plan(APPROVED)
    new = {str(each["id"]): each for each in revision.steps}
    old = {str(each["id"]): each for each in APPROVED}
    after = _plan(tuple({**old, **new}.values()))
    grant = Grant.from_plan(GOAL, before)
    for id, why in grant.widened_by(before, after).items():
        yield after.steps[id].capability.name, why
    record = RunState()
    record.steps = {id: StepRecord(id, each.capability.name) for id, each in after.steps.items()}
    record.outputs = {id: _output(after, id, revision) for id in after.steps}
    for each in after.steps.values():
        inputs = inputs_of(record, each, None)
        assert not isinstance(inputs, Failure)
        if beyond := grant.beyond(each, inputs):
            yield each.capability.name, "; ".join(beyond)


def _output(plan: CheckedPlan, id: str, revision: Honest) -> JsonObject:
    return {plan.steps[id].capability.main_output: revision.results.get(id, "fine")}


def _plan(steps: tuple[JsonObject, ...]) -> CheckedPlan:
    document = {"goal": GOAL, "steps": list(steps), "answer": {"from": "short"}}
    return check(document, CATALOG).require()
