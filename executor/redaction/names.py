"""What a name says of the value that belongs to it: whether that is a secret, and of which sort."""

from __future__ import annotations

import re
from enum import StrEnum
from functools import lru_cache


class Sort(StrEnum):
    """What a name promises; the sorts differ in what their values look like."""

    PASSWORD = "password"
    CODE = "passcode"
    KEY = "key"
    TOKEN = "token"
    COOKIE = "cookie"
    AUTHORIZATION = "authorization"


LONGEST_NAME = 128
"""In characters: what is longer is no name."""


def word_set(text: str) -> frozenset[str]:
    """The words of a text, divided by blanks."""
    return frozenset(text.split())


# In the last place of a name, or in the last two written as one: `db_password`, `X-Api-Key`, `accessToken`.
_SORTS = {
    Sort.PASSWORD: word_set(
        "passwords passwort pwd dbpass userpass smtppass mailpass ftppass adminpass rootpass mysqlpwd "
        "dbpwd userpwd"
    ),
    Sort.CODE: word_set("passcode passcodes"),
    Sort.KEY: word_set(
        "apikey apikeys accesskey secretkey privatekey encryptionkey signingkey masterkey accountkey authkey "
        "deploykey sharedkey storagekey subscriptionkey sessionkey sshkey"
    ),
    Sort.TOKEN: word_set(
        "token secret secrets auth credential credentials creds jwt bearer authtoken accesstoken "
        "refreshtoken idtoken bearertoken sessiontoken clientsecret sessionid phpsessid jsessionid sessid "
        "csrftoken csrfmiddlewaretoken xsrftoken amzsignature googsignature"
    ),
    Sort.COOKIE: word_set("cookie cookies setcookie"),
    Sort.AUTHORIZATION: word_set("authorization"),
}
_PASSWORDS = ("password", "passwd", "passphrase")
# By themselves only: a `render_pass` and a `gpio_pin` are no secrets.
_ALONE = {"pass": Sort.PASSWORD, "pin": Sort.CODE}
_SORT_OF = {word: sort for sort, words in _SORTS.items() for word in words}
# Tokens of a text, and of a listing that has more pages.
_OTHER_TOKENS = word_set(
    "max min num total per avg count next previous prev page continuation cursor sync pad eos bos unk sep "
    "cls mask special stop start end first last input output prompt completion"
)
_FORGERY = word_set("csrf xsrf")
# Most names have none of these in them, and this is the quickest way to see it.
_HINT = re.compile(
    r"(?i:pass|secret|token|key|auth|cookie|cred|sess|[cx]srf|jwt|pwd|bearer|signature|\Apin\Z)"
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")

_VARIABLE_WORDS = word_set(
    "KEY APIKEY ACCESSKEY SECRETKEY PRIVATEKEY AUTHKEY TOKEN AUTHTOKEN ACCESSTOKEN PAT JWT BEARER SECRET "
    "SECRETS PASSWORD PASSWORDS PASSWD PASSPHRASE PASSCODE PASS PWD PGPASSWORD CREDENTIAL CREDENTIALS CREDS "
    "AUTH COOKIE COOKIES DSN PRIVATE"
)
# What a variable holds instead of the secret that its name speaks of, if it ends so.
_VARIABLE_TAILS = word_set(
    "URL URI ENDPOINT HOST PORT SOCK SOCKET FILE PATH DIR NAME NAMES TYPE MODE METHOD LIMIT COUNT SIZE "
    "LENGTH TTL TIMEOUT EXPIRY EXPIRES ENABLED DISABLED REQUIRED ALGORITHM ISSUER AUDIENCE DOMAIN SCOPE "
    "SCOPES REGION USER USERNAME PROVIDER ENV BUDGET VERSION"
)
_NO_SECRETS = word_set("PUBLIC PUBLISHABLE")
_WORKING_FOLDERS = word_set("PWD OLDPWD")


def sort_of(name: str) -> Sort | None:
    """The sort of secret that a member, a header, a parameter or a variable in code is named for, in any
    case and with any separators; None for a name that promises none, such as `max_tokens` or `key`."""
    return _sort_of(name) if len(name) <= LONGEST_NAME else None


@lru_cache(maxsize=4096)
def _sort_of(name: str) -> Sort | None:
    if not _HINT.search(name):
        return None
    words = [word.lower() for word in _WORD.findall(name)]
    if not words or "public" in words or name in _WORKING_FOLDERS:
        return None
    if len(words) == 1 and words[0] in _ALONE:
        return _ALONE[words[0]]
    if not _FORGERY.isdisjoint(words):
        return Sort.TOKEN
    if words[-1] == "token" and len(words) > 1 and words[-2] in _OTHER_TOKENS:
        return None
    if words[-1].endswith(_PASSWORDS):
        return Sort.PASSWORD
    return _SORT_OF.get(words[-1]) or _SORT_OF.get("".join(words[-2:]))


def names_secret_variable(name: str) -> bool:
    """Whether an environment variable is named as those are that hold a secret."""
    words = [word.rstrip("0123456789") for word in name.upper().split("_")]
    if name.upper() in _WORKING_FOLDERS or words[-1] in _VARIABLE_TAILS:
        return False
    return not _VARIABLE_WORDS.isdisjoint(words) and _NO_SECRETS.isdisjoint(words)
