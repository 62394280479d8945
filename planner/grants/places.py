"""The places that inputs reach for: the hosts, addresses and paths that their texts name.

A model that follows planted instructions may write inputs so as to hide a place. So spellings are only taken
for one another where every reader takes them so; whatever different readers might understand differently
counts as all of that.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator, Mapping
from urllib.parse import unquote

from pydantic import JsonValue

from callsheet.prompts.cleaning import unpile, without_hidden

from .hosts import host_of

MAX_PHRASE = 400
"""Characters of a text that is looked through for paths: a longer one only talks about them."""

_WEB_NAME = r"url|uri|link|href|host|hostname|domain|server|endpoint|webhook"
_ON_WEB = re.compile(rf"(?:{_WEB_NAME})(?:e?s)?")
_PLACE = re.compile(
    rf"(?:{_WEB_NAME}|path|file|filename|folder|directory|dir|address|email|recipient|channel|chat|room|bucket"
    r"|database|repository|repo|account|iban|destination|attachment)(?:e?s)?|directories|repositories|to|cc|bcc"
)
"""Words in the name of an input that is a place, whatever it holds."""
_PROSE = re.compile(r"query|question|topic|keywords?|text|content|body|message|subject|title|notes?|length")
"""Words of which the name of an input is made that people write in."""
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")

_SPACE = re.compile(r"[\t\r\n]")
_STOP = r"\s/\"'`<>"
_AUTHORITY = rf"(\[[0-9a-f:.%]+\](?::\d+)?|[^{_STOP}]+)"
_HOSTS = (
    re.compile(rf"(?:https?|wss?|ftps?):[/\\]*{_AUTHORITY}", re.IGNORECASE),
    re.compile(rf"(?:[:\"'(=<\[,]|\A\s*)[/\\]{{2,}}{_AUTHORITY}", re.IGNORECASE),
    re.compile(rf"(?<![\w.@-])(www\.[^{_STOP}]+)", re.IGNORECASE),
)
_FILE_URL = re.compile(r"\bfile:\S+", re.IGNORECASE)
_AT = re.compile(r"@(\[[^\]\s]*\]|[^\s@<>(),;:\"'\[\]\\/?#`]+)(?=([:/]?))")
_USER = re.compile(r"[^\s@<>(),;:\"'\[\]\\]*\Z")
_MAX_USER = 100
_MAIL_HOST = re.compile(r"\[.*|.*\.[^.]*[^.\d][^.]*|(?:[^.]*\.){3}[^.]*")
"""Not `@4.17.21`, a version."""
_ONE_PLACE = re.compile(
    r"(?:[^<>@]*<)?[^\s@<>(),;:\"'\[\]\\/]+@[\w.-]+\.\w+>?"
    r"|(?:https?|wss?|ftps?)://[\w.-]+(?::\d+)?(?:[/?#][^\s\\@]*)?",
    re.IGNORECASE,
)
_BARE_HOST = re.compile(r"([\w-]+(?:\.[\w-]+)+)(?=[/:]|\Z)(?!.*(?:\.\.|[\s\\@]))")

_PATH = re.compile(
    r"~(?:[A-Za-z_]\w*)?(?:[/\\]|\Z)|/(?=\S)|\.\.?(?:[/\\]|\Z)|\\\\|[A-Za-z]:[/\\]|.*[/\\]\.\.(?:[/\\]|\Z)"
    r"|.*[^\s.]\.[A-Za-z][A-Za-z0-9]{0,4}\Z"
)
"""A word with a root, or with an ending."""
_PLAIN = re.compile(
    r"[-+]?\d+(?:[.,]\d+)?%?|\d+(?:[:/-]\d+)+|[^\W\d_]+(?:['-][^\W\d_]+)*[.!?…]+|(?:[A-Za-z]\.)+[A-Za-z]?"
)
"""Numbers, the last word of a sentence, initials."""
_ALTERNATIVES = re.compile(r"[^\W\d_]+(?:/[^\W\d_]+)+")
_AROUND = "\"'`()[]{}<>*,;:!?"


def places_in(inputs: JsonValue | Mapping[str, JsonValue]) -> frozenset[str]:
    """What a value reaches for: the hosts of URLs and the e-mail addresses anywhere in its texts; paths where
    a text is a short line; and all that stands in an input such as `path`, `url` or `to`.

    Hosts are as `host_of` writes them, addresses in small letters, paths without `./`.
    """
    return frozenset(place for text, name in _texts(inputs, "") for place in _places(text, name))


def named_in(text: str) -> frozenset[str]:
    """What a text of the user names: its hosts and addresses, the text itself, and each of its words, which
    may be a path or a host."""
    words = {word.rstrip(".") for word in re.findall(r"[\w./\\~@#%+*$-]+", text)}
    hosts = {host_of(found[1]) for word in words if (found := _BARE_HOST.match(word))}
    named = {*_addresses(text), *map(_tidy, words), *hosts, _tidy(text)}
    # What has no letter, such as `/` or `~`, stands in many a text that does not mean it.
    return frozenset(each for each in named if re.search(r"\w", each))


def texts_in(value: JsonValue) -> Iterator[str]:
    """All texts in a value, keys included."""
    return (text for text, _ in _texts(value, ""))


def _texts(value: JsonValue | Mapping[str, JsonValue], name: str) -> Iterator[tuple[str, str]]:
    """Each text, and the name of its input; that of a place also counts for what is in it."""
    if isinstance(value, str):
        yield value, name
    elif isinstance(value, int) and not isinstance(value, bool) and _is_place(name):
        yield str(value), name
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each, name)
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield key, ""
            yield from _texts(each, name if _is_place(name) else key)


def _is_place(name: str) -> bool:
    return any(_PLACE.fullmatch(word.lower()) for word in _WORDS.findall(name))


def _is_prose(name: str) -> bool:
    words = re.findall(r"[A-Z]?[^\W_A-Z]+|[^\W_a-z]+", name)
    return bool(words) and all(_PROSE.fullmatch(word.lower()) for word in words)


def _places(text: str, name: str) -> Iterator[str]:
    yield from _addresses(text)
    if _is_place(name):
        on_web = any(_ON_WEB.fullmatch(word.lower()) for word in _WORDS.findall(name))
        for part in re.split(r"[,;]\s*", text):
            yield from _place(part.strip(), on_web=on_web)
    # "and/or" in a question is not a folder.
    elif not (_is_prose(name) and _ALTERNATIVES.fullmatch(text.strip())):
        yield from _paths(text)


def _place(text: str, *, on_web: bool) -> Iterator[str]:
    """One place, unless it is found as a host or an address already."""
    if on_web and _BARE_HOST.match(text):
        yield host_of(re.split(r"[/?#]", text)[0])
    elif text and not _ONE_PLACE.fullmatch(text):
        yield _tidy(text)


def _paths(text: str) -> Iterator[str]:
    if len(text) > MAX_PHRASE or "\n" in text.strip():
        return
    words = text.split()
    if len(words) == 1 and re.search(r"[/\\.~:*]", words[0]):
        found = words if not _PLAIN.fullmatch(words[0]) else []
    else:
        stripped = (word.strip(_AROUND) for word in words)
        found = [word for word in stripped if _PATH.match(word) and not _PLAIN.fullmatch(word)]
    yield from (_tidy(word) for word in found if not _ONE_PLACE.fullmatch(word))


def _tidy(path: str) -> str:
    """The path without what every reader leaves out: space around it, and `./` before it."""
    path = path.strip()
    while path.startswith("./"):
        path = path[2:].lstrip("/")
    return path


def _addresses(text: str) -> Iterator[str]:
    """Hosts, e-mail addresses, and URLs of files."""
    for form in _readings(text):
        yield from (found[0] for found in _FILE_URL.finditer(form))
        form = _FILE_URL.sub(" ", form)
        for pattern in _HOSTS:
            for found in pattern.finditer(form):
                yield from _hosts(found[1])
        yield from _mail_addresses(form)


def _readings(text: str) -> set[str]:
    """The text as it stands, and as it may be read on its way: unescaped, unquoted, joined, normalized."""
    read = {text, html.unescape(text), unquote(text)}
    if not re.search(r"\S[ \u00a0]", text.strip()):
        # Browsers leave out line breaks and tabs inside a URL.
        read.add(_SPACE.sub("", text))
    return read | {
        unicodedata.normalize("NFKC", unpile(without_hidden(each))) for each in read if not each.isascii()
    }


def _hosts(authority: str) -> Iterator[str]:
    # Some readers end the host at a backslash, some take it for a part of a user's name.
    parts = re.split(r"[@\\?#]", authority) if "@" in authority else re.split(r"[\\?#]", authority)[:1]
    return (host for part in parts if (host := host_of(part)))


def _mail_addresses(text: str) -> Iterator[str]:
    for found in _AT.finditer(text):
        before = _USER.search(text, max(0, found.start() - _MAX_USER), found.start())
        user, host = before[0] if before else "", host_of(found[1])
        # Without a user it is something else (`@app.route`), unless a URL's user has the oddest letters.
        if (user or "//" in text or "\\\\" in text) and (_MAIL_HOST.fullmatch(host) or found[2]):
            yield f"{user.lower()}@{host}"
