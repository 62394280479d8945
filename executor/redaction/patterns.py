"""The secrets that a text shows by itself: by their shape, or by what stands before them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from .index import any_of
from .names import Sort
from .pairs import named_in
from .values import is_mask, is_trivial, is_words, named_secrets


@dataclass(frozen=True, slots=True)
class Finding:
    """A secret, and what kind of thing it is, in words that do not tell it."""

    secret: str
    kind: str


# Where more of the same may stand before it, its first part is not followed for long: it would be as often
# as it begins.
_JWT = r"(?:(?<![\w-]eyJ)[\w-]{8,}+|[\w-]{8,500}+)\.[\w-]{4,}+\.[\w-]{4,}+(?:\.[\w-]++){0,2}"
_WEBHOOK = "webhook address"
# What begins like this, and what has to follow.
_SHAPES = (
    ("OpenAI, Anthropic or OpenRouter key", "sk-", r"(?!ssh-|ecdsa-)[\w-]{16,}+"),
    ("GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_", r"[A-Za-z0-9]{20,}+"),
    ("GitHub token", "github_pat_", r"\w{20,}+"),
    ("GitLab token", "glpat- gldt- glptt- glrt- glcbt- glft- glsoat- glagent-", r"[\w.-]{16,}+"),
    ("AWS access key", "AKIA ASIA", r"[A-Z0-9]{16}(?![A-Za-z0-9])"),
    ("Google API key", "AIza", r"[\w-]{30,}+"),
    ("Google OAuth token", "ya29.", r"[\w-]{20,}+"),
    ("Google client secret", "GOCSPX-", r"[\w-]{20,}+"),
    ("Slack token", "xoxa- xoxb- xoxc- xoxd- xoxe- xoxe. xoxo- xoxp- xoxr- xoxs- xapp-", r"[\w.%-]{10,}+"),
    ("Stripe key", "sk_live_ rk_live_ sk_test_ rk_test_ whsec_", r"[A-Za-z0-9+/=]{10,}+"),
    ("Hugging Face token", "hf_", r"[A-Za-z0-9]{20,}+"),
    ("npm token", "npm_", r"[A-Za-z0-9]{20,}+"),
    ("PyPI token", "pypi-", r"[\w-]{16,}+"),
    ("Twilio key", "AC SK", r"[0-9a-f]{32}(?![A-Za-z0-9])"),
    ("SendGrid key", "SG.", r"[\w-]{10,}+\.[\w-]{10,}+"),
    ("Groq key", "gsk_", r"[A-Za-z0-9]{20,}+"),
    ("xAI key", "xai-", r"[A-Za-z0-9]{20,}+"),
    ("Perplexity key", "pplx-", r"[A-Za-z0-9]{20,}+"),
    ("Nvidia key", "nvapi-", r"[\w-]{20,}+"),
    ("Tavily key", "tvly-", r"[\w-]{16,}+"),
    ("Replicate token", "r8_", r"[A-Za-z0-9]{20,}+"),
    ("DigitalOcean token", "dop_v1_ doo_v1_ dor_v1_", r"[0-9a-f]{32,}+"),
    ("Docker token", "dckr_pat_", r"[\w-]{16,}+"),
    ("Vault token", "hvs. hvb.", r"[\w-]{20,}+"),
    ("age key", "AGE-SECRET-KEY-", r"[A-Z0-9]{20,}+"),
    ("JSON Web Token", "eyJ", _JWT),
    (
        _WEBHOOK,
        "hooks.slack.com/services/ hooks.slack.com/workflows/ hooks.slack.com/triggers/ "
        "discord.com/api/webhooks/ discordapp.com/api/webhooks/",
        r"[\w/+-]{10,}+",
    ),
)
_KINDS = {beginning: kind for kind, beginnings, _ in _SHAPES for beginning in beginnings.split()}
_RESTS = {
    beginning: re.compile(rest, re.ASCII)
    for _, beginnings, rest in _SHAPES
    for beginning in beginnings.split()
}
_BEGINNING = re.compile(any_of(_RESTS))
# To its end; where that was cut off, as far as it looks like the inside of one.
_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
    r"(?:(?:[^-]++|-(?!----))*+-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
    r"|(?:[A-Za-z0-9+/=]{20,}+|\s++)++)"
)
_KEY_LINE = re.compile(r"[A-Za-z0-9+/]{16,}+={0,2}")
# Without a name before them: a password in an address, a bearer's token, a password for curl. And behind
# names that say nothing elsewhere.
_LEAD = re.compile(
    r"://[^\s/?#@:\"'<>\\\[\]]{0,256}+:(?P<password1>[^\s/?#\"'<>\\\[\]]{1,256})@"
    r"|://(?P<token1>[^\s/?#@:\"'<>\\\[\]]{16,256}+)@"
    r"|Bearer[ \t]++(?P<token2>[\w.~+/=-]{6,}+)"
    r"|bearer[ \t]++(?P<token3>[\w.~+/=-]{6,}+)"
    r"|BEARER[ \t]++(?P<token4>[\w.~+/=-]{6,}+)"
    r"|-u(?<![\w-]-u)[ \t]++[\"']?+[^\s:\"'/\\]{1,64}+:(?P<password2>[^\s\"'\\/][^\s\"'\\]{5,256}+)"
    r"|--user[ \t=]++[\"']?+[^\s:\"'/\\]{1,64}+:(?P<password3>[^\s\"'\\/][^\s\"'\\]{5,256}+)"
    r"|&(?:sig|pass)=(?P<token5>[^\s&;,\"'<>\\]{6,}+)",
    re.ASCII,
)


def find_secrets(text: str) -> Iterator[Finding]:
    """All that the text shows, as it stands there; the same secret as often as it is shown."""
    yield from _shaped(text)
    yield from _private_keys(text)
    yield from _led(text)
    yield from (Finding(secret, sort.value) for sort, secret in named_in(text))


def key_lines(text: str) -> list[str]:
    """The lines of a private key. Each is a secret by itself: programs print them without their frame."""
    return _KEY_LINE.findall(text)


def _shaped(text: str) -> Iterator[Finding]:
    end = 0
    for found in _BEGINNING.finditer(text):
        start, beginning = found.start(), found[0]
        if start < end or text[start - 1 : start].isalnum():
            continue
        rest = _RESTS[beginning].match(text, found.end())
        if rest:
            end = rest.end()
            kind = _KINDS[beginning]
            secret = rest[0] if kind == _WEBHOOK else f"{beginning}{rest[0].rstrip('.')}"
            if not (is_words(secret) or is_trivial(secret) or is_mask(secret)):
                yield Finding(secret, kind)


def _private_keys(text: str) -> Iterator[Finding]:
    for found in _PRIVATE_KEY.finditer(text) if "PRIVATE KEY" in text else ():
        lines = key_lines(found[0])
        if lines:
            yield Finding(found[0].rstrip(), "private key")
        yield from (Finding(line, "private key") for line in lines)


def _led(text: str) -> Iterator[Finding]:
    for found in _LEAD.finditer(text):
        value = found[found.lastindex or 0]
        kind = (found.lastgroup or "").rstrip("12345")
        if kind == Sort.PASSWORD:
            secrets = named_secrets(Sort.PASSWORD, unquote(value))
        else:
            secrets = named_secrets(Sort.TOKEN, value.rstrip("."), bare=True)
        yield from (Finding(secret, kind) for secret in secrets)
