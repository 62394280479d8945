"""What a value looks like: which values are no secrets, whatever stands before them.

A wrong answer costs something either way. A secret that is missed is published; a word that is taken for
one disappears from the whole document, wherever it stands.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator

from .names import Sort

MIN_SECRET = 6
"""In characters: what is shorter is a secret only if a pattern of the user says so."""
MIN_CODE = 4
"""In characters: of what is typed into a small keyboard."""
_MIN_NUMBER = 8
"""In digits: shorter numbers are ids and counts more often than secrets, unless they are chosen."""
_CHOSEN = (Sort.PASSWORD, Sort.CODE)
"""What people choose, and may make of words."""

# Words of what stands for a secret, such as `change_me`, and of sentences. Passwords that are
# made of words hardly ever have one of them.
_TELLING = (
    r"(?:passwords?|passwd|passphrase|passwort|secrets?|tokens?|key|api[_-]?key|bearer|credentials?|cookies?|auth"
    r"|authorization|session|oauth[12]?|your|my|me|examples?|sample|dummy|placeholder|change|changeme|insert|enter"
    r"|replace|here|value|variable|settings|config|args|self|env|environ|getenv|none|null|undefined|true|false"
    r"|str|strings?|integer|number|boolean|object|input|prompt|required|optional|user|defaults?|enabled|disabled"
    r"|unknown|missing|invalid|expired|hidden|masked|removed|redacted|postgres|public|private|production"
    r"|development|testing|localhost|digest|negotiate|anonymous|always|passed|failed|skipped|success|failure"
    r"|base64|sha256|sha512|a|an|the|of|to|for|in|on|at|by|is|are|be|was|as|or|and|if|not|no|with|from|you|must"
    r"|should|may|can|this|that|it|its|has|have|least)(?![^\W\d_])"
)
_ONLY_TELLING = re.compile(rf"{_TELLING}(?:[\W_]+{_TELLING})*+(?:\.0)?", re.IGNORECASE)
_SOME_TELLING = re.compile(rf"(?<![^\W\d_]){_TELLING}", re.IGNORECASE)
_STAND_IN = re.compile(r"<[^<>]*>|\$?\{.*\}|%\w+%|[\w-]{0,12}?(?:\*+|x{4,}|X{4,})", re.DOTALL)
# In texts, documents and code; in an environment such characters may well belong to a password.
_MASK = re.compile(
    r"\[[^\[\]]*\]|\(.*\)|[^{}]*\{[\w .:!\[\]\"'-]*\}[^{}]*|.*(?:\{\{|\$[{(]).*|\$[A-Z_][A-Z0-9_]*"
    r"|#[0-9a-fA-F]{6,8}|%\(\w+\)s|.*(?:\*\*\*|\.\.\.|…|•••).*|.{0,12}?(?:xxxx|XXXX).*",
    re.DOTALL,
)
_FRACTION = re.compile(r"[-+]?[0-9][0-9.,_]*(?:[eE][-+]?[0-9]+)?")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
# A secret in base64 may begin with a slash too, but is not made of short words then.
_PATH = re.compile(
    r"(?:~|\.\.?)/.*|[A-Za-z]:[\\/].*|(?:/[A-Za-z]?+[a-z._@+-]*+[0-9]{0,6}+)++"
    r"|/(?:usr|etc|home|var|tmp|opt|root|run|mnt|srv|app|Users|private|Library|Volumes|secrets)/.*",
    re.DOTALL,
)
_CODE = re.compile(r"\$.*|[A-Za-z_]++[0-9]{0,3}(?:\.[A-Za-z_]++[0-9]{0,3})+", re.DOTALL)
_CHANGE_OF_CASE = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[a-z])")
_ATTRIBUTE = re.compile(r"path|domain|expires|max-age|samesite|version|priority|comment", re.IGNORECASE)


def is_trivial(value: str) -> bool:
    """Whether the value is none that anybody would keep secret: too short, words such as `default`, what
    stands for a secret, or a path."""
    return (
        len(value) < MIN_SECRET
        or _ONLY_TELLING.fullmatch(value, 0, 256) is not None
        or len(set(value[:256])) < 3
        or _STAND_IN.fullmatch(value, 0, 1024) is not None
        or _PATH.fullmatch(value, 0, 1024) is not None
    )


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
    if len(value) < MIN_SECRET:
        return sort is Sort.CODE and _is_code(value)
    if is_trivial(value) or _MASK.fullmatch(value, 0, 1024) or _ADDRESS.match(value):
        return False
    if _FRACTION.fullmatch(value, 0, 64):
        return value.isdigit() and (sort in _CHOSEN or len(value) >= _MIN_NUMBER)
    if _is_words(value):
        return sort in _CHOSEN and not bare and _is_chosen(value)
    return not (bare and _CODE.fullmatch(value, 0, 1024))


def _is_code(value: str) -> bool:
    """Whether so few characters may be a code: letters only would be a word, which stands everywhere."""
    return len(value) >= MIN_CODE and value.isalnum() and not value.isalpha() and len(set(value)) > 1


def _is_words(value: str) -> bool:
    """Whether the value is one of several words, or one without digits. Letters at random change between
    large and small ones more often than those of a name in code do."""
    if len(value.split(None, 1)) > 1:
        return True
    return not any(map(str.isdigit, value)) and 3 * len(_CHANGE_OF_CASE.findall(value)) <= len(value)


def _is_chosen(value: str) -> bool:
    """Whether these words may have been chosen as a password, rather than to say something."""
    return len(value.split()) in (1, *range(3, 13)) and not _SOME_TELLING.search(value)


def _cookies(value: str) -> Iterator[str]:
    if "=" not in value:
        yield value.strip()
        return
    for cookie in value.split(";"):
        name, _, content = cookie.strip().partition("=")
        if not _ATTRIBUTE.fullmatch(name):
            yield content.strip('"')


def _credentials(value: str) -> Iterator[str]:
    scheme, _, rest = value.strip().partition(" ")
    yield rest.strip() or scheme
    if scheme.lower() == "basic":
        yield _basic_password(rest.strip())


def _basic_password(credentials: str) -> str:
    try:
        return base64.b64decode(credentials, validate=True).decode().partition(":")[2]
    except ValueError:
        return ""
