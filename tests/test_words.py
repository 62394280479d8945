"""One word, one thing: what the product's names promise to whoever greps for them."""

from __future__ import annotations

import ast
from collections import defaultdict
from functools import cache

import pytest

from .product import ROOT, product_files

BARE = ("begin", "end", "take", "tell", "look", "note", "of", "read", "find", "fail")
MAX_CLASSES = 3


@cache
def modules() -> tuple[tuple[str, ast.Module], ...]:
    """Every module of the product, parsed once."""
    return tuple(
        (path.relative_to(ROOT).as_posix(), ast.parse(path.read_text("utf-8"))) for path in product_files()
    )


def is_alias(node: ast.AST) -> bool:
    """Whether a statement gives a type a name: `X: TypeAlias = ...`, or `X = Literal[...]`."""
    if isinstance(node, ast.AnnAssign):
        return ast.unparse(node.annotation) == "TypeAlias"
    return isinstance(node, ast.Assign) and isinstance(node.value, ast.Subscript)


def named_types() -> dict[str, list[str]]:
    """The places where each public class or type alias is defined, by name."""
    places: dict[str, list[str]] = defaultdict(list)
    for place, module in modules():
        for node in module.body:
            if isinstance(node, ast.ClassDef):
                places[node.name].append(f"{place}:{node.lineno}")
            elif isinstance(node, ast.Assign | ast.AnnAssign) and is_alias(node):
                for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                    if isinstance(target, ast.Name) and target.id[0].isupper() and not target.id.isupper():
                        places[target.id].append(f"{place}:{node.lineno}")
    return {name: where for name, where in places.items() if not name.startswith("_")}


def classes_with(method: str) -> list[str]:
    """The classes that have a method of this name of their own."""
    return [
        f"{place}:{node.lineno} {cls.name}"
        for place, module in modules()
        for cls in ast.walk(module)
        if isinstance(cls, ast.ClassDef)
        for node in cls.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == method
    ]


def test_no_two_public_types_share_a_name() -> None:
    """A name that means two things is renamed in one of its places, by what sets the two apart."""
    shared = {name: places for name, places in named_types().items() if len(places) > 1}
    assert not shared, "one word, one thing; these names have several:\n" + "\n".join(
        f"  {name}: {', '.join(places)}" for name, places in sorted(shared.items())
    )


@pytest.mark.parametrize("method", BARE)
def test_bare_verbs_are_rare(method: str) -> None:
    """Where many classes share a bare verb, it says what it is about: `record_event`, `from_goal`."""
    classes = classes_with(method)
    assert len(classes) <= MAX_CLASSES, (
        f"`{method}` is a method of {len(classes)} classes, {MAX_CLASSES} at most; give it its object:\n  "
        + "\n  ".join(classes)
    )
