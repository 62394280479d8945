"""Why a catalog cannot be searched."""

from __future__ import annotations

from callsheet.planner.errors import PlannerError


class SearchUnavailable(PlannerError):
    """This Python's SQLite can't search texts."""

    def __init__(self) -> None:
        super().__init__(
            "a catalog as large as this one is searched with SQLite, and that of this Python was built "
            "without full-text search (FTS5); use a Python that has it, or offer fewer capabilities"
        )
