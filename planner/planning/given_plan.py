"""A plan as the user gives it: a `Plan`, what the planner made, its JSON, or the path of a file."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import TypeAlias

from callsheet.planner.documents.reader import read_source
from callsheet.planner.plan.plan import Plan
from callsheet.planner.planning.planner import Planned

GivenPlan: TypeAlias = Plan | Planned | Mapping[str, object] | str | PathLike[str]
"""A `Plan`, the `Planned` that `plan` returns, the document of one, or the path of a YAML or JSON file."""


def document_of(plan: object) -> object:
    """What the checker takes of a plan that was given: a file is read. Raises DocumentError where it cannot
    be."""
    match plan:
        case str() | PathLike():
            return read_source(Path(plan))
        case Planned():
            return plan.plan
        case _:
            return plan
