"""Where CI is set, a skipped test fails unless its reason is listed: what is never run proves nothing."""

from __future__ import annotations

import os
from collections.abc import Generator
from typing import Any

import pytest

EXPECTED = {
    "the weights of qwen2.5-coder-1.5b are not in the cache": "1.1 GB; CI has them from the README",
    "mounting a small file system needs root": "CI may run as root or not",
    "this file system keeps names as text": "macOS and Windows",
    "this platform cannot fork": "Windows",
    "the scripts need bash": "Windows",
    "Windows has ": "Windows",
    "makes links and pipes, as POSIX has them": "Windows",
    "this system has no /dev/": "macOS and Windows",
}
"""How reasons begin, and why a machine may lack that."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, Any, Any]:
    """A skipped test is a failure that names its reason."""
    report = yield
    if os.environ.get("CI") and report.skipped and not hasattr(report, "wasxfail"):
        reason = str(report.longrepr[-1]).removeprefix("Skipped: ")
        if not reason.startswith(tuple(EXPECTED)):
            report.outcome = "failed"
            report.longrepr = f"skipped, and the reason is not in tests/expected_skips.py: {reason}"
    return report
