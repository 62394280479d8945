"""What a revised plan may be, whatever the revision says."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from callsheet.agents.contracts.capability import Effect, JsonObject
from callsheet.planner.check.checker import Policy, check
from callsheet.planner.revision.check import check_revision
from callsheet.planner.revision.revision import Revision, steps_of
from callsheet.planner.revision.situation import Situation, Standing, Trouble
from tests.planner.situations import MISSING, OFFICE, plan, situation

RELAXED = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
USED = ("a", "b", "c", "d", "e", "gone")
IDS = st.sampled_from((*USED, "new_one", "new_two"))
CHAIN: list[JsonObject] = [
    {"id": "a", "capability": "read_file", "inputs": {"path": "a.txt"}},
    {"id": "b", "capability": "save", "inputs": {"path": "b.txt", "content": {"from": "a"}}},
    {"id": "c", "capability": "shorten", "inputs": {"text": {"from": "a"}}, "depends_on": ["b"]},
    {"id": "d", "capability": "send", "inputs": {"to": "kim@example.org", "body": {"from": "c"}}},
    {"id": "e", "capability": "shorten", "inputs": {"text": {"template": "{c} and {a}"}}},
]
STEPS = st.one_of(
    st.builds(lambda id, path: _step(id, "read_file", path=path), IDS, st.sampled_from(["a.txt", "z.txt"])),
    st.builds(lambda id, of: _step(id, "shorten", text={"from": of}), IDS, IDS),
    st.builds(lambda id, of: _step(id, "send", to="kim@example.org", body={"from": of}), IDS, IDS),
    st.builds(lambda id, of: _step(id, "save", path="b.txt", content={"from": of}), IDS, IDS),
)
REVISIONS = st.builds(
    Revision,
    add=st.lists(STEPS, max_size=2).map(tuple),
    replace=st.lists(STEPS, max_size=2).map(tuple),
    remove=st.lists(IDS, max_size=2, unique=True).map(tuple),
    repoint=st.dictionaries(IDS, IDS, max_size=2),
    answer=st.none() | IDS.map(lambda id: {"from": id}),
)


def _step(id: str, capability: str, **inputs: Any) -> JsonObject:
    return {"id": id, "capability": capability, "inputs": inputs}


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    """The chain, done up to some step, the next one in trouble or under way."""
    done = draw(st.integers(0, 4))
    standings = {str(each["id"]): "done" for each in CHAIN[:done]}
    trouble = None
    if draw(st.booleans()):
        trouble = Trouble(str(CHAIN[done]["id"]), (MISSING,))
    else:
        standings[str(CHAIN[done]["id"])] = "under way"
    words = draw(st.sampled_from([(), ("otherwise, please",)]))
    return situation(
        plan(*CHAIN), trouble=trouble, standings=standings, used_ids=frozenset(USED), words=words
    )


@RELAXED
@given(situations(), REVISIONS)
def test_a_revised_plan_keeps_its_promises(state: Situation, revision: Revision) -> None:
    """For every situation and every revision: there are sentences against it, or a plan that checks, in which
    what changed the world is as it was, nothing done is lost but what was removed, and no id came back."""
    revised = check_revision(state, revision, Policy())
    if revised.checked is None:
        assert revised.problems
        return
    assert not revised.problems
    before, after = steps_of(state.plan.document), steps_of(revised.checked.document)
    assert check(revised.checked.document, OFFICE).plan is not None
    for id, step in state.plan.steps.items():
        standing = state.standings[id].standing
        begun = standing in (Standing.DONE, Standing.UNDER_WAY)
        if begun and step.capability.effect in (Effect.WRITE, Effect.IRREVERSIBLE):
            assert after[id] == before[id]
        if standing is Standing.DONE and id not in revision.remove:
            assert id in after
    assert "gone" not in after
    assert (
        state.words or after != before or revised.checked.document["answer"] != state.plan.document["answer"]
    )


@RELAXED
@given(situations())
def test_only_a_persons_word_makes_a_plan_go_on_unchanged(state: Situation) -> None:
    """For every situation: no change without a word is no decision, with one it is the plan as it was."""
    revised = check_revision(state, Revision(), Policy())
    assert (revised.checked is not None) is bool(state.words)
    assert revised.document == state.plan.document
