"""A known plan for a goal of the same shape: what is exchanged, and when nothing is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from callsheet.agents.contracts.capability import JsonObject
from callsheet.planner.plan.plan import Plan, Template
from callsheet.planner.plan.texts import PlanTexts
from callsheet.planner.reuse.adaptation import Adapted, Misfit, Substitution, adapt
from callsheet.planner.reuse.goal_shape import PieceKind, Shape


def step(id: str, capability: str, **inputs: Any) -> JsonObject:
    """A step with these inputs."""
    return {"id": id, "capability": capability, "inputs": inputs}


def plan_of(goal: str, *steps: JsonObject, answer: Any = "done", **more: Any) -> Plan:
    """A plan for a goal."""
    return Plan.model_validate({"goal": goal, "steps": [*steps], "answer": answer, **more})


OLD = 'Take the top 5 of sales.csv and mail them to ann@example.com as "Best sellers" by 2024-03-05'
NEW = 'Take the top 3 of stock.csv and mail them to bob@example.org as "What is left" by 2025-04-06'
TOP = step("top", "head", path="sales.csv", rows=5)
MAIL = step(
    "mail",
    "send",
    to="ann@example.com",
    subject="Best sellers",
    body={"template": "The top 5 of sales.csv, until 2024-03-05: {top.text} {{}}"},
)
KNOWN = plan_of(OLD, TOP, MAIL, answer={"template": "sent to ann@example.com"})


def adapted(plan: Plan, new_goal: str) -> Plan:
    """The plan for the other goal."""
    found = adapt(plan, plan.goal, new_goal)
    assert isinstance(found, Adapted), found
    return found.plan


def reasons(plan: Plan, new_goal: str) -> str:
    """Why the plan is not for the other goal."""
    found = adapt(plan, plan.goal, new_goal)
    assert isinstance(found, Misfit), found
    return "; ".join(found.reasons)


# Shapes.


def test_a_shape_is_the_words_and_what_was_taken_out() -> None:
    """Files, addresses, channels, links, quotations, dates and numbers are pieces; white space is nothing."""
    goal = (
        'Mail  a/b.csv to x@example.com and #all,\nsay "two words" of https://a.org/b?c. On 3 May 2024: 1,5'
    )
    pieces = {piece.kind: piece.text for piece in Shape.of(goal).pieces}
    assert pieces == {
        PieceKind.FILE: "a/b.csv",
        PieceKind.ADDRESS: "x@example.com",
        PieceKind.CHANNEL: "#all",
        PieceKind.QUOTATION: "two words",
        PieceKind.URL: "https://a.org/b?c",
        PieceKind.DATE: "3 May 2024",
        PieceKind.NUMBER: "1,5",
    }
    assert Shape.of(goal) == Shape.of(" ".join(goal.split()))


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Read a.txt", "Read b.txt", True),
        ("Read a.txt", "Read b.csv", False),
        ("Read a.txt", "Print b.txt", False),
        ("Read a.txt", "Read a.txt and b.txt", False),
        ("Say 'yes'", 'Say "no"', True),
        ("Don't say a.txt's name", "Don't say b.txt's name", True),
        ("Until 2024-01-02", "Until 2025-12-31", True),
        ("Until 2024-01-02", "Until 2 May 2024", False),
        ("Until 2 May 2024", "Until 13 June 2025", True),
        ("By May 2024", "By March 2025", True),
        ("Keep 5", "Keep 12", True),
        ("Keep 5", "Keep 5%", False),
        ("At 9:30", "At 9", False),
        ("Write to #all", "Write to ann@example.com", False),
        ("Sort file1.txt", "Sort file2.txt", True),
        ("Nothing at all", "Nothing at all", True),
    ],
)
def test_goals_are_alike_where_only_pieces_of_one_sort_differ(one: str, other: str, alike: bool) -> None:
    """Everything else has to be the same, word for word."""
    assert Shape.of(one).is_like(Shape.of(other)) is alike


def test_a_long_goal_takes_no_time() -> None:
    """The work is in proportion to the goal, whatever is in it."""
    for goal in ("'" * 50_000, "1." * 50_000, "a.b@" * 30_000, "https://" * 20_000, "9 May " * 20_000):
        Shape.of(goal)


# What is exchanged.


def test_every_piece_is_exchanged_in_literals_and_templates() -> None:
    """Texts, numbers and parts of texts; everything else stays as it is."""
    found = adapt(KNOWN, OLD, NEW)
    assert isinstance(found, Adapted)
    top = step("top", "head", path="stock.csv", rows=3)
    mail = step(
        "mail",
        "send",
        to="bob@example.org",
        subject="What is left",
        body={"template": "The top 3 of stock.csv, until 2025-04-06: {top.text} {{}}"},
    )
    assert found.plan == plan_of(NEW, top, mail, answer={"template": "sent to bob@example.org"})
    assert found.substitutions[1] == Substitution("sales.csv", "stock.csv")
    assert len(found.substitutions) == 5


def test_pieces_may_change_places() -> None:
    """All are exchanged at once, so that none is exchanged twice."""
    plan = plan_of("Copy a.txt to b.txt", step("copy", "copy", source="a.txt", target="b.txt"))
    swapped = adapted(plan, "Copy b.txt to a.txt")
    assert swapped.to_document()["steps"] == [step("copy", "copy", source="b.txt", target="a.txt")]


def test_numbers_are_numbers_however_they_are_written() -> None:
    """A thousand with a comma is the number without, and stays a number."""
    plan = plan_of("Take 1,000 rows", step("take", "head", rows=1000, why="the first 1,000"))
    (taken,) = adapted(plan, "Take 2,500 rows").steps
    assert taken == plan_of("", step("take", "head", rows=2500, why="the first 2,500")).steps[0]


def test_braces_of_the_new_goal_are_text() -> None:
    """What a goal quotes never becomes an expression of a template."""
    plan = plan_of('Say "hello"', step("say", "shout", text={"template": "{1 + 1}: hello"}))
    (said,) = adapted(plan, 'Say "{x} {{y}}"').steps
    assert said.inputs["text"] == Template("{1 + 1}: {{x}} {{{{y}}}}")


def test_for_each_and_nested_values_are_exchanged() -> None:
    """Literals are looked through to their leaves."""
    plan = plan_of(
        "Join a.txt and b.txt",
        {**step("read", "read", path={"from": "item"}), "for_each": ["a.txt", "b.txt"]},
        step("join", "join", options={"names": ["a.txt", {"last": "b.txt"}]}),
    )
    text = json.dumps(adapted(plan, "Join c.txt and d.txt").to_document())
    assert "a.txt" not in text
    assert text.count("c.txt") == text.count("d.txt") == 3


# When nothing is exchanged.


@pytest.mark.parametrize(
    ("inputs", "says"),
    [
        ({"path": "other.csv"}, "`sales.csv` stands nowhere in its plan"),
        ({"path": "sales.csv", "title": "Our sales"}, "its plan has `sales`, which may mean `sales.csv`"),
        ({"path": "sales.csv", "out": "sales_summary.md"}, "its plan has `sales`"),
        ({"path": "sales.csv", "out": "data/sales.csv"}, "its plan has `sales`"),
        ({"path": "sales.csv", "title": "SALES"}, "its plan has `sales`"),
        ({"path": "sales.csv", "kind": {"from": '"sales"'}}, "its plan has `sales`"),
        ({"path": "sales.csv", "kind": {"from": '"sales.csv"'}}, "stands in an expression"),
        ({"path": "sales.csv", "kind": {"template": '{"sales.csv"}'}}, "stands in an expression"),
        ({"path": "sales.csv", "by": {"sales.csv": 1}}, "stands in an expression, a key"),
        ({"path": "sales.csv", "out": "stock.csv"}, "its plan has `stock.csv` already"),
    ],
)
def test_what_may_be_too_little_or_too_much_is_refused(inputs: JsonObject, says: str) -> None:
    """A piece in another form, in an expression or nowhere, and a new one that is there already: all said."""
    plan = plan_of("Count sales.csv", step("count", "count", **inputs))
    assert says in reasons(plan, "Count stock.csv")


@pytest.mark.parametrize(
    ("old", "new", "inputs"),
    [
        ("Mail ann@example.com", "Mail bob@example.com", {"to": "ann@example.com", "body": "Dear Ann,"}),
        ("Post to #sales", "Post to #support", {"channel": "#sales", "text": "Hello sales!"}),
        (
            "Read https://a.org/news",
            "Read https://b.org/blog",
            {"url": "https://a.org/news", "what": "the news"},
        ),
        ('Say "Good day"', 'Say "Hello"', {"text": "Good day", "title": "good day!"}),
        ("Since 2024-03-05", "Since 2025-04-06", {"since": "2024-03-05", "title": "March"}),
        ("Since 5 March 2024", "Since 6 April 2025", {"since": "5 March 2024", "title": "all of 2024"}),
        ("Since 5 March 2024", "Since 6 April 2024", {"since": "5 March 2024", "title": "Mar"}),
        ("Keep 5 rows", "Keep 7 rows", {"rows": 5, "title": "the first five"}),
        ("Keep 1,000 rows", "Keep 7 rows", {"rows": 1000, "title": "no more than 1000 of them"}),
        ("Keep 5 rows", "Keep 7 rows", {"rows": 5, "other": {"from": "[5]"}}),
        ("Keep 5 rows", "Keep 7.5.1 rows", {"rows": 5, "text": "5"}),
    ],
)
def test_other_forms_of_a_piece_are_recognized(old: str, new: str, inputs: JsonObject) -> None:
    """The name in an address, a month in words, a number spelled out: the plan would be half of each goal."""
    said = reasons(plan_of(old, step("do", "work", **inputs)), new)
    assert "may mean" in said or "in other letters" in said


def test_a_word_of_both_goals_is_no_other_form() -> None:
    """`sales` is what both goals talk about, so the plan may as well."""
    plan = plan_of("Count the sales in sales.csv", step("count", "count", path="sales.csv", what="sales"))
    assert (
        adapted(plan, "Count the sales in 2024.csv").steps[0].inputs["path"] != plan.steps[0].inputs["path"]
    )


def test_one_thing_does_not_become_two() -> None:
    """Where one piece stands for two in the new goal, there is no telling which belongs where."""
    plan = plan_of("Compare a.txt with a.txt", step("compare", "diff", one="a.txt", other="a.txt"))
    assert "would have to become" in reasons(plan, "Compare a.txt with b.txt")
    assert "would have to become" in reasons(plan, "Compare b.txt with c.txt")


def test_settings_are_nothing_that_is_exchanged() -> None:
    """A number of the goal that is a step's number of retries keeps the plan from being reused."""
    again = {**step("get", "get", url="x", tries=4), "max_retries": 4}
    assert "setting" in reasons(plan_of("Try 4 times", again), "Try 6 times")


def test_another_goal_is_another_goal() -> None:
    """A plan is for goals of its shape alone."""
    assert reasons(KNOWN, "Make tea") == "its goal says something else"


# For every plan and goal.

_NAMES = st.sampled_from(["a.csv", "b.csv", "north.csv", "south.csv", "deep/c.csv"])
_MAILS = st.sampled_from(["ann@example.com", "bob@example.org", "x.y@example.net"])
_NUMBERS = st.sampled_from(["3", "5", "12", "1,000", "2.5"])
_QUOTES = st.sampled_from(["Hello", "one {x}", "a }} b", "ann@example.com", "say 5"])
_GOALS = st.builds('Take {} of {} for {} as "{}"'.format, _NUMBERS, _NAMES, _MAILS, _QUOTES)


@st.composite
def _plans(draw: st.DrawFn, goal: str) -> Plan:
    """A plan that has pieces of its goal in all sorts of places, and other texts."""
    pieces = [piece.text for piece in Shape.of(goal).pieces]
    plain = st.sampled_from([*pieces, "a text", "the north", "b.csv", "data/a.csv"])
    texts = st.lists(plain, min_size=1, max_size=3).map(" and ".join) | plain
    leaves = texts | st.sampled_from([3, 5, 12, 1000, 2.5, True, None])
    every: st.SearchStrategy[Any] = st.one_of(
        leaves,
        st.lists(leaves, max_size=2),
        texts.map(lambda text: {"template": text.replace("{", "{{").replace("}", "}}") + " {[1][0]}"}),
        st.just({"from": "1 + 1"}),
    )
    # Every piece is there at least once, or hardly any plan would do.
    whole = step("whole", "work", **{f"i{at}": piece for at, piece in enumerate(pieces)})
    other = step("other", "work", **draw(st.dictionaries(st.sampled_from("abc"), every, max_size=3)))
    return plan_of(goal, whole, other, answer=draw(every))


@given(_GOALS.flatmap(_plans))
def test_for_the_same_goal_it_is_the_same_plan(plan: Plan) -> None:
    """For every plan: adapting it to its own goal changes nothing."""
    assert adapt(plan, plan.goal, plan.goal) == Adapted(plan, ())


@settings(max_examples=300, deadline=None)
@given(_GOALS.flatmap(_plans), _GOALS)
def test_there_and_back_is_the_same_plan(plan: Plan, goal: str) -> None:
    """For every plan and goal: what was adapted there and back is the original, unless either is refused."""
    there = adapt(plan, plan.goal, goal)
    assume(isinstance(there, Adapted))
    assert isinstance(there, Adapted)
    back = adapt(there.plan, goal, plan.goal)
    assert isinstance(back, Misfit) or back.plan == plan


@settings(max_examples=300, deadline=None)
@given(_GOALS.flatmap(_plans), _GOALS)
def test_nothing_of_the_old_goal_is_left(plan: Plan, goal: str) -> None:
    """For every plan and goal: no text, number, key or expression has a piece of the old goal that the new
    one does not have."""
    found = adapt(plan, plan.goal, goal)
    assume(isinstance(found, Adapted))
    assert isinstance(found, Adapted)
    texts = PlanTexts.of(found.plan)
    everything = "\0".join((*texts.texts, *map(str, texts.numbers), *texts.fixed))
    for piece in Shape.of(plan.goal).pieces:
        if piece.text not in goal and piece.kind is not PieceKind.NUMBER:
            assert piece.text not in everything
        elif piece.text not in goal:
            assert float(piece.text.replace(",", "")) not in texts.numbers
