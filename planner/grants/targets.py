"""What inputs reach for: the hosts, addresses, channels, files and other places that they name.

Whoever wrote the inputs may want not to be understood. So spellings are only taken for one another where
every reader takes them so; whatever different readers might understand differently counts as all of that.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from urllib.parse import unquote

from pydantic import JsonValue

from callsheet.prompts.cleaning import unpile, without_hidden

from .hosts import host_of

MOST_PHRASE = 400
"""Characters of a text that is looked through for files: in a longer one they are only talked about."""


class TargetKind(StrEnum):
    """What kind of place it is, as a sentence calls it."""

    HOST = "host"
    ADDRESS = "address"
    CHANNEL = "channel"
    NAME = "name"
    """A file, a folder, or what else an input such as `path`, `url` or `to` may hold."""


@dataclass(frozen=True, slots=True)
class Target:
    """A place. Hosts and addresses are in small letters, hosts in ASCII, with a port that isn't 80 or 443."""

    kind: TargetKind
    name: str


_PLACE = re.compile(
    r"(?:path|file|filename|folder|directory|dir|url|uri|link|href|host|hostname|domain|server|endpoint|webhook"
    r"|address|email|recipient|channel|chat|room|bucket|database|repository|repo|account|iban|destination"
    r"|attachment)(?:e?s)?|directories|repositories|to|cc|bcc"
)
"""Words in the name of an input that is one place, however it is spelled."""
_PROSE = re.compile(
    r"query|question|topic|keywords?|text|content|body|message|subject|title|notes?|comment|caption|description"
    r"|instructions?|summary|brief|length|language"
)
"""Words of which the name of an input is made that people write in."""
_PATH = re.compile(r"(?:output|target|file)_?(?:path|name|file)|path|file|filename")
"""Names of inputs that are one file."""
_PROSE_FILE = re.compile(r"[^\0]+\.(?:md|markdown|txt)", re.IGNORECASE)
_LOADING = re.compile(r"!\[|<(?!https?://)[a-z!/?]|\{[{%]", re.IGNORECASE)
"""What a viewer of Markdown may take for an image, for HTML, or for a template that makes either."""
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_SPACE = re.compile(r"[\t\r\n]")

_STOP = r"\s/\"'`<>"
_WEB = re.compile(rf"(?:https?|wss?|ftps?):[/\\]*(\[[0-9a-f:.%]+\](?::\d+)?|[^{_STOP}]+)", re.IGNORECASE)
_RELATIVE = re.compile(
    rf"(?:[:\"'(=<\[,]|\A\s*)[/\\]{{2,}}(\[[0-9a-f:.%]+\](?::\d+)?|[^{_STOP}]+)", re.IGNORECASE
)
_WWW = re.compile(rf"(?<![\w.@-])www\.[^{_STOP}]+", re.IGNORECASE)
_FILE_URL = re.compile(r"\bfile:\S+", re.IGNORECASE)
_AT = re.compile(r"@(\[[^\]\s]*\]|[^\s@<>(),;:\"'\[\]\\/?#`]+)(?=([:/]?))")
_USER = re.compile(r"[^\s@<>(),;:\"'\[\]\\]*\Z")
_LONGEST_USER = 100
_ONE_ADDRESS = re.compile(r"(?:[^<>@]*<)?[^\s@<>(),;:\"'\[\]\\/]+@[\w.-]+\.\w+>?")
_ONE_URL = re.compile(r"(?:https?|wss?|ftps?)://[\w.-]+(?::\d+)?(?:[/?#][^\s\\@]*)?", re.IGNORECASE)
_HOST_OF_PATH = re.compile(r"(?<![\w./\\~@#%+-])([\w-]+(?:\.[\w-]+)+)(?=/)")

_CHANNEL = re.compile(r"#[^\W\d][\w-]*")
_HANDLE = re.compile(r"@[\w.-]+")
_ROOTED = re.compile(
    r"~(?:[A-Za-z_]\w*)?(?:[/\\]|\Z)|/(?=\S)|\.\.?(?:[/\\]|\Z)|\\\\|[A-Za-z]:[/\\]|.*[/\\]\.\.(?:[/\\]|\Z)"
)
_FILE = re.compile(r".*[^\s.]\.[A-Za-z][A-Za-z0-9]{0,4}\Z")
_INITIALS = re.compile(r"(?:[A-Za-z]\.)+[A-Za-z]?")
_NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)?%?|\d+(?:[:/-]\d+)+")
_ALTERNATIVES = re.compile(r"[^\W\d_]+(?:/[^\W\d_]+)+")
_LAST_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*[.!?…]+")
_AROUND = "\"'`()[]{}<>*,;:!?"


def targets_in(inputs: Mapping[str, JsonValue]) -> frozenset[Target]:
    """What the inputs of a step name: hosts of URLs and e-mail addresses anywhere in a text; channels and
    files where a text is a short line; and all that stands in an input such as `path`, `url` or `to`."""
    return frozenset(
        target for text, manner in _texts(inputs, _Manner.ANY) for target in _targets(text, manner)
    )


def without_prose(inputs: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
    """The inputs of a step that writes a file, without the text for it where that is only there to be read:
    in a file of prose, by its ending, and with nothing in it that a viewer may load by itself. Inputs that
    say anything else than which file, and what is to stand in it, stay as they are."""
    paths = {name: value for name, value in inputs.items() if _PATH.fullmatch(name.lower())}
    prose = {name: value for name, value in inputs.items() if _is_prose(name)}
    others = inputs.keys() - paths.keys() - prose.keys()
    is_file = len(paths) == 1 and all(_PROSE_FILE.fullmatch(str(value)) for value in paths.values())
    if not is_file or any(isinstance(inputs[name], (str, list, dict)) for name in others):
        return inputs
    left_out = {name for name, value in prose.items() if isinstance(value, str) and not _may_load(value)}
    return {name: value for name, value in inputs.items() if name not in left_out}


def _may_load(text: str) -> bool:
    return any(_LOADING.search(form) for form in _readings(text))


def targets_named_in(text: str) -> frozenset[Target]:
    """What a text of whoever may grant it names: hosts, addresses, and `example.com/…` as a host too."""
    hosts = (Target(TargetKind.HOST, host_of(found[1])) for found in _HOST_OF_PATH.finditer(text))
    return frozenset((*_addresses(text), *hosts))


def tidy_path(path: str) -> str:
    """The path without what every reader leaves out: space around it, and `./` before it."""
    path = path.strip()
    while path.startswith("./"):
        path = path[2:].lstrip("/")
    return path


def texts_in(value: JsonValue) -> Iterator[str]:
    """All texts in a value, keys included."""
    return (text for text, _ in _texts(value, _Manner.ANY))


class _Manner(Enum):
    """What a text is by the name of its input."""

    PLACE = auto()
    PROSE = auto()
    ANY = auto()


def _texts(value: JsonValue | Mapping[str, JsonValue], manner: _Manner) -> Iterator[tuple[str, _Manner]]:
    """Each text, and what it is by the name of its input."""
    if isinstance(value, str):
        yield value, manner
    elif manner is _Manner.PLACE and isinstance(value, int) and not isinstance(value, bool):
        yield str(value), manner
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each, manner)
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield key, _Manner.ANY
            yield from _texts(each, manner if manner is _Manner.PLACE else _manner_of(key))


def _manner_of(key: str) -> _Manner:
    if any(_PLACE.fullmatch(word.lower()) for word in _WORDS.findall(key)):
        return _Manner.PLACE
    return _Manner.PROSE if _is_prose(key) else _Manner.ANY


def _is_prose(key: str) -> bool:
    words = re.findall(r"[A-Z]?[^\W_A-Z]+|[^\W_a-z]+", key)
    return bool(words) and all(_PROSE.fullmatch(word.lower()) for word in words)


def _targets(text: str, manner: _Manner) -> Iterator[Target]:
    yield from _addresses(text)
    if manner is _Manner.PLACE:
        yield from _places(text)
    elif manner is _Manner.PROSE and _ALTERNATIVES.fullmatch(text.strip()):
        # "and/or" in a question is no folder.
        return
    elif len(text) <= MOST_PHRASE and "\n" not in text.strip():
        yield from _files(text)


def _addresses(text: str) -> Iterator[Target]:
    for form in _readings(text):
        for found in _FILE_URL.finditer(form):
            yield Target(TargetKind.NAME, found[0])
        form = _FILE_URL.sub(" ", form)
        for pattern in (_WEB, _RELATIVE):
            for found in pattern.finditer(form):
                yield from _hosts(found[1])
        for found in _WWW.finditer(form):
            yield from _hosts(found[0])
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


def _hosts(authority: str) -> Iterator[Target]:
    # Some readers end the host at a backslash, some take it for a part of a user's name.
    parts = re.split(r"[@\\?#]", authority) if "@" in authority else re.split(r"[\\?#]", authority)[:1]
    for part in parts:
        if host := host_of(part):
            yield Target(TargetKind.HOST, host)


def _mail_addresses(text: str) -> Iterator[Target]:
    for found in _AT.finditer(text):
        before = _USER.search(text, max(0, found.start() - _LONGEST_USER), found.start())
        user, host = before[0] if before else "", host_of(found[1])
        # Without a user it is something else (`@app.route`), unless a URL's user has the oddest letters.
        if (user or "//" in text or "\\\\" in text) and (_is_mail_host(host) or found[2]):
            yield Target(TargetKind.ADDRESS, f"{user.lower()}@{host}")


def _is_mail_host(host: str) -> bool:
    # Not `@4.17.21`, a version.
    return (
        host.startswith("[")
        or ("." in host and not host.rpartition(".")[2].isdecimal())
        or host.count(".") == 3
    )


def _places(text: str) -> Iterator[Target]:
    for part in re.split(r"[,;]\s*", text):
        yield from _place(part.strip())


def _place(text: str) -> Iterator[Target]:
    """One place, unless it is found as a host or an address already."""
    if text and not (_ONE_ADDRESS.fullmatch(text) or _ONE_URL.fullmatch(text)):
        yield _named(text)


def _files(text: str) -> Iterator[Target]:
    words = text.split()
    if len(words) == 1 and re.search(r"[/\\.~:*]", words[0]) and not _is_plain_word(words[0]):
        yield from _place(words[0])
        return
    for word in (each.strip(_AROUND) for each in words):
        if _ROOTED.match(word) or (_FILE.match(word) and not _INITIALS.fullmatch(word)):
            yield from _place(word)
        elif _CHANNEL.fullmatch(word) or (len(words) == 1 and _HANDLE.fullmatch(word)):
            yield _named(word)


def _is_plain_word(word: str) -> bool:
    return any(pattern.fullmatch(word) for pattern in (_NUMBER, _LAST_WORD, _INITIALS))


def _named(text: str) -> Target:
    if _CHANNEL.fullmatch(text):
        return Target(TargetKind.CHANNEL, text)
    if _HANDLE.fullmatch(text):
        return Target(TargetKind.ADDRESS, text.lower())
    return Target(TargetKind.NAME, tidy_path(text))
