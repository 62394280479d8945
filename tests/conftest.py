"""What all tests share."""

from __future__ import annotations

import gc


def pytest_collection_finish() -> None:
    """The tests themselves are no garbage: nobody need look through them again."""
    gc.collect()
    gc.freeze()
