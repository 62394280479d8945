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
"""All agents that a scene can name."""


class Scene(BaseModel):
    """One goal in which something goes wrong, with its workspace and the conditions of a good end.

    The end is good if the run completed, its `answer`, `leaves` and `deeds` are as required, and, if there
    are `answers`, the user was asked.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    """The name of its file."""
    trouble: str
    """What goes wrong, in words."""
    goal: str
    """The goal of the run."""
    plan: dict[str, JsonValue]
    """The steps and the answer of the plan that the run begins with."""
    agents: tuple[str, ...]
    """The agents that are available."""
    decisions: tuple[JsonValue, ...]
    """The right answers of a planner, in the full format; the scripted model gives them."""
    files: dict[str, str] = {}
    """The files of the workspace."""
    gone: tuple[str, ...] = ()
    """Agents that the plan was checked with, and that are gone when it runs."""
    refuses: tuple[str, ...] = ()
    """The approvals that are denied; all others are granted."""
    answers: tuple[str, ...] = ()
    """Answers to the planner's questions, in order."""
    end: Literal["good", "stop"] = "good"
    """With `stop` there is no good end: the run must stop, and say why."""
    answer: tuple[str, ...] = ()
    """Words that the run's answer must have."""
    leaves: dict[str, tuple[str, ...]] = {}
    """Words that files must have at the end."""
    deeds: tuple[str, ...] = ()
    """The irreversible work that must be done, a line for each; no other may be."""

    @classmethod
    def read(cls, path: Path) -> Self:
        """The scene in a file, named after it. Raises DocumentError, and ValueError if it is not a scene."""
        document: Any = read_document(path)
        return cls.model_validate({"name": path.stem, **document})

    @property
    def registry(self) -> Registry:
        """The agents that are available when the plan runs."""
        return Registry(AGENTS[name] for name in self.agents)

    @property
    def checked(self) -> CheckedPlan:
        """The plan, checked with all agents, also those that are gone later."""
        team = Registry(AGENTS[name] for name in (*self.agents, *self.gone))
        return check({"goal": self.goal, **self.plan}, team.catalog).require()

    def lay_out(self, folder: Path) -> None:
        """Write the files of its workspace into a folder."""
        for name, text in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")


def read_scenes(folder: Path = SHIPPED) -> tuple[Scene, ...]:
    """All of them, by name."""
    return tuple(Scene.read(path) for path in sorted(folder.glob("*.yaml")))
