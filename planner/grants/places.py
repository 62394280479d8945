"""The places that inputs reach for: the hosts, addresses and paths that their texts name.

A model that follows planted instructions may write inputs so as to hide a place. So whatever different
readers might understand differently counts as all of that, and a second spelling of a place is mostly a
second place: to be asked once more does no harm.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from urllib.parse import unquote

from pydantic import JsonValue

from callsheet.prompts.cleaning import unpile
from callsheet.prompts.hidden import without_hidden

MAX_PHRASE = 400
"""Characters of a text that is looked through for paths: a longer one only talks about them."""

_WEB = "url|uri|link|href|host|hostname|domain|server|endpoint|webhook"
_PROSE = "query|question|topic|keywords?|text|content|body|message|subject|title|notes?|length"
_WEB_INPUT = re.compile(rf"\b(?:{_WEB})(?:e?s)?\b")
_PLACE_INPUT = re.compile(
    rf"\b(?:{_WEB}|path|file|filename|folder|director(?:y|i)|dir|address|email|recipient|channel|chat|room|bucket"
    r"|database|repositor(?:y|i)|repo|account|iban|destination|attachment|to|cc|bcc)(?:e?s)?\b"
)
_PROSE_INPUT = re.compile(rf"(?: ?\b(?:{_PROSE})\b)+ ?")
"""Inputs that are a place whatever they hold, and inputs that people write in, by the words of the name."""

_HOST = re.compile(
    r"(?:(?:https?|wss?|ftps?):[/\\]*+|(?:(?<=[:\"'(=<\[,])|\A\s*)[/\\]{2,}+|(?<![\w.@-])(?=www\.))"
    r"([^\s/\"'`<>]{0,200}@[^\s/\\?#\"'`<>]+|[^\s/\\?#\"'`<>]+)",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    r"(?:(?<![^\s@<>(),;:\"'\[\]\\])([^\s@<>(),;:\"'\[\]\\]*))?@(\[[^\]\s]*|[^\s@<>(),;:\"'\[\]\\/?#`]+)"
)
_PATH = re.compile(
    r"\.{0,2}[/\\]\S|\.\.?[/\\]?\Z|~(?!\d)|[a-zA-Z][\w+.-]*:[/\\]|.*[/\\]\.\.|.*\.[a-zA-Z][a-zA-Z0-9]{0,4}\Z"
)
"""A word with a root, with `..`, or with an ending."""
_BARE_HOST = re.compile(r"([\w-]+(?:\.[\w-]+)+(?::\d+)?)(?:/(?!.*\.\.)[^\s\\@]*)?")
_KNOWN = re.compile(
    r"(?:[^<>@]*<)?[^\s@<>(),;:\"'\[\]\\/]+@[\w.-]+\.\w+>?"
    r"|(?:https?|wss?|ftps?)://[\w.-]+(?::\d+)?(?:[/?#][^\s\\@]*)?",
    re.IGNORECASE,
)
"""An address or a URL, which `_addresses` finds, and nothing beside it."""
_PLAIN = re.compile(r"[-+]?\d+(?:[.,]\d+|(?:[:/-]\d+)+)?%?|[^\W\d_]+[.!?…]+")
"""Numbers, and the last word of a sentence."""
_EITHER = re.compile(r"[^\W\d_]+(?:/[^\W\d_]+)+")
_AROUND = "\"'`(){}<>*,;!"

_DECODINGS: tuple[Callable[[str], str], ...] = (
    html.unescape,
    unquote,
    lambda text: unicodedata.normalize("NFKC", unpile(without_hidden(text))).replace("\u3002", "."),
    # Browsers leave out line breaks and tabs inside a URL.
    lambda text: text if " " in text.strip() else re.sub(r"[\t\r\n]", "", text),
)


def places_in(inputs: JsonValue | Mapping[str, JsonValue]) -> frozenset[str]:
    """What a value reaches for: the hosts of URLs and the e-mail addresses anywhere in its texts; paths where
    a text is a short line; and all that stands in an input such as `path`, `url` or `to`."""
    return frozenset(place for text, name in _texts(inputs, "") for place in _places(text, name))


def named_in(value: JsonValue) -> frozenset[str]:
    """What the user's texts name: hosts and addresses, each text as a whole, and each of its words, which
    may be a path or a host."""
    named = {place for text, _ in _texts(value, "") for place in _named(text)}
    # What has no letter, such as `/` or `~`, stands in many a text that does not mean it.
    return frozenset(each for each in named if re.search(r"\w", each))


def host_of(authority: str) -> str:
    """The host of `host:port`, in small letters and punycode (RFC 3492), with a port other than 80 and 443;
    empty where there is none."""
    host = authority[:1_000].lower().strip(_AROUND + ".|")
    host = re.sub(r":(?:80|443)?\Z", "", host).rstrip(".")
    return ".".join(
        label if label.isascii() else "xn--" + label.encode("punycode", errors="replace").decode("ascii")
        for label in host.split(".")
    )


def _texts(value: JsonValue | Mapping[str, JsonValue], name: str) -> Iterator[tuple[str, str]]:
    """Each text, keys included, and the name of its input; that of a place also counts for what is in it."""
    is_place = _PLACE_INPUT.search(_words(name))
    if isinstance(value, str):
        yield value, name
    elif isinstance(value, int) and not isinstance(value, bool) and is_place:
        yield str(value), name
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each, name)
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield key, ""
            yield from _texts(each, name if is_place else key)


def _words(name: str) -> str:
    """The words of the name of an input: `file name` of `file_name` and `fileName`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|[^A-Za-z]+", " ", name).lower()


def _places(text: str, name: str) -> Iterator[str]:
    words = _words(name)
    yield from _addresses(text)
    is_place = _PLACE_INPUT.search(words)
    for part in re.split(r"[,;]\s*", text) if is_place else _paths(text, words):
        yield from _whole(part.strip(), on_web=bool(_WEB_INPUT.search(words)))


def _named(text: str) -> Iterator[str]:
    yield _tidy(text)
    yield from _addresses(text)
    for word in {word.rstrip(".") for word in re.findall(r"[\w./\\~@#%+*$-]+", text)}:
        yield from _whole(word, on_web=True)
        yield from _whole(word, on_web=False)


def _whole(text: str, *, on_web: bool) -> Iterator[str]:
    """One place, unless it is found as a host or an address already."""
    if on_web and (bare := _BARE_HOST.fullmatch(text)):
        yield host_of(bare[1])
    elif text and not _KNOWN.fullmatch(text):
        yield _tidy(text)


def _paths(text: str, name: str) -> list[str]:
    """The words of a short line that may be paths. "and/or" in a question is not a folder."""
    words = text.split()
    if len(text) > MAX_PHRASE or "\n" in text.strip():
        return []
    if len(words) > 1:
        words = [word for each in words if _PATH.match(word := each.strip(_AROUND + "[]:?"))]
    elif not re.search(r"[/\\.~:*]", text) or (_PROSE_INPUT.fullmatch(name) and _EITHER.fullmatch(words[0])):
        return []
    return [word for word in words if not _PLAIN.fullmatch(word)]


def _tidy(path: str) -> str:
    """The path without what every reader leaves out: space around it, and `./` before it."""
    return re.sub(r"\A(?:\./+)+", "", path.strip())


def _addresses(text: str) -> Iterator[str]:
    """Hosts, e-mail addresses and URLs of files, in the text as it stands and as it may be read later."""
    readings = {text}
    for decode in _DECODINGS:
        readings |= {decode(each) for each in readings}
    for reading in readings:
        yield from re.findall(r"\bfile:\S+", reading, re.IGNORECASE)
        for found in _HOST.finditer(reading):
            # Some readers end the host at a backslash, some take it for a part of a user's name.
            yield from filter(None, map(host_of, re.split(r"[@\\?#]", found[1])))
        for user, authority in _ADDRESS.findall(reading):
            if host := host_of(authority):
                yield f"{user.lower()}@{host}"
