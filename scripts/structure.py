"""The figures of the house, held by `scripts/check lint`: prints what is too large or goes in a circle, and
exits with 1 if anything does.

    python scripts/structure.py           what is wrong
    python scripts/structure.py --figures a line for each figure too
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TypeAlias

ROOT = Path(__file__).resolve().parent.parent
SUBPACKAGES = ("agents", "executor", "planner", "prompts")
MAX_FILES_IN_FOLDER = 20
MAX_LINES_IN_FILE = 400
MAX_LINES_IN_FUNCTION = 50
USUAL_LINES_IN_FUNCTION = 10
MIN_SHARE_OF_USUAL_FUNCTIONS = 0.75
LONG_FOR_A_REASON: dict[str, str] = {}
"""Functions that may be longer, as `folder/file.py:name`, each with the reason."""

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


def main(arguments: list[str]) -> int:
    trees = {path: ast.parse(path.read_text("utf-8")) for path in product_files()}
    functions = [(path, each) for path, tree in trees.items() for each in functions_of(tree)]
    problems = [
        *crowded_folders(list(trees)),
        *long_files(list(trees)),
        *long_functions(functions),
        *import_circle(trees),
    ]
    share = sum(lines_of(each) < USUAL_LINES_IN_FUNCTION for _, each in functions) / len(functions)
    if share < MIN_SHARE_OF_USUAL_FUNCTIONS:
        problems.append(f"only {share:.0%} of all functions have fewer than {USUAL_LINES_IN_FUNCTION} lines")
    if "--figures" in arguments:
        print(f"{len(trees)} files, {sum(map(lines_in, trees)):,} lines, {len(functions):,} functions")
        print(f"{share:.0%} of the functions have fewer than {USUAL_LINES_IN_FUNCTION} lines")
    print(*problems, sep="\n", end="\n" if problems else "")
    return 1 if problems else 0


def product_files() -> list[Path]:
    """Each file of the product once: the links in callsheet/ lead to the same folders."""
    links = {ROOT / "callsheet" / name for name in SUBPACKAGES}
    folders = [ROOT / name for name in (*SUBPACKAGES, "callsheet")]
    files = (path for folder in folders for path in folder.rglob("*.py"))
    return sorted(path for path in files if not links & set(path.parents))


def crowded_folders(files: list[Path]) -> Iterator[str]:
    for folder, count in sorted(Counter(path.parent for path in files).items()):
        if count > MAX_FILES_IN_FOLDER:
            yield f"{shown(folder)}: {count} files; at most {MAX_FILES_IN_FOLDER}, so look for a second room"


def long_files(files: list[Path]) -> Iterator[str]:
    for path in files:
        if lines_in(path) > MAX_LINES_IN_FILE:
            lines = lines_in(path)
            yield f"{shown(path)}: {lines} lines; at most {MAX_LINES_IN_FILE}, so look for a second noun"


def long_functions(functions: list[tuple[Path, Function]]) -> Iterator[str]:
    for path, each in functions:
        name = f"{shown(path)}:{each.name}"
        if lines_of(each) > MAX_LINES_IN_FUNCTION and name not in LONG_FOR_A_REASON:
            yield f"{name}: {lines_of(each)} lines; over {MAX_LINES_IN_FUNCTION} only for a reason"


def import_circle(trees: dict[Path, ast.Module]) -> Iterator[str]:
    """The first circle of imports, those for type checkers included."""
    modules = {module_name(path): path for path in trees}
    graph = {name: set(imports_of(name, path, trees[path], modules)) for name, path in modules.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        yield f"imports go in a circle: {' -> '.join(error.args[1])}"


def imports_of(name: str, path: Path, tree: ast.Module, modules: dict[str, Path]) -> Iterator[str]:
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            source = ".".join(filter(None, [package if node.level else "", node.module]))
            for each in node.names:
                target = f"{source}.{each.name}"
                # `import callsheet` inside is about the package's own names, which it finds late.
                found = target if target in modules else source
                if found in modules and found not in (name, "callsheet"):
                    yield found


def functions_of(tree: ast.Module) -> list[Function]:
    return [node for node in ast.walk(tree) if isinstance(node, Function)]


def lines_of(function: Function) -> int:
    """Lines of the body, without the docstring."""
    body = function.body
    if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant) and len(body) > 1:
        body = body[1:]
    return (body[-1].end_lineno or 0) - body[0].lineno + 1


def lines_in(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    head = () if parts[0] == "callsheet" else ("callsheet",)
    return ".".join([*head, *(part for part in parts if part != "__init__")])


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
