"""The log of Callsheet on stderr, which `--debug` asks for."""

from __future__ import annotations

import logging
import sys
from collections.abc import Generator
from contextlib import contextmanager

from callsheet.cli.text.safe_text import plain


@contextmanager
def log_on_stderr(*, wanted: bool) -> Generator[None]:
    """Within the block, print everything that is logged under `callsheet`, if it is wanted."""
    if not wanted:
        yield
        return
    logger, handler = logging.getLogger("callsheet"), logging.StreamHandler(sys.stderr)
    handler.setFormatter(_SafeFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


class _SafeFormatter(logging.Formatter):
    """What agents and servers say may hold escape sequences."""

    def format(self, record: logging.LogRecord) -> str:
        return plain(super().format(record))
