"""What is wrong where a value breaks its schema, in sentences for the user and for a model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias, cast

from jsonschema_rs import ValidationError
from jsonschema_rs import ValidationErrorKind as Kind

from callsheet.suggestions import did_you_mean, nearest

from .references import target_of
from .wording import MAX_CHOICES, choices_text, counted, joined, kind_of, kinds_text, shown

MAX_FORMS = 3
"""Forms of which a sentence tells why the value fits none of them."""

_Branch: TypeAlias = Sequence[ValidationError]
_CHOICE = (Kind.Enum, Kind.Constant)
_UNEXPECTED = (Kind.AdditionalProperties, Kind.UnevaluatedProperties)
_OTHER_TYPE, _OTHER_TAG, _OTHER_CHOICE, _OTHER_FIELD = 100, 10, 5, 2
"""How much speaks against a branch having been meant; any other problem counts 1."""


class SchemaProblem(NamedTuple):
    """One place where a value breaks its schema."""

    pointer: str
    """Where in the value, as a JSON pointer."""

    message: str
    """What is wrong, in one sentence."""

    hint: str | None = None
    """What may have been meant, where that is known."""

    @property
    def sentence(self) -> str:
        """The message, and the hint behind it."""
        return f"{self.message} ({self.hint})" if self.hint else self.message


class Explainer:
    """Says what is wrong, for one schema."""

    def __init__(self, schema: object) -> None:
        self._schema = schema

    def problems(self, error: ValidationError) -> Iterator[SchemaProblem]:
        """The problems that an error of the library stands for; under `anyOf` and `oneOf` those with the one
        branch that was meant, where that can be told."""
        kind = error.kind
        if isinstance(kind, (Kind.AnyOf, Kind.OneOfNotValid)):
            yield from self._branches(error, [each for each in _context(error) if each])
        elif isinstance(kind, _UNEXPECTED):
            yield from self._unexpected(error, cast("Any", kind).unexpected)
        else:
            yield SchemaProblem(pointer_of(error.instance_path), *self._sentence(error))

    def _branches(self, error: ValidationError, branches: Sequence[_Branch]) -> Iterator[SchemaProblem]:
        depth, place = len(error.instance_path), pointer_of(error.instance_path)
        weights = [sum(_against(each, depth) for each in branch) for branch in branches]
        least = min(weights, default=0)
        pairs = [*zip(branches, weights, strict=True)]
        near = [branch for branch, weight in pairs if weight == least]
        if types := _types_wanted(error):
            yield SchemaProblem(place, _other_type(error.instance, types))
        elif choices := _choices(near, depth):
            yield SchemaProblem(place, *_other_choice(error.instance, choices))
        elif tag := _tag([branch for branch, weight in pairs if weight < _OTHER_TYPE], depth):
            yield SchemaProblem(pointer_of(tag.instance_path), *_other_choice(tag.instance, tag.choices))
        elif len(near) == 1:
            form = self._form(error, weights)
            for each in near[0]:
                for problem in self.problems(each):
                    yield (
                        problem._replace(hint="; ".join(filter(None, (problem.hint, form))))
                        if form
                        else problem
                    )
        else:
            yield SchemaProblem(place, self._no_form(near, place))

    def _form(self, error: ValidationError, weights: Sequence[int]) -> str:
        """Which form an object was taken for, where there are several; empty where there is one."""
        if not isinstance(error.instance, Mapping) or sum(each < _OTHER_TYPE for each in weights) < 2:
            return ""
        path = [*error.schema_path, weights.index(min(weights))]
        return _form_name(cast("Mapping[str, object]", error.instance), self._resolved(path))

    def _resolved(self, path: Sequence[str | int]) -> Mapping[str, Any]:
        """What stands at a path in the schema, with its references followed; its name as a title."""
        found, name = _at(self._schema, path), ""
        for _ in range(MAX_FORMS):
            reference = cast("Mapping[str, Any]", found).get("$ref") if isinstance(found, Mapping) else None
            if not isinstance(reference, str):
                break
            found, name = target_of(reference, self._schema), reference.rpartition("/")[2]
        return {"title": name, **cast("Mapping[str, Any]", found)} if isinstance(found, Mapping) else {}

    def _no_form(self, near: Sequence[_Branch], place: str) -> str:
        """Why the value fits none of the forms that come nearest."""
        told = dict.fromkeys("; ".join(self._told(branch, place)) for branch in near)
        shown_forms = [*told][:MAX_FORMS]
        if len(told) == 1:
            return shown_forms[0]
        more = "; …" if len(told) > MAX_FORMS else ""
        forms = "; ".join(f"({at}) {each}" for at, each in enumerate(shown_forms, 1))
        return f"this fits none of the forms that are allowed: {forms}{more}"

    def _told(self, branch: _Branch, place: str) -> Iterator[str]:
        for error in branch:
            for problem in self.problems(error):
                inner = problem.pointer.removeprefix(place)
                yield f"{inner}: {problem.message}" if inner else problem.message

    def _unexpected(self, error: ValidationError, names: Iterable[str]) -> Iterator[SchemaProblem]:
        known = [*_listed(_at(self._schema, error.schema_path[:-1]))]
        given = cast("Mapping[str, object]", error.instance)
        free = [each for each in known if each not in given]
        for name in names:
            hint = did_you_mean(name, free or known, MAX_CHOICES) if known else None
            yield SchemaProblem(pointer_of(error.instance_path), f"there is no field `{name:.80}`", hint)

    def _sentence(self, error: ValidationError) -> tuple[str, str | None]:
        value, kind = error.instance, cast("Any", error.kind)
        if isinstance(kind, _CHOICE):
            return _other_choice(value, _options(error))
        if isinstance(kind, Kind.PropertyNames):
            inner = kind.error
            found = next(iter(self.problems(inner)), None) if isinstance(inner, ValidationError) else None
            return (f"the name {found.message}", found.hint) if found else ("a name is not allowed", None)
        if isinstance(kind, Kind.Contains):
            return _wrong_elements(str(error.schema_path[-1])), None
        say = next((each for known, each in _SENTENCES.items() if isinstance(kind, known)), None)
        return (say(value, kind) if say else f"{shown(value)} is not what the schema allows"), None


def schema_fault(error: ValueError) -> str:
    """Why a schema is not valid, in one sentence; `error` is what the library raised for it."""
    kind = getattr(error, "kind", None)
    if not isinstance(error, ValidationError):
        return f"{error}".partition("\n")[0]
    if isinstance(kind, Kind.Referencing):
        return _reference_fault(error.message)
    if isinstance(kind, Kind.Format):
        problem = SchemaProblem(
            pointer_of(error.instance_path), f"{shown(error.instance)} is not a valid pattern"
        )
    else:
        problem = next(iter(Explainer({}).problems(error)))
    return f"at {problem.pointer}: {problem.message}" if problem.pointer else problem.message


def pointer_of(path: Iterable[str | int]) -> str:
    """The JSON pointer (RFC 6901) of a path."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def _reference_fault(message: str) -> str:
    quoted = message.split("'")
    target = f" `{quoted[1]:.80}`" if len(quoted) > 2 else ""
    if message.startswith("Resource"):
        return f"the reference{target} leads outside the schema, and nothing is fetched"
    return f"the reference{target} leads to nothing in the schema"


def _context(error: ValidationError) -> Sequence[_Branch]:
    return cast("Sequence[_Branch]", getattr(error.kind, "context", None) or ())


def _against(error: ValidationError, depth: int) -> int:
    """How much an error speaks against its branch having been meant for a value at that depth."""
    below = len(error.instance_path) - depth
    if below == 0 and isinstance(error.kind, Kind.Type):
        return _OTHER_TYPE
    if below <= 1 and isinstance(error.kind, _CHOICE):
        is_tag = below == 1 and len(_options(error)) == 1
        return _OTHER_TAG if is_tag else _OTHER_CHOICE
    if below == 0 and isinstance(error.kind, _UNEXPECTED):
        return _OTHER_FIELD * len(cast("Any", error.kind).unexpected)
    if below == 0 and isinstance(error.kind, Kind.Required):
        return _OTHER_FIELD
    branches = [each for each in _context(error) if each]
    if below == 0 and branches:
        return min(sum(_against(each, depth) for each in branch) for branch in branches)
    return 1


def _types_wanted(error: ValidationError) -> tuple[str, ...]:
    """The types that the branches want, where the value is of none of them."""
    if isinstance(error.kind, Kind.Type):
        return tuple(cast("Any", error.kind).types)
    found: list[str] = []
    for branch in _context(error):
        here = [each for each in branch if len(each.instance_path) == len(error.instance_path)]
        types = next((types for each in here if (types := _types_wanted(each))), ())
        if branch and not types:
            return ()
        found += types
    return tuple(found)


def _choices(branches: Sequence[_Branch], depth: int) -> list[object]:
    """All choices, where each of the branches allows some values alone."""
    found: list[object] = []
    for branch in branches:
        here = [each for each in branch if len(each.instance_path) == depth]
        choices = next((_options(each) for each in here if isinstance(each.kind, _CHOICE)), None)
        if choices is None:
            return []
        found += choices
    return found


class _Tag(NamedTuple):
    """The field that tells branches apart, its value, which none of them has, and those that they have."""

    instance_path: Sequence[str | int]
    instance: object
    choices: list[object]


def _tag(branches: Sequence[_Branch], depth: int) -> _Tag | None:
    if len(branches) < 2:
        return None
    for error in branches[0]:
        path = error.instance_path
        same = [[each for each in branch if each.instance_path == path] for branch in branches]
        if len(path) == depth + 1 and (choices := _choices(same, depth + 1)):
            return _Tag(path, error.instance, choices)
    return None


def _options(error: ValidationError) -> list[object]:
    kind = cast("Any", error.kind)
    return [kind.expected_value] if isinstance(kind, Kind.Constant) else list(kind.options)


def _other_type(value: object, types: Iterable[str]) -> str:
    wanted = [*types]
    if isinstance(value, float) and not value.is_integer() and "integer" in wanted:
        return f"{shown(value)} has a fraction, but {kinds_text(wanted)} is required"
    if value is None:
        return f"null is given, but {kinds_text(wanted)} is required"
    return f"{shown(value)} is {kind_of(value)}, but {kinds_text(wanted)} is required"


def _other_choice(value: object, choices: Sequence[object]) -> tuple[str, str | None]:
    texts = [each for each in choices if isinstance(each, str)]
    found = nearest(value, texts) if isinstance(value, str) else None
    written = [each for each in choices if shown(each) == str(value)]
    hint = f"did you mean `{found}`?" if found else None
    if found is None and written and value not in choices:
        hint = f"did you mean {shown(written[0])}, {kind_of(written[0])}?"
    allowed = "" if len(choices) == 1 else "one of "
    return f"{shown(value)} is not {allowed}{choices_text(choices)}", hint


def _wrong_elements(keyword: str) -> str:
    if keyword == "maxContains":
        return "the list has too many elements of the kind that the schema counts"
    return "the list has too few elements of the kind that the schema requires"


def _form_name(value: Mapping[str, object], form: Mapping[str, Any]) -> str:
    """A form of an object in words: by what in the value tells it from the others, by its name, or by what it
    must have."""
    for name, part in _listed(form).items():
        only = part.get("const", part.get("enum")) if isinstance(part, Mapping) else None
        if name in value and value[name] in (
            only,
            *(only if isinstance(only, list) and len(only) == 1 else ()),
        ):
            return f"as `{name:.80}` is {shown(value[name])}"
    if title := form.get("title"):
        return f"it was read as {title:.80}"
    required = form.get("required")
    names = [f"`{each:.80}`" for each in required[:MAX_FORMS]] if isinstance(required, list) else []
    return f"it was read as the form that has {joined(names, 'and')}" if names else ""


def _at(schema: object, path: Sequence[str | int]) -> object:
    for part in path:
        if isinstance(schema, Mapping):
            schema = cast("Mapping[str, object]", schema).get(str(part))
        elif isinstance(schema, list) and isinstance(part, int) and part < len(schema):
            schema = cast("list[object]", schema)[part]
        else:
            return None
    return schema


def _listed(schema: object) -> Mapping[str, Any]:
    """The properties that a schema lists."""
    found = cast("Mapping[str, Any]", schema).get("properties") if isinstance(schema, Mapping) else None
    return cast("Mapping[str, Any]", found) if isinstance(found, Mapping) else {}


def _repeated(value: Sequence[object]) -> str:
    seen: list[object] = []
    for each in map(shown, value):
        if each in seen:
            return f"{each} occurs twice, and each element may occur once"
        seen.append(each)
    return "an element occurs twice, and each may occur once"


_SENTENCES: Mapping[type, Callable[[Any, Any], str]] = {
    Kind.Type: lambda value, kind: _other_type(value, kind.types),
    Kind.Maximum: lambda value, kind: f"{shown(value)} is above {shown(kind.limit)}",
    Kind.Minimum: lambda value, kind: f"{shown(value)} is below {shown(kind.limit)}",
    Kind.ExclusiveMaximum: lambda value, kind: f"{shown(value)} is not below {shown(kind.limit)}",
    Kind.ExclusiveMinimum: lambda value, kind: f"{shown(value)} is not above {shown(kind.limit)}",
    Kind.MultipleOf: lambda value, kind: f"{shown(value)} is not a multiple of {shown(kind.multiple_of)}",
    Kind.MinLength: lambda value, kind: (
        f"{shown(value)} has {counted(len(value), 'character')}, and needs at least {kind.limit:,}"
    ),
    Kind.MaxLength: lambda value, kind: (
        f"{shown(value)} has {counted(len(value), 'character')}, and may have at most {kind.limit:,}"
    ),
    Kind.Pattern: lambda value, kind: f"{shown(value)} does not match the pattern {kind.pattern:.200}",
    Kind.Format: lambda value, kind: f"{shown(value)} is not a valid {kind.format}",
    Kind.ContentMediaType: lambda value, kind: f"{shown(value)} is not valid {kind.content_media_type}",
    Kind.ContentEncoding: lambda value, kind: f"{shown(value)} is not valid {kind.content_encoding}",
    Kind.MinItems: lambda value, kind: (
        f"the list has {counted(len(value), 'element')}, and needs at least {kind.limit:,}"
    ),
    Kind.MaxItems: lambda value, kind: (
        f"the list has {counted(len(value), 'element')}, and may have at most {kind.limit:,}"
    ),
    Kind.AdditionalItems: lambda value, kind: f"the list has more than {counted(kind.limit, 'element')}",
    Kind.UnevaluatedItems: lambda value, kind: "the list has more elements than are allowed",
    Kind.UniqueItems: lambda value, kind: _repeated(value),
    Kind.MinProperties: lambda value, kind: (
        f"the object has {counted(len(value), 'field')}, and needs at least {kind.limit:,}"
    ),
    Kind.MaxProperties: lambda value, kind: (
        f"the object has {counted(len(value), 'field')}, and may have at most {kind.limit:,}"
    ),
    Kind.Required: lambda value, kind: f"`{kind.property:.80}` is missing",
    Kind.FalseSchema: lambda value, kind: "nothing is allowed here; leave it out",
    Kind.Not: lambda value, kind: (
        f"{shown(value)} is not allowed; what {shown(kind.schema)} describes is excluded"
    ),
    Kind.OneOfMultipleValid: lambda value, kind: (
        f"{shown(value)} fits {joined([str(sum(not each for each in kind.context))])} of the forms that are "
        "allowed, and may fit only one"
    ),
}
