"""What all tests share."""

from __future__ import annotations

import gc

from .expected_skips import pytest_runtest_makereport as pytest_runtest_makereport


def pytest_collection_finish() -> None:
    """The tests themselves are no garbage: nobody need look through them again."""
    gc.collect()
    gc.freeze()
