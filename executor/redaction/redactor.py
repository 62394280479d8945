"""Takes secrets out of a JSON document, so that it can be shown to everybody.

What a secret is, four files know: `names`, `values`, `pairs` and `patterns`. What was found anywhere is then
looked for everywhere, in other spellings too.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import ClassVar

from pydantic import JsonValue

from callsheet.errors import ExitCode
from callsheet.executor.errors import ExecutorError

from .finder import SecretFinder
from .index import MAX_FORM, Place, Secret, SecretIndex
from .names import names_secret_variable
from .patterns import find_secrets
from .placeholders import PLACEHOLDER, Placeholders
from .spellings import readings
from .substitutes import digits_of, plain, plain_text
from .texts import rewritten, scalars
from .values import MIN_CODE, MIN_SECRET, is_trivial

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
    what else was found, in the order in which it stands in the first document that has it (the keys of an
    object before its values). A secret that is a number gives way to another one, in texts too, such as
    100000001: so what is computed from it, and what it has to fit, stays as it was. A placeholder that is
    there already is left alone, and its number not given to anything else.

    `patterns` are regular expressions for further secrets: what the group `secret` matches, or the whole
    match if there is no such group. Raises SecretPatternInvalid.
    """

    def __init__(self, environment: Mapping[str, str] = {}, patterns: Sequence[str] = ()) -> None:
        self._patterns = [_compiled(pattern) for pattern in patterns]
        self._index = SecretIndex()
        self._placeholders = Placeholders(self._index)
        # In the order of their names, which is the same everywhere.
        known = [secret for variable in sorted(environment.items()) for secret in _secrets_of(*variable)]
        for secret in known:
            self._index.add(secret)
        # All are known by then: no number is given to one of them that is another.
        for secret in known:
            self._placeholders.keep(secret)

    @property
    def placeholders(self) -> Mapping[str, str]:
        """The placeholders that were put anywhere so far, each with the kind of thing that it stands for."""
        return self._placeholders.given

    def redact(self, document: JsonValue) -> JsonValue:
        """A document of the same shape in which no secret is left, neither in its keys nor in its values."""
        for _, value in scalars(document):
            self._placeholders.avoid(value)
        finder = SecretFinder(self._patterns)
        while True:
            for sort, value in scalars(document):
                for secret in finder.find_secrets(sort, value):
                    self._know(secret)
            clean = rewritten(document, cache(self.redact_text), self._number)
            # What has come to stand side by side may show another secret.
            if _texts(clean) == _texts(document):
                return clean
            document = clean

    def redact_text(self, text: str) -> str:
        """The text without the secrets that are known so far: of the environment, and of documents."""
        pieces = PLACEHOLDER.split(text)
        pieces[::2] = map(self._without_secrets, pieces[::2])
        return "".join(pieces)

    def _know(self, secret: Secret) -> None:
        """Keep what was found, unless it is another spelling of what is known, or has a placeholder in it."""
        if secret.text[0] in "-+" and len(number := plain_text(secret.text)) >= MIN_CODE:
            secret = Secret(number, secret.kind)
        if secret.text in self._placeholders:
            return
        if not any(reading.text in self._index for reading in readings(secret.text)):
            self._index.add(secret)

    def _number(self, number: int | float) -> int | float:
        """What becomes of a number: another where its text would become that of another."""
        text = plain(number)
        places = list(self._index.places(text))
        if not places or not all(digits_of(place.secret.text) for place in places):
            return number
        try:
            other = type(number)(self._put(text, places))
        except ValueError:
            return number
        return number if math.isinf(other) else -other if number < 0 else other

    def _without_secrets(self, text: str) -> str:
        return self._put(text, _apart(self._places(text)))

    def _put(self, text: str, places: Sequence[Place]) -> str:
        pieces: list[str] = []
        end = 0
        for place in places:
            pieces += (text[end : place.start], self._placeholders.put(place.secret))
            end = place.end
        return "".join(pieces) + text[end:]

    def _places(self, text: str) -> Iterator[Place]:
        """Where secrets stand in any reading of a text, and base64 that holds one, as a whole."""
        for reading in readings(text):
            for place in self._index.places(reading.text):
                start, end = reading.origin(place.start, place.end)
                if not reading.is_base64:
                    yield Place(start, end, place.secret)
                # A short one would be found in anything once that is decoded.
                elif place.end - place.start >= MIN_SECRET and text[start:end] not in self._index:
                    yield Place(start, end, Secret(text[start:end], _IN_BASE64))


def _texts(document: JsonValue) -> list[str]:
    return [value for _, value in scalars(document) if isinstance(value, str)]


def _secrets_of(variable: str, value: str) -> Iterator[Secret]:
    """What is secret of the value of a variable: all of it if the name says so, or what the value shows."""
    value = value.strip()
    found = [secret.text for secret in find_secrets(value)]
    if names_secret_variable(variable) and not is_trivial(value):
        found.insert(0, value)
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
        if apart and _is_joined(apart[-1], place):
            last = apart.pop()
            longer = max(last, place, key=lambda place: place.end - place.start)
            place = Place(last.start, max(last.end, place.end), longer.secret)
        apart.append(place)
    return apart


def _is_joined(first: Place, second: Place) -> bool:
    """Whether two places overlap, or are pieces of one long secret."""
    is_next = second.start == first.end and first.secret is second.secret
    return second.start < first.end or (is_next and len(first.secret.text) > MAX_FORM)


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        compiled = re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise SecretPatternInvalid(pattern, f"cannot be read ({error})") from None
    if compiled.match(""):
        raise SecretPatternInvalid(pattern, "matches the empty text, and so matches everywhere")
    return compiled
