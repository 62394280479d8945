"""Whatever a model may write that is held to a strict schema."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from callsheet.planner.schemas.call_schemas import REFERENCE

_REFERENCE = {"$ref": f"#/$defs/{REFERENCE}"}
_TEXTS = st.sampled_from(["", "red", "from", "2024-01-01", "0", "null", "a longer text"])
_SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "string": _TEXTS,
    "integer": st.integers(-3, 5),
    "number": st.sampled_from([-2, 0, 1, 0.5]),
    "boolean": st.booleans(),
    "null": st.none(),
}


@st.composite
def strict_answers(draw: st.DrawFn, schema: Any, root: Any, depth: int = 0) -> Any:
    """A literal that the schema lets through; `root` has its definitions. Expressions are written only where
    nothing else can be, and what is recursive ends after some levels."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/$defs/")
        return "{null}" if name == REFERENCE else draw(strict_answers(root["$defs"][name], root, depth))
    if "anyOf" in schema:
        options = [each for each in schema["anyOf"] if each != _REFERENCE]
        if depth > 6:
            options = [min(options, key=lambda each: _weight(each, root))]
        return draw(strict_answers(draw(st.sampled_from(options)), root, depth))
    if "enum" in schema:
        return draw(st.sampled_from(schema["enum"]))
    if schema["type"] == "array":
        count = draw(st.integers(0, 2)) if depth < 6 else 0
        return [draw(strict_answers(schema["items"], root, depth + 1)) for _ in range(count)]
    if schema["type"] == "object":
        properties = schema["properties"].items()
        return {name: draw(strict_answers(part, root, depth + 1)) for name, part in properties}
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return draw(_SCALARS[draw(st.sampled_from(kinds))])


def _weight(schema: Any, root: Any) -> int:
    """How soon a value of the schema ends: scalars at once, then lists, which may be empty."""
    if "$ref" in schema:
        return 1 + _weight(root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root)
    if "anyOf" in schema:
        return min(_weight(each, root) for each in schema["anyOf"])
    return {"array": 1, "object": 5}.get(schema.get("type"), 0) if "enum" not in schema else 0
