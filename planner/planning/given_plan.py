"""A plan as the user gives it: a `Plan`, its JSON, or the path of a file."""

from __future__ import annotations

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import TypeAlias

from callsheet.planner.documents.reader import read_document
from callsheet.planner.plan.plan import Plan

GivenPlan: TypeAlias = Plan | Mapping[str, object] | str | PathLike[str]
"""A `Plan`, the document of one, or the path of a YAML or JSON file."""


def document_of(plan: object) -> object:
    """What the checker takes of a plan that was given: a file is read. Raises DocumentError where it cannot
    be."""
    return read_document(Path(plan)) if isinstance(plan, str | PathLike) else plan
