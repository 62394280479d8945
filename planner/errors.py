"""What can go wrong between a goal and a checked plan."""

from __future__ import annotations

from callsheet.errors import CallsheetError


class PlannerError(CallsheetError):
    """The branch of everything that concerns goals and plans."""
