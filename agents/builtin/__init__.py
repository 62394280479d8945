"""The agents that come with Callsheet, one trade a file; imports every other room of `agents`."""

from __future__ import annotations

from importlib.util import find_spec

from callsheet.agents.agent import Agent
from callsheet.agents.builtin.calculator.calculator import calculate
from callsheet.agents.builtin.tables.tables import analyze_table

from .facts import extract
from .files import list_files, read_file, write_file
from .prose import summarize, write_text

TABLES_EXTRA = "callsheet[tables]"
"""What has to be installed for `analyze_table`."""

__all__ = [
    "TABLES_EXTRA",
    "analyze_table",
    "builtin_agents",
    "calculate",
    "extract",
    "has_tables",
    "list_files",
    "read_file",
    "summarize",
    "write_file",
    "write_text",
]


def has_tables() -> bool:
    """Whether the library that `analyze_table` computes with is installed."""
    return find_spec("polars") is not None


def builtin_agents() -> list[Agent]:
    """Every agent that works here. Without the extra `callsheet[tables]` there is no `analyze_table`,
    so that nothing is planned that cannot be done."""
    tables: list[Agent] = [analyze_table] if has_tables() else []
    return [list_files, read_file, write_file, summarize, write_text, extract, *tables, calculate]
