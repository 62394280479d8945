"""Takes secrets out of a JSON document, so that it can be shown to everybody.

What a secret is, four files know: `names`, `values`, `pairs` and `patterns`. What was found anywhere is then
looked for everywhere, in other spellings too.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar

from pydantic import JsonValue

from callsheet.errors import ExitCode
from callsheet.executor.errors import ExecutorError

from .finder import SecretFinder
from .index import Place, Secret, SecretIndex
from .names import names_secret_variable
from .patterns import Finding, find_secrets, key_lines
from .placeholders import NUMBERED, PLACEHOLDER
from .spellings import BASE64_LAYERS, contents, readings, runs
from .substitutes import Substitutes, plain, plain_text, scale_of
from .texts import rewritten, scalars
from .values import SHORTEST, SHORTEST_CODE, is_trivial

_IN_BASE64 = "base64 of a text with a secret"


class SecretPatternInvalid(ExecutorError):
    """A regular expression for secrets cannot be used: `pattern` is what was written, `problem` says why."""

    exit_code: ClassVar[ExitCode] = ExitCode.USAGE

    def __init__(self, pattern: str, problem: str) -> None:
        super().__init__(
            f"the pattern {pattern!r} for secrets {problem}; write a regular expression of Python that "
            "matches a secret, or has a group (?P<secret>...) that does"
        )
        self.pattern = pattern
        self.problem = problem


class Redactor:
    """Puts placeholders in the place of secrets: the same secret, the same placeholder.

    `<secret:NAME>` stands for the value of an environment variable, `<secret-1>`, `<secret-2>` and so on for
    what else was found, in the order in which it stands in the first document that has it. A secret that is a
    number gives way to another one, in texts too, such as 100000001: so what is computed from it, and what
    it has to fit, stays as it was. A placeholder that is there already is left alone, and its number not
    given to anything else.

    `patterns` are regular expressions for further secrets: what the group `secret` matches, or the whole
    match if there is no such group. Raises SecretPatternInvalid.
    """

    def __init__(self, environment: Mapping[str, str] = {}, patterns: Sequence[str] = ()) -> None:
        self._patterns = [_compiled(pattern) for pattern in patterns]
        self._index = SecretIndex()
        self._numbers: dict[str, int] = {}
        self._taken: set[int] = set()
        self._latest = 0
        self._substitutes = Substitutes(self._index)
        self._has_numbers = False
        self._placeholders: dict[str, str] = {}
        # In the order of their names, which is the same everywhere.
        known = [each for pair in sorted(environment.items()) for each in _secrets_of(*pair)]
        for secret in known:
            self._add(secret)
        for secret in known:
            self._substitutes.substitute(secret.text, secret.variable)

    @property
    def placeholders(self) -> Mapping[str, str]:
        """The placeholders that were put anywhere so far, each with the kind of thing that it stands for."""
        return MappingProxyType(self._placeholders)

    def redact(self, document: JsonValue) -> JsonValue:
        """A document of the same shape in which no secret is left, neither in its keys nor in its values."""
        for _, value in scalars(document):
            self._substitutes.avoid(value)
            if isinstance(value, str):
                self._taken.update(map(int, NUMBERED.findall(value)))
        finder = SecretFinder(self._patterns)
        done: dict[str, str] = {}
        while True:
            known = len(self._index)
            for sort, value in scalars(document):
                for finding in finder.find(sort, value):
                    self._know(finding)
            if len(self._index) > known:
                done.clear()
            changed = self._replace(document, done)
            document = rewritten(document, done.__getitem__, self._number)
            # What has come to stand side by side may show another secret.
            if not changed:
                return document

    def redact_text(self, text: str) -> str:
        """The text without the secrets that are known so far: of the environment, and of documents."""
        pieces = PLACEHOLDER.split(text)
        pieces[::2] = map(self._without_secrets, pieces[::2])
        return "".join(pieces)

    def _know(self, finding: Finding) -> None:
        """Keep what was found, unless it is another spelling of what is known, or has a placeholder in it."""
        text = finding.secret
        if text[:1] in ("-", "+") and len(number := plain_text(text)) >= SHORTEST_CODE:
            text = number
        if PLACEHOLDER.search(text) or text in self._substitutes or text in self._index:
            return
        if not any(reading.text in self._index for reading in readings(text)[1:]):
            self._add(Secret(text, finding.kind))

    def _add(self, secret: Secret) -> None:
        self._index.add(secret)
        self._has_numbers = self._has_numbers or scale_of(secret.text) is not None

    def _replace(self, document: JsonValue, done: dict[str, str]) -> bool:
        """Add the texts of the document to those that are done, each with what becomes of it. Whether that
        is another text for any."""
        changed = False
        # In the order of the document, for the numbers in the placeholders.
        for _, value in scalars(document):
            if not isinstance(value, str):
                self._number(value)
                continue
            if value not in done:
                done[value] = self.redact_text(value)
            changed = changed or done[value] != value
        return changed

    def _number(self, number: int | float) -> int | float:
        """What becomes of a number: another where its text would become that of another."""
        if not self._has_numbers:
            return number
        pieces: list[str] = []
        end = 0
        text = plain(number)
        for place in self._index.places(text):
            substitute = self._substitutes.substitute(place.secret.text, place.secret.variable)
            if substitute is None:
                return number
            pieces += (text[end : place.start], self._placeholder(place.secret))
            end = place.end
        if not pieces:
            return number
        try:
            other = type(number)("".join(pieces) + text[end:])
        except ValueError:
            return number
        return number if math.isinf(other) else -other if number < 0 else other

    def _without_secrets(self, text: str) -> str:
        pieces: list[str] = []
        end = 0
        for place in _apart(self._places(text)):
            pieces += (text[end : place.start], self._placeholder(place.secret))
            end = place.end
        return "".join(pieces) + text[end:]

    def _places(self, text: str) -> Iterator[Place]:
        """Where secrets stand in any reading of a text, and base64 that holds one, as a whole."""
        for reading in readings(text):
            for place in self._index.places(reading.text):
                yield Place(*reading.origin(place.start, place.end), place.secret)
            for run in runs(reading.text):
                if self._holds_secret(run[0], BASE64_LAYERS):
                    secret = self._index.owner(run[0]) or Secret(run[0], _IN_BASE64)
                    yield Place(*reading.origin(*run.span()), secret)

    def _holds_secret(self, run: str, layers: int) -> bool:
        inner = [reading.text for content in contents(run) for reading in readings(content)]
        for text in inner:
            if any(place.end - place.start >= SHORTEST for place in self._index.places(text)):
                return True
        return layers > 1 and any(
            self._holds_secret(run[0], layers - 1) for text in inner for run in runs(text)
        )

    def _placeholder(self, secret: Secret) -> str:
        placeholder = self._substitutes.substitute(secret.text, secret.variable) or self._name(secret)
        self._placeholders.setdefault(placeholder, secret.kind)
        return placeholder

    def _name(self, secret: Secret) -> str:
        if secret.variable:
            return f"<secret:{secret.variable}>"
        if secret.text not in self._numbers:
            self._latest += 1
            while self._latest in self._taken:
                self._latest += 1
            self._numbers[secret.text] = self._latest
        return f"<secret-{self._numbers[secret.text]}>"


def _secrets_of(variable: str, value: str) -> Iterator[Secret]:
    """What is secret of the value of a variable: all of it if the name says so, or what the value shows."""
    value = value.strip()
    found = [finding.secret for finding in find_secrets(value)]
    if names_secret_variable(variable) and not is_trivial(value):
        found = [value, *found, *(key_lines(value) if "\n" in value else ())]
    name = re.sub(r"\W", "_", variable[:256], flags=re.ASCII) or "_"
    for text in found:
        number = plain_text(text)
        # As it is written where it is given back as a number. A sign stays where it is.
        texts = (text,) if is_trivial(number) else (number,) if text[0] in "+-" else (text, number)
        yield from (Secret(each, f"environment variable {name}", name) for each in texts)


def _apart(places: Iterator[Place]) -> list[Place]:
    """The places from left to right; of those that overlap the whole extent, for the longest of them."""
    apart: list[Place] = []
    for place in sorted(places, key=lambda place: (place.start, -place.end)):
        if apart and _joined(apart[-1], place):
            last = apart.pop()
            longer = max(last, place, key=lambda place: place.end - place.start)
            place = Place(last.start, max(last.end, place.end), longer.secret)
        apart.append(place)
    return apart


def _joined(first: Place, second: Place) -> bool:
    """Whether two places overlap, or are pieces of one secret."""
    whole = second.start == first.end and first.secret is second.secret and first.secret.is_long
    return second.start < first.end or whole


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        compiled = re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise SecretPatternInvalid(pattern, f"cannot be read ({error})") from None
    if compiled.match(""):
        raise SecretPatternInvalid(pattern, "matches the empty text, and so matches everywhere")
    return compiled
