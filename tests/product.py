"""The product's own files, for tests that look at its text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
FOLDERS = ("agents", "planner", "executor", "callsheet", "prompts")


def product_files() -> Iterator[Path]:
    """Each Python file once. The links in `callsheet` lead to folders that are read under their own names."""
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if not any((ROOT / parent).is_symlink() for parent in path.relative_to(ROOT).parents):
                yield path
