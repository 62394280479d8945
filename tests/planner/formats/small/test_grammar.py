"""The grammar of lines: whatever it allows is read, and what it does not allow is no plan."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callsheet.agents.contracts.capability import Capability, Effect
from callsheet.planner.check.checker import check
from callsheet.planner.formats.small.grammar import CallGrammar
from callsheet.planner.formats.small.lines import read_calls
from callsheet.planner.formats.small.plan_format import LinesFormat
from callsheet.planner.formats.small.references import mentions
from callsheet.planner.formats.small.revision_format import LinesRevisionFormat
from callsheet.planner.revision.decision import Ask, GiveUp
from callsheet.planner.revision.revision import Revision
from callsheet.planner.revision.situation import Trouble
from tests.planner.catalogs import CATALOG, READ, SAVE, SHORTEN, TEXT, capability
from tests.planner.situations import SHORT, situation

from .gbnf import Sampler

ODD = capability(
    "odd",
    {
        "Exchange Rate": {"type": "number"},
        "class": {"enum": ['a "b"', "c\\d", "e"]},
        "level": {"enum": [1, 2.5, None, True]},
        "either": {
            "anyOf": [{"type": "boolean"}, {"type": "null"}, {"type": "array", "items": {"type": "integer"}}]
        },
        "größe": {"type": "object", "properties": {"a b": TEXT, "c": {"type": "integer"}}, "required": ["c"]},
        "any": {},
    },
    {"it": TEXT},
    optional=("level", "either"),
)
FREE = capability("free", {"a": TEXT, "b": TEXT}, {"c": TEXT}, optional=("a", "b"), effect=Effect.READ)
BARE = capability("bare", {}, {"done": {"type": "boolean"}}, effect=Effect.WRITE)
LARGE = (*CATALOG, ODD, FREE, BARE)

SEEDS = st.integers(0, 10**9)
# What a schema says beyond the kind of a value is the checker's concern, as are texts with braces in them,
# and references to results of another type.
OPEN = {
    "literal-mismatch",
    "type-mismatch",
    "syntax",
    "unknown-step",
    "unknown-name",
    "cycle",
    "unknown-field",
}


@given(SEEDS)
def test_whatever_the_grammar_allows_is_read(seed: int) -> None:
    """For every text of the grammar of a catalog: each line is a call of a known capability, with known
    inputs and all that it needs, under the next id; references that stand bare name earlier steps."""
    text = Sampler(LinesFormat(max_steps=5).grammar(LARGE), seed).text()
    steps: list[Any] = read_calls(text)
    assert [step["id"] for step in steps] == [f"s{at}" for at in range(1, len(text.split("\n")) + 1)]
    known = {each.name: each.input_schema for each in LARGE}
    for at, step in enumerate(steps):
        schema: Any = known[step["capability"]]
        assert set(schema["required"]) <= step["inputs"].keys() <= schema["properties"].keys()
        bare = [each for each in step["inputs"].values() if isinstance(each, str) and each[:2] == "{s"]
        whole = [each for each in bare if each.endswith("}") and f'"{each}"' not in text]
        assert all(int(id[1:]) <= at for each in whole for id in mentions(each))


@given(SEEDS)
def test_a_plan_of_the_grammar_has_no_errors_of_shape(seed: int) -> None:
    """The checker finds nothing but what no grammar can hold."""
    text = Sampler(LinesFormat(max_steps=4).grammar((READ, SAVE, SHORTEN)), seed).text()
    read = LinesFormat().read_plan(LinesFormat().read_answer(text), "a goal", (READ, SAVE, SHORTEN))
    codes = {each.code for each in check(read.document, (READ, SAVE, SHORTEN)).errors}
    assert codes <= OPEN, (text, codes)


def test_a_text_may_be_written_as_a_bare_number() -> None:
    """Held to quotation marks, a small model writes something else than the figure."""
    texts = {Sampler(CallGrammar((READ,)).plan(1), seed).text() for seed in range(60)}
    assert any(text[len("s1 = read_file(path=")].isdigit() for text in texts)


@pytest.mark.parametrize("name", ["out.md", 'a "b".txt', "größe.md"])
def test_the_missing_line_holds_the_name(name: str) -> None:
    """It is given to a capability that can do something with it, and may take what is there."""
    answer = 's1 = read_file(path="a.txt")\ns2 = shorten(text=s1)'
    grammar = LinesFormat().missing_line(answer, name, LARGE)
    assert grammar is not None
    for seed in range(40):
        steps: list[Any] = read_calls(Sampler(grammar, seed).text())
        (step,) = steps
        assert step["id"] == "s3"
        assert step["capability"] in ("read_file", "save", "free")
        assert name in str(step["inputs"].values()) or json.dumps(name) in Sampler(grammar, seed).text()


def test_the_missing_line_never_writes_over_a_source() -> None:
    """A file that a step is told of, which has no result to work on, is read before it, and the step is given
    what was read; where the step has a result, the file may be one to be written."""
    answer, name = 's1 = shorten(text="Shorten in/a.txt in two sentences")', "in/a.txt"
    grammar = LinesFormat().missing_line(answer, name, (READ, SAVE, SHORTEN))
    assert grammar is not None
    for seed in range(40):
        line = Sampler(grammar, seed).text()
        (step,) = read_calls(line)
        assert step["capability"] == "read_file"
        assert LinesFormat().with_line(answer, line, name, "Shorten in/a.txt in two sentences") == (
            f's2 = read_file(path="{name}")\ns1 = shorten(text="Shorten {{s2}} in two sentences")'
        )
    told = 's1 = read_file(path="b.txt")\ns2 = shorten(text="Shorten {s1} for out.md")'
    grammar = LinesFormat().missing_line(told, "out.md", (READ, SAVE, SHORTEN))
    assert grammar is not None
    used = {read_calls(Sampler(grammar, seed).text())[0]["capability"] for seed in range(60)}
    assert used == {"read_file", "save"}


def test_pure_work_alone_cannot_be_asked_for_a_name() -> None:
    """Nothing of it would reach the file."""
    assert LinesFormat().missing_line('s1 = shorten(text="x")', "out.md", (SHORTEN,)) is None


@given(SEEDS)
def test_whatever_the_grammar_of_decisions_allows_is_read(seed: int) -> None:
    """For every text of it: it is one of the decisions, its new steps bear the ids that are free."""
    state = situation(trouble=Trouble("s1", (SHORT,)))
    writer = LinesRevisionFormat()
    text = Sampler(writer.grammar(state), seed).text()
    answer: Any = writer.read_answer(text, state)
    fresh = writer.new_ids(state)
    assert [step["id"] for step in answer["steps"]] == list(fresh[: len(answer["steps"])])
    try:
        choice = writer.read_decision(answer, state).choice
    except ValueError:
        assert not answer["reason"]
        return
    assert isinstance(choice, (Revision, Ask, GiveUp)) or text.endswith("accept")


def test_nothing_can_be_revised_without_capabilities() -> None:
    """Where no agent provides anything, the grammar has no steps."""
    writer = LinesRevisionFormat()
    state = situation(catalog=())
    texts = {Sampler(writer.grammar(state), seed).text().split("\n")[1].split(":")[0] for seed in range(40)}
    assert texts == {"ask", "give_up"}


def test_fields_can_be_referred_to_where_there_are_several() -> None:
    """`s1.bytes` stands where a result has more than its main field."""
    pair: tuple[Capability, ...] = (READ, SHORTEN)
    texts = {Sampler(CallGrammar(pair).plan(2), seed).text() for seed in range(200)}
    assert any("s1.bytes" in text for text in texts)
    alone = {Sampler(CallGrammar((SHORTEN,)).plan(2), seed).text() for seed in range(100)}
    assert not any("s1." in text.split("\n")[-1].split('"')[0] for text in alone)
