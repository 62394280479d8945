"""Real runs of a small shop, recorded."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import callsheet
from callsheet.agents.agent import Agent
from callsheet.agents.models.scripted import ScriptedModel
from callsheet.executor.journal.journal import MemoryJournal
from callsheet.orchestration.orchestrator import Orchestrator

INI = """[pytest]
addopts = --strict-markers --strict-config -W error -p no:cacheprovider -p no:hypothesispytest
asyncio_mode = auto
asyncio_default_fixture_loop_scope = function
"""

SHOP = '''
from pathlib import Path
import callsheet

@callsheet.agent(effect="read")
def stock(article: str) -> int:
    """Look up how many pieces of an article are in stock."""
    if article != "chair":
        raise callsheet.Permanent(f"there is no article {article}")
    return 12

@callsheet.agent(effect="pure")
def double(number: int) -> int:
    """Double a number."""
    return 2 * number

@callsheet.agent(effect="irreversible")
def order(pieces: int) -> str:
    """Order pieces."""
    with Path("orders.txt").open("a") as file:
        file.write(f"{pieces}\\n")
    return "ordered"
'''

GOAL = "How many chairs are there, doubled?"


def do(id: str, capability: str, **inputs: Any) -> dict[str, Any]:
    """A step, as a model writes it."""
    return {"id": id, "do": {capability: inputs}}


def plan(*steps: dict[str, Any], answer: Any) -> str:
    """A plan, as a model writes it."""
    return json.dumps({"steps": steps, "answer": answer})


def revision(**others: Any) -> str:
    """A decision to revise the plan, as a model writes it."""
    empty: dict[str, Any] = {key: [] for key in ("add", "replace", "remove", "repoint")}
    decision = {"reason": "it is called chair", "decision": "revise", "answer": None, "question": None}
    return json.dumps({**decision, **empty, **others})


TWICE = do("twice", "double", number="{count}")
PLANNED = plan(do("count", "stock", article="chair"), TWICE, answer="{twice}")
MISTAKEN = plan(do("count", "stock", article="chairs"), TWICE, answer="{twice}")
MENDED = revision(replace=[do("count", "stock", article="chair")])


def record_runs(agents: Iterable[Agent], folder: Path) -> None:
    """Write `planned.yaml`, a run that goes as planned, and `revised.yaml`, one whose plan is revised."""
    team = list(agents)
    for name, turns in (("planned", [PLANNED]), ("revised", [MISTAKEN, MENDED])):
        journal = MemoryJournal()
        orchestrator = Orchestrator(team, model=ScriptedModel(turns), store=journal)
        result = asyncio.run(orchestrator.run(GOAL))
        callsheet.record(result.run, folder / f"{name}.yaml", store=journal)
