"""A plan that fails and is revised: a column has another name, and the model says which.

Run it with `python examples/replanning.py`. No model is needed: its answer is scripted.
"""

from __future__ import annotations

import json

import callsheet
from callsheet.executor.journal.journal import MemoryJournal
from callsheet.executor.run.revisions import tell_revisions

SALES: dict[str, list[float]] = {"net_sales": [210.5, 89.5], "units": [3, 1]}


@callsheet.agent(effect="read")
def column_total(column: str) -> float:
    """Add up one column of the sales."""
    if column not in SALES:
        raise callsheet.Permanent(f"no column {column!r}; there are: {', '.join(SALES)}")
    return sum(SALES[column])


PLAN = {
    "goal": "What are the revenue and the units of the year?",
    "steps": [
        {"id": "units", "capability": "column_total", "inputs": {"column": "units"}},
        {"id": "revenue", "capability": "column_total", "inputs": {"column": "revenue"}},
    ],
    "answer": {"template": "{revenue} euros, {units} pieces"},
}
DECISION = {
    "reason": "The revenue is in the column net_sales.",
    "decision": "revise",
    "replace": [{"id": "revenue", "do": {"column_total": {"column": "net_sales"}}}],
}

if __name__ == "__main__":
    journal = MemoryJournal()
    with callsheet.ScriptedModel([json.dumps(DECISION)]) as model:
        result = callsheet.run_sync(
            plan=PLAN, agents=[column_total], model=model, store=journal, max_replans=3
        )
    print(result.answer)
    for chapter in tell_revisions(journal.read_events(result.run)).chapters:
        print(f"{chapter.held[0].failure.message}; {chapter.outcome}: {chapter.reason}")
    print({id: len(step.attempts) for id, step in result.steps.items()})
