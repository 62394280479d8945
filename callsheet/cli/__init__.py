"""The command line: `callsheet run`, `plan`, `check` and their siblings, one command a file."""

from __future__ import annotations

from .application import main

__all__ = ["main"]
