"""Random plans: every kind of step that a kill could hurt, in a graph that a seed decides."""

from __future__ import annotations

from random import Random
from typing import Any

IRREVERSIBLE = "send"
_KINDS = {
    "add": 6,
    "add_in_thread": 2,
    "stumble": 3,
    "look_up": 3,
    IRREVERSIBLE: 2,
    "fan": 3,
    "stumbling fan": 1,
    "condition": 2,
    "refuse": 1,
    "approval": 1,
}


class _Draft:
    """A plan in the making. `values` are expressions that yield the number each step gave, `unsure` those
    of steps that may be skipped, or fail."""

    def __init__(self, seed: int, sizes: tuple[int, int]) -> None:
        self.chance = Random(seed)
        self.steps: list[dict[str, Any]] = []
        self.values: dict[str, str] = {}
        self.unsure: set[str] = set()
        kinds = ["stumble", "look_up", IRREVERSIBLE, "fan", "condition"]
        size = self.chance.randint(*sizes)
        kinds += self.chance.choices(list(_KINDS), list(_KINDS.values()), k=max(0, size - len(kinds)))
        self.chance.shuffle(kinds)
        for number, kind in enumerate(kinds[:size]):
            self.add(f"s{number}", number, kind)

    def add(self, name: str, number: int, kind: str) -> None:
        sources = self.chance.sample(list(self.values), min(len(self.values), self.chance.randint(0, 3)))
        values = [self.values[source] for source in sources]
        inputs: dict[str, Any] = {
            "numbers": {"from": f"[{', '.join([str(number), *values])}]"},
            # The same work, wanted by several steps, is done once where it may be shared.
            "salt": self.chance.randint(0, 1),
        }
        step: dict[str, Any] = {"id": name, "capability": kind, "inputs": inputs}
        if kind == "look_up":
            inputs["numbers"] = [inputs["salt"]]
            step["depends_on"] = sources
        if self.unsure.intersection(sources):
            step["join"] = "done"
        self.values[name] = name
        if kind in ("fan", "stumbling fan"):
            step["capability"] = "add" if kind == "fan" else "stumble"
            step["for_each"] = {"from": f"[{', '.join(map(str, range(self.chance.randint(0, 6))))}]"}
            inputs["numbers"] = {"from": f"[item, {', '.join([str(number), *values])}]"}
            self.values[name] = f"sum({name})"
        elif kind == "approval":
            step |= {"capability": "add", "approval": True}
        elif kind in ("condition", "refuse"):
            self.unsure.add(name)
            self.values[name] = f"default({name}, 0)"
            if kind == "refuse":
                step["on_failure"] = "continue"
            else:
                step |= {"capability": "add", "condition": f"sum([{number}, {', '.join(values)}]) % 2 == 0"}
        self.steps.append(step)


def random_plan(seed: int, sizes: tuple[int, int] = (5, 20)) -> dict[str, Any]:
    """The document of a plan of so many steps, at least and at most. It always completes."""
    draft = _Draft(seed, sizes)
    answer = f"[{', '.join(draft.values.values())}]"
    return {"goal": f"random plan {seed}", "steps": draft.steps, "answer": {"from": answer}}


def chain(*capabilities: str) -> dict[str, Any]:
    """Steps a, b, c and so on, each of which adds to what the one before gave."""
    steps: list[dict[str, Any]] = []
    for number, capability in enumerate(capabilities):
        before = [steps[-1]["id"]] if steps else []
        numbers = {"from": f"[{', '.join([str(number + 1), *before])}]"}
        inputs = {"numbers": numbers, "salt": 0}
        steps.append({"id": chr(ord("a") + number), "capability": capability, "inputs": inputs})
    return {"goal": "a chain", "steps": steps, "answer": {"from": steps[-1]["id"]}}
