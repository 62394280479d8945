"""The fixture `fake_agents`."""

from __future__ import annotations

from .conftest import Project

pytest_plugins = ["pytester"]


def test_fakes_answer_from_schemas_or_as_they_are_told(project: Project) -> None:
    """One for each capability: it keeps the contract, answers, and remembers what it was asked."""
    result = project.test("""
from shop import order, stock
PLAN = {"goal": "Order", "answer": {"from": "more"}, "steps": [
    {"id": "count", "capability": "stock", "inputs": {"article": "chair"}},
    {"id": "more", "capability": "order", "inputs": {"pieces": {"from": "count"}}},
]}

def test_shop(fake_agents):
    counts, orders = fake_agents([stock, order], answers={"stock": {"result": 3}})
    result = callsheet.run_sync(plan=PLAN, agents=[counts, orders], store=None, max_replans=0)
    assert result.answer is None
    assert result.asked[0].inputs == {"pieces": 3}
    assert [call.inputs for call in counts.calls] == [{"article": "chair"}]
    assert orders.calls == []
""")
    result.assert_outcomes(passed=1)


def test_fakes_are_made_of_registries_capabilities_and_files(project: Project) -> None:
    """Whatever says what there is to fake; the same capability is faked once."""
    result = project.test("""
from shop import double, order, stock

def names(fakes):
    return [each.name for each in fakes]

def test_shop(fake_agents):
    assert names(fake_agents(callsheet.Registry([stock, order]))) == ["order", "stock"]
    assert names(fake_agents([stock.capabilities[0], order])) == ["stock", "order"]
    assert names(fake_agents("shop.py")) == ["double", "order", "stock"]

def test_unknown(fake_agents):
    with pytest.raises(callsheet.CallsheetError, match="did you mean 'stock'"):
        fake_agents([stock], answers={"stok": {"result": 1}})

@pytest.mark.recording("recordings/planned.yaml")
def test_recorded(fake_agents, recording):
    assert names(fake_agents(recording.recording.capabilities)) == ["double", "order", "stock"]
""")
    result.assert_outcomes(passed=3)
