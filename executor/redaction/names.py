"""What a name says of the value that belongs to it: whether that is a secret, and of which sort."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache


class Sort(StrEnum):
    """What a name promises; the sorts differ in what their values look like."""

    PASSWORD = "password"
    CODE = "passcode"
    TOKEN = "token"
    COOKIE = "cookie"
    AUTHORIZATION = "authorization"


_MAX_NAME = 128
"""In characters: what is longer is no name."""

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
# Of the words of a name, in small letters and joined by underscores: of `X-Api-Key` as of `apiKey`.
_SORTS = {
    Sort.PASSWORD: (
        r"(?:password|passwd|passphrase|passwort)s?$|(?:^|_)(?:db|user|mysql)?pwd$"
        # A `render_pass` is no secret.
        r"|(?:^|_)(?:db|user|smtp|mail|ftp|admin|root)_?pass$|^pass$"
    ),
    Sort.CODE: r"(?:^|_)passcodes?$|^pin$",
    Sort.TOKEN: (
        r"(?:api|access|secret|private|encryption|signing|master|account|auth|deploy|shared|storage"
        r"|subscription|session|ssh)_?keys?$|(?:^|_|auth|access|refresh|id|bearer|session)token$"
        r"|(?:^|_|client)secrets?$|(?:^|_)(?:auth|credentials?|creds|jwt|bearer)$"
        r"|(?:^|_)(?:php|j)?sess(?:ion)?_?id$|(?:^|_)[cx]srf|(?:amz|goog)_?signature$"
    ),
    Sort.COOKIE: r"(?:^|_)(?:set)?cookies?$",
    Sort.AUTHORIZATION: r"(?:^|_)authorization$",
}
_NAME = re.compile("|".join(f"(?P<{sort.name}>{pattern})" for sort, pattern in _SORTS.items()))
# Public things, and the tokens of a text or of a listing that has more pages.
_NO_SECRET = re.compile(
    r"_public(?:_|$)|_(?:max|min|num|total|per|avg|count|next|previous|prev|page"
    r"|continuation|cursor|sync|pad|eos|bos|unk|sep|cls|mask|special|stop|start|end|first|last|input|output"
    r"|prompt|completion)_token$"
)
_WORKING_FOLDERS = ("PWD", "OLDPWD")
_VARIABLE = re.compile(
    r"_(?:(?:API|ACCESS|SECRET|PRIVATE|AUTH)?KEY|(?:AUTH|ACCESS)?TOKEN|PAT|JWT|BEARER|SECRETS?|(?:PG)?PASSWORDS?"
    r"|PASSWD|PASSPHRASE|PASSCODE|PASS|PWD|CREDENTIALS?|CREDS|AUTH|COOKIES?|DSN|PRIVATE)\d*(?=_)"
)
# At the end: what a variable holds instead of the secret that its name speaks of.
_NO_SECRET_VARIABLE = re.compile(
    r"_(?:URL|URI|ENDPOINT|HOST|PORT|SOCK|SOCKET|FILE|PATH|DIR|NAMES?|TYPE|MODE|METHOD|LIMIT|COUNT|SIZE|LENGTH"
    r"|TTL|TIMEOUT|EXPIRY|EXPIRES|ENABLED|DISABLED|REQUIRED|ALGORITHM|ISSUER|AUDIENCE|DOMAIN|SCOPES?|REGION"
    r"|USER|USERNAME|PROVIDER|ENV|BUDGET|VERSION)_$|_(?:PUBLIC|PUBLISHABLE)_"
)


@lru_cache(maxsize=4096)
def sort_of(name: str) -> Sort | None:
    """The sort of secret that a member, a header, a parameter or a variable in code is named for, in any
    case and with any separators; None for a name that promises none, such as `max_tokens` or `key`."""
    if len(name) > _MAX_NAME or name in _WORKING_FOLDERS:
        return None
    words = "_".join(_WORD.findall(name)).lower()
    found = _NAME.search(words)
    return Sort[found.lastgroup] if found and found.lastgroup and not _NO_SECRET.search(f"_{words}") else None


def names_secret_variable(name: str) -> bool:
    """Whether an environment variable is named as those are that hold a secret."""
    words = f"_{name.upper()}_"
    is_secret = name.upper() not in _WORKING_FOLDERS and _VARIABLE.search(words)
    return bool(is_secret) and not _NO_SECRET_VARIABLE.search(words)
