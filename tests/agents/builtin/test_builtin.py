"""The agents that come with Callsheet, taken together."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from callsheet.agents.builtin import builtin_agents
from callsheet.agents.builtin.tables.answer import answer
from callsheet.agents.builtin.tables.query import read_query
from callsheet.agents.builtin.tables.table import read_table
from callsheet.agents.contracts.capability import Effect
from callsheet.agents.registry import Registry

EXAMPLES = Path(__file__).parents[3] / "examples"


def test_they_make_a_catalog() -> None:
    """Eight capabilities, told apart by name and by one line that a small model can read."""
    catalog = Registry(builtin_agents()).catalog
    assert [each.name for each in catalog] == [
        "analyze_table",
        "calculate",
        "extract",
        "list_files",
        "read_file",
        "summarize",
        "write_file",
        "write_text",
    ]
    assert len({each.description for each in catalog}) == len(catalog)
    assert all("\n" not in each.description and len(each.description) < 100 for each in catalog)


def test_only_writing_files_changes_anything() -> None:
    """The rest may be run without asking."""
    writing = [
        each.name
        for each in Registry(builtin_agents()).catalog
        if each.effect not in (Effect.PURE, Effect.READ)
    ]
    assert writing == ["write_file"]


def test_every_input_is_described_and_every_object_closed() -> None:
    """What a planner may write is said, and nothing beside it is taken."""
    for capability in Registry(builtin_agents()).catalog:
        assert capability.input_schema["additionalProperties"] is False
        properties = capability.input_schema["properties"]
        assert isinstance(properties, dict)
        assert all(isinstance(each, dict) and each.get("description") for each in properties.values())


def test_without_the_extra_there_is_no_table_agent() -> None:
    """Where polars isn't installed nothing is planned that can't be done, and nothing fails to import."""
    program = (
        "import sys, importlib.abc\n"
        "class Gone(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path, target=None):\n"
        "        if name.split('.')[0] == 'polars': raise ModuleNotFoundError(name)\n"
        "sys.meta_path.insert(0, Gone())\n"
        "from importlib import util\n"
        "real = util.find_spec\n"
        "util.find_spec = lambda name, package=None: None if name == 'polars' else real(name, package)\n"
        "from callsheet.agents.builtin import builtin_agents\n"
        "print([agent.name for agent in builtin_agents()])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "analyze_table" not in done.stdout
    assert "calculate" in done.stdout


def test_heavy_libraries_are_imported_late() -> None:
    """Showing the catalog doesn't pay for data frames or a model's engine."""
    program = (
        "import sys; from callsheet.agents.builtin import builtin_agents; builtin_agents(); "
        "print(sorted({'polars', 'openai', 'xllamacpp', 'jinja2'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_examples_are_what_the_documents_say() -> None:
    """The files that the README's commands work on are there, can be read, and South sold most."""
    table = read_table((EXAMPLES / "sales" / "q3.csv").read_bytes(), "q3.csv")
    for column in ("revenue", "units"):
        query: Any = {
            "group_by": ["region"],
            "compute": [{"function": "sum", "column": column}],
            "sort_by": "computed value",
        }
        assert answer(read_query(query, table), table).rows[0]["region"] == "South"
    assert read_table((EXAMPLES / "shop" / "orders.csv").read_bytes(), "orders.csv").frame.height == 30
    assert len(json.loads((EXAMPLES / "shop" / "products.json").read_text())) == 7
