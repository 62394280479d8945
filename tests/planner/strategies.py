"""Random catalogs, values that their schemas let through, and plans over them; and what a type means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from pydantic import JsonValue

from callsheet.agents.contracts.capability import Capability, Effect, JsonObject
from callsheet.agents.contracts.validation import Validator
from callsheet.planner.check.checker import check
from callsheet.planner.expressions.kinds import element_of
from callsheet.planner.expressions.schema_types import type_of_schema
from callsheet.planner.expressions.types import (
    NULL,
    Anything,
    List,
    Null,
    Number,
    Object,
    Text,
    Truth,
    Type,
    union,
)
from callsheet.planner.plan.plan import OnFailure

FIELDS = ("alpha", "beta", "gamma", "delta")
TEXTS = ("", "red", "green", "blue", "a longer text")
NODE: JsonObject = {
    "type": "object",
    "properties": {
        "alpha": {"type": "number"},
        "beta": {"type": "array", "items": {"$ref": "#/$defs/node"}},
        "gamma": {"anyOf": [{"$ref": "#/$defs/node"}, {"type": "null"}]},
    },
    "required": ["alpha", "beta"],
}
"""A schema that speaks of itself. Every catalog's schemas may refer to it as `#/$defs/node`."""


# What a type means.


def accepts(type_: Type, value: JsonValue) -> bool:
    """Whether the value is of the type."""
    return any(_is_of_kind(kind, value) for kind in type_.kinds)


def _is_of_kind(kind: Any, value: Any) -> bool:
    match kind:
        case Anything():
            return True
        case Null():
            return value is None
        case Truth():
            return isinstance(value, bool)
        case Number(whole):
            return is_number(value) and (not whole or float(value).is_integer())
        case Text(choices):
            return isinstance(value, str) and (choices is None or value in choices)
        case List(items, first):
            return isinstance(value, list) and all(
                accepts(first[at] if at < len(first) else items, each) for at, each in enumerate(value)
            )
        case Object():
            return isinstance(value, dict) and _is_object(kind, value)
        case _:
            raise AssertionError(kind)


def _is_object(kind: Object, value: dict[str, JsonValue]) -> bool:
    if any(field.required and name not in value for name, field in kind.fields.items()):
        return False
    for name, each in value.items():
        if name in kind.fields:
            if not accepts(kind.fields[name].type, each):
                return False
        elif kind.sealed or (kind.rest is not None and not accepts(kind.rest, each)):
            return False
    return True


def is_number(value: object) -> bool:
    """Whether this is a number of JSON."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def keeps_kind(value: Any, offered: Type, wanted: Type) -> bool:
    """Whether a value of the offered type has a kind that is wanted, as far as the checker promises it.

    It promises nothing of what the offered type does not know: values of any type, and fields that the
    offered object does not declare. Nor refinements: one of several texts, a field that is there.
    """
    kinds = [kind for kind in offered.kinds if _is_of_kind(kind, value)]
    return all(_keeps_one(value, kind, wanted) for kind in kinds)


def _keeps_one(value: Any, kind: Any, wanted: Type) -> bool:
    return isinstance(kind, Anything) or any(
        isinstance(target, Anything) or (type(target) is type(kind) and _keeps_parts(value, kind, target))
        for target in wanted.kinds
    )


def _keeps_parts(value: Any, kind: Any, target: Any) -> bool:
    match kind, target:
        case Number(), Number():
            return not target.whole or float(value).is_integer()
        case List(), List():
            return all(
                keeps_kind(each, _element_at(kind, at), _element_at(target, at))
                for at, each in enumerate(value)
            )
        case Object(), Object():
            return all(
                keeps_kind(each, kind.fields[name].type, target.fields[name].type)
                for name, each in value.items()
                if name in kind.fields and name in target.fields
            )
        case _:
            return True


def _element_at(kind: List, at: int) -> Type:
    return kind.first[at] if at < len(kind.first) else kind.items


# Schemas and the values that they let through.


def schemas(depth: int = 2) -> st.SearchStrategy[JsonObject]:
    """A JSON Schema of a value, at most so many levels deep."""
    leaves: list[JsonObject] = [
        {"type": "string"},
        {"type": "integer"},
        {"type": "number"},
        {"type": "boolean"},
        {"type": "null"},
        {"enum": ["red", "green"]},
        {"enum": ["blue", 1, None]},
        {"const": "red"},
        {"type": ["string", "null"]},
        {"type": ["integer", "null"]},
        {},
    ]
    leaf = st.sampled_from(leaves)
    if not depth:
        return leaf
    inner = schemas(depth - 1)
    return st.one_of(
        leaf,
        st.builds(lambda items: {"type": "array", "items": items}, inner),
        st.builds(lambda one, rest: {"type": "array", "prefixItems": [one], "items": rest}, inner, inner),
        objects(inner),
        st.builds(lambda each: {"type": "object", "additionalProperties": each}, inner),
        st.builds(lambda one: {"anyOf": [one, {"type": "null"}]}, inner),
        st.builds(lambda one, other: {"anyOf": [one, other]}, inner, inner),
        st.builds(lambda one, other: {"allOf": [one, other]}, objects(leaf), objects(leaf)),
        st.just({"$ref": "#/$defs/node"}),
    )


@st.composite
def objects(draw: st.DrawFn, field: st.SearchStrategy[JsonObject], least: int = 0) -> JsonObject:
    """The schema of an object: closed, open, or a map besides; its fields there or optional."""
    names = draw(st.lists(st.sampled_from(FIELDS), min_size=least, max_size=3, unique=True))
    schema: dict[str, Any] = {"type": "object", "properties": {name: draw(field) for name in names}}
    schema["required"] = [name for name in names if draw(st.integers(0, 3))]
    match draw(st.integers(0, 5)):
        case 0:
            schema["additionalProperties"] = draw(field)
        case 1:
            schema["patternProperties"] = {"^x": draw(field)}
        case 2 | 3:
            schema["additionalProperties"] = False
        case _:
            pass
    return schema


def values(schema: Any, root: JsonObject) -> st.SearchStrategy[Any]:
    """Values that the schema lets through, most of them; `root` is where `$ref` points into."""
    if schema is True or not schema:
        return anything()
    if "$ref" in schema:
        return st.deferred(lambda: values(root["$defs"]["node"], root))  # type: ignore[index, call-overload]
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if "anyOf" in schema:
        return st.one_of([values(each, root) for each in schema["anyOf"]])
    if "allOf" in schema:
        parts = [values(each, root) for each in schema["allOf"]]
        return st.tuples(*parts).map(
            lambda found: {key: each for part in found for key, each in part.items()}
        )
    kinds = schema["type"]
    if isinstance(kinds, list):
        return st.one_of([values({**schema, "type": kind}, root) for kind in kinds])
    return _values_of_kind(kinds, schema, root)


def _values_of_kind(kind: str, schema: Any, root: JsonObject) -> st.SearchStrategy[Any]:
    whole = st.integers(-3, 5) | st.integers(-3, 5).map(float)
    match kind:
        case "string":
            return st.sampled_from(TEXTS)
        case "integer":
            return whole | st.sampled_from([2**60, 1e300])
        case "number":
            return whole | st.sampled_from([0.5, -2.25, 1e-300, 1.7e308])
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
        case "array":
            return _arrays(schema, root)
        case _:
            return _object_values(schema, root)


@st.composite
def _arrays(draw: st.DrawFn, schema: Any, root: JsonObject) -> list[Any]:
    first = [draw(values(each, root)) for each in schema.get("prefixItems", ())]
    if first and draw(st.integers(0, 3)) == 0:
        return []
    return [*first, *draw(st.lists(values(schema.get("items", True), root), max_size=2))]


@st.composite
def _object_values(draw: st.DrawFn, schema: Any, root: JsonObject) -> dict[str, Any]:
    found = {}
    for name, part in schema.get("properties", {}).items():
        if name in schema.get("required", ()) or draw(st.booleans()):
            found[name] = draw(values(part, root))
    others = schema.get("additionalProperties", True)
    if others is not False and draw(st.integers(0, 2)) == 0:
        name = draw(st.sampled_from((*FIELDS, "other")))
        found.setdefault(name, draw(values(others, root)))
    for part in schema.get("patternProperties", {}).values():
        if draw(st.booleans()):
            found["xylem"] = draw(values(part, root))
    return found


def anything() -> st.SearchStrategy[Any]:
    """A small JSON value of whatever kind."""
    leaf = st.one_of(
        st.none(), st.booleans(), st.integers(-2, 3), st.sampled_from([0.5, 1.0]), st.sampled_from(TEXTS)
    )
    return st.recursive(
        leaf,
        lambda inner: (
            st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=2)
        ),
        max_leaves=4,
    )


def outputs(capability: Capability) -> st.SearchStrategy[JsonObject]:
    """What an agent may return: everything here keeps to the capability's output schema."""
    schema = capability.output_schema
    return values(schema, schema).filter(Validator(schema).accepts)


# Catalogs.


@st.composite
def catalogs(draw: st.DrawFn) -> list[Capability]:
    """One to three capabilities."""
    names = draw(st.lists(st.sampled_from(("find", "make", "tell")), min_size=1, unique=True))
    return [draw(_capabilities(name)) for name in names]


@st.composite
def _capabilities(draw: st.DrawFn, name: str) -> Capability:
    output = draw(objects(schemas(), least=1))
    inputs = draw(objects(schemas(1), least=1))
    return Capability(
        name=name,
        description="",
        input_schema={**inputs, "$defs": {"node": NODE}},
        output_schema={**output, "$defs": {"node": NODE}},
        effect=draw(st.sampled_from(Effect)),
    )


# Expressions that are mostly well typed.


@dataclass(frozen=True)
class Known:
    """An expression that refers to something, and the type that its schema gives it."""

    text: str
    type: Type


def reach(known: Known, depth: int = 2) -> list[Known]:
    """The expression, and what lies below it: members, elements."""
    found = [known]
    if not depth:
        return found
    for kind in known.type.kinds:
        match kind:
            case Object(fields):
                for name, field in fields.items():
                    found += reach(Known(f"{known.text}.{name}", field.type), depth - 1)
            case List():
                found += reach(Known(f"{known.text}[0]", element_of(kind)), depth - 1)
            case _:
                pass
    return found


def _may_only_be(type_: Type, *kinds: type) -> bool:
    return bool(type_.kinds) and all(isinstance(kind, kinds) for kind in type_.kinds)


class Writer:
    """Writes expressions over what is known, drawing every choice."""

    def __init__(self, draw: st.DrawFn, known: list[Known]) -> None:
        self._draw = draw
        self._known = known
        self._bound = 0

    def write(self, sort: str, depth: int = 2) -> str:
        """An expression of one sort: number, text, truth, list, object or any."""
        if sort == "any":
            sort = self._draw(st.sampled_from(("number", "text", "truth", "list", "object", "reference")))
        ways: dict[str, Callable[[int], str]] = {
            "number": self._number,
            "text": self._text,
            "truth": self._truth,
            "list": self._list,
            "object": self._object,
            "reference": self._anything_known,
        }
        return ways[sort](depth)

    def _choose(self, depth: int, leaves: list[str], *ways: Callable[[], str]) -> str:
        if leaves and (not depth or not ways or self._draw(st.integers(0, 2)) == 2):
            return self._draw(st.sampled_from(leaves))
        if not depth or not ways:
            return "null"
        return self._draw(st.sampled_from(ways))()

    def _of(self, *kinds: type) -> list[str]:
        """References that may only be of these kinds, and those that null may stand in for."""
        plain = [each.text for each in self._known if _may_only_be(each.type, *kinds)]
        nullable = [each.text for each in self._known if _may_only_be(each.type, *kinds, Null)]
        lucky = [each.text for each in self._known if _may_only_be(each.type, Anything)]
        standard = {Number: "0", Text: '"none"', Truth: "false", List: "[]", Object: "{}"}[kinds[0]]
        certain = [*plain, *(f"default({text}, {standard})" for text in nullable)]
        # What was drawn least often is what the test is about.
        return [*(certain * 3), *lucky[:1]]

    def _anything_known(self, depth: int) -> str:
        return self._draw(st.sampled_from([each.text for each in self._known] or ["null"]))

    def _number(self, depth: int) -> str:
        def number() -> str:
            return self.write("number", depth - 1)

        operator = self._draw(st.sampled_from(("+", "-", "*", "/", "//", "%", "**")))
        return self._choose(
            depth,
            ["0", "2", "0.5", *self._of(Number)],
            lambda: f"({number()} {operator} {number()})",
            lambda: f"-{number()}",
            lambda: f"len({self.write(self._draw(st.sampled_from(('list', 'text', 'object'))), depth - 1)})",
            lambda: f"round({number()})",
            lambda: f"round({number()}, {number()})",
            lambda: f"{self._draw(st.sampled_from(('min', 'max')))}({number()}, {number()})",
            lambda: f"{self._draw(st.sampled_from(('min', 'max', 'sum')))}([{number()}, {number()}])",
            lambda: f"{self._draw(st.sampled_from(('sum', 'max')))}({self._comprehension('number', depth)})",
        )

    def _text(self, depth: int) -> str:
        return self._choose(
            depth,
            ['"red"', '"x"', *self._of(Text)],
            lambda: f"str({self.write('any', depth - 1)})",
            lambda: f"({self.write('text', depth - 1)} + {self.write('text', depth - 1)})",
            lambda: f"{self.write('text', 0)}[{self._draw(st.sampled_from(('0', '-1', '5')))}]",
        )

    def _truth(self, depth: int) -> str:
        relation = self._draw(st.sampled_from(("<", "<=", ">", ">=", "==", "!=")))
        connective = self._draw(st.sampled_from(("and", "or")))
        return self._choose(
            depth,
            ["true", *self._of(Truth)],
            lambda: f"({self.write('number', depth - 1)} {relation} {self.write('number', depth - 1)})",
            lambda: f"({self.write('text', depth - 1)} {relation} {self.write('text', depth - 1)})",
            lambda: f"({self.write('any', depth - 1)} {self._draw(st.sampled_from(('==', '!=')))} null)",
            lambda: f"({self.write('any', depth - 1)} in {self.write('list', depth - 1)})",
            lambda: f"(not {self.write('truth', depth - 1)})",
            lambda: f"({self.write('truth', depth - 1)} {connective} {self.write('truth', depth - 1)})",
            lambda: f"{self._draw(st.sampled_from(('any', 'all')))}({self._comprehension('truth', depth)})",
            lambda: self._tested(connective, depth),
        )

    def _tested(self, connective: str, depth: int) -> str:
        """Something is used only where it was found not to be null."""
        nullable = [each for each in self._known if any(isinstance(kind, Null) for kind in each.type.kinds)]
        if not nullable:
            return self.write("truth", depth - 1)
        chosen = self._draw(st.sampled_from(nullable))
        relation = "!=" if connective == "and" else "=="
        bare = Writer(self._draw, reach(Known(chosen.text, chosen.type.without(Null)), 1))
        return f"({chosen.text} {relation} null {connective} {bare.write('truth', depth - 1)})"

    def _list(self, depth: int) -> str:
        return self._choose(
            depth,
            ["[]", *self._of(List)],
            lambda: f"[{self.write('any', depth - 1)}, {self.write('any', depth - 1)}]",
            lambda: f"({self.write('list', depth - 1)} + {self.write('list', depth - 1)})",
            lambda: self._comprehension("any", depth),
        )

    def _object(self, depth: int) -> str:
        return self._choose(
            depth,
            ["{}", *self._of(Object)],
            lambda: f'{{"alpha": {self.write("any", depth - 1)}, "beta": {self.write("any", depth - 1)}}}',
        )

    def _comprehension(self, sort: str, depth: int) -> str:
        """Over a list that is known, if there is one; the element may be tested for null."""
        lists = [each for each in self._known if _may_only_be(each.type, List)]
        if not lists:
            return f"[{self.write(sort, depth - 1)} for none in []]"
        source = self._draw(st.sampled_from(lists))
        items = union([element_of(kind) for kind in source.type.kinds])
        name = f"each{len(self._known)}"
        if not self._draw(st.booleans()):
            inner = Writer(self._draw, [*self._known, *reach(Known(name, items), 1)])
            return f"[{inner.write(sort, depth - 1)} for {name} in {source.text}]"
        inner = Writer(self._draw, [*self._known, *reach(Known(name, items.without(Null)), 1)])
        return f"[{inner.write(sort, depth - 1)} for {name} in {source.text} if {name} != null]"


@st.composite
def expressions(draw: st.DrawFn, known: list[Known]) -> tuple[str, str]:
    """A sort, and an expression of it over what is known."""
    sort = draw(st.sampled_from(("number", "truth", "text", "list", "object", "any")))
    return sort, Writer(draw, known).write(sort)


# Plans.


def sort_of(type_: Type) -> str:
    """What sort of expression may fit the type."""
    sorts = {Number: "number", Text: "text", Truth: "truth", List: "list", Object: "object"}
    for kind in type_.kinds:
        if type(kind) in sorts:
            return sorts[type(kind)]
    return "any"


@st.composite
def plans(draw: st.DrawFn, catalog: list[Capability]) -> dict[str, Any]:
    """The document of a plan that refers, mostly, to what is there, and that mostly checks."""
    known: list[Known] = []
    steps: list[dict[str, Any]] = []
    for number in range(draw(st.integers(2, 5))):
        # Most of what does not check is tried once more, or dropped: a plan of several steps would
        # seldom check otherwise.
        for _ in range(2):
            step = draw(_steps(f"step_{'abcde'[number]}", catalog, known))
            trial = {"goal": "", "steps": [*steps, step], "answer": None}
            if check(trial, catalog).plan is not None or not draw(st.integers(0, 9)):
                break
        else:
            continue
        steps.append(step)
        capability = next(each for each in catalog if each.name == step["capability"])
        known += _known_of(step, capability)
    answer = Writer(draw, known).write(draw(st.sampled_from(("any", "text", "list"))))
    binding = {"template": f"So: {{ {answer} }}"} if draw(st.booleans()) else {"from": answer}
    return {"goal": "a goal", "steps": steps, "answer": binding}


def _known_of(step: Mapping[str, Any], capability: Capability) -> list[Known]:
    fickle = "condition" in step or step.get("on_failure") == OnFailure.CONTINUE
    found: list[Known] = []
    output = type_of_schema(capability.output_schema)
    for kind in output.kinds:
        for name, field in kind.fields.items() if isinstance(kind, Object) else ():
            text = f"{step['id']}.{name}"
            if "for_each" in step:
                found += reach(Known(text, Type((List(field.type),))))
            else:
                found += reach(Known(text, field.type))
    # What may be absent had better say what to take instead, and mostly does.
    careful = [Known(f"default({each.text}, null)", union([each.type, NULL])) for each in found[:3]]
    return [*careful, *careful, *found[:2]] if fickle else found


@st.composite
def _steps(draw: st.DrawFn, name: str, catalog: list[Capability], known: list[Known]) -> dict[str, Any]:
    capability = draw(st.sampled_from(catalog))
    step: dict[str, Any] = {"id": name, "capability": capability.name, "inputs": {}}
    writer = Writer(draw, known)
    if draw(st.integers(0, 3)) == 3:
        step["condition"] = writer.write("truth")
    lists = [each for each in known if _may_only_be(each.type, List)]
    if lists and draw(st.integers(0, 3)) == 0:
        source = draw(st.sampled_from(lists))
        step["for_each"] = {"from": source.text}
        items = union([element_of(kind) for kind in source.type.kinds])
        known = [*known, *reach(Known("item", items))]
        writer = Writer(draw, known)
    input_type = type_of_schema(capability.input_schema)
    for kind in input_type.kinds:
        for key, field in kind.fields.items() if isinstance(kind, Object) else ():
            if field.required or draw(st.booleans()):
                step["inputs"][key] = draw(_bindings(capability, key, field.type, writer))
    if draw(st.integers(0, 2)) == 0:
        output = reach(Known("output", type_of_schema(capability.output_schema)))
        step["expect"] = [Writer(draw, [*known, *output]).write("truth")]
    if draw(st.integers(0, 3)) == 3:
        step["on_failure"] = "continue"
    if draw(st.integers(0, 3)) == 3:
        step["join"] = draw(st.sampled_from(("any", "done")))
    return step


@st.composite
def _bindings(draw: st.DrawFn, capability: Capability, key: str, type_: Type, writer: Writer) -> Any:
    match draw(st.integers(0, 3)):
        case 3:
            schema = capability.input_schema
            part: Any = schema["properties"][key]  # type: ignore[index, call-overload]
            return draw(values(part, schema))
        case 2 if any(isinstance(kind, (Text, Anything)) for kind in type_.kinds):
            return {"template": f"It is {{ {writer.write('any', 1)} }}."}
        case _:
            return {"from": writer.write(sort_of(type_))}


LINK = Capability(
    name="link",
    description="",
    input_schema={"type": "object", "properties": {"x": {"type": "integer"}}, "additionalProperties": False},
    output_schema={
        "type": "object",
        "properties": {"value": {"type": "integer"}, "good": {"type": "boolean"}},
        "required": ["value", "good"],
        "additionalProperties": False,
    },
)
"""What the steps of a flow do."""


@st.composite
def flows(draw: st.DrawFn) -> dict[str, Any]:
    """The document of a plan whose steps say little, but may be skipped, fail, and wait in every way."""
    names: list[str] = []
    steps: list[dict[str, Any]] = []
    for name in "abcde"[: draw(st.integers(2, 5))]:
        step: dict[str, Any] = {"id": name, "capability": "link"}
        values = [
            "1",
            "1 // 0",
            *(f"{each}.value" for each in names),
            *(f"default({each}, 0)" for each in names),
        ]
        goods = ["true", "false", *(f"{each}.good" for each in names)]
        goods += [f"default({each}.good, true)" for each in names]
        if draw(st.booleans()):
            step["inputs"] = {"x": {"from": draw(st.sampled_from(values[::-1]))}}
        if draw(st.integers(0, 2)) == 0:
            step["condition"] = draw(st.sampled_from(goods))
        if draw(st.integers(0, 3)) == 0:
            step["expect"] = [draw(st.sampled_from(["output.good or true", *goods]))]
        if draw(st.booleans()) and names:
            step["depends_on"] = draw(st.lists(st.sampled_from(names), unique=True))
        step["join"] = draw(st.sampled_from(("all", "any", "done")))
        step["on_failure"] = draw(st.sampled_from(("continue", "fail")))
        steps.append(step)
        names.append(name)
    answer = draw(
        st.sampled_from([f"[{names[-1]}]", f"default({names[-1]}, {names[0]})", f"default({names[-1]}, 0)"])
    )
    return {"goal": "", "steps": steps, "answer": {"from": answer}}
