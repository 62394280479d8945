"""Names and values as they stand in a text: in headers, addresses, forms, shell lines, JSON and code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .names import Sort, sort_of
from .spellings import unescaped
from .values import named_secrets

# A name, and all between it and its value: `token=`, `"token": "`, `[password]=`, `password: str = '`, and as
# programs print pairs: `(b'cookie', b'`.
_PAIR = re.compile(
    r"(?<![\w.-])(?P<name>[\w.-]{2,128}+)\]?+[\"']?+\]?+(?P<before>[ \t]*+)"
    r"(?P<sign>:(?:[ \t]*+(?:str|string|bytes|SecretStr)(?: \| None)?[ \t]*+=|=?+)|={1,3}+>?+|(?<=[\"']),)"
    r"(?P<behind>[ \t]*+)(?:b(?=[\"']))?+(?P<mark>[\"'])?+",
    re.ASCII,
)
_OPTION = re.compile(
    r"(?<![\w-])--(?P<name>[\w-]{2,64}+)(?P<before>)[ \t]++(?P<sign>)(?P<behind>)(?P<mark>[\"'])?+", re.ASCII
)
_QUOTED = {
    '"': re.compile(r'((?:[^"\\\r\n]++|\\.)*+)"(\s*+[)\]])?'),
    "'": re.compile(r"((?:[^'\\\r\n]++|\\.)*+)'(\s*+[)\]])?"),
}
_BARE = re.compile(r"[^\s\"'`&;,<>(){}\[\]|\\]++")
_BARE_OF = {
    Sort.AUTHORIZATION: re.compile(r"(?:[A-Za-z][\w-]*+[ \t]++)?+[^\s\"'`&;,<>(){}\[\]|\\]++"),
    Sort.COOKIE: re.compile(r"[^\r\n\"'\\]++"),
}
_TWO_WORDS = re.compile(r"(?:api|access|secret|private) \Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Value:
    """What stands behind a name. A `bare` one may as well be prose or code."""

    text: str
    end: int
    quoted: bool = True
    bare: bool = False

    def secrets(self, sort: Sort) -> Iterator[tuple[Sort, str]]:
        """What of it is secret. As it is meant comes before as it is written: by that it is known then."""
        texts = dict.fromkeys((unescaped(self.text), self.text) if self.quoted else (self.text,))
        return ((sort, secret) for text in texts for secret in named_secrets(sort, text, bare=self.bare))


def named_in(text: str) -> Iterator[tuple[Sort, str]]:
    """The secrets in a text that stand behind a name for them, each with the sort of its name."""
    end = 0
    for lead in _PAIR.finditer(text):
        # What stands within a bare value was looked at with it.
        sort = _sort(text, lead) if lead.start() >= end else None
        value = _value(text, lead, sort) if sort else None
        if sort and value:
            end = end if value.quoted else value.end
            yield from value.secrets(sort)
    for lead in _OPTION.finditer(text) if "--" in text else ():
        sort = sort_of(lead["name"])
        value = _value(text, lead, sort) if sort else None
        if sort and value:
            yield from value.secrets(sort)


def _value(text: str, lead: re.Match[str], sort: Sort) -> _Value | None:
    quoted = _QUOTED[lead["mark"]].match(text, lead.end()) if lead["mark"] else None
    if lead["sign"] == ",":
        # Of a list, only two texts with a bracket behind them are a name and its value.
        return _Value(quoted[1], quoted.end()) if quoted and quoted[2] else None
    if quoted:
        return _Value(quoted[1], quoted.end())
    found = _BARE_OF.get(sort, _BARE).match(text, lead.end())
    # A call, or a place in a list, is code.
    if found is None or text[found.end() : found.end() + 1] in ("(", "["):
        return None
    given = lead["sign"] in ("=", "") and not lead["before"] and not lead["behind"] and "-" in found[0]
    return _Value(found[0].rstrip(".:"), found.end(), quoted=False, bare=not given)


def _sort(text: str, found: re.Match[str]) -> Sort | None:
    """What the name promises, with the word before it where the two are one: `API key: `."""
    name = found["name"]
    if name not in ("key", "Key", "KEY"):
        return sort_of(name)
    before = _TWO_WORDS.search(text, max(0, found.start() - 8), found.start())
    return sort_of(f"{before[0]}{name}") if before else None
