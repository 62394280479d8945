"""The log of Callsheet on stderr, which `--debug` asks for."""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import contextmanager

from .output import Output


@contextmanager
def log_on_stderr(output: Output) -> Generator[None]:
    """Within the block, note everything that is logged under `callsheet`, if `--debug` asks for it."""
    if not output.debug:
        yield
        return
    logger, handler = logging.getLogger("callsheet"), _NotedLog(output)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


class _NotedLog(logging.Handler):
    """Notes are safe for a terminal, and stand above a live display."""

    def __init__(self, output: Output) -> None:
        super().__init__()
        self._output = output

    def emit(self, record: logging.LogRecord) -> None:
        """Note the record."""
        try:
            self._output.note(self.format(record))
        except Exception:
            self.handleError(record)
