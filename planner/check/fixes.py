"""Repairs that need no model: the certain fixes of the checker, and removing work that nobody asked for."""

from __future__ import annotations

import copy
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast

from pydantic import JsonValue

from callsheet.agents.contracts.capability import Capability, JsonObject
from callsheet.planner.diagnostics import Diagnostic, Fix
from callsheet.planner.expressions.values import leaves
from callsheet.planner.plan.graph import closure
from callsheet.planner.plan.plan import Literal, read_binding
from callsheet.planner.plan.references import steps_named_by

from .checker import CheckResult, Policy, check

MAX_ROUNDS = 8
"""A fix may uncover another finding with a fix. In practice a few rounds are enough; the bound keeps two
fixes from undoing each other for ever."""


_WORD = re.compile(r"\w(?:[\w./@#-]*\w)?")


class Fixed(NamedTuple):
    """A document with repairs applied, what the checker says of it, and a sentence for each repair."""

    document: JsonObject
    result: CheckResult
    notes: tuple[str, ...]


def fix(document: JsonObject, catalog: Sequence[Capability], policy: Policy) -> Fixed:
    """Complete paths, apply certain fixes until none is left, then drop the work that has nothing to do with
    the goal."""
    document, completed = complete_paths(document)
    mended = mend(document, catalog, policy)
    return mended._replace(notes=(*completed, *mended.notes))


def mend(
    document: JsonObject,
    catalog: Sequence[Capability],
    policy: Policy,
    keep: Collection[str] = (),
) -> Fixed:
    """Apply certain fixes until none is left, then drop the work that has nothing to do with the goal; the
    steps to `keep` stay."""
    notes: list[str] = []
    result = check(document, catalog, policy)
    for _ in range(MAX_ROUNDS):
        repaired, applied = apply_fixes(document, result.errors)
        if not applied:
            unused = [each for each in result.warnings if each.step not in keep]
            repaired, applied = drop_unused(document, unused)
        if not applied:
            break
        document, result = repaired, check(repaired, catalog, policy)
        notes += applied
    return Fixed(document, result, tuple(notes))


def apply_fixes(
    document: JsonObject, diagnostics: Iterable[Diagnostic]
) -> tuple[JsonObject, tuple[str, ...]]:
    """The document with every fix applied that its diagnostics carry, and a note for each.

    Of several fixes that touch one place the first is applied; the others are for the next round.
    The document itself stays as it is.
    """
    fixable = [(each, each.fix) for each in diagnostics if each.fix is not None]
    if not fixable:
        return document, ()
    repaired = copy.deepcopy(document)
    notes: list[str] = []
    touched: set[str] = set()
    for diagnostic, repair in fixable:
        if touched & _places(repair):
            continue
        if _apply(repaired, repair):
            touched |= _places(repair)
            notes.append(f"step {diagnostic.step}: {repair.note}" if diagnostic.step else repair.note)
    return repaired, tuple(notes)


def complete_paths(document: JsonObject) -> tuple[JsonObject, tuple[str, ...]]:
    """The document with every input that is the last part of a path in the goal made the whole path.

    Small models leave folders out. Where the goal has the short name too, or two such paths,
    nothing is certain and nothing is done.
    """
    paths = _whole_paths(str(document.get("goal")))
    if not paths:
        return document, ()
    repaired = copy.deepcopy(document)
    notes: list[str] = []
    for id, inputs in _inputs(repaired):
        for name, value in list(inputs.items()):
            if isinstance(value, str) and (whole := paths.get(value)):
                inputs[name] = whole
                notes.append(f"step {id}: replaced `{value}` with `{whole}`, as in the goal")
    return repaired, tuple(notes)


def _inputs(document: JsonObject) -> Iterator[tuple[str, dict[str, JsonValue]]]:
    """The id and the inputs of every step that has the shape of one."""
    steps = document.get("steps")
    for step in steps if isinstance(steps, list) else ():
        match step:
            case {"id": str(id), "inputs": dict(inputs)}:
                yield id, inputs
            case _:
                continue


def _whole_paths(goal: str) -> dict[str, str]:
    """The paths with folders that a goal names, by their last parts."""
    words = [word.strip(",;:.!?()\"'") for word in goal.split()]
    paths = dict.fromkeys(word for word in words if "/" in word.strip("/"))
    names = [path.rsplit("/", 1)[1] for path in paths]
    return {
        name: path
        for name, path in zip(names, paths, strict=True)
        if name and names.count(name) == 1 and name not in words
    }


def drop_unused(document: JsonObject, warnings: Iterable[Diagnostic]) -> tuple[JsonObject, tuple[str, ...]]:
    """The document without the steps that change nothing, whose result nothing uses, and that are not missed.

    None of their words stands in the goal, nor one of the steps that they take; or another step goes to the
    same source by itself, as `analyze_table(x)` behind `read_file(x)`. That never changes what a run comes
    to; it saves the work. Any other step stays, because its result may have been forgotten.
    """
    unused = {each.step for each in warnings if each.code == "unused-step"}
    if not unused:
        return document, ()
    steps = {str(each["id"]): each for each in cast("list[JsonObject]", document["steps"])}
    goal = str(document["goal"]).casefold()
    sources = [_literals(step) for id, step in steps.items() if id not in unused]

    def is_missed(id: str) -> bool:
        own = _literals(steps[id])
        return _is_about(id, steps, goal) and not (own and any(own <= others for others in sources))

    dropped = [id for id in sorted(steps) if id in unused and not is_missed(id)]
    notes = tuple(f"step {each}: dropped, because its result is unused" for each in dropped)
    left: list[JsonValue] = [step for id, step in steps.items() if id not in dropped]
    return ({**document, "steps": left}, notes) if dropped else (document, ())


def _is_about(id: str, steps: Mapping[str, JsonObject], goal: str) -> bool:
    own = closure([id], lambda each: steps_named_by(steps[each]) & steps.keys())
    return any(word in goal for each in own for text in _literals(steps[each]) for word in _words(text))


def _literals(step: JsonObject) -> frozenset[str]:
    """The values in the inputs of a step that stand there as they are, in small letters."""
    inputs = step.get("inputs")
    bindings = map(read_binding, inputs.values()) if isinstance(inputs, dict) else ()
    found = (each.value for each in bindings if isinstance(each, Literal))
    return frozenset(str(leaf).casefold() for value in found for leaf in leaves(value))


def _words(literal: str) -> Iterator[str]:
    """What may stand in a goal: words of three letters or more, of two where no blanks part them, and whole
    names and figures."""
    for word in _WORD.findall(literal):
        if not word.isalpha() or len(word) >= (3 if word.isascii() else 2):
            yield word


def _places(repair: Fix) -> set[str]:
    return {repair.pointer, repair.removes or repair.pointer}


def _apply(document: JsonObject, repair: Fix) -> bool:
    """Apply a fix; False where its pointers do not lead into the document."""
    try:
        if repair.removes is not None:
            parent, key = _find(document, repair.removes)
            del parent[key]
        parent, key = _find(document, repair.pointer)
        parent[key] = repair.value
    except (LookupError, TypeError, ValueError):
        return False
    return True


def _find(document: JsonObject, pointer: str) -> tuple[Any, Any]:
    """The container that a JSON pointer leads to, and the key or index in it."""
    parts = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    container: Any = document
    for part in parts[:-1]:
        container = container[_key(container, part)]
    return container, _key(container, parts[-1])


def _key(container: Any, part: str) -> str | int:
    return int(part) if isinstance(container, list) else part
