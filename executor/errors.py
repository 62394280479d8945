"""The branch of everything that concerns runs; each room names its own errors."""

from __future__ import annotations

from callsheet.errors import CallsheetError


class ExecutorError(CallsheetError):
    """The branch of everything that concerns runs and their journal."""
