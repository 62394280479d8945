"""The revision formats: what a model writes about a run, and what it means."""

from __future__ import annotations

import re
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

from callsheet.agents.contracts.capability import JsonObject
from callsheet.agents.models.strict_schema import strict_schema
from callsheet.planner.formats.full.plan_format import FullFormat
from callsheet.planner.formats.full.revision_format import FullRevisionFormat
from callsheet.planner.formats.revision_format import RevisionFormat
from callsheet.planner.formats.small.revision_format import LinesRevisionFormat
from callsheet.planner.revision.decision import Accept, Ask, GiveUp
from callsheet.planner.revision.revision import Revision, revise
from callsheet.planner.revision.situation import Situation, Trouble
from tests.planner.formats.small.gbnf import Sampler
from tests.planner.situations import SHORT, STEPS, plan, situation

FULL, SMALL = FullRevisionFormat(), LinesRevisionFormat()
FORMATS: tuple[RevisionFormat, ...] = (FULL, SMALL)
SURPRISED = Trouble("s1", (SHORT,))


def full(decision: str = "revise", **others: Any) -> JsonObject:
    """An answer in the full format, with everything that its schema asks for."""
    empty: dict[str, Any] = {
        "add": [],
        "replace": [],
        "answer": None,
        "remove": [],
        "repoint": [],
        "question": None,
    }
    return {"reason": "because", "decision": decision, **empty, **others}


def small(*steps: JsonObject, **others: Any) -> JsonObject:
    """What an answer in lines is read as."""
    return {"reason": "because", "decision": "revise", "steps": list(steps), **others}


def new(id: str, capability: str, *depends_on: str, **inputs: Any) -> JsonObject:
    """A step of it."""
    return {"id": id, "capability": capability, "inputs": inputs, "depends_on": list(depends_on)}


def decisions_of(state: Situation) -> list[str]:
    """What the grammar of lines allows, drawn at random."""
    grammar = SMALL.grammar(state)
    return [Sampler(grammar, seed).text() for seed in range(400)]


def removable(state: Situation) -> set[str]:
    """The steps that the grammar of lines lets a model remove."""
    lines = (line for text in decisions_of(state) for line in re.findall(r"^remove (.*)$", text, re.M))
    return {id for line in lines for id in line.split(", ")}


def revision_of(answer: JsonObject, state: Situation, revision_format: RevisionFormat = SMALL) -> Revision:
    """The revision that an answer means."""
    choice = revision_format.read_decision(answer, state).choice
    assert isinstance(choice, Revision)
    return choice


def revised(answer: JsonObject, state: Situation) -> dict[str, Any]:
    """The plan that an answer in lines makes, its steps by id, and its answer under `answer`."""
    document = revise(state.plan.document, revision_of(answer, state), state.used_ids)
    steps: Any = document["steps"]
    return {**{each["id"]: each for each in steps}, "answer": document["answer"]}


@pytest.mark.parametrize("revision_format", FORMATS, ids=lambda each: each.name)
def test_every_decision_can_be_written(revision_format: RevisionFormat) -> None:
    """Both formats have words for all four, and whatever else stands beside them does not matter."""
    state = situation(trouble=SURPRISED)
    others = full() if revision_format is FULL else {}
    for answer, meant in (
        ({"decision": "accept", "reason": "fine"}, Accept("fine")),
        ({"decision": "ask", "reason": "x", "question": " Which? "}, Ask("Which?")),
        ({"decision": "give_up", "reason": "no way"}, GiveUp("no way")),
    ):
        proposal = revision_format.read_decision({**others, **answer}, state)
        assert proposal.choice == meant
        assert proposal.reason == answer["reason"]


@pytest.mark.parametrize("revision_format", FORMATS, ids=lambda each: each.name)
@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ([], "has to begin with a decision"),
        ({}, '"revise" or "ask" or "give_up"'),
        ({"decision": "retry"}, "has to begin with a decision"),
        ({"decision": ["ask"]}, "has to begin with a decision"),
        ({"decision": "accept", "reason": "fine"}, "there is no result to accept"),
        ({"decision": "ask", "question": "  "}, "there is no question"),
        ({"decision": "ask"}, "there is no question"),
        ({"decision": "give_up", "reason": ""}, "there is no reason"),
        ({"decision": "revise", "add": "s4", "steps": "s4"}, "has to be a list of steps"),
        ({"decision": "revise", "add": ["s4"], "steps": ["s4"]}, "has to be a list of steps"),
        ({"decision": "revise", "remove": [1]}, "has to be a list of the ids of steps"),
    ],
)
def test_what_has_not_the_shape_is_said(revision_format: RevisionFormat, answer: Any, problem: str) -> None:
    """In a sentence for the model."""
    with pytest.raises(ValueError, match=problem):
        revision_format.read_decision(answer, situation())


def test_only_what_can_be_done_can_be_written() -> None:
    """Nothing can be accepted that there isn't, and nothing be done where no agent provides anything."""
    accept = {**full(), "decision": "accept", "reason": "fine"}
    surprised, failed = situation(trouble=SURPRISED), situation()
    assert Draft202012Validator(FULL.schema(surprised)).is_valid(accept)
    assert not Draft202012Validator(FULL.schema(failed)).is_valid(accept)
    assert '"accept"' in SMALL.grammar(surprised)
    assert '"accept"' not in SMALL.grammar(failed)
    alone = FULL.schema(situation(catalog=()))
    Draft202012Validator(alone)
    assert "capability" not in str(alone)


# The full format.


def test_the_full_schema_is_strict() -> None:
    """It goes to servers as it is, in strict mode, with steps as full plans have them."""
    state = situation(trouble=SURPRISED)
    schema = FULL.schema(state)
    assert strict_schema(schema) is not None
    assert schema["required"] == list(schema["properties"])  # type: ignore[arg-type]
    written = {"id": "again", "do": {"use": "read_file", "path": "b.txt"}}
    validator = Draft202012Validator(schema)
    assert validator.is_valid(full(add=[written], repoint=[{"old": "s1", "new": "again"}], remove=["s1"]))
    assert not validator.is_valid(full(add=[{**written, "do": {"use": "open_sesame"}}]))
    assert not validator.is_valid({**full(), "other": 1})


def test_a_full_revision_is_read_as_it_is_written() -> None:
    """Steps through the full format of plans; what is left empty changes nothing."""
    answer = full(
        add=[{"id": "again", "do": {"use": "read_file", "path": "b.txt"}}],
        replace=[{"id": "s2", "do": {"use": "shorten", "text": "{again} and {s1.bytes}", "words": 9}}],
        remove=["s3"],
        repoint=[{"old": "s1", "new": "again"}],
        answer="{s2}",
    )
    assert revision_of(answer, situation(), FULL) == Revision(
        add=({"id": "again", "capability": "read_file", "inputs": {"path": "b.txt"}},),
        replace=(
            {
                "id": "s2",
                "capability": "shorten",
                "inputs": {"text": {"template": "{again} and {s1.bytes}"}, "words": 9},
            },
        ),
        remove=("s3",),
        repoint={"s1": "again"},
        answer={"from": "s2"},
    )
    assert revision_of(full(), situation(), FULL) == Revision()
    assert revision_of({"decision": "revise"}, situation(), FULL) == Revision()


def test_references_go_one_way() -> None:
    """The same pair twice is once; two different ones are a mistake."""
    pair = {"old": "s1", "new": "s2"}
    assert revision_of(full(repoint=[pair, pair]), situation(), FULL).repoint == {"s1": "s2"}
    with pytest.raises(ValueError, match="re-pointed twice"):
        FULL.read_decision(full(repoint=[pair, {"old": "s1", "new": "s3"}]), situation())
    with pytest.raises(ValueError, match="list of pairs"):
        FULL.read_decision(full(repoint=["s1"]), situation())


@pytest.mark.parametrize("binding", [{"from": "s1.text"}, {"template": "See {s1} {{x}}"}, "plain", 7, ["a"]])
def test_the_full_format_shows_what_it_would_read(binding: Any) -> None:
    """So that the model can copy from the plan."""
    shown = FULL.show(binding)
    read = FullFormat().read_plan({"steps": [], "answer": shown}, "goal", ()).document["answer"]
    assert read == binding


# Lines.


def test_new_steps_have_ids_that_are_free() -> None:
    """They are called what no plan of the run had, and may use old and new ones."""
    state = situation(used_ids=frozenset({"s1", "s2", "s3", "s7"}))
    assert SMALL.new_ids(state)[:2] == ["s8", "s9"]
    texts = decisions_of(state)
    written = {id for text in texts for id in re.findall(r"^(s\d+) = ", text, re.M)}
    assert {"s8", "s9", "s10"} <= written <= set(SMALL.new_ids(state))
    used = {
        (line[1], line[2]) for text in texts for line in re.finditer(r"^(s\d+) = \w+\(\w+=(s\d+)", text, re.M)
    }
    assert {("s8", "s1"), ("s8", "s2"), ("s8", "s3"), ("s9", "s8")} <= used
    assert not {("s8", "s7"), ("s8", "s8"), ("s8", "s9")} & used


def test_steps_are_referred_to_whatever_they_are_called() -> None:
    """A plan that a person wrote has names for its steps, and any input may be given one."""
    named = plan(
        {"id": "words", "capability": "read_file", "inputs": {"path": "a.txt"}},
        {"id": "total", "capability": "count", "inputs": {"words": {"from": "[words]"}}},
    )
    state = situation(named)
    assert any("count(words=words)" in text for text in decisions_of(state))
    text = (
        'because: of this\nrevise\ns1 = shorten(text="Of {words}, the main points")\ns2 = count(words=words)'
    )
    steps = revision_of(SMALL.read_answer(text, state), state).add
    assert steps[0]["inputs"] == {"text": {"template": "Of { words }, the main points"}}
    assert steps[1]["inputs"] == {"words": {"from": "words"}}


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("because: two\nask: Which?", {"decision": "ask", "reason": "two", "question": "Which?"}),
        ("because: fine\naccept", {"decision": "accept", "reason": "fine", "question": ""}),
        ("ask: Which one?", {"decision": "ask", "reason": "Which one?", "question": "Which one?"}),
        ("Well.\n**give_up**: no way\n", {"decision": "give_up", "reason": "no way", "question": "no way"}),
        ("accept: fine\ns4 = count()", {"decision": "accept", "reason": "fine", "question": "fine"}),
        ('{"decision": "ask", "question": "Which?"}', {"decision": "ask", "question": "Which?"}),
        ("s4 = count()", {}),
        ("", {}),
        ("revised: it", {}),
        ("[]", {}),
    ],
)
def test_a_decision_in_lines_is_read(text: str, answer: JsonObject) -> None:
    """The first line that is one counts; what stands behind anything but `revise` does not matter."""
    read = SMALL.read_answer(text, situation())
    assert {key: value for key, value in read.items() if value != []} == answer


def test_removed_steps_are_read() -> None:
    """One line of them, or several."""
    text = 'because: it is too long\nrevise\nremove s1, s2\nremove words\ns4 = read_file(path="b.txt")'
    read: Any = SMALL.read_answer(text, situation())
    assert read["remove"] == ["s1", "s2", "words"]
    assert [step["id"] for step in read["steps"]] == ["s4"]


def test_new_steps_take_the_place_of_the_one_in_trouble() -> None:
    """What used it uses the last of them that gives a result; the rest stays."""
    found = revised(
        small(new("s4", "find", pattern="a*"), new("s5", "read_file", "s4", path="{s4}")), situation()
    )
    assert [*found] == ["s2", "s3", "s4", "s5", "answer"]
    assert found["s2"]["inputs"] == {"text": {"from": "s5"}}
    assert found["s3"] == STEPS[2]
    assert found["s5"]["inputs"] == {"path": {"from": "s4"}}


def test_a_new_step_may_keep_the_id() -> None:
    """Then it is the same step with other inputs."""
    found = revised(small(new("s1", "read_file", path="b.txt")), situation())
    assert [*found] == ["s1", "s2", "s3", "answer"]
    assert found["s1"]["inputs"] == {"path": "b.txt"}


def test_what_is_written_again_behind_the_trouble_is_not_done_twice() -> None:
    """A model that writes the rest of the plan once more means the same letter."""
    answer = small(
        new("s4", "read_file", path="b.txt"),
        new("s5", "shorten", "s4", text="{s4}"),
        new("s6", "send", "s5", to="kim@example.org", body="{s5}"),
    )
    state = situation()
    found = revised(answer, state)
    assert [*found] == ["s4", "s5", "s6", "answer"]
    assert found["answer"] == {"from": "s6"}
    assert "step s3: left out, as s6 does it now" in SMALL.read_decision(answer, state).notes


def test_steps_behind_the_trouble_are_not_done_over_what_replaces_them() -> None:
    """A summary that is written again is the summary, and no summary is made of it."""
    state = situation()
    found = revised(
        small(new("s4", "read_file", path="b.txt"), new("s5", "shorten", "s4", text="{s4}")), state
    )
    assert [*found] == ["s3", "s4", "s5", "answer"]
    assert found["s3"]["inputs"] == {"to": "kim@example.org", "body": {"from": "s5"}}


def test_what_the_new_steps_come_to_is_what_they_were_written_for() -> None:
    """Where they go on behind the step of the same capability, the last one is used."""
    state = situation(plan(STEPS[0], {**STEPS[2], "id": "s2", "inputs": {"to": "x", "body": {"from": "s1"}}}))
    found = revised(
        small(new("s4", "read_file", path="b.txt"), new("s5", "shorten", "s4", text="{s4}")), state
    )
    assert found["s2"]["inputs"] == {"to": "x", "body": {"from": "s5"}}


def test_of_two_letters_the_like_one_is_not_sent_twice() -> None:
    """Where several steps could be meant, it is the one with the most inputs in common."""
    to_bo: JsonObject = {
        "id": "s4",
        "capability": "send",
        "inputs": {"to": "bo@example.org", "body": {"from": "s2"}},
    }
    state = situation(plan(*STEPS, to_bo, answer={"from": "s2"}))
    found = revised(
        small(
            new("s5", "read_file", path="b.txt"), new("s6", "send", "s5", to="bo@example.org", body="{s5}")
        ),
        state,
    )
    assert [*found] == ["s2", "s3", "s5", "s6", "answer"]
    assert found["s2"]["inputs"] == {"text": {"from": "s5"}}


def test_what_a_person_asks_for_beside_the_plan_is_added() -> None:
    """Nothing is replaced without a step in trouble; a new letter is one more, and a new result goes
    into the answer."""
    state = situation(trouble=None, words=("send it to bo@example.org too, and count the words",))
    letter = new("s4", "send", "s2", to="bo@example.org", body="{s2}")
    found = revised(small(letter, new("s5", "shorten", "s2", text="{s2}", words=3)), state)
    assert [*found] == ["s1", "s2", "s3", "s4", "s5", "answer"]
    assert found["answer"] == {"template": "{ s3 }\n\n{ s5 }"}


def test_steps_left_out_are_followed_by_those_of_their_capability() -> None:
    """Where the model rewrites two steps, each old one's users follow its own successor."""
    steps: list[JsonObject] = [
        *STEPS[:2],
        {"id": "s3", "capability": "save", "inputs": {"path": {"from": "s1"}, "content": {"from": "s2"}}},
    ]
    state = situation(plan(*steps), trouble=None, words=("take b.txt",))
    found = revised(
        small(
            new("s4", "read_file", path="b.txt"),
            new("s5", "shorten", "s4", text="{s4}"),
            remove=["s1", "s2"],
        ),
        state,
    )
    assert found["s3"]["inputs"] == {"path": {"from": "s4"}, "content": {"from": "s5"}}


def test_what_comes_after_an_action_comes_after_the_one_that_replaces_it() -> None:
    """Order is kept, where there is no data to keep."""
    later: JsonObject = {
        "id": "s4",
        "capability": "read_file",
        "inputs": {"path": "b.txt"},
        "depends_on": ["s3"],
    }
    state = situation(
        plan(*STEPS, later), trouble=Trouble("s3", (SHORT,)), standings={"s1": "done", "s2": "done"}
    )
    found = revised(
        small(
            new("s5", "shorten", "s2", text="{s2}", words=50),
            new("s6", "send", "s5", to="kim@example.org", body="{s5}"),
        ),
        state,
    )
    assert found["s4"]["depends_on"] == ["s6"]


def test_steps_can_be_left_out_without_new_ones() -> None:
    """`Don't send it` removes a step; but a decision to revise that says nothing is a mistake."""
    state = situation(trouble=None, words=("don't send it",))
    assert revision_of(small(remove=["s3"]), state).remove == ("s3",)
    with pytest.raises(ValueError, match="nothing changes"):
        SMALL.read_decision(small(), state)
    with pytest.raises(ValueError, match="has an `id`: s4, s5"):
        SMALL.read_decision(small({"capability": "find"}), state)


def test_no_step_is_offered_for_removal_that_has_changed_something() -> None:
    """What is done or under way, and changes the world, stays; the step in trouble goes by itself."""
    assert removable(situation(standings={"s3": "under way"})) == {"s2"}


def test_old_results_stay_where_no_new_step_asks_for_them() -> None:
    """Steps that are there were read for some step: they are not forgotten by the new ones."""
    state = situation(standings={"s1": "done", "s2": "done"}, trouble=Trouble("s3", (SHORT,)))
    answer = small(new("s4", "send", to="kim@example.org", body="I could not find the words for it"))
    assert revision_of(answer, state).add[0]["inputs"] == {
        "to": "kim@example.org",
        "body": "I could not find the words for it",
    }


@pytest.mark.parametrize(
    ("binding", "shown"),
    [
        ({"from": "s1.text"}, "{s1.text}"),
        ({"template": "See { s1 } {{x}}"}, "See { s1 } {x}"),
        ("plain", "plain"),
        ([1], [1]),
    ],
)
def test_the_short_format_shows_references_as_it_writes_them(binding: Any, shown: Any) -> None:
    """In braces."""
    assert SMALL.show(binding) == shown
