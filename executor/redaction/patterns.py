"""The secrets that a text shows by itself: by their shape, or by what stands before them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

from .index import Secret
from .names import Sort
from .pairs import named_in
from .values import could_be_secret

_WEBHOOKS = (
    r"(?:hooks\.slack\.com/(?:services|workflows|triggers)|discord(?:app)?\.com/api/webhooks)/"
    r"(?P<webhook>[\w/+-]{10,}+)"
)
_SHAPES = (
    ("OpenAI, Anthropic or OpenRouter key", r"sk-(?!ssh-|ecdsa-)[\w-]{16,}+"),
    ("GitHub token", r"gh[pousr]_[A-Za-z0-9]{20,}+|github_pat_\w{20,}+"),
    ("GitLab token", r"gl(?:pat|dt|ptt|rt|cbt|ft|soat|agent)-[\w-]{16,}+(?:\.[\w-]++)*+"),
    ("AWS access key", r"A[KS]IA[A-Z0-9]{16}(?![A-Za-z0-9])"),
    ("Google API key", r"AIza[\w-]{30,}+"),
    ("Google OAuth token", r"ya29\.[\w-]{20,}+"),
    ("Google client secret", r"GOCSPX-[\w-]{20,}+"),
    ("Slack token", r"(?:xox[abcdeoprs]-|xoxe\.|xapp-)[\w%-]{10,}+(?:\.[\w%-]++)*+"),
    ("Stripe key", r"(?:[sr]k_(?:live|test)|whsec)_[A-Za-z0-9+/=]{10,}+"),
    ("Hugging Face token", r"hf_[A-Za-z0-9]{20,}+"),
    ("npm token", r"npm_[A-Za-z0-9]{20,}+"),
    ("PyPI token", r"pypi-[\w-]{16,}+"),
    ("Twilio key", r"(?:AC|SK)[0-9a-f]{32}(?![A-Za-z0-9])"),
    ("SendGrid key", r"SG\.[\w-]{10,}+\.[\w-]{10,}+"),
    ("Groq key", r"gsk_[A-Za-z0-9]{20,}+"),
    ("xAI key", r"xai-[A-Za-z0-9]{20,}+"),
    ("Perplexity key", r"pplx-[A-Za-z0-9]{20,}+"),
    ("Nvidia key", r"nvapi-[\w-]{20,}+"),
    ("Tavily key", r"tvly-[\w-]{16,}+"),
    ("Replicate token", r"r8_[A-Za-z0-9]{20,}+"),
    ("DigitalOcean token", r"do[opr]_v1_[0-9a-f]{32,}+"),
    ("Docker token", r"dckr_pat_[\w-]{16,}+"),
    ("Vault token", r"hv[sb]\.[\w-]{20,}+"),
    ("age key", r"AGE-SECRET-KEY-[A-Z0-9]{20,}+"),
    # The first part is not followed for long: it may begin in itself, as often as it is long.
    ("JSON Web Token", r"eyJ[\w-]{8,1000}+\.[\w-]{4,}+\.[\w-]{4,}+(?:\.[\w-]++){0,2}"),
    ("webhook address", _WEBHOOKS),
)
# None is shorter than the lookahead wants, which saves nearly all words of a text the walk through the table.
_SHAPE = re.compile(
    r"(?<![A-Za-z0-9])(?=[\w.%+/=-]{14})(?:"
    + "|".join(f"(?P<kind{number}>{shape})" for number, (_, shape) in enumerate(_SHAPES))
    + ")",
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


def find_secrets(text: str) -> Iterator[Secret]:
    """All that the text shows, as it stands there; the same secret as often as it is shown."""
    yield from _shaped(text)
    for found in _PRIVATE_KEY.finditer(text) if "PRIVATE KEY" in text else ():
        yield Secret(found[0].rstrip(), "private key")
    yield from _led(text)
    yield from (Secret(secret, sort.value) for sort, secret in named_in(text))


def _shaped(text: str) -> Iterator[Secret]:
    for found in _SHAPE.finditer(text):
        kind = next(kind for number, (kind, _) in enumerate(_SHAPES) if found[f"kind{number}"])
        secret = found["webhook"] or found[0]
        if could_be_secret(secret, Sort.TOKEN):
            yield Secret(secret, kind)


def _led(text: str) -> Iterator[Secret]:
    for found in _LED.finditer(text):
        sort = Sort((found.lastgroup or "").rstrip("123"))
        value = found[found.lastindex or 0]
        secret = unquote(value) if sort is Sort.PASSWORD else value.rstrip(".")
        if could_be_secret(secret, sort):
            yield Secret(secret, sort.value)
