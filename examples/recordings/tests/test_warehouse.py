"""Three runs as they went once, on a real model: they replay here without it.

How each was made stands in the README beside this folder.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from callsheet import DriftKind, WhatIf

WAREHOUSE = str(Path(__file__).parents[1] / "warehouse.py")


@pytest.mark.recording("recordings/summary.yaml")
def test_a_summary_is_written(recording):
    """A plain run: planned by the model (which forgot a step at first), read, looked up, written, saved."""
    run = recording.replay()
    assert run.completed
    assert [step.capability for step in run.plan.steps] == [
        "read_file",
        "read_file",
        "analyze_table",
        "write_text",
        "write_file",
    ]
    assert "South" in run.answer
    run.assert_no_drift()


@pytest.mark.recording("recordings/three_chairs.yaml", agents=WAREHOUSE)
def test_the_price_is_read_off_the_tag_where_the_list_does_not_answer(recording):
    """A failure, two retries with growing waits, and then another plan."""
    run = recording.replay()
    assert run.answer == 147
    first, second = ({step.capability for step in plan.steps} for plan in run.revisions)
    assert (first, second) == ({"price_list", "calculate"}, {"price_tag", "calculate"})
    assert len(run.step("s1").attempts) == 3
    assert run.step("s1").dropped
    run.assert_no_drift()


@pytest.mark.recording("recordings/three_chairs.yaml", agents=WAREHOUSE)
def test_what_if_the_tag_cannot_be_read_at_first(recording):
    """Another attempt helps, so the planner is not asked again."""
    run = recording.replay(what_if=WhatIf.fail("s3:1", "the tag is upside down"))
    assert run.answer == 147
    assert len(run.step("s3").attempts) == 2
    assert len(run.revisions) == 2


@pytest.mark.recording("recordings/shelf.yaml", agents=WAREHOUSE)
def test_an_uncertain_count_is_a_surprise(recording):
    """The camera counted, and the plan had expected to be surer: the shelf is counted by hand."""
    run = recording.replay()
    assert run.step("s1").output is None
    assert run.step("s2").output == {"pieces": 12, "confidence": 1.0}
    assert run.plan.steps[0].capability == "count_by_hand"
    run.assert_no_drift()


@pytest.mark.recording("recordings/shelf.yaml", agents=WAREHOUSE)
def test_todays_agents_count_the_same(recording):
    """The plans are kept, and the agents of today do the work."""
    run = recording.replay(live="agents")
    assert run.answer == 12
    assert not [drift for drift in run.drifts if drift.kind is DriftKind.RESULT]
