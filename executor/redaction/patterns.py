"""The secrets that a text shows by itself: by their shape, or by the name or the like before them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from .names import Sort, sort_of
from .readings import without_json
from .values import Secret, could_be_secret, named_secrets

# By what they begin with; the lookahead saves nearly all words of a text the walk through the table.
_SHAPE = re.compile(
    r"(?<![A-Za-z0-9])(?=[\w.%+/=-]{14})(?:"
    # OpenAI and all like it, GitHub, Google, PyPI, Nvidia, Tavily, Docker, Vault.
    r"(?:sk-(?!ssh-|ecdsa-)|github_pat_|AIza|ya29\.|GOCSPX-|pypi-|nvapi-|tvly-|dckr_pat_|hv[sb]\.)[\w-]{16,}+"
    # GitHub, Hugging Face, npm, Groq, Replicate, xAI, Perplexity.
    r"|(?:gh[pousr]_|hf_|npm_|gsk_|r8_|xai-|pplx-)[A-Za-z0-9]{20,}+"
    # GitLab, Slack, Stripe, SendGrid.
    r"|gl(?:pat|dt|ptt|rt|cbt|ft|soat|agent)-[\w-]{16,}+(?:\.[\w-]++)*+"
    r"|(?:xox[abcdeoprs]-|xoxe\.|xapp-)[\w%-]{10,}+(?:\.[\w%-]++)*+"
    r"|(?:[sr]k_(?:live|test)|whsec)_[A-Za-z0-9+/=]{10,}+"
    r"|SG\.[\w-]{10,}+\.[\w-]{10,}+"
    # AWS, Twilio, DigitalOcean, age.
    r"|(?:A[KS]IA[A-Z0-9]{16}|(?:AC|SK)[0-9a-f]{32})(?![A-Za-z0-9])"
    r"|do[opr]_v1_[0-9a-f]{32,}+|AGE-SECRET-KEY-[A-Z0-9]{20,}+"
    # JSON Web Tokens. The first part is not followed for long: it may begin in itself as often as it is long.
    r"|eyJ[\w-]{8,1000}+\.[\w-]{4,}+\.[\w-]{4,}+(?:\.[\w-]++){0,2}"
    # Whoever has the path of a webhook can post.
    r"|(?:hooks\.slack\.com/(?:services|workflows|triggers)|discord(?:app)?\.com/api/webhooks)/"
    r"(?P<webhook>[\w/+-]{10,}+))",
    re.ASCII,
)
# To its end; where that was cut off, as far as it looks like the inside of one.
_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?=(?:[^-]|-(?!----)){0,400}?[A-Za-z0-9+/]{16})"
    r"(?:(?:[^-]++|-(?!----))*+-----END [A-Z0-9 ]{0,60}-----|(?:[A-Za-z0-9+/=]{20,}+|\s++)++)"
)
# Without a name before them: a password in an address, a bearer's token, a password for curl. And behind
# names that say nothing elsewhere.
_LED = re.compile(
    r"://[^\s/?#@:\"'<>\\\[\]]{0,256}+:(?P<password1>[^\s/?#\"'<>\\\[\]]{1,256})@"
    r"|://(?P<token1>[^\s/?#@:\"'<>\\\[\]]{16,256}+)@"
    r"|(?:Bearer|bearer|BEARER)[ \t]++(?P<token2>[\w.~+/=-]{6,}+)"
    r"|(?:-u(?<![\w-]-u)[ \t]|--user[ \t=])[ \t]*+[\"']?+[^\s:\"'/\\]{1,64}+"
    r":(?P<password2>[^\s\"'\\/][^\s\"'\\]{5,256}+)"
    r"|&(?:sig|pass)=(?P<token3>[^\s&;,\"'<>\\]{6,}+)",
    re.ASCII,
)

# A name, and all between it and its value: `token=`, `"token": "`, `[password]=`, `password: str = '`,
# `API key: `, `--token `.
_LEAD = re.compile(
    r"(?<![\w.-])(?P<option>--)?+(?P<name>(?:(?i:api|access|secret|private) )?[\w.-]{2,128}+)"
    r"\]?+\\*+[\"']?+\]?+[ \t]*+"
    r"(?(option)(?::|=|(?<=[ \t]))|(?::(?:[ \t]*+(?:str|SecretStr)[ \t]*+=|=?+)|={1,3}+>?+))[ \t]*+"
    r"(?P<mark>[\"'])?+\\*+[\"']?+",
    re.ASCII,
)
_QUOTED = re.compile(r"([\"'])((?:(?!\1)[^\\\r\n]|\\.)*+)\1")
# Before a bracket it is a call, or a place in a list.
_BARE = r"[^\s\"'`&;,<>(){}\[\]|\\]++(?![(\[])"
_PLAIN = re.compile(_BARE)
_BARE_OF = {
    Sort.AUTHORIZATION: re.compile(rf"(?:[A-Za-z][\w-]*+[ \t]++)?+{_BARE}"),
    Sort.COOKIE: re.compile(r"[^\r\n\"'\\]++"),
}


def find_secrets(text: str) -> Iterator[Secret]:
    """All that the text shows, as it stands there; the same secret as often as it is shown."""
    for found in _SHAPE.finditer(text):
        secret = found["webhook"] or found[0]
        if could_be_secret(secret, Sort.TOKEN):
            yield Secret(secret)
    for found in _PRIVATE_KEY.finditer(text) if "PRIVATE KEY" in text else ():
        yield Secret(found[0].rstrip())
    for found in _LED.finditer(text):
        sort = Sort((found.lastgroup or "").rstrip("123"))
        value = found[found.lastindex or 0]
        secret = unquote(value) if sort is Sort.PASSWORD else value.rstrip(".")
        if could_be_secret(secret, sort):
            yield Secret(secret)
    yield from _named(text)


def _named(text: str) -> Iterator[Secret]:
    end = 0
    for lead in _LEAD.finditer(text):
        # What stands within a bare value was looked at with it: twice would be as often as there are names.
        sort = sort_of(lead["name"]) if lead.start() >= end else None
        if sort is None:
            continue
        if lead["mark"] and (quoted := _QUOTED.match(text, lead.start("mark"))):
            # As it is meant comes before as it is written: by that it is known then.
            for value in (*(reading.text for reading in without_json(quoted[2])), quoted[2]):
                yield from named_secrets(sort, value)
        elif bare := _BARE_OF.get(sort, _PLAIN).match(text, lead.end()):
            end = bare.end()
            yield from named_secrets(sort, bare[0].rstrip(".:"), bare=True)
