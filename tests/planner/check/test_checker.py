"""Every finding of the checker, and what a plan without findings becomes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import callsheet.planner
from callsheet.agents.contracts.capability import Capability, Effect
from callsheet.planner.check.checker import RESERVED, CheckResult, Policy, check
from callsheet.planner.check.errors import PlanInvalid
from callsheet.planner.diagnostics import Diagnostic, Severity
from callsheet.planner.expressions.tree import Connective, Constant, StepOutput
from callsheet.planner.plan.plan import Join, OnFailure, Plan
from tests.planner.catalogs import capability

TEXT: dict[str, Any] = {"type": "string"}
FIND = capability(
    "find",
    {"query": TEXT, "limit": {"type": "integer", "minimum": 1}, "tags": {"type": "array", "items": TEXT}},
    {
        "findings": {"type": "array", "items": TEXT},
        "count": {"type": "integer"},
        "good": {"type": "boolean"},
        "note": {"type": ["string", "null"]},
        "extra": {},
    },
    optional=("limit", "tags"),
)
WRITE = capability("write", {"text": TEXT}, {"path": TEXT}, effect=Effect.WRITE)
SEND = capability("send", {"body": TEXT}, {"receipt": TEXT}, effect=Effect.IRREVERSIBLE)
OPEN = Capability(
    name="open",
    description="",
    input_schema={"type": "object"},
    output_schema={"type": "object", "properties": {"text": TEXT}},
)
CATALOG = (FIND, WRITE, SEND, OPEN)


def step(id: str = "one", capability: str = "find", **entries: Any) -> dict[str, Any]:
    """A step, with a query where it is the one that wants it."""
    inputs = {"query": "x"} if capability == "find" else {}
    return {"id": id, "capability": capability, "inputs": inputs, **entries}


def find(id: str = "one", **inputs: Any) -> dict[str, Any]:
    """A step that finds, with these inputs too."""
    return step(id, inputs={"query": "x", **inputs})


WRITING = step("writing", "write", inputs={"text": "x"})
CAUGHT = {"from": "default(one, [])"}


def checked(*steps: dict[str, Any], answer: Any = None, policy: Policy | None = None) -> CheckResult:
    """The check of a plan that answers with its last step, unless told otherwise."""
    binding = {"from": f"{steps[-1]['id']}"} if answer is None and steps else answer
    return check({"goal": "", "steps": list(steps), "answer": binding}, CATALOG, policy)


def only(result: CheckResult) -> Diagnostic:
    """The one finding."""
    (found,) = result.diagnostics
    return found


def test_a_goal_that_needs_no_work_is_answered_straight_away() -> None:
    """A plan without steps checks where its answer is a value."""
    result = checked(answer="Paris")
    assert not result.diagnostics
    assert result.plan is not None
    assert not result.plan.steps


@pytest.mark.parametrize("answer", [None, "", {"from": "1 + 1"}, {"template": "{ 1 }"}])
def test_a_plan_without_steps_says_what_the_answer_is(answer: Any) -> None:
    """Nothing, and what would have to be worked out, is no answer that needs no steps."""
    found = {each.code for each in checked(answer=answer).diagnostics}
    assert "no-steps" in found


@pytest.mark.parametrize(
    ("result", "code", "pointer", "message"),
    [
        (checked(), "no-steps", "/steps", "the plan has no steps"),
        (checked(find(), find()), "duplicate-step-id", "/steps/1/id", "another step has the id `one`"),
        (checked(step("len")), "bad-step-id", "/steps/0/id", "is reserved in expressions"),
        (
            checked(step(capability="fnid")),
            "unknown-capability",
            "/steps/0/capability",
            "no agent provides `fnid`",
        ),
        (checked(step(inputs={})), "missing-input", "/steps/0/inputs", "requires the input `query`"),
        (checked(find(zzz=1)), "unknown-input", "/steps/0/inputs/zzz", "has no input `zzz`"),
        (checked(find(query=None)), "type-mismatch", "/steps/0/inputs/query", "a string is required"),
        (checked(find(limit=0)), "type-mismatch", "/steps/0/inputs/limit", "0 is below 1"),
        (checked(find(tags=["a", {}])), "type-mismatch", "/steps/0/inputs/tags/1", "a string is required"),
        (
            checked(find(), find("two", limit={"from": "one.note"})),
            "type-mismatch",
            "/steps/1/inputs/limit",
            "this is a string, but an integer is required",
        ),
        (
            checked(find(), find("two", query={"from": "one.note"})),
            "type-mismatch",
            "/steps/1/inputs/query",
            "this may be null, but a string is required",
        ),
        (checked(find(query={"from": "a b"})), "bad-expression", "/steps/0/inputs/query/from", "character 3"),
        (
            checked(find(query={"template": "{"})),
            "bad-expression",
            "/steps/0/inputs/query/template",
            "character 1",
        ),
        (checked(WRITING, answer={"from": "zzz"}), "unknown-step", "/answer/from", "no step `zzz`"),
        (checked(find(), answer={"from": "one.zzz"}), "unknown-field", "/answer/from", "has no `zzz`"),
        (checked(find(), answer={"template": "{one.zzz}"}), "unknown-field", "/answer/template", "no `zzz`"),
        (checked(step(depends_on=["zzz"])), "unknown-step", "/steps/0/depends_on/0", "no step `zzz`"),
        (
            checked(find(), find("two"), answer={"from": "[one for two in [1]] + two"}),
            "shadowed-name",
            "/answer/from",
            "is already a name here",
        ),
        (
            checked(step(condition="1"), answer=CAUGHT),
            "not-a-truth-value",
            "/steps/0/condition",
            "a boolean is required",
        ),
        (checked(step(expect=["output.count"])), "not-a-truth-value", "/steps/0/expect/0", "a boolean"),
        (
            checked(step(for_each={"from": "1"})),
            "type-mismatch",
            "/steps/0/for_each",
            "for_each needs a list",
        ),
        (checked(step(for_each="x")), "type-mismatch", "/steps/0/for_each", "for_each needs a list"),
        (
            checked(
                step(condition="true"), step("two", join="done", depends_on=["one"], expect=["one == []"])
            ),
            "may-be-absent",
            "/steps/1/expect/0",
            "step `one` may be skipped or fail",
        ),
        (
            checked(step(condition="true")),
            "may-be-absent",
            "/answer/from",
            "step `one` may be skipped or fail",
        ),
        (checked(find(), find("two")), "unused-step", "/steps/0", "the result of `one` is unused"),
        (
            checked(step("a", "send", inputs={"body": "x"}), policy=Policy(approval_for=frozenset(Effect))),
            "needs-approval",
            "/steps/0",
            "`send` is irreversible and requires approval",
        ),
        (
            checked(find(), find("two"), policy=Policy(max_steps=1)),
            "too-many-steps",
            "/steps",
            "at most 1 are allowed",
        ),
    ],
)
def test_findings(result: CheckResult, code: str, pointer: str, message: str) -> None:
    """Each finding has its stable code, a pointer to its place, and says what is wrong."""
    found = only(result)
    assert (found.code, found.pointer) == (code, pointer)
    assert message in found.message
    assert (result.plan is None) == (found.severity is Severity.ERROR)


def test_cycles_are_named_in_full() -> None:
    """A cycle is named as one way round, however it comes about; nothing else is said of its steps."""
    result = checked(
        find("a", query={"template": "{c.count}"}),
        step("b", depends_on=["a"]),
        step("c", condition="b == []"),
        step("d", expect=["d == []"]),
        answer={"from": "c"},
    )
    assert [(each.code, each.pointer, each.message) for each in result.diagnostics] == [
        ("cycle", "/steps/0", "these steps wait for each other: a → c → b → a"),
        ("cycle", "/steps/3", "step `d` uses its own result: a step can use only the results of other steps"),
    ]


@pytest.mark.parametrize(
    ("result", "pointer", "value", "removes"),
    [
        (checked(step(capability="finds")), "/steps/0/capability", "find", None),
        (checked(find(limits=1)), "/steps/0/inputs/limit", 1, "/steps/0/inputs/limits"),
        (checked(find(limit="3")), "/steps/0/inputs/limit", 3, None),
        (checked(find(query=3)), "/steps/0/inputs/query", "3", None),
        (checked(find(tags="a")), "/steps/0/inputs/tags", ["a"], None),
        (checked(find(), answer={"from": "one.finding"}), "/answer/from", "one.findings", None),
        (checked(find(), answer={"template": "So: {onee}"}), "/answer/template", "So: {one}", None),
        (checked(find(), step("two", depends_on=["onee"])), "/steps/1/depends_on/0", "one", None),
        (
            checked(find(), find("two", query={"from": "one.count"})),
            "/steps/1/inputs/query",
            {"template": "{ one.count }"},
            None,
        ),
        (
            checked(step("w", "write", inputs={"text": "x"}), find("two", tags={"from": "w"})),
            "/steps/1/inputs/tags",
            {"from": "[w]"},
            None,
        ),
        (
            checked(step("a", "send", inputs={"body": "x"}), policy=Policy(approval_for=frozenset(Effect))),
            "/steps/0/approval",
            True,
            None,
        ),
    ],
)
def test_certain_repairs(result: CheckResult, pointer: str, value: object, removes: str | None) -> None:
    """Where a repair is certain, the finding carries it, whole."""
    fix = next(each.fix for each in result.diagnostics if each.severity is Severity.ERROR)
    assert fix is not None
    assert (fix.pointer, fix.value, fix.removes) == (pointer, value, removes)
    assert fix.note


@pytest.mark.parametrize(
    "result",
    [
        checked(find(), answer={"from": "zzz"}),
        checked(find("q1"), find("q3"), answer={"from": "q1 + q2 + q3"}),
        checked(find(limit="three")),
        checked(find(limit="inf")),
        checked(find(limit="1e999")),
        checked(find(tags=[1])),
        checked(find(), find("two", query={"from": "one.note"})),
        checked(find(), find("two", query={"from": "one.extra.a + 1"}, limit={"from": "one.good"})),
    ],
)
def test_uncertain_repairs(result: CheckResult) -> None:
    """Where more than one repair could be meant, none is made; another digit is another thing."""
    assert result.errors
    assert [
        each for each in result.errors if each.fix is not None and each.pointer != "/steps/1/inputs/query"
    ] == []


def test_the_text_of_a_finding() -> None:
    """A finding reads as one line, and writes as JSON."""
    found = only(checked(find(), answer={"from": "one.finding"}))
    assert str(found) == (
        "error unknown-field at /answer/from: in `one.finding`: the output of step `one` has no `finding` "
        "(did you mean `findings`?)"
    )
    assert found.to_document() == {
        "code": "unknown-field",
        "severity": "error",
        "pointer": "/answer/from",
        "step": None,
        "message": "in `one.finding`: the output of step `one` has no `finding`",
        "hint": "did you mean `findings`?",
        "fix": {
            "pointer": "/answer/from",
            "value": "one.findings",
            "removes": None,
            "note": "replaced `finding` with `findings`",
        },
    }


def test_a_plan_without_errors_is_compiled() -> None:
    """Expressions parsed, steps resolved, dependencies named, policies settled."""
    plan = checked(
        find("a"),
        find("b", limit={"from": "a.count"})
        | {"depends_on": ["a"], "max_retries": 0, "timeout_seconds": 5.0},
        step("c", condition="len(b) > 0", join="any", on_failure="continue", expect=["output.good"]),
        answer={"from": "default(c, a)"},
    ).require()
    assert list(plan.steps) == ["a", "b", "c"]
    a, b, c = plan.steps.values()
    assert a.inputs == {"query": Constant("x")}
    assert (a.max_retries, a.timeout_seconds) == (FIND.max_retries, FIND.timeout_seconds)
    assert b.inputs["limit"] == StepOutput("a", "count", False, 2)
    assert (b.dependencies, b.max_retries, b.timeout_seconds) == (("a",), 0, 5.0)
    assert (c.dependencies, c.join, c.on_failure) == (("b",), Join.ANY, OnFailure.CONTINUE)
    assert [each.text for each in c.expectations] == ["output.good"]


def test_a_condition_of_unknown_type_is_made_sure_of() -> None:
    """What may turn out to be not a boolean is absent then, and never taken for one."""
    plan = checked(find("a"), step("b", condition="a.extra"), answer={"from": "default(b, [])"}).require()
    condition = plan.steps["b"].condition
    assert isinstance(condition, Connective)
    assert condition.operands == (StepOutput("a", "extra", False, 2),)


def test_every_way_to_depend() -> None:
    """Inputs, templates, conditions, items, expectations and `depends_on` all make dependencies, once each,
    and variables make none."""
    plan = checked(
        *(find(name) for name in ("a", "b", "c", "d", "e")),
        find("f", query={"template": "{a.count} {item} {a.count}"}, limit={"from": "len([x for x in b])"})
        | {
            "condition": "c.good",
            "for_each": {"from": "d"},
            "expect": ["output.count > len(e)"],
            "depends_on": ["a"],
        },
        answer={"from": "default(f, [])"},
    ).require()
    assert set(plan.steps["f"].dependencies) == set("abcde")
    assert len(plan.steps["f"].dependencies) == 5


def test_for_each() -> None:
    """Inside, `item` is an element and `output` is that of one attempt; outside, a field is a list."""
    steps = (
        find("a"),
        find("b", query={"from": "item"}) | {"for_each": {"from": "a"}, "expect": ["output.good"]},
    )
    for answer, error in (
        ("b[0]", None),
        ("sum(b.count)", None),
        ("b.count + 1", "type-mismatch"),
        ("item", "unknown-step"),
    ):
        result = checked(*steps, answer={"from": answer})
        assert [each.code for each in result.errors] == ([error] if error else [])
    over_literals = find("b", limit={"from": "item.n"}) | {"for_each": [{"n": 1}, {"n": 2}]}
    assert checked(over_literals).errors == ()
    assert only(checked(find("b", query={"from": "item"}) | {"for_each": [1, 2]})).code == "type-mismatch"


@pytest.mark.parametrize(
    ("join", "text", "codes"),
    [
        ("all", "one.count", []),
        ("any", "one.count", ["may-be-absent"]),
        ("done", "one.count", ["may-be-absent"]),
        ("any", "default(one.count, 1)", []),
        ("done", "default(one.count, two.count)", []),
        ("done", "default(two.count, one.count)", ["may-be-absent"]),
    ],
)
def test_joins(join: str, text: str, codes: list[str]) -> None:
    """A step that waits for all is skipped with what it needs; the others must say what to take instead."""
    last = find("last", limit={"from": text}) | {"join": join}
    result = checked(
        step(condition="true"), find("two"), last, answer={"from": "default(last, default(two, []))"}
    )
    assert [each.code for each in result.diagnostics] == codes


def test_a_failure_that_is_lived_with_may_leave_nothing() -> None:
    """`on_failure: continue` makes a step's result uncertain, as a condition does; and so on behind it."""
    first, second = step(on_failure="continue"), step("two", depends_on=["one"])
    assert only(checked(first, second, answer={"from": "two.count"})).code == "may-be-absent"
    assert checked(first, second, answer={"from": "default(two.count, 0)"}).errors == ()


def test_useful_work_is_not_warned_of() -> None:
    """Work counts as useful where it feeds the answer, changes something, or feeds what does."""
    acting = step("w", "write", inputs={"text": {"template": "{a}"}})
    assert checked(find("a"), acting, find("b"), answer={"from": "b"}).diagnostics == ()


def test_open_capabilities_take_any_input() -> None:
    """A capability that declares no inputs takes all, and one that lists some takes only those."""
    assert checked(step("o", "open", inputs={"whatever": 1, "else": {"from": "1 + 1"}})).diagnostics == ()


def test_inputs_declared_by_parts() -> None:
    """Inputs that a schema declares in `allOf` or behind a `$ref` are known like any other."""
    parts = Capability(
        name="parts",
        description="",
        input_schema={
            "$id": "https://example.org/parts",
            "type": "object",
            "allOf": [{"$ref": "https://example.org/parts#/$defs/a"}, {"$ref": "#/$defs/b"}],
            "$defs": {
                "a": {"type": "object", "properties": {"a": TEXT}, "required": ["a"]},
                "b": {"type": "object", "properties": {"b/%": {"type": "integer"}}},
            },
        },
        output_schema={"type": "object", "properties": {"text": TEXT}},
    )

    def codes(**inputs: Any) -> list[str]:
        steps = [{"id": "one", "capability": "parts", "inputs": inputs}]
        return [each.code for each in check({"goal": "", "steps": steps, "answer": 1}, [parts]).errors]

    assert codes(**{"a": "x", "b/%": 1}) == []
    assert codes(**{"a": "x", "b/%": "x"}) == ["type-mismatch"]


def test_another_draft_is_read_by_the_same_rules() -> None:
    """A schema that names an older draft is read by the one draft there is, so that what is proved holds."""
    old = Capability(
        name="old",
        description="",
        input_schema={"type": "object"},
        output_schema={
            "$schema": "http://json-schema.org/draft-07/schema#",
            "type": "object",
            "properties": {"pair": {"type": "array", "prefixItems": [TEXT], "items": {"type": "integer"}}},
        },
    )
    assert old.output_validator.accepts({"pair": ["a", 1]})
    assert not old.output_validator.accepts({"pair": [1]})


def test_a_checked_plan_comes_from_a_plan_or_its_document() -> None:
    """`check` takes both, and `require` gives the plan or raises with the findings."""
    document = {"goal": "", "steps": [find()], "answer": {"from": "one"}}
    plan = Plan.model_validate(document)
    assert check(plan, CATALOG).require().plan == plan == check(document, CATALOG).require().plan
    with pytest.raises(PlanInvalid, match="no agent provides `find`") as caught:
        check(plan, []).require()
    assert [each.code for each in caught.value.diagnostics] == ["unknown-capability"]


def test_warnings_do_not_keep_a_plan_from_running() -> None:
    """Errors and warnings are told apart."""
    result = checked(find(), find("two"))
    assert result.plan is not None
    assert result.errors == ()
    assert [each.code for each in result.warnings] == ["unused-step"]


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_words_of_the_language_are_no_steps(name: str) -> None:
    """A step cannot have an id that is reserved in expressions."""
    assert "bad-step-id" in {each.code for each in checked(step(name), answer=1).errors}


@pytest.mark.parametrize(
    "steps",
    [
        [find(f"s{at}", query={"from": f"x{at} + y{at} + z{at}"}) for at in range(10_000)],
        [find("one", **{f"i{at}": 1 for at in range(100_000)})],
        [step("one", depends_on=[f"x{at}" for at in range(100_000)])],
        [step("one", expect=["[" + "x," * 1_900 + "]"] * 1_000)],
        [step(f"s{at}", depends_on=[f"s{at ^ 1}"]) for at in range(10_000)],
        [find("one", tags=["a"] * 200_000) | {"for_each": [f"t{at}" for at in range(200_000)]}],
        [step("one", for_each=[{"n": at} for at in range(100_000)])],
    ],
    ids=["references", "inputs", "depends_on", "expect", "cycles", "texts", "objects"],
)
def test_a_hostile_plan_takes_no_time(steps: list[dict[str, Any]]) -> None:
    """The work is in proportion to the plan, and findings end at two hundred: hints are not worked out for
    a hundred thousand mistakes."""
    assert len(checked(*steps, answer=1).diagnostics) <= 200


def test_every_code_is_in_the_reference() -> None:
    """The table of codes in docs/plan.md has every code that the checker can find, and no others."""
    root = Path(__file__).parents[3]
    folder = Path(callsheet.planner.__file__).parent
    source = "".join(path.read_text() for path in folder.rglob("*.py"))
    in_source = set(re.findall(r"\b(?:Diagnostic|note|_?report)\(\s*\"([a-z]+(?:-[a-z]+)+)\"", source))
    in_table = set(
        re.findall(r"^\| `([a-z]+(?:-[a-z]+)+|cycle)`", (root / "docs/plan.md").read_text(), re.MULTILINE)
    )
    assert "cycle" in source
    assert in_table == in_source | {"cycle"}


def test_an_item_without_a_list_is_told() -> None:
    """`item` is no step that is missing."""
    problem = only(checked(find(query={"from": "item"})))
    assert problem.message == "in `item`: `item` is an item of `for_each`, which the step lacks"
    assert problem.hint == "write what the step is for_each of"


def test_an_unknown_input_is_told_with_all_that_there_are() -> None:
    """Whoever guessed one need not look the others up."""
    text: Any = {"type": "string"}
    takes = capability("wide", {f"part{at}": text for at in range(30)}, {"result": text})
    result = check(
        {"goal": "", "steps": [step("a", "wide", inputs={"colour": "x"})], "answer": {"from": "a"}}, (takes,)
    )
    message = next(each.message for each in result.errors if each.code == "unknown-input")
    assert message.startswith("`wide` has no input `colour`; it takes `part0`, `part1`, ")
    assert message.endswith("`part19`, …")
