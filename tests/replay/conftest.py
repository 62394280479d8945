"""What all tests of replay share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def the_same_seed() -> Iterator[None]:
    """Runs of these tests wait the same between attempts every time, so that a failure can be found again."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("callsheet.orchestration.planning.new_seed", lambda: 7)
        yield
