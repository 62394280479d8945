"""C2. A list or an object is refused inside a path, an address, a title or the like: `{ s1 }/todo.md` would
be `["a","b"]/todo.md`."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import JsonValue

from callsheet.agents.contracts.capability import JsonObject
from callsheet.planner.check.checker import CheckResult, check
from tests.planner.catalogs import TEXT, capability

OBJECT: JsonObject = {"type": "object", "properties": {"name": TEXT, "size": TEXT}}
LIST_FILES = capability("list_files", {}, {"paths": {"type": "array", "items": TEXT}})
FIND = capability("find", {}, {"found": OBJECT})
MAYBE = capability("maybe", {}, {"paths": {"anyOf": [TEXT, {"type": "array", "items": TEXT}]}})


def checked(
    giver: str, binding: JsonValue, name: str = "path", schema: Any = TEXT, **flow: Any
) -> CheckResult:
    """A step whose input of that name takes what the first step `s1` gives."""
    take = capability("take", {name: schema}, {"result": TEXT})
    steps: list[JsonValue] = [
        {"id": "s1", "capability": giver, "inputs": {}},
        {"id": "s2", "capability": "take", "inputs": {name: binding}, **flow},
    ]
    document: JsonObject = {"goal": "a goal", "steps": steps, "answer": {"from": "s2"}}
    return check(document, [take, LIST_FILES, FIND, MAYBE])


@pytest.mark.parametrize(
    "name",
    ["path", "file_name", "fileName", "output_dir", "url", "to", "recipient_email", "id", "userId", "title"],
)
def test_a_list_in_a_short_text_is_refused(name: str) -> None:
    """The message names the step and what it gives, the hint for_each."""
    bindings: list[JsonValue] = [{"template": "{ s1 }"}, {"template": "notes of {s1}"}, {"from": "str(s1)"}]
    for binding in bindings:
        (error,) = checked("list_files", binding, name).errors
        assert f"input `{name}`: `s1` is a list of strings" in error.message
        assert "for_each" in str(error.hint)


@pytest.mark.parametrize(
    "text", ["{ s1 }/todo.md", "out/{s1}", "{s1}.csv", "https://a.org/{s1}", "{s1}@a.org"]
)
def test_a_text_that_is_written_like_a_path_is_one(text: str) -> None:
    """Whatever the input is called."""
    (error,) = checked("list_files", {"template": text}, "value").errors
    assert "`s1` is a list" in error.message


def test_a_path_within_a_list_is_one_too() -> None:
    """`["{s1}/a.md"]` in the full format becomes such an expression."""
    schema = {"type": "array", "items": TEXT}
    (error,) = checked("list_files", {"from": '[str(s1) + "/a.md"]'}, "value", schema).errors
    assert "`s1` is a list" in error.message


@pytest.mark.parametrize("keywords", [{"format": "uri"}, {"maxLength": 80}])
def test_a_schema_may_say_that_a_text_is_short(keywords: JsonObject) -> None:
    """By a format, or a bound."""
    assert checked("list_files", {"template": "{ s1 }"}, "value", {**TEXT, **keywords}).errors
    assert not checked("list_files", {"template": "{ s1 }"}, "value", {**TEXT, "maxLength": 9_000}).errors


def test_an_object_is_refused_likewise() -> None:
    """The hint names its fields."""
    (error,) = checked("find", {"template": "{ s1 }/a.md"}).errors
    assert error.hint == "name the field that is meant: `name`, `size`"
    assert not checked("find", {"template": "{ s1.found.name }/a.md"}).errors


def test_what_may_be_a_list_counts_as_one() -> None:
    """Nothing proves that it is not."""
    assert checked("maybe", {"template": "{ s1 }/a.md"}).errors


def test_an_element_is_no_list() -> None:
    """for_each and an index take one of it."""
    assert not checked("list_files", {"template": "out/{ item }"}, for_each={"from": "s1"}).errors
    assert not checked("list_files", {"template": "out/{ s1[0] }"}).errors
    assert not checked("list_files", {"template": "out/{ len(s1) }.md"}).errors


@pytest.mark.parametrize("name", ["content", "text", "file_content", "body", "paths", "notes_to_add"])
def test_a_long_text_may_hold_a_list(name: str) -> None:
    """Where people write sentences, the template says that its JSON is wanted there."""
    assert not checked("list_files", {"template": "The files in notes/ are:\n{ s1 }"}, name).errors
