"""The planner is told who takes the same inputs as the step that went wrong."""

from __future__ import annotations

from callsheet.agents.contracts.capability import Effect
from callsheet.planner.formats.full.revision_format import FullRevisionFormat
from callsheet.planner.replanning.choices import MAX_ALTERNATIVES
from callsheet.planner.replanning.prompt import ReplanPrompt
from callsheet.planner.revision.situation import Situation, Trouble
from tests.planner.catalogs import TEXT, capability
from tests.planner.situations import OFFICE, SHORT, situation

SCAN = capability("scan", {"path": TEXT}, {"text": TEXT}, effect=Effect.READ)
MOVE = capability("move", {"path": TEXT}, {"text": TEXT}, effect=Effect.WRITE)
COPY = capability("copy", {"path": TEXT, "to": TEXT}, {"text": TEXT}, effect=Effect.READ)


def question(state: Situation) -> str:
    """The last line of what the planner is asked."""
    return ReplanPrompt(FullRevisionFormat(), state).messages()[-1].content.splitlines()[-1]


def test_who_takes_the_same_inputs_is_named() -> None:
    """Neither who wants more than there is, nor who would do more to the world."""
    state = situation(catalog=(*OFFICE, SCAN, MOVE, COPY))
    assert question(state) == "What is to be done about step s1? What takes the same inputs: scan."
    assert question(situation()) == "What is to be done about step s1?"


def test_the_result_can_be_accepted_all_the_same() -> None:
    """After a surprise both are said."""
    state = situation(trouble=Trouble("s1", (SHORT,)), catalog=(*OFFICE, SCAN))
    assert question(state).endswith("inputs: scan. Its result can be accepted as it is.")


def test_a_large_catalog_names_a_few() -> None:
    """The prompt does not grow with it."""
    many = [
        capability(f"scan_{number}", {"path": TEXT}, {"text": TEXT}, effect=Effect.READ)
        for number in range(50)
    ]
    assert question(situation(catalog=(*OFFICE, *many))).count("scan_") == MAX_ALTERNATIVES
