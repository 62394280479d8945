"""Drafts of a plan that is being written: what may start already, checked, and never taken back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from callsheet.agents.contracts.capability import Capability, Effect
from callsheet.planner.check.checker import check
from callsheet.planner.formats.examples import load_examples
from callsheet.planner.formats.full.plan_format import FullFormat
from callsheet.planner.formats.plan_format import Translation, WireFormat
from callsheet.planner.formats.small.plan_format import LinesFormat
from callsheet.planner.plan.checked_plan import CheckedPlan
from callsheet.planner.plan.policy import Policy
from callsheet.planner.planning.draft_reader import DraftReader
from tests.planner.catalogs import CATALOG, TEXT, capability
from tests.planner.strategies import catalogs, plans

MAIL = capability("mail", {"body": TEXT}, {"receipt": TEXT}, effect=Effect.IRREVERSIBLE)
OFFICE = (*CATALOG, MAIL)
READ_A = {"id": "a", "do": {"read_file": {"path": "a.txt"}}}
READ_B = {"id": "b", "do": {"read_file": {"path": "b.txt"}}}
SHORT_A = {"id": "short", "do": {"shorten": {"text": "{a}"}}}
JUNK: tuple[Any, ...] = (
    None,
    "a step",
    {},
    {"id": "x"},
    {"id": "step_a", "do": {"nothing_like_it": {}}},
    {"id": "step_b", "do": {"find": {}}, "flow": [{"depends_on": ["step_b"]}]},
    {"id": "y", "do": {"make": {}}, "flow": [{"join": "any"}, {"join": "any"}]},
)


def answer_of(steps: Sequence[Any]) -> str:
    """What a model writes for these steps."""
    return json.dumps({"steps": steps, "answer": "done"})


def drafts_of(reader: DraftReader, pieces: Iterable[str]) -> list[CheckedPlan]:
    """All drafts, in order."""
    return [draft for piece in pieces if (draft := reader.feed(piece)) is not None]


def reader_of(catalog: Sequence[Capability] = OFFICE, policy: Policy | None = None) -> DraftReader:
    """A reader of the full format."""
    return DraftReader(FullFormat(), "a goal", catalog, policy)


def last_ids(steps: Sequence[Any], policy: Policy | None = None) -> list[str]:
    """The steps of the last draft of an answer that came character by character."""
    drafts = drafts_of(reader_of(policy=policy), answer_of(steps))
    return list(drafts[-1].steps) if drafts else []


def may_start(checked: CheckedPlan) -> set[str]:
    """The steps of a whole plan that are not irreversible, want no approval, and depend on none that do."""
    out: set[str] = set()
    for _ in checked.steps:
        for step in checked.steps.values():
            asked = step.capability.effect is Effect.IRREVERSIBLE or step.approval
            if asked or not out.isdisjoint(step.dependencies):
                out.add(step.id)
    return set(checked.steps) - out


@st.composite
def cases(draw: st.DrawFn, *, whole: bool) -> tuple[list[Capability], list[Any], list[str]]:
    """A catalog, the steps of an answer and its pieces. A `whole` plan checks; another one may be damaged."""
    catalog = draw(catalogs())
    steps: list[Any] = draw(plans(catalog))["steps"]
    if not whole:
        for _ in range(draw(st.integers(0, 2))):
            steps.insert(draw(st.integers(0, len(steps))), draw(st.sampled_from((*JUNK, *steps))))
    if draw(st.booleans()):
        steps = draw(st.permutations(steps))
    text = answer_of(steps)
    if not whole and draw(st.integers(0, 5)) == 0:
        text = text[: draw(st.integers(0, len(text)))] + "]}" + text[len(text) // 2 :]
    if draw(st.booleans()):
        return catalog, steps, list(text)
    cuts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=6)))
    ends = [*cuts, len(text)]
    return catalog, steps, [text[start:end] for start, end in zip([0, *cuts], ends, strict=True)]


@given(cases(whole=False))
@settings(max_examples=40, deadline=None)
def test_every_draft_checks_and_drafts_only_grow(
    case: tuple[list[Capability], list[Any], list[str]],
) -> None:
    """For every answer, damaged or not, in every splitting: each draft is a plan that checks, keeps every
    step of the one before as it was, adds some, and has none that cannot be undone or wants an approval.
    After a halt nothing comes."""
    catalog, _, pieces = case
    reader = reader_of(catalog)
    before: dict[str, Any] = {}
    for piece in pieces:
        halted = reader.halted
        draft = reader.feed(piece)
        if draft is None:
            continue
        assert not halted
        assert check(draft.document, catalog).errors == ()
        steps = {step.id: step for step in draft.plan.steps}
        assert {id: steps.get(id) for id in before} == before
        assert len(steps) > len(before)
        assert may_start(draft) == set(steps)
        before = steps
    assert reader.halted == bool(reader.problem)


@given(cases(whole=True))
@settings(max_examples=40, deadline=None)
def test_the_last_draft_has_all_of_a_plan_that_may_start(
    case: tuple[list[Capability], list[Any], list[str]],
) -> None:
    """For every plan that checks as a whole, in any order of its steps and every splitting: the last draft
    is the whole plan without what is irreversible or wants an approval, and what depends on that; each step
    as in the whole plan."""
    catalog, steps, pieces = case
    document = FullFormat().read_plan({"steps": steps, "answer": "done"}, "a goal", catalog).document
    checked = check(document, catalog).plan
    assume(checked is not None)
    assert checked is not None
    reader = reader_of(catalog)
    drafts = drafts_of(reader, pieces)
    assert not reader.halted, reader.problem
    expected = [step for step in checked.plan.steps if step.id in may_start(checked)]
    assert list(drafts[-1].plan.steps if drafts else ()) == expected
    if expected:
        assert {id: checked.steps[id] for id in drafts[-1].steps} == dict(drafts[-1].steps)


@pytest.mark.parametrize("wire_format", [LinesFormat(), FullFormat()], ids=lambda each: each.name)
def test_the_worked_examples_start_before_they_are_written(wire_format: WireFormat) -> None:
    """In both formats, each step that may start is in a draft before the next one is complete."""
    for example in load_examples(wire_format.name):
        reader = DraftReader(wire_format, example.goal, example.catalog)
        # The last line of several ends with the answer.
        written = f"{wire_format.write_answer(example.answer)}\n"
        answer = wire_format.read_answer(written)
        drafts = drafts_of(reader, written)
        whole = wire_format.read_plan(answer, example.goal, example.catalog).document
        started = may_start(check(whole, example.catalog).require())
        assert [list(draft.steps)[-1] for draft in drafts] == _in_order(answer, started)
        assert not reader.halted


def _in_order(answer: JsonValue, ids: set[str]) -> list[str]:
    steps: Any = answer
    return [step["id"] for step in steps["steps"] if step["id"] in ids]


def test_a_step_is_in_the_draft_once_its_last_bracket_is_written() -> None:
    """Not at the comma behind it, nor at the end of the answer."""
    reader = reader_of()
    text = answer_of([READ_A, READ_B])
    end = text.index("}}", text.index("a.txt")) + 3
    assert reader.feed(text[: end - 1]) is None
    draft = reader.feed(text[end - 1 : end])
    assert draft is not None and list(draft.steps) == ["a"]


def test_what_cannot_be_undone_is_left_out_with_what_needs_it() -> None:
    """The others go on, those written behind it too."""
    mail = {"id": "mail_it", "do": {"mail": {"body": "{short}"}}}
    count = {"id": "counted", "do": {"count": {"words": ["{mail_it}"]}}}
    assert last_ids([READ_A, SHORT_A, mail, count, READ_B]) == ["a", "short", "b"]


def test_what_wants_an_approval_is_left_out() -> None:
    """Whether the plan says so or the policy."""
    saved = {"id": "saved", "do": {"save": {"path": "b", "content": "{a}"}}}
    assert last_ids([READ_A, {**saved, "flow": [{"approval": True}]}]) == ["a"]
    assert last_ids([READ_A, saved]) == ["a", "saved"]
    assert last_ids([READ_A, saved], Policy(approval_for=frozenset({Effect.WRITE}))) == ["a"]


def test_a_step_waits_for_what_is_written_behind_it() -> None:
    """It is in the draft with the step that it refers to, in the order in which they were written."""
    reader = reader_of()
    drafts = drafts_of(reader, answer_of([SHORT_A, READ_B, READ_A]))
    assert [list(draft.steps) for draft in drafts] == [["b"], ["short", "b", "a"]]
    assert not reader.halted


def test_no_other_step_is_taken_for_one_that_may_still_be_written() -> None:
    """`page_2`, one letter from `page_1`, would be mended in a whole plan."""
    page = {"id": "page_1", "do": {"read_file": {"path": "1"}}}
    both = {"id": "both", "do": {"shorten": {"text": "{page_1} {page_2}"}}}
    assert last_ids([page, both]) == ["page_1"]
    assert last_ids([page, both, {**page, "id": "page_2"}]) == ["page_1", "both", "page_2"]


def test_certain_fixes_are_made() -> None:
    """As they are in a whole plan; to the steps that they touch, and once and for all."""
    spelled = {"id": "short", "do": {"shorten": {"txt": "{a.txt}", "words": "20"}}}
    drafts = drafts_of(reader_of(), answer_of([READ_A, spelled, READ_B]))
    inputs = drafts[-1].document["steps"]
    assert isinstance(inputs, list)
    assert inputs[1] == {
        "id": "short",
        "capability": "shorten",
        "inputs": {"text": {"from": "a.text"}, "words": 20},
    }
    assert drafts[-1].plan.steps[:2] == drafts[-2].plan.steps


def test_a_fix_does_not_smuggle_in_what_cannot_be_undone() -> None:
    """A misspelled `mail` is a `mail`."""
    mail = {"id": "mail_it", "do": {"mails": {"body": "{a}"}}}
    after = {"id": "after", "do": {"shorten": {"text": "{mail_it}"}}}
    reader = reader_of()
    drafts = drafts_of(reader, [answer_of([READ_A, mail, after, READ_B])])
    assert [list(draft.steps) for draft in drafts] == [["a", "b"]]
    assert not reader.halted


@pytest.mark.parametrize("pieces", [1, 1000])
def test_a_step_that_does_not_check_ends_the_drafts(pieces: int) -> None:
    """What was written before it is in the last draft, what comes behind it in none, however it arrives."""
    bad = {"id": "bad", "do": {"shorten": {"text": "{a.bytes}", "words": "{a.nonsense}"}}}
    text = answer_of([READ_A, bad, READ_B])
    reader = reader_of()
    drafts = drafts_of(reader, [text] if pieces == 1 else text)
    assert [list(draft.steps) for draft in drafts] == [["a"]]
    assert reader.halted
    assert reader.problem.startswith("step bad: ")
    assert "nonsense" in reader.problem


def test_an_id_twice_ends_the_drafts() -> None:
    """The first stays what it was."""
    reader = reader_of()
    drafts = drafts_of(reader, answer_of([READ_A, {**READ_B, "id": "a"}, SHORT_A]))
    assert [list(draft.steps) for draft in drafts] == [["a"]]
    assert "another step has the id `a`" in reader.problem


def test_a_waiting_step_with_the_id_of_a_started_one_takes_nothing_from_it() -> None:
    """The one in the draft stays there when the other could stand on its own."""
    reader = reader_of()
    waiting = {"id": "b", "do": {"shorten": {"text": "{a}"}}}
    drafts = drafts_of(reader, answer_of([waiting, READ_B, READ_A, READ_A]))
    assert [list(draft.steps) for draft in drafts] == [["b"]]
    assert reader.halted


def test_an_answer_that_breaks_ends_the_drafts() -> None:
    """Half a step is none."""
    reader = reader_of()
    text = answer_of([READ_A])[:-20] + ', {"id": "b", "do": }]'
    drafts = drafts_of(reader, text)
    assert [list(draft.steps) for draft in drafts] == [["a"]]
    assert "JSON" in reader.problem


def test_more_steps_than_are_allowed_end_the_drafts() -> None:
    """Those that were allowed stay."""
    reader = reader_of(policy=Policy(max_steps=2))
    drafts = drafts_of(reader, answer_of([READ_A, READ_B, SHORT_A]))
    assert [list(draft.steps) for draft in drafts] == [["a"], ["a", "b"]]
    assert "at most 2 are allowed" in reader.problem


def test_steps_that_wait_for_each_other_end_the_drafts() -> None:
    """That is known once the last of them is written."""
    one = {"id": "one", "do": {"shorten": {"text": "{two}"}}}
    two = {"id": "two", "do": {"shorten": {"text": "{one}"}}}
    reader = reader_of()
    drafts = drafts_of(reader, answer_of([one, READ_A, two, READ_B]))
    assert [list(draft.steps) for draft in drafts] == [["a"]]
    assert "wait for each other" in reader.problem


@pytest.mark.parametrize(
    "text",
    [
        "I cannot help with that.",
        '{"steps": [], "answer": "4"}',
        '{"answer": {"ask": "Which one?"}, "steps": []}',
    ],
)
def test_an_answer_without_steps_makes_no_draft(text: str) -> None:
    """Nor is anything wrong with it."""
    reader = reader_of()
    assert drafts_of(reader, text) == []
    assert not reader.halted


def test_an_earlier_step_that_comes_to_mean_something_else_ends_the_drafts() -> None:
    """A format may read a step otherwise once more is written; what was started stays in the draft."""
    reader = DraftReader(Fickle(), "a goal", OFFICE)
    drafts = drafts_of(reader, answer_of([READ_A, READ_B, SHORT_A]))
    assert [list(draft.steps) for draft in drafts] == [["a"]]
    assert reader.problem.startswith("step a: ")


def test_a_doubt_ends_the_drafts() -> None:
    """The model will be asked about it, and may write it otherwise."""
    reader = DraftReader(LinesFormat(), "a goal", OFFICE)
    written = 's1 = read_file(path="a")\ns2 = shorten(text="the population of Norway", words=3)\n'
    drafts = drafts_of(reader, written)
    assert [list(draft.steps) for draft in drafts] == [["s1"]]
    assert "population of norway" in reader.problem


@pytest.mark.parametrize("size", [30, 300, 450])
def test_the_cost_is_in_proportion_to_the_plan(size: int) -> None:
    """Step by step, all looks together read each step 22 times at most, and short plans at every step."""
    step = {"do": {"read_file": {"path": "a"}}}
    counting = Counting()
    reader = DraftReader(counting, "a goal", OFFICE)
    drafts = [
        reader.feed('{"steps": [' if not at else f"{json.dumps({'id': f's{at}', **step})},")
        for at in range(size)
    ]
    drafts.append(reader.feed(json.dumps({"id": "last", **step}) + "]}"))
    assert counting.steps <= 22 * size
    assert all(draft is not None and len(draft.steps) == at for at, draft in enumerate(drafts[:20]) if at)
    assert drafts[-1] is not None and len(drafts[-1].steps) == size


class Fickle(FullFormat):
    """Reads another path in the first step once there is a second."""

    def read_plan(self, answer: JsonValue, goal: str, catalog: Sequence[Capability]) -> Translation:
        """The plan, its first step changed."""
        read = super().read_plan(answer, goal, catalog)
        document: Any = read.document
        document["steps"][0]["inputs"]["path"] = f"{len(document['steps'])}.txt"
        return read


class Counting(FullFormat):
    """Counts the steps that it reads."""

    def __init__(self) -> None:
        super().__init__()
        self.steps = 0

    def read_plan(self, answer: JsonValue, goal: str, catalog: Sequence[Capability]) -> Translation:
        """The plan."""
        read = super().read_plan(answer, goal, catalog)
        document: Any = read.document
        self.steps += len(document["steps"])
        return read
