"""Whether a document has the shape of a plan."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from callsheet.planner.check.structure import MAX_NESTING, read_plan
from callsheet.planner.plan.policy import Policy

GOOD: dict[str, Any] = {
    "goal": "a goal",
    "steps": [{"id": "one", "capability": "find", "inputs": {"a": 1}}],
    "answer": {"from": "one"},
}


def changed(path: tuple[str | int, ...], value: Any) -> dict[str, Any]:
    """The good document with something else in one place."""
    document = copy.deepcopy(GOOD)
    place: Any = document
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    return document


def nested(depth: int) -> Any:
    """Lists within lists."""
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


def test_a_good_document_is_a_plan() -> None:
    """A document of the right shape is read, with nothing found."""
    plan, found = read_plan(GOOD, Policy())
    assert plan is not None
    assert found == []


@pytest.mark.parametrize(
    ("document", "code", "pointer"),
    [
        (None, "malformed-plan", ""),
        ([], "malformed-plan", ""),
        ("plan", "malformed-plan", ""),
        ({"steps": [], "answer": 1}, "malformed-plan", ""),
        (changed(("goal",), 1), "malformed-plan", "/goal"),
        (changed(("steps",), {}), "malformed-plan", "/steps"),
        (changed(("steps", 0), "one"), "malformed-plan", "/steps/0"),
        (changed(("steps", 0, "id"), "One"), "bad-step-id", "/steps/0/id"),
        (changed(("steps", 0, "id"), "a" * 65), "bad-step-id", "/steps/0/id"),
        (changed(("steps", 0, "id"), "one\n"), "bad-step-id", "/steps/0/id"),
        (changed(("steps", 0, "id"), 1), "malformed-plan", "/steps/0/id"),
        (changed(("steps", 0, "inputs"), []), "malformed-plan", "/steps/0/inputs"),
        (changed(("steps", 0, "inputs", "a"), {"from": 1}), "malformed-plan", "/steps/0/inputs/a"),
        (changed(("steps", 0, "join"), "some"), "malformed-plan", "/steps/0/join"),
        (changed(("steps", 0, "max_retries"), -1), "malformed-plan", "/steps/0/max_retries"),
        (changed(("steps", 0, "max_retries"), "3"), "malformed-plan", "/steps/0/max_retries"),
        (changed(("steps", 0, "timeout_seconds"), 0), "malformed-plan", "/steps/0/timeout_seconds"),
        (changed(("steps", 0, "approval"), 1), "malformed-plan", "/steps/0/approval"),
        (changed(("steps", 0, "expect"), "true"), "malformed-plan", "/steps/0/expect"),
        (changed(("steps", 0, "expects"), []), "unknown-entry", "/steps/0/expects"),
        (changed(("a/b~c",), 1), "unknown-entry", "/a~1b~0c"),
        (changed(("steps", 0, "inputs", "a"), float("nan")), "not-json", "/steps/0/inputs/a"),
        (changed(("steps", 0, "inputs", "a"), float("-inf")), "not-json", "/steps/0/inputs/a"),
        (changed(("steps", 0, "inputs", "a"), 10**5_000), "not-json", "/steps/0/inputs/a"),
        (changed(("steps", 0, "inputs", "a"), "\ud800"), "not-json", "/steps/0/inputs/a"),
        (changed(("steps", 0, "inputs", "a"), b""), "not-json", "/steps/0/inputs/a"),
        (changed(("steps", 0, "inputs", "a"), {1: 2}), "not-json", "/steps/0/inputs/a"),
        (changed(("steps", 0, "inputs", "\udc00"), 1), "not-json", "/steps/0/inputs"),
        (changed(("steps",), [GOOD["steps"][0]] * 11), "too-many-steps", "/steps"),
    ],
)
def test_what_is_wrong(document: Any, code: str, pointer: str) -> None:
    """Every fault in the shape has its code, and a pointer to where it is."""
    plan, (found, *_) = read_plan(document, Policy(max_steps=10))
    assert plan is None
    assert (found.code, found.pointer) == (code, pointer)


def test_a_slip_in_an_entry_is_mended() -> None:
    """An entry within a letter of a known one carries the renaming."""
    _, (found,) = read_plan(changed(("steps", 0, "expects"), ["true"]), Policy())
    assert found.fix is not None
    assert (found.fix.removes, found.fix.pointer) == ("/steps/0/expects", "/steps/0/expect")
    assert found.fix.value == ["true"]
    assert found.to_document()["fix"] == {
        "pointer": "/steps/0/expect",
        "value": ["true"],
        "removes": "/steps/0/expects",
        "note": "replaced `expects` with `expect`",
    }


def test_nesting_is_bounded() -> None:
    """A literal may be some levels deep, and not a hundred thousand."""
    assert read_plan(changed(("answer",), nested(MAX_NESTING - 2)), Policy())[0] is not None
    for depth in (MAX_NESTING + 1, 100_000):
        plan, (found,) = read_plan(changed(("answer",), nested(depth)), Policy())
        assert plan is None
        assert found.code == "not-json"
        assert "nested" in found.message


def test_a_document_that_holds_itself() -> None:
    """What is no tree is no JSON, and is noticed."""
    document = copy.deepcopy(GOOD)
    document["steps"].append(document)
    assert read_plan(document, Policy())[1][0].code == "not-json"


def test_a_document_that_multiplies() -> None:
    """Parts that are shared count as often as they would be written: nothing small is large."""
    bomb: Any = ["a"]
    for _ in range(50):
        bomb = [bomb, bomb]
    plan, (found,) = read_plan(changed(("answer",), bomb), Policy())
    assert plan is None
    assert found.code == "not-json"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        (
            "timeout_seconds",
            "soon",
            "'soon' is not a duration; write seconds, more than 0, or 90s, 5m, 1h 30m, 1d, 1w",
        ),
        ("timeout_seconds", 1e12, "`timeout_seconds` must be at most 31,622,400; got 1000000000000.0"),
        ("total_timeout_seconds", 0, "`total_timeout_seconds` must be above 0; got 0"),
        ("max_retries", 1.5, "`max_retries` must be a whole number; got 1.5"),
        ("max_retries", -1, "`max_retries` must be at least 0; got -1"),
        ("join", "none", "`join` must be 'all', 'any' or 'done'; got 'none'"),
        ("depends_on", "b", "`depends_on` must be a list; got 'b'"),
        ("depends_on", [3], "an element of `depends_on` must be a string; got 3"),
        ("approval", "yes", "`approval` must be true or false; got 'yes'"),
        ("inputs", 3, "`inputs` must be an object; got 3"),
    ],
)
def test_an_entry_of_the_wrong_kind_is_told_by_its_name(name: str, value: Any, message: str) -> None:
    """In the words of plans, not in those of a library."""
    _, (problem,) = read_plan(changed(("steps", 0, name), value), Policy())
    assert problem.message == message


@pytest.mark.parametrize(("written", "seconds"), [("5m", 300.0), ("90s", 90.0), ("1.5h", 5400.0), (12, 12.0)])
def test_a_duration_may_be_a_text(written: object, seconds: float) -> None:
    """As in the options of a run."""
    plan, _ = read_plan(changed(("steps", 0, "timeout_seconds"), written), Policy())
    assert plan is not None
    assert plan.steps[0].timeout_seconds == seconds
