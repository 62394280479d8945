"""What a scripted planner writes, and the agents that it plans for: they fail where the goal allows for
another way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.trusted_folder import configure

SHOP = '''
from pathlib import Path
import callsheet

@callsheet.agent(effect="read")
def revenue(file: str) -> int:
    """Read the revenue from a file."""
    if file != "figures":
        raise callsheet.Permanent(f"there is no {file}")
    return 42

@callsheet.agent(effect="pure")
def double(number: int) -> int:
    """Double a number."""
    return 2 * number

@callsheet.agent(effect="irreversible")
def mail(to: str, text: str) -> str:
    """Send a mail."""
    with Path("mailed.txt").open("a") as file:
        file.write(f"{to}: {text}\\n")
    return "sent"
'''
GOAL = "Double the revenue, which is in numbers or in figures"


def open_shop(folder: Path) -> None:
    """Make these agents the team of the folder."""
    (folder / "shop.py").write_text(SHOP)
    configure(folder, 'agents = ["shop.py"]\nbuiltin = false\n')


def mailed(folder: Path) -> str:
    """All that was mailed from the folder."""
    file = folder / "mailed.txt"
    return file.read_text() if file.exists() else ""


def do(id: str, capability: str, **inputs: Any) -> dict[str, Any]:
    """A step, as a model writes it."""
    return {"id": id, "do": {capability: inputs}}


def plan(*steps: dict[str, Any], answer: Any) -> str:
    """A plan, as a model writes it."""
    return json.dumps({"steps": steps, "answer": answer})


def question(text: str) -> str:
    """What a model writes where the goal leaves something open."""
    return plan(answer={"ask": text})


def decision(kind: str, reason: str = "because", **others: Any) -> str:
    """A decision about a run, as a model writes it."""
    empty: dict[str, Any] = {"add": [], "replace": [], "remove": [], "repoint": [], "answer": None}
    return json.dumps({"reason": reason, "decision": kind, "question": None, **empty, **others})


NUMBERS = do("read", "revenue", file="numbers")
"""A step that fails."""
FIGURES = do("read", "revenue", file="figures")
TWICE = do("twice", "double", number="{read}")
FAILS = plan(NUMBERS, TWICE, answer="{twice}")
MENDS = decision("revise", "the other file", replace=[FIGURES])
ASKS = decision("ask", question="Which file?")
