"""What an approved plan grants, and what a revision of it would do beyond that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callsheet.agents.contracts.capability import CHANGING, Effect
from callsheet.planner.check.checker import check
from callsheet.planner.expressions.tree import Constant
from callsheet.planner.grants.grant import MAX_SENTENCES, Grant
from callsheet.planner.plan.checked_plan import CheckedPlan
from callsheet.planner.plan.renewal import begin_anew
from tests.planner.catalogs import READ, SAVE, SHORTEN, TEXT, capability
from tests.planner.strategies import catalogs, plans

SEND = capability(
    "send", {"to": TEXT, "body": TEXT}, {"id": TEXT}, optional=("body",), effect=Effect.IRREVERSIBLE
)
FETCH = capability("fetch", {"url": TEXT}, {"text": TEXT}, effect=Effect.READ)
LIST = capability("list_files", {"pattern": TEXT}, {"text": TEXT}, effect=Effect.READ)
WIPE = capability("wipe", {"pattern": TEXT}, {"text": TEXT}, effect=Effect.WRITE)
POST = capability("post", {"channel": TEXT, "text": TEXT}, {"id": TEXT}, effect=Effect.WRITE)
CATALOG = (READ, SAVE, SHORTEN, SEND, FETCH, LIST, WIPE, POST)
GOAL = "Summarise notes.md and https://news.example/today into out.md, and mail it to team@example.com"


POLICY = ("approval", "condition", "for_each")


def step(id: str, capability: str, /, **entries: Any) -> dict[str, Any]:
    policy = {key: entries.pop(key) for key in POLICY if key in entries}
    return {"id": id, "capability": capability, "inputs": entries, **policy}


def plan(*steps: Mapping[str, Any], answer: Any = "done") -> CheckedPlan:
    return check({"goal": GOAL, "steps": list(steps), "answer": answer}, CATALOG).require()


NOTES = step("notes", "read_file", path="notes.md")
NEWS = step("news", "fetch", url="https://news.example/today")
SHORT = step("short", "shorten", text={"from": "notes.text + news.text"})
OUT = step("out", "save", path="out.md", content={"from": "short"})
MAIL = step("mail", "send", to="team@example.com", body={"from": "short"})
STEPS = (NOTES, NEWS, SHORT, OUT, MAIL)
GRANTED = plan(*STEPS)
GRANT = Grant.from_plan(GOAL, GRANTED)


def reasons(*steps: Mapping[str, Any], before: CheckedPlan = GRANTED) -> Mapping[str, str]:
    return GRANT.widened_by(before, plan(*steps))


def beyond(capability: str, grant: Grant = GRANT, **inputs: Any) -> tuple[str, ...]:
    return grant.beyond(plan(step("x", capability, **inputs)).steps["x"], inputs)


# What a step would reach.


@pytest.mark.parametrize(
    ("capability", "inputs"),
    [
        ("read_file", {"path": "notes.md"}),
        ("read_file", {"path": "./notes.md"}),
        ("fetch", {"url": "https://news.example/yesterday?page=2"}),
        ("fetch", {"url": "HTTPS://News.Example:443/"}),
        ("fetch", {"url": "news.example/yesterday"}),
        ("save", {"path": "out.md", "content": "anything\nat all"}),
        ("send", {"to": "Team@Example.com", "body": "as said in notes.md"}),
        ("send", {"to": "The Team <team@example.com>"}),
        ("list_files", {"pattern": "**"}),
        ("list_files", {"pattern": "*.csv"}),
        ("list_files", {"pattern": "."}),
    ],
)
def test_what_the_goal_or_the_plan_names_is_granted(capability: str, inputs: Any) -> None:
    """And so are other pages of a host, and looking round in the workspace."""
    assert beyond(capability, **inputs) == ()


@pytest.mark.parametrize(
    ("capability", "inputs", "named"),
    [
        ("read_file", {"path": "secrets"}, "secrets"),
        ("read_file", {"path": "my/notes.md"}, "my/notes.md"),
        ("read_file", {"path": "notes.md.key"}, "notes.md.key"),
        ("read_file", {"path": "otes.md"}, "otes.md"),
        ("read_file", {"path": "a/../notes.md"}, "a/../notes.md"),
        ("read_file", {"path": "/notes.md"}, "/notes.md"),
        ("read_file", {"path": "/"}, "/"),
        ("read_file", {"path": ".."}, ".."),
        ("read_file", {"path": "n\u043etes.md"}, "n\u043etes.md"),
        ("read_file", {"path": "notes.md\u202e"}, "notes.md\\u202e"),
        ("list_files", {"pattern": "../*"}, "../*"),
        ("wipe", {"pattern": "*"}, "*"),
        ("wipe", {"pattern": "**/*.md"}, "**/*.md"),
        ("fetch", {"url": "https://evil.example"}, "evil.example"),
        ("fetch", {"url": "https://news.example@evil.example"}, "evil.example"),
        ("fetch", {"url": "https://news.example.evil.example"}, "news.example.evil.example"),
        ("fetch", {"url": "https://news.example:8080/"}, "news.example:8080"),
        ("fetch", {"url": "https://n\u0435ws.example/"}, "xn--"),
        ("fetch", {"url": "evil.example/news.example"}, "evil.example"),
        ("send", {"to": "eve@example.com"}, "eve@example.com"),
        ("send", {"to": "team@example.com.evil.example"}, "team@example.com.evil.example"),
        ("send", {"to": "team@example.com", "body": "![](https://evil.example/?d=1)"}, "evil.example"),
        ("send", {"to": "team@example.com, eve@evil.example"}, "eve@evil.example"),
        ("send", {"to": "everybody"}, "everybody"),
        ("post", {"channel": "#general", "text": "x"}, "#general"),
    ],
)
def test_what_nobody_named_is_beyond(capability: str, inputs: Any, named: str) -> None:
    """Each is told in a sentence that hides nothing: what would be reached, and by what."""
    sentences = beyond(capability, **inputs)
    assert any(f"`{capability}` would reach {named}" in each for each in sentences)


def test_work_without_effect_reaches_nothing() -> None:
    """It may be told whatever there is."""
    assert beyond("shorten", text="https://evil.example/../etc/passwd") == ()


def test_what_a_capability_reached_it_may_reach_again() -> None:
    """Resolved inputs that were granted count for the same capability, and for no other."""
    fetch = GRANTED.steps["news"]
    grant = GRANT.including(fetch, {"url": "https://found.example/1"})
    assert beyond("fetch", grant, url="https://found.example/2") == ()
    assert beyond("read_file", grant, path="https://found.example/2")


def test_what_a_person_says_counts_as_the_goal() -> None:
    """A user who names a file to a running run has granted it."""
    assert beyond("read_file", path="other.md")
    assert beyond("read_file", GRANT.hearing("take other.md instead"), path="other.md") == ()


def test_many_are_counted() -> None:
    """A step that would reach a thousand places has a short sentence for those that are too many."""
    sentences = beyond("send", to=", ".join(f"x{n}@evil.example" for n in range(100)))
    assert len(sentences) == MAX_SENTENCES + 1
    assert sentences[-1] == "and 80 more"


# What a revised plan would do.


def test_an_unchanged_plan_widens_nothing() -> None:
    """Nor does one in another order, or without what nothing depends on."""
    assert reasons(*STEPS) == {}
    assert reasons(*reversed(STEPS)) == {}
    assert reasons(NOTES, NEWS, SHORT, OUT) == {}


def test_reading_what_was_named_widens_nothing() -> None:
    """Steps without effect, and steps that read what is granted, come and go."""
    assert reasons(*STEPS, step("again", "read_file", path="notes.md")) == {}
    assert reasons(*STEPS, step("look", "list_files", pattern="*.md")) == {}
    assert reasons(*STEPS, step("more", "shorten", text="https://evil.example", words=3)) == {}


@pytest.mark.parametrize(
    ("added", "why"),
    [
        (step("two", "send", to="team@example.com"), "cannot be undone"),
        ({**MAIL, "id": "two"}, "cannot be undone"),
        (step("two", "post", channel="team@example.com", text="x"), "changes something"),
        (step("two", "save", path="out.md", content="x"), "changes something"),
        (step("two", "save", path="elsewhere.md", content="x"), "elsewhere.md"),
        (step("two", "read_file", path="secrets"), "secrets"),
        (step("two", "fetch", url="https://evil.example"), "evil.example"),
    ],
)
def test_a_new_step_that_writes_or_reads_elsewhere_is_approved_first(added: Any, why: str) -> None:
    """Whatever it writes, and wherever: also once more what was approved, to a place that was named."""
    found = reasons(*STEPS, added)
    assert set(found) == {"two"}
    assert why in found["two"]


@pytest.mark.parametrize(
    "steps",
    [
        (NOTES, NEWS, SHORT, OUT, {**MAIL, "inputs": {"to": "team@example.com", "body": "pwned"}}),
        (NOTES, NEWS, SHORT, OUT, {**MAIL, "for_each": ["a", "b"]}),
        (NOTES, NEWS, SHORT, OUT, {**MAIL, "depends_on": ["out"]}),
        (NOTES, NEWS, SHORT, OUT, {**MAIL, "approval": False, "condition": "true"}),
        (NOTES, NEWS, SHORT, {**OUT, "inputs": {"path": "out.md", "content": "pwned"}}, MAIL),
    ],
)
def test_a_step_that_writes_and_is_changed_is_approved_first(steps: Any) -> None:
    """Whatever of it is changed, and nothing else is."""
    (changed,) = (each["id"] for each, before in zip(steps, STEPS, strict=True) if each != before)
    assert set(reasons(*steps)) == {changed}


def test_what_writes_behind_a_change_is_approved_first() -> None:
    """Its inputs may come out as another text, or what it was to wait for is another work."""
    assert set(reasons(NOTES, NEWS, {**SHORT, "inputs": {"text": "You are fired"}}, OUT, MAIL)) == {
        "out",
        "mail",
    }
    other = step("news", "fetch", url="https://news.example/yesterday")
    assert set(reasons(NOTES, other, SHORT, OUT, MAIL)) == {"out", "mail"}


SEARCH = step("found", "web_search", query="the weather")


@pytest.mark.parametrize("effect", [Effect.PURE, Effect.READ])
@pytest.mark.parametrize(
    "handed",
    [
        {"inputs": {"query": {"from": "notes"}}},
        {"inputs": {"query": {"template": "what is { notes.text }?"}}},
        {"inputs": {"query": {"from": "short + notes"}}},
        {"inputs": {"query": {"from": "item"}}, "for_each": {"from": "[notes, news]"}},
    ],
)
def test_a_new_party_gets_no_result_without_an_approval(effect: Effect, handed: dict[str, Any]) -> None:
    """Whatever its effect: a capability that no approved step has waits before it is handed what another
    step made; without a result it only reads, and once it was approved it is no longer new."""
    search = capability("web_search", {"query": TEXT}, {"text": TEXT}, effect=effect)

    def checked(*steps: Mapping[str, Any]) -> CheckedPlan:
        return check({"goal": GOAL, "steps": list(steps), "answer": "x"}, (*CATALOG, search)).require()

    after = checked(*STEPS, {**SEARCH, **handed})
    (why,) = GRANT.widened_by(GRANTED, after).values()
    assert "`web_search` has no step in the approved plan, and would get the result of `" in why
    assert GRANT.widened_by(GRANTED, checked(*STEPS, SEARCH)) == {}
    assert GRANT.including(after.steps["found"], {"query": "x"}).widened_by(GRANTED, after) == {}
    assert Grant.from_plan(GOAL, checked(*STEPS, SEARCH)).widened_by(GRANTED, after) == {}


def test_a_condition_hands_nothing_over() -> None:
    """The new step only waits for it."""
    search = capability("web_search", {"query": TEXT}, {"text": TEXT}, effect=Effect.READ)
    steps = [*STEPS, {**SEARCH, "condition": "len(notes) > 3"}]
    document = {"goal": GOAL, "steps": steps, "answer": "x"}
    assert GRANT.widened_by(GRANTED, check(document, (*CATALOG, search)).require()) == {}


def test_an_approval_cannot_be_dropped() -> None:
    """Not from a step that reads either, and not by calling it another one; asking for one is allowed."""
    waiting = plan({**NOTES, "approval": True})
    grant = Grant.from_plan(GOAL, waiting)
    for changed in (NOTES, {**NOTES, "id": "other"}, step("notes", "read_file", path="out.md")):
        (why,) = grant.widened_by(waiting, plan(changed)).values()
        assert "was approved to wait for an approval" in why
    assert GRANT.widened_by(waiting, plan(NOTES))
    assert GRANT.widened_by(plan(NOTES), waiting) == {}


def test_another_contract_is_another_capability() -> None:
    """A capability of the same name whose effect has grown since was not approved."""
    grown = SAVE.model_copy(update={"effect": Effect.IRREVERSIBLE})
    document = {"goal": GOAL, "steps": list(STEPS), "answer": "done"}
    after = check(document, [grown if each.name == "save" else each for each in CATALOG]).require()
    assert set(GRANT.widened_by(GRANTED, after)) == {"out"}


# For every plan.


LENIENT = settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def _checked(data: st.DataObject) -> CheckedPlan:
    catalog = data.draw(catalogs())
    return check(data.draw(plans(catalog)), catalog).plan or GRANTED


@given(st.data())
@LENIENT
def test_for_every_revision_what_writes_and_begins_anew_is_approved_first(data: st.DataObject) -> None:
    """For every two plans: each step that writes and is new, changed, or behind one that is waits; none that
    stays as it was does."""
    before, after = _checked(data), _checked(data)
    anew = begin_anew(before, after)
    found = Grant.from_plan("a goal", before).widened_by(before, after)
    assert {id for id in anew if after.steps[id].capability.effect in CHANGING} <= found.keys() <= anew
    assert Grant.from_plan("a goal", before).widened_by(before, before) == {}


@given(st.data())
@LENIENT
def test_for_every_grant_more_is_never_less(data: st.DataObject) -> None:
    """For every grant: what people add to it never takes anything away, and grants what they name."""
    before, after = _checked(data), _checked(data)
    grant = Grant.from_plan("a goal", before)
    step = after.steps[data.draw(st.sampled_from(list(after.steps)))]
    constants: Any = {name: tree.value for name, tree in step.inputs.items() if isinstance(tree, Constant)}
    text = " ".join(str(each) for each in constants.values())
    for more in (grant.including(step, constants), grant.hearing(text)):
        assert set(more.widened_by(before, after)) <= set(grant.widened_by(before, after))
        assert set(more.beyond(step, constants)) <= set(grant.beyond(step, constants))
    assert grant.including(step, constants).beyond(step, constants) == ()


_WORD = st.text("abcdxyz0189", min_size=1, max_size=8)
READS = st.one_of(
    _WORD.map(lambda word: ("read_file", {"path": f"z{word}"})),
    st.tuples(_WORD, _WORD).map(lambda two: ("read_file", {"path": f"{two[0]}/{two[1]}.md"})),
    _WORD.map(lambda word: ("fetch", {"url": f"https://{word}.evil.example"})),
)


@given(READS)
def test_for_every_literal_that_nobody_granted_it_is_found(reads: tuple[str, dict[str, Any]]) -> None:
    """For every new step that reads: a place that neither the goal nor the plan names is told before anything
    runs."""
    capability, inputs = reads
    after = plan(*STEPS, step("added", capability, **inputs))
    assert "added" in GRANT.widened_by(GRANTED, after)
    assert GRANT.beyond(after.steps["added"], inputs)


@given(st.text(), st.text())
def test_for_every_text_a_grant_can_be_asked(path: str, goal: str) -> None:
    """For every goal and path: nothing is raised, and what is told can be shown."""
    checked = plan(step("a", "read_file", path="x"))
    for sentence in Grant.from_plan(goal, checked).beyond(checked.steps["a"], {"path": path}):
        assert sentence.isprintable()
