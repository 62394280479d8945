"""Takes secrets out of a JSON document, so that it can be shown to everybody.

What a secret is, three files know: `names`, `values` and `patterns`. What was found anywhere is then looked
for everywhere, behind one layer of encoding too.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache

from pydantic import JsonValue

from callsheet.executor.redaction.errors import SecretPatternInvalid

from .index import Place, SecretIndex
from .names import Sort, names_secret_variable
from .patterns import find_secrets
from .placeholders import PLACEHOLDER, Placeholders, as_known, is_number, plain
from .readings import readings
from .texts import Scalar, rewritten, scalars
from .values import MIN_SECRET, Secret, is_trivial, named_secrets


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
    def placeholders(self) -> frozenset[str]:
        """What was put in the place of a secret so far."""
        return frozenset(self._placeholders.given)

    def redact(self, document: JsonValue) -> JsonValue:
        """A document of the same shape in which no secret is left, neither in its keys nor in its values."""
        for _, value in scalars(document):
            self._placeholders.avoid(value)
        # Each once; 1 is not 1.0 here.
        learn = lru_cache(None, typed=True)(self._learn)
        while True:
            for sort, value in scalars(document):
                learn(sort, value)
            clean = rewritten(document, cache(self.redact_text), self._redact_number)
            # What has come to stand side by side may show another secret.
            if clean == document:
                return clean
            document = clean

    def redact_text(self, text: str) -> str:
        """The text without the secrets that are known so far: of the environment, and of documents."""
        pieces = PLACEHOLDER.split(text)
        pieces[::2] = [self._put(piece, _apart(self._places(piece))) for piece in pieces[::2]]
        return "".join(pieces)

    def _redact_number(self, number: int | float) -> int | float:
        """What becomes of a number: another where its text would become that of another."""
        text = plain(number)
        places = list(self._index.places(text))
        if not places or not all(is_number(secret) for _, _, secret in places):
            return number
        try:
            other = type(number)(self._put(text, places))
        except ValueError:
            return number
        return number if math.isinf(other) else -other if number < 0 else other

    def _learn(self, sort: Sort | None, value: Scalar) -> None:
        """Know what is secret in a value whose name is of this sort. A number is as a whole or not at all."""
        text = value if isinstance(value, str) else plain(value)
        if isinstance(value, str):
            found = list(self._shown(text))
        else:
            found = [Secret(text)] if any(pattern.fullmatch(text) for pattern in self._patterns) else []
        if sort:
            found += named_secrets(sort, text)
        for secret in (each for shown in found for each in as_known(shown)):
            # Unless it is another spelling of what is known, or has a placeholder in it.
            spellings = (each.text for each in readings(secret.text) if not each.is_base64)
            if secret.text not in self._placeholders and not any(map(self._index.get, spellings)):
                self._index.add(secret)

    def _shown(self, text: str) -> Iterator[Secret]:
        for reading in readings(text):
            yield from find_secrets(reading.text)
            # A short one would be found in anything once that is decoded.
            shortest = MIN_SECRET if reading.is_base64 else 1
            for found in (each for pattern in self._patterns for each in pattern.finditer(reading.text)):
                secret = found["secret"] if "secret" in found.re.groupindex else found[0]
                if secret and len(secret) >= shortest:
                    yield Secret(secret)

    def _places(self, text: str) -> Iterator[Place]:
        """Where secrets stand in any reading of a text; base64 that holds one is one as a whole."""
        for reading in readings(text):
            for start, end, secret in self._index.places(reading.text):
                begin, stop = reading.origin(start, end)
                if not reading.is_base64:
                    yield begin, stop, secret
                elif end - start >= MIN_SECRET:
                    yield begin, stop, self._index.get(text[begin:stop]) or Secret(text[begin:stop])

    def _put(self, text: str, places: Iterable[Place]) -> str:
        pieces: list[str] = []
        end = 0
        for start, stop, secret in places:
            pieces += (text[end:start], self._placeholders.put(secret))
            end = stop
        return "".join(pieces) + text[end:]


def _apart(places: Iterable[Place]) -> list[Place]:
    """The places from left to right; of those that overlap the whole extent, for the longest of them."""
    apart: list[Place] = []
    for start, end, secret in sorted(places, key=lambda place: (place[0], -place[1])):
        if apart and start < apart[-1][1]:
            first, last, other = apart.pop()
            apart.append((first, max(last, end), secret if end - start > last - first else other))
        else:
            apart.append((start, end, secret))
    return apart


def _secrets_of(variable: str, value: str) -> Iterator[Secret]:
    """What is secret of the value of a variable: all of it if the name says so, or what the value shows."""
    value = value.strip()
    found = [secret.text for secret in find_secrets(value)]
    if names_secret_variable(variable) and not is_trivial(value):
        found.insert(0, value)
    name = re.sub(r"\W", "_", variable[:256], flags=re.ASCII) or "_"
    for text in found:
        yield from as_known(Secret(text, name))


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        compiled = re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise SecretPatternInvalid(pattern, f"cannot be read ({error})") from None
    if compiled.match(""):
        raise SecretPatternInvalid(pattern, "matches the empty text, and so matches everywhere")
    return compiled
