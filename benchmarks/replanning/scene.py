"""Scenes: a goal, a plan for it that is good until something goes wrong, and what a good end is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, JsonValue

from callsheet.agents.agent import Agent
from callsheet.agents.builtin import calculate, list_files, read_file, write_file
from callsheet.agents.registry import Registry
from callsheet.planner.check.checker import check
from callsheet.planner.documents.reader import read_document
from callsheet.planner.plan.checked_plan import CheckedPlan

from . import doers, readers

SHIPPED = Path(__file__).parent / "scenes"

AGENTS: Mapping[str, Agent] = {
    each.name: each
    for each in (
        calculate,
        list_files,
        read_file,
        write_file,
        readers.column_total,
        readers.bank_rate,
        readers.market_rate,
        readers.scan_quickly,
        readers.scan_carefully,
        readers.search_notes,
        readers.check_room,
        readers.find_invoice,
        readers.ask_price,
        readers.translate_quickly,
        readers.translate_with_care,
        readers.shorten,
        doers.send_letter,
        doers.book_room,
        doers.post_notice,
    )
}
"""Everybody who can be in a scene, by name."""


class Scene(BaseModel):
    """One goal, over the `files` of a workspace.

    `plan` has its steps and its answer, and names `agents` and those who are `gone` when it runs. Whoever
    is asked to approve something says yes, but for what `refuses` lists, and answers questions with
    `answers`, one after the other.

    The end is good where the run is completed, its answer holds the words of `answer`, the files hold those
    of `leaves`, what was done for good is one of the lines of `deeds` each, none of them missing, and,
    where there are `answers`, somebody was asked. With `end: stop` there is no good end: the run must stop,
    and say why. `decisions` are what a planner that knows what to do answers, in the full format.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    trouble: str
    goal: str
    plan: dict[str, JsonValue]
    agents: tuple[str, ...]
    decisions: tuple[JsonValue, ...]
    files: dict[str, str] = {}
    gone: tuple[str, ...] = ()
    refuses: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    end: Literal["good", "stop"] = "good"
    answer: tuple[str, ...] = ()
    leaves: dict[str, tuple[str, ...]] = {}
    deeds: tuple[str, ...] = ()

    @classmethod
    def read(cls, path: Path) -> Self:
        """The scene in a file, which has its name. Raises DocumentError, and ValueError where it is none."""
        document: Any = read_document(path)
        return cls.model_validate({"name": path.stem, **document})

    @property
    def registry(self) -> Registry:
        """Who is there when the plan runs."""
        return Registry(AGENTS[name] for name in self.agents)

    @property
    def checked(self) -> CheckedPlan:
        """The plan, checked with everybody there."""
        everybody = Registry(AGENTS[name] for name in (*self.agents, *self.gone))
        return check({"goal": self.goal, **self.plan}, everybody.catalog).require()

    def lay_out(self, folder: Path) -> None:
        """Write the files of its workspace into a folder."""
        for name, text in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")


def read_scenes(folder: Path = SHIPPED) -> tuple[Scene, ...]:
    """All of them, by name."""
    return tuple(Scene.read(path) for path in sorted(folder.glob("*.yaml")))
