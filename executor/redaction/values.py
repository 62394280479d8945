"""What a value looks like: which values are no secrets, whatever stands before them.

A wrong answer costs something either way. A secret that is missed is published; a word that is taken for
one disappears from the whole document, wherever it stands.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from .names import Sort, word_set

SHORTEST = 6
"""In characters: what is shorter is a secret only if somebody says so."""
SHORTEST_CODE = 4
"""In characters: of what is typed into a small keyboard."""
_LONGEST_WORD = 20
_CHOSEN = (Sort.PASSWORD, Sort.CODE)
"""What people choose."""
_SHORTEST_NUMBER = 8

_TRIVIAL = word_set(
    "true false none null undefined default defaults enabled disabled required optional unknown missing "
    "invalid expired hidden masked removed redacted example examples sample placeholder changeme change_me "
    "password passwords passwd passphrase passwort secret secrets token tokens api_key apikey api-key bearer "
    "cookie cookies credential credentials authorization postgres string strings number integer boolean "
    "object public private production development testing localhost digest negotiate anonymous always "
    "passed failed skipped success failure session oauth1 oauth2 oauth2.0 base64 sha256 sha512"
)
# The words of what stands for a secret: `your-api-key`, `settings.db_password`, `ACCESS_TOKEN`.
_REFERENCES = word_set(
    "password passwd passphrase secret token key apikey credential credentials cookie auth authorization "
    "your my example sample dummy placeholder change changeme insert enter replace here value variable "
    "settings config args self env environ getenv none null string str input prompt required optional user"
)
# Words that sentences have, and that a row of words which somebody chose for a password hardly ever has.
_SENTENCE = word_set(
    "a an the of to for in on at by is are be was as or and if not no with from your you must should may "
    "can this that it its has have least e.g. i.e."
)
_PLACEHOLDER = re.compile(r"<[^<>]*>|\$?\{.*\}|%\w+%|[\w-]{0,12}?(?:\*+|x{4,}|X{4,})", re.DOTALL)
# In texts, documents and code; in an environment such characters may well belong to a password.
_MASK = re.compile(
    r"\[[^\[\]]*\]|\(.*\)|[^{}]*\{[\w .:!\[\]\"'-]*\}[^{}]*|.*(?:\{\{|\$[{(]).*|\$[A-Z_][A-Z0-9_]*"
    r"|#[0-9a-fA-F]{6,8}|%\(\w+\)s|.*(?:\*\*\*|\.\.\.|…|•••).*|.{0,12}?(?:xxxx|XXXX).*",
    re.DOTALL,
)
_NUMBER = re.compile(r"[-+]?[0-9][0-9.,_]*(?:[eE][-+]?[0-9]+)?")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_PATH = re.compile(r"(?:~|\.\.?)?/[\w.@+ /-]*|[A-Za-z]:[\\/].*", re.DOTALL)
_KNOWN_ROOT = re.compile(
    r"[~.]|[A-Za-z]:|/(?:usr|etc|home|var|tmp|opt|root|run|bin|sbin|lib|dev|proc|mnt|srv|app|Users|private|"
    r"Library|Volumes|secrets)/"
)
_FOLDER = re.compile(r"[A-Za-z]?[a-z]*[0-9]{0,6}(?:[._@+ -][A-Za-z]?[a-z]*[0-9]{0,6})*")
_SEPARATORS = re.compile(r"[\W_]+")
_HUMP = re.compile(r"[\W_]+|(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_UNSPOKEN = word_set("str cfg ctx ssh ssl tls http https xml html css sql db jwt mgr msg src fn t")
_VOWEL = re.compile(r"[aeiouyAEIOUY]")
_LONE_DIGIT = re.compile(r"(?<=[A-Za-z])[0-9](?![0-9])")
_ATTRIBUTES = word_set("path domain expires max-age samesite version priority comment")


def is_trivial(value: str) -> bool:
    """Whether the value is none that anybody would keep secret: too short, a word such as `true`, a
    placeholder, or a path."""
    return (
        len(value) < SHORTEST
        or value.lower() in _TRIVIAL
        or len(set(value[:256])) < 3
        or _PLACEHOLDER.fullmatch(value, 0, 1024) is not None
        or _is_path(value)
    )


def is_mask(value: str) -> bool:
    """Whether the value shows that a secret was taken out of it, or has to be put into it."""
    return _MASK.fullmatch(value, 0, 1024) is not None


def is_words(value: str) -> bool:
    """Whether the value is made of words without digits, as prose, identifiers and names are."""
    if len(value) > 200:
        return False
    pieces = _pieces(value)
    if not all(map(_is_word, pieces)):
        return False
    # Letters at random look like one word after another in one; but words are longer, and can be spoken.
    joined = len(pieces) > sum(map(bool, _SEPARATORS.split(value)))
    if joined and not all(map(_is_spoken, pieces)):
        return False
    return sum(map(len, pieces)) >= (3 if joined else 2.5) * len(pieces)


def named_secrets(sort: Sort, value: str, *, bare: bool = False) -> Iterator[str]:
    """What is secret in a value whose name is of this sort: the value itself, what follows the scheme of
    an authorization, the values of cookies. `bare` is one that stands in a text without quotation marks,
    where it could as well be prose or code."""
    match sort:
        case Sort.COOKIE:
            parts = _cookies(value)
        case Sort.AUTHORIZATION:
            parts = _credentials(value)
        case _:
            parts = iter((value.strip(),))
    return (part for part in parts if could_be_secret(part, sort, bare=bare))


def could_be_secret(value: str, sort: Sort, *, bare: bool = False) -> bool:
    """Whether a value may be what its name promises. Passwords may be words, where they are not `bare`."""
    chosen = sort in _CHOSEN and not bare
    if len(value) < SHORTEST:
        return sort is Sort.CODE and _is_code(value)
    if is_words(value):
        return chosen and not is_trivial(value) and len(value.split()) != 2 and _is_chosen(value)
    if is_trivial(value) or is_mask(value) or _URL.match(value):
        return False
    if bare and (value.startswith("$") or _is_member(value)):
        return False
    if _NUMBER.fullmatch(value, 0, 64):
        return value.isdigit() and (sort in _CHOSEN or len(value) >= _SHORTEST_NUMBER)
    if len(value.split(None, 1)) > 1:
        return chosen and _is_chosen(value)
    return sum(map(str.isalnum, value[:64])) >= 4


def _is_code(value: str) -> bool:
    """Whether so few characters may be a code: letters only would be a word, which stands everywhere."""
    return len(value) >= SHORTEST_CODE and value.isalnum() and not value.isalpha() and len(set(value)) > 1


def _pieces(value: str) -> list[str]:
    return [piece for piece in _HUMP.split(value) if piece]


def _is_word(piece: str) -> bool:
    return (
        len(piece) <= _LONGEST_WORD
        and piece.isalpha()
        and (piece.isupper() or piece[1:] == piece[1:].lower())
    )


def _is_spoken(piece: str) -> bool:
    return piece.isupper() or piece.lower() in _UNSPOKEN or _VOWEL.search(piece) is not None


def _is_member(value: str) -> bool:
    """Whether it is a name in code within another name: `httpx2.Auth`."""
    return "." in value and is_words(_LONE_DIGIT.sub("", value[:200]))


def _is_chosen(value: str) -> bool:
    """Whether somebody may have chosen these words for a password, instead of telling something by them."""
    words = value.lower().split()
    named = {piece.lower() for piece in _pieces(value)}
    return (
        len(words) <= 12
        and _REFERENCES.isdisjoint(named)
        and (len(words) == 1 or _SENTENCE.isdisjoint(words))
    )


def _is_path(value: str) -> bool:
    if not _PATH.fullmatch(value, 0, 1024):
        return False
    # A secret in base64 may begin with a slash too.
    return _KNOWN_ROOT.match(value) is not None or all(map(_FOLDER.fullmatch, value.strip("/").split("/")))


def _cookies(value: str) -> Iterator[str]:
    if "=" not in value:
        yield value.strip()
        return
    for cookie in value.split(";"):
        name, _, content = cookie.strip().partition("=")
        if name.lower() not in _ATTRIBUTES:
            yield content.strip('"')


def _credentials(value: str) -> Iterator[str]:
    scheme, _, rest = value.strip().partition(" ")
    yield rest.strip() or scheme
    if scheme.lower() == "basic":
        yield _basic_password(rest.strip())


def _basic_password(credentials: str) -> str:
    try:
        return base64.b64decode(credentials, validate=True).decode().partition(":")[2]
    except (binascii.Error, ValueError):
        return ""
