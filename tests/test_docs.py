"""The documents name what exists: every path, link, module and name in them is looked up."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from .product import FOLDERS, ROOT, product_files

OTHER_FOLDERS = ("tests", "benchmarks", "docs", "examples", "scripts")
PAGES = sorted([*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "CONTRIBUTING.md"])
LIVING = [page for page in PAGES if page.parent.name != "decisions"]
"""The pages that describe the code of today. A decision record also names what was there before it."""

MAP = ROOT / "CONTRIBUTING.md"
OF_READERS = {"shop.py", "test_chairs.py"}
"""Files of the reader's own project, in examples."""


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def fences(text: str, language: str = r"\w*") -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def prose(page: Path) -> str:
    """The page without its blocks of code."""
    return re.sub(r"^ *```.*?^ *```", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)


def code_spans(page: Path) -> list[str]:
    return re.findall(r"`([^`\n]+)`", prose(page))


def anchors(page: Path) -> set[str]:
    """What GitHub makes of the headings."""
    headings = re.findall(r"^#+ (.*)", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


def rooms() -> Iterator[Path]:
    return (path.parent for path in product_files() if path.name == "__init__.py")


def resolves(dotted: str) -> bool:
    """Whether a dotted name is a module, or leads from one to an attribute."""
    found: object = importlib.import_module("callsheet")
    for number, part in enumerate(dotted.split(".")[1:], start=2):
        if not hasattr(found, part) and isinstance(found, ModuleType):
            try:
                importlib.import_module(".".join(dotted.split(".")[:number]))
            except ModuleNotFoundError:
                return False
        if not hasattr(found, part):
            return False
        found = getattr(found, part)
    return True


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_path_exists(page: Path) -> None:
    """A reader who follows a path arrives."""
    inside = re.compile(rf"(?:{'|'.join(FOLDERS + OTHER_FOLDERS)})/[\w./-]*")
    paths = [each for each in code_spans(page) if inside.fullmatch(each)]
    assert [each for each in paths if not (ROOT / each).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_file_name_is_that_of_a_file(page: Path) -> None:
    """A Python file that is named without its folder is in the product, the tests or the benchmarks."""
    known = {path.name for folder in (*FOLDERS, *OTHER_FOLDERS) for path in (ROOT / folder).rglob("*.py")}
    named = {each for each in code_spans(page) if re.fullmatch(r"\w+\.py", each)}
    assert named - known - OF_READERS == set()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    """The file is there, and so is the heading."""
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if target.startswith("http"):
            continue
        name, _, anchor = target.partition("#")
        path = page.parent / name if name else page
        assert path.exists(), target
        assert not anchor or anchor in anchors(path), target


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_dotted_name_resolves(page: Path) -> None:
    """`callsheet.x.y` is a module, or something in one."""
    text = page.read_text("utf-8")
    names = set(re.findall(r"(?<![\w./-])callsheet(?:\.[A-Za-z_]\w*)+", text)) - {"callsheet.toml"}
    assert sorted(name for name in names if not resolves(name)) == []


@pytest.mark.parametrize("page", LIVING, ids=name_of)
def test_every_import_of_an_example_works(page: Path) -> None:
    """Examples import what there is under the name that they use."""
    missing: list[str] = []
    for block in fences(page.read_text("utf-8"), "python"):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "callsheet":
                names = (f"{node.module}.{each.name}" for each in node.names)
                missing += [name for name in names if not resolves(name)]
    assert missing == []


def test_the_examples_of_isolation_run() -> None:
    """An agent is made that wants a process, and a runner with the arguments that the page has."""
    for block in fences((ROOT / "docs" / "isolation.md").read_text("utf-8"), "python"):
        exec(compile(block, "isolation.md", "exec"), {"__name__": "page"})


@pytest.mark.parametrize("page", LIVING, ids=name_of)
def test_every_class_is_in_the_product(page: Path) -> None:
    """A name written like a class is one of ours, or of a library that the product uses."""
    files = [*product_files(), *(ROOT / "benchmarks").rglob("*.py")]
    words = {word for path in files for word in re.findall(r"\w+", path.read_text("utf-8"))}
    words |= set(dir(importlib.import_module("builtins")))
    camel = re.compile(r"(?:[A-Z][a-z]+){2,}")
    named = {word for span in code_spans(page) for word in re.findall(r"\w+", span) if camel.fullmatch(word)}
    assert named - words == set()


def map_rows() -> dict[str, tuple[str, list[str]]]:
    """What the map says of each room, and the files to read first."""
    rows = re.findall(r"^\| `([\w/]+)/` \| (.*?) \| (.*?) \|$", MAP.read_text("utf-8"), re.MULTILINE)
    return {room: (sentence, re.findall(r"`([^`]+)`", first)) for room, sentence, first in rows}


def sentence_of(room: Path) -> str:
    """What its docstring says that lives there, without what it imports."""
    docstring = ast.get_docstring(ast.parse((room / "__init__.py").read_text("utf-8"))) or ""
    first = " ".join(docstring.partition("\n\n")[0].split())
    return re.split(r"; (?=imports\b|pure\b)", first)[0].rstrip(".")


def test_the_map_has_every_room() -> None:
    """A new folder gets a row, and a folder that is gone has none."""
    assert sorted(map_rows()) == sorted(name_of(room) for room in rooms())


@pytest.mark.parametrize("room", list(rooms()), ids=name_of)
def test_the_map_says_of_a_room_what_the_room_says(room: Path) -> None:
    """The row has the sentence of the room's docstring, and files that exist."""
    sentence, first = map_rows()[name_of(room)]
    assert sentence == sentence_of(room)
    assert [each for each in first if not (room / each).exists()] == []
