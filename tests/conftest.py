"""What all tests share."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from .expected_skips import pytest_runtest_makereport as pytest_runtest_makereport


@pytest.fixture(autouse=True, scope="session")
def _no_trust(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The folders that the user of this machine trusts neither reach the tests nor are changed by them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


def pytest_collection_finish() -> None:
    """The tests themselves are no garbage: nobody need look through them again."""
    gc.collect()
    gc.freeze()
