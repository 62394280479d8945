"""Names and values as they stand in a text: in headers, addresses, forms, shell lines, JSON and code."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .names import Sort, sort_of
from .spellings import unescaped
from .values import named_secrets

# A name, and all between it and its value: `token=`, `"token": "`, `[password]=`, `password: str = '`,
# `API key: `, `--token `.
_LEAD = re.compile(
    r"(?<![\w.-])(?P<option>--)?+(?P<name>(?:(?i:api|access|secret|private) )?[\w.-]{2,128}+)"
    r"\]?+\\*+[\"']?+\]?+[ \t]*+"
    r"(?(option)(?::|=|(?<=[ \t]))|(?::(?:[ \t]*+(?:str|SecretStr)[ \t]*+=|=?+)|={1,3}+>?+))[ \t]*+"
    r"(?P<mark>[\"'])?+\\*+[\"']?+",
    re.ASCII,
)
_QUOTED = {
    '"': re.compile(r'((?:[^"\\\r\n]++|\\.)*+)"'),
    "'": re.compile(r"((?:[^'\\\r\n]++|\\.)*+)'"),
}
# Before a bracket it is a call, or a place in a list.
_BARE = r"[^\s\"'`&;,<>(){}\[\]|\\]++(?![(\[])"
_PLAIN = re.compile(_BARE)
_BARE_OF = {
    Sort.AUTHORIZATION: re.compile(rf"(?:[A-Za-z][\w-]*+[ \t]++)?+{_BARE}"),
    Sort.COOKIE: re.compile(r"[^\r\n\"'\\]++"),
}


def named_in(text: str) -> Iterator[tuple[Sort, str]]:
    """The secrets in a text that stand behind a name for them, each with the sort of its name."""
    end = 0
    for lead in _LEAD.finditer(text):
        # What stands within a bare value was looked at with it: twice would be as often as there are names.
        sort = sort_of(lead["name"]) if lead.start() >= end else None
        if sort is None:
            continue
        quoted = _QUOTED[lead["mark"]].match(text, lead.end("mark")) if lead["mark"] else None
        bare = None if quoted else _BARE_OF.get(sort, _PLAIN).match(text, lead.end())
        if quoted:
            # As it is meant comes before as it is written: by that it is known then.
            texts = dict.fromkeys((unescaped(quoted[1]), quoted[1]))
            yield from ((sort, secret) for each in texts for secret in named_secrets(sort, each))
        elif bare:
            end = bare.end()
            value = bare[0].rstrip(".:")
            yield from ((sort, secret) for secret in named_secrets(sort, value, bare=True))
