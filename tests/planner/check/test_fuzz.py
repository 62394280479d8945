"""Whatever comes in, the checker answers."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from callsheet.agents.contracts.capability import Capability
from callsheet.planner.check.capability_types import CapabilityTypes
from callsheet.planner.check.checker import CheckResult, check
from callsheet.planner.check.fixes import apply_fixes
from callsheet.planner.diagnostics import Diagnostic
from callsheet.planner.plan.plan import From, Literal, Plan, Step, Template
from tests.planner.catalogs import CATALOG
from tests.planner.strategies import anything, catalogs, plans

CODES = {
    "bad-expression",
    "bad-step-id",
    "cycle",
    "duplicate-step-id",
    "malformed-plan",
    "may-be-absent",
    "missing-input",
    "needs-approval",
    "no-steps",
    "not-a-truth-value",
    "not-json",
    "shadowed-name",
    "too-many-steps",
    "type-mismatch",
    "unknown-capability",
    "unknown-entry",
    "unknown-field",
    "unknown-input",
    "unknown-step",
    "unused-step",
}
POINTER = re.compile(r"(/([^~/]|~[01])*)*\Z", re.DOTALL)
FUZZ = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])

NASTY = st.one_of(
    st.sampled_from(
        [float("nan"), float("inf"), -0.0, 1e308, 10**400, 10**4_000, -(2**63), "\ud800", "\x00", ""]
    ),
    st.text(max_size=5),
    st.floats(),
    st.integers(),
    st.booleans(),
    st.none(),
)
JSON = st.recursive(
    NASTY,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=20,
)
FOREIGN = st.one_of(
    st.binary(max_size=3),
    st.builds(object),
    st.builds(complex, st.integers()),
    st.tuples(st.integers(), st.text(max_size=2)),
    st.sets(st.integers(), max_size=2),
    st.dictionaries(st.integers() | st.none() | st.booleans() | st.tuples(), st.integers(), max_size=2),
    st.just(CheckResult),
)
EXPRESSIONS = st.one_of(
    st.sampled_from(
        [
            "s1",
            "s2.text",
            "s1 + s2",
            "item",
            "output.a",
            "len(s1) > 1",
            "[x for x in s1]",
            "default(s2, 1)",
            "s1.__class__",
            "(" * 60,
            "s1" + ".a" * 60,
            "9 ** 9 ** 9",
            "\ud800",
            "\x00",
        ]
    ),
    st.text("s12.[](){}\"'+-*/<>=!, andornotinforif", max_size=25),
    st.text(max_size=10),
)
NAMES = st.sampled_from(["s1", "s2", "s3", "item", "len", "S1", "", "é", "a" * 70])
BINDINGS = st.one_of(
    JSON,
    st.builds(lambda text: {"from": text}, EXPRESSIONS | NASTY),
    st.builds(lambda text: {"template": text}, EXPRESSIONS | NASTY),
    st.builds(lambda text: {"template": f"a {{{text}}} b"}, EXPRESSIONS),
)


def either(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Mostly what belongs there, sometimes anything."""
    return st.integers(0, 9).flatmap(lambda number: strategy if number else JSON | FOREIGN)


STEPS = st.fixed_dictionaries(
    {
        "id": either(NAMES),
        "capability": either(st.sampled_from([each.name for each in CATALOG] + ["nobody"])),
        "inputs": either(
            st.dictionaries(st.sampled_from(["path", "text", "folder", "x/~y"]), BINDINGS, max_size=3)
        ),
    },
    optional={
        "condition": either(EXPRESSIONS),
        "for_each": either(BINDINGS),
        "depends_on": either(st.lists(NAMES, max_size=3)),
        "join": either(st.sampled_from(["all", "any", "done", "some"])),
        "expect": either(st.lists(EXPRESSIONS, max_size=2)),
        "max_retries": either(st.integers(-1, 101)),
        "timeout_seconds": either(st.floats()),
        "on_failure": either(st.sampled_from(["fail", "continue", "replan"])),
        "approval": either(st.booleans()),
        "extra": JSON,
    },
)
PLANS = st.fixed_dictionaries(
    {
        "goal": either(st.text(max_size=5)),
        "steps": either(st.lists(STEPS, max_size=4)),
        "answer": either(BINDINGS),
    }
)


def assert_sound(result: CheckResult, document: object) -> None:
    """The result is whole: a plan or errors, each finding with a code, a pointer, and ways to show it."""
    assert (result.plan is None) == bool(result.errors)
    for each in result.diagnostics:
        assert each.code in CODES
        assert POINTER.match(each.pointer)
        assert_leads_somewhere(each, document)
        assert str(each).startswith(f"{each.severity} {each.code} at /")
        assert len(str(each)) < 20_000
        json.dumps(each.to_document(), allow_nan=False)
    if isinstance(document, dict):
        apply_fixes(copy_of(document), result.diagnostics)


def copy_of(document: Any) -> Any:
    """A copy, as far as there is one."""
    try:
        return copy.deepcopy(document)
    except TypeError:
        return {}


def assert_leads_somewhere(found: Diagnostic, document: object) -> None:
    """A pointer leads to something in the document, but for `inputs` in a step that left them out."""
    place: Any = document
    for part in found.pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(place, dict):
            assert key in place or key == "inputs"
            place = place.get(key)
        else:
            assert isinstance(place, (list, tuple))
            place = place[int(key)]


@FUZZ
@given(PLANS)
def test_whatever_is_written_as_a_plan(document: Any) -> None:
    """For every document made by the plan's own schema, with anything wrong anywhere, there is a result."""
    result = check(document, CATALOG)
    event(result.diagnostics[0].code if result.diagnostics else "fine")
    assert_sound(result, document)


@FUZZ
@given(JSON | FOREIGN)
def test_whatever_is_no_plan(document: Any) -> None:
    """For every value of JSON or of Python, there is a result."""
    assert_sound(check(document, CATALOG), document)


@FUZZ
@given(st.data())
def test_plans_with_something_changed(data: st.DataObject) -> None:
    """For every plan with a part put in, taken out or exchanged anywhere, there is a result."""
    catalog = data.draw(catalogs())
    document: Any = copy.deepcopy(data.draw(plans(catalog)))
    for _ in range(data.draw(st.integers(1, 3))):
        place = document
        while isinstance(place, (dict, list)) and place:
            keys = list(place) if isinstance(place, dict) else range(len(place))
            key: Any = data.draw(st.sampled_from(keys))
            deeper = place[key]
            if isinstance(deeper, (dict, list)) and deeper and data.draw(st.integers(0, 3)):
                place = deeper
                continue
            match data.draw(st.integers(0, 2)):
                case 0:
                    del place[key]
                case 1:
                    place[key] = data.draw(BINDINGS | FOREIGN)
                case _ if isinstance(place, dict):
                    place[data.draw(st.text(max_size=3))] = deeper
                case _:
                    place.append(deeper)
            break
    assert_sound(check(document, catalog), document)


@FUZZ
@given(
    st.lists(
        st.builds(
            Step,
            id=st.sampled_from(["s1", "s2", "len"]),
            capability=st.sampled_from([each.name for each in CATALOG]),
            inputs=st.dictionaries(
                st.sampled_from(["path", "text", "\ud800"]),
                st.builds(Literal, JSON | FOREIGN)
                | st.builds(From, EXPRESSIONS)
                | st.builds(Template, EXPRESSIONS),
                max_size=2,
            ),
        ),
        max_size=3,
    )
)
def test_plans_made_in_python(steps: list[Step]) -> None:
    """For every Plan that Python can build, there is a result, whatever its literals hold."""
    plan = Plan(goal="", steps=tuple(steps), answer=From("s1"))
    result = check(plan, CATALOG)
    assert (result.plan is None) == bool(result.errors)
    for each in result.diagnostics:
        assert str(each)
        json.dumps(each.to_document(), allow_nan=False)


@FUZZ
@given(catalogs(), anything())
def test_any_literal_for_any_input(catalog: list[Capability], value: Any) -> None:
    """For every literal, whatever the schemas of the inputs are, there is a result."""
    document = {
        "goal": "",
        "steps": [
            {
                "id": f"s{at}",
                "capability": each.name,
                "inputs": dict.fromkeys(CapabilityTypes(each).inputs, value),
                "for_each": value,
            }
            for at, each in enumerate(catalog)
        ],
        "answer": value,
    }
    assert_sound(check(document, catalog), document)


@pytest.mark.parametrize("levels", [10, 63, 64, 65, 500, 5_000, 200_000])
def test_deep_nesting(levels: int) -> None:
    """Lists and objects nested to any depth, in any place, are answered."""
    for wrap in (lambda value: [value], lambda value: {"a": value}):
        value: Any = 1
        for _ in range(levels):
            value = wrap(value)
        for document in (
            value,
            {"goal": value, "steps": value, "answer": value},
            {
                "goal": "",
                "steps": [{"id": "s1", "capability": "read_file", "inputs": {"path": value}}],
                "answer": value,
            },
        ):
            result = check(document, CATALOG)
            assert result.plan is None
            assert all(str(each) for each in result.diagnostics)
