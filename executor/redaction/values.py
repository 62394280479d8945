"""What a value looks like: which values are no secrets, whatever stands before them.

A wrong answer costs something either way. A secret that is missed is published; a word that is taken for
one disappears from the whole document, wherever it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .names import Sort
from .readings import in_base64

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
    r"|#[0-9a-fA-F]{6,8}|%\(\w+\)s|.*(?:\*\*\*|\.\.\.|…|•••).*|.{0,12}?(?:xxxx|XXXX).*|[A-Za-z][\w+.-]*://.*",
    re.DOTALL,
)
_FRACTION = re.compile(r"[-+]?[0-9][0-9.,_]*(?:[eE][-+]?[0-9]+)?")
# A secret in base64 may begin with a slash too, but is not made of short words then.
_PATH = re.compile(
    r"(?:~|\.\.?)/.*|[A-Za-z]:[\\/].*|(?:/[A-Za-z]?+[a-z._@+-]*+[0-9]{0,6}+)++"
    r"|/(?:usr|etc|home|var|tmp|opt|root|run|mnt|srv|app|Users|private|Library|Volumes|secrets)/.*",
    re.DOTALL,
)
_CODE = re.compile(r"\$.*|[A-Za-z_]++[0-9]{0,3}(?:\.[A-Za-z_]++[0-9]{0,3})+", re.DOTALL)
_CHANGE_OF_CASE = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[a-z])")
_COOKIE = re.compile(
    r"(?:^|;)\s*+(?!(?i:path|domain|expires|max-age|samesite|version|priority|comment)=)[^;=]*+=([^;]*+)"
)


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret, the environment variable that has it, if one has, and whether it is typed into a small
    keyboard."""

    text: str
    variable: str | None = None
    is_code: bool = False


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


def named_secrets(sort: Sort, value: str, *, bare: bool = False) -> Iterator[Secret]:
    """What is secret in a value whose name is of this sort: the value itself, what follows the scheme of
    an authorization, the values of cookies. `bare` is one that stands in a text without quotation marks,
    where it could as well be prose or code."""
    parts = [value.strip()]
    if sort is Sort.COOKIE and "=" in value:
        parts = [content.strip(' "') for content in _COOKIE.findall(value)]
    elif sort is Sort.AUTHORIZATION:
        scheme, _, rest = parts[0].partition(" ")
        parts = [rest.strip() or scheme]
        if scheme.lower() == "basic":
            parts += [each.text.partition("\n")[0].partition(":")[2] for each in in_base64(rest)]
    return (
        Secret(part, is_code=sort is Sort.CODE) for part in parts if could_be_secret(part, sort, bare=bare)
    )


def could_be_secret(value: str, sort: Sort, *, bare: bool = False) -> bool:
    """Whether a value may be what its name promises. Passwords may be words, where they are not `bare`."""
    if len(value) < MIN_SECRET:
        # Letters only would be a word, which stands everywhere.
        is_code = len(value) >= MIN_CODE and value.isalnum() and not value.isalpha()
        return sort is Sort.CODE and is_code and len(set(value)) > 1
    if is_trivial(value) or _MASK.fullmatch(value, 0, 1024):
        return False
    if _FRACTION.fullmatch(value, 0, 64):
        return value.isdigit() and (sort in _CHOSEN or len(value) >= _MIN_NUMBER)
    words = len(value.split())
    # Letters at random change between large and small ones more often than those of a name in code do.
    has_order = 3 * len(_CHANGE_OF_CASE.findall(value)) <= len(value)
    if words > 1 or (has_order and not any(map(str.isdigit, value))):
        is_chosen = words in (1, *range(3, 13)) and not _SOME_TELLING.search(value)
        return sort in _CHOSEN and not bare and is_chosen
    return not (bare and _CODE.fullmatch(value, 0, 1024))
