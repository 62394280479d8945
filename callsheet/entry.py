"""The entry point of the `callsheet` command: it handles Ctrl-C while the rest is still being imported."""

from __future__ import annotations

import sys
from importlib import import_module

from callsheet.errors import ExitCode


def main() -> None:
    """Run the command line."""
    try:
        import_module("callsheet.cli").main()
    except KeyboardInterrupt:
        sys.stderr.write("interrupted before anything was done\n")
        sys.exit(ExitCode.INTERRUPTED)
