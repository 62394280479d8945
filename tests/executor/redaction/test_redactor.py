"""Secrets are taken out of a document wherever they hide, and nothing else is."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable
from functools import partial
from textwrap import wrap
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import JsonValue

from callsheet.errors import CallsheetError, ExitCode
from callsheet.executor.redaction.errors import SecretPatternInvalid
from callsheet.executor.redaction.redactor import Redactor

SECRET = "f8Kd02mZq81LpXw7"


def words(text: str) -> list[str]:
    return text.split()


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def redacted(document: Any, environment: dict[str, str] | None = None, *patterns: str) -> Any:
    return Redactor(environment or {}, patterns).redact(document)


# By the names of environment variables.


@pytest.mark.parametrize(
    "name",
    words(
        "OPENAI_API_KEY GITHUB_TOKEN TOKEN2 apikey DB_PASSWORD SMTP_PASS MYSQL_PWD PGPASSWORD "
        "AWS_SECRET_ACCESS_KEY SESSION_COOKIE SENTRY_DSN SSH_PRIVATE X_AUTH GPG_PASSPHRASE"
    ),
)
def test_a_variable_with_a_telling_name(name: str) -> None:
    """The value of such a variable gives way to its name, which is the same in every recording."""
    redactor = Redactor({name: SECRET})
    assert redactor.redact(["a", f"see {SECRET}!"]) == ["a", f"see <secret:{name}>!"]
    assert redactor.placeholders == {f"<secret:{name}>"}


@pytest.mark.parametrize(
    "name",
    words(
        "KEYBOARD AUTHOR TOKENIZERS_PARALLELISM SSH_AUTH_SOCK PWD OLDPWD MONKEY HOME AUTH_URL "
        "TOKEN_LIMIT STRIPE_PUBLIC_KEY MAX_TOKENS XAUTHORITY"
    ),
)
def test_a_variable_with_another_name(name: str) -> None:
    """A name that only has such letters in it says nothing, nor one of what goes with a secret."""
    assert redacted([SECRET], {name: SECRET}) == [SECRET]


@pytest.mark.parametrize("name", ["PWD", "OLDPWD"])
def test_the_working_folder_is_no_password(name: str) -> None:
    """Nor where an environment is shown."""
    document: JsonValue = [{name: "C0de-x1"}, f"{name}=C0de-x1"]
    assert redacted(document) == document


@pytest.mark.parametrize(
    "value",
    [
        "",
        "abc12",
        "true",
        "default",
        "12345",
        "/usr/share/keys",
        "/run/user/1000/ssh",
        "~/.ssh/id",
        "C:\\keys",
        "<your key>",
        "${TOKEN}",
        "********",
        "password",
        "sk-xxxxxxxxxxxx",
    ],
)
def test_a_trivial_value(value: str) -> None:
    """What is short, a plain word, a path or a mask is not secret, whatever variable has it."""
    document = {"text": f"It says {value}.", "value": value}
    assert redacted(document, {"API_KEY": value}) == document


def test_a_password_in_the_address_of_a_variable() -> None:
    """Of an address only the password is secret, as it is meant and as it is written there."""
    environment = {"DATABASE_URL": "postgres://bob:p%40ss%2Fw0rd@db.example/app"}
    assert redacted(["p@ss/w0rd", "postgres://bob:p%40ss%2Fw0rd@db.example/app", "bob"], environment) == [
        "<secret:DATABASE_URL>",
        "postgres://bob:<secret:DATABASE_URL>@db.example/app",
        "bob",
    ]


def test_the_same_value_in_two_variables() -> None:
    """The first name in the alphabet stands for it, in whatever order the variables come."""
    for environment in ({"B_KEY": SECRET, "A_KEY": SECRET}, {"A_KEY": SECRET, "B_KEY": SECRET}):
        assert redacted(SECRET, environment) == "<secret:A_KEY>"


def test_a_variable_of_several_lines() -> None:
    """A private key is found in JSON, too."""
    lines = "MIIEvQIBADANBgkqhkiG9w0\nBAQEFAASCBKcwggSjAgEAAo"
    key = f"-----BEGIN PRIVATE KEY-----\n{lines}\n-----END PRIVATE KEY-----\n"
    assert redacted([key, json.dumps({"text": key})], {"DEPLOY_KEY": key}) == [
        "<secret:DEPLOY_KEY>\n",
        json.dumps({"text": "<secret:DEPLOY_KEY>\n"}),
    ]


# By their shape.

SHAPES = [
    "sk-Ab12Cd34Ef56Gh78Ij90",
    "sk-proj-Ab12Cd34Ef56_Gh78-Ij90",
    "sk-ant-api03-Ab12Cd34Ef56_Gh78-Ij90AA",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "github_pat_11ABCDEFG0aBcDeFgHiJkL_0123456789abcdef",
    "glpat-Ab12Cd34Ef56Gh78Ij90",
    "AKIAIOSFODNN7EXAMPLE",
    "ASIAIOSFODNN7EXAMPLE",
    "AIzaSyA1234567890abcdefghijklmnopqrstuv",
    "xoxb-123456789012-abcdefABCDEF",
    "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
    "rk_live_4eC39HqLyjWDarjtT1zdp7dc",
    "hf_AbCdEfGhIjKlMnOpQrStUvWxYz012345",
    "npm_AbCdEfGhIjKlMnOpQrStUvWxYz0123456789",
    "pypi-AgEIcHlwaS5vcmcCJDAwMDAwMDAw",
    "SK0123456789abcdef0123456789abcdef",
    "SG.abcdefghij0123456789AB.abcdefghij0123456789ABCDEFGHIJ0123456789",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJlLXRlc3Q",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA7x9\nabcdefghijklmnop12\n-----END RSA PRIVATE KEY-----",
]


@pytest.mark.parametrize("secret", SHAPES)
def test_the_shape_of_a_key(secret: str) -> None:
    """A key with a well-known beginning is a secret without any word about it."""
    assert redacted({"text": f"It was ({secret})."}) == {"text": "It was (<secret-1>)."}


def test_the_address_of_a_webhook() -> None:
    """Whoever has the path can post; the host tells what it was."""
    text = "POST https://hooks.slack.com/services/T0001/B0002/aBc123dEf456"
    assert redacted(text) == "POST https://hooks.slack.com/services/<secret-1>"


def test_a_private_key_that_was_cut_off() -> None:
    """What there is of it goes; words about a private key stay."""
    assert redacted("-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0") == "<secret-1>"
    prose = "Between -----BEGIN PRIVATE KEY----- and -----END PRIVATE KEY----- it stands."
    assert redacted(prose) == prose


# By what stands before them in a text.

LEADS = [
    "Authorization: Bearer {}",
    "authorization: Basic {}",
    "Authorization: Token {}\r\nHost: example.org",
    "curl -H 'Authorization: Bearer {}' https://example.org",
    '{{"Authorization": "Bearer {}"}}',
    "{{'authorization': 'Token {}'}}",
    "It sent Bearer {}.",
    "Cookie: sid={}; theme=dark",
    "Set-Cookie: sid={}; Path=/; HttpOnly",
    "X-Api-Key: {}",
    "api key: {}",
    "password={}&user=bob",
    "https://example.org/search?q=a&api_key={}&page=2",
    "https://example.org/?redirect=https%3A%2F%2Fa.org%2F%3Ftoken%3D{}%26x%3D1",
    "https://bob:{}@example.org/",
    "curl -u bob:{} https://example.org",
    "export GH_TOKEN={}",
    "deploy --token {} --verbose",
    'client = Client(api_key="{}", timeout=3)',
    'password: str = "{}"',
    '{{"client_secret": "{}"}}',
    "user[password]={}",
    "AccountName=x;AccountKey={}==;Suffix=y",
    "GET /?a=b\\u0026token={}",
    "$ cat .env\\nAPI_KEY={}\\nMODE=fast",
]


@pytest.mark.parametrize("text", LEADS)
def test_what_stands_before_a_secret(text: str) -> None:
    """Headers, addresses, forms, shell lines and code name what they pass on, and the rest of them stays."""
    expected = text.format("<secret-1>").replace("<secret-1>==", "<secret-1>")
    assert redacted({"text": text.format(SECRET)}) == {"text": expected}


@pytest.mark.parametrize("layers", range(1, 4))
def test_json_in_a_text(layers: int) -> None:
    """JSON in a text in JSON is read, however often it was put into a text again."""
    text, expected = (json.dumps({"token": secret}) for secret in (SECRET, "<secret-1>"))
    for _ in range(layers - 1):
        text, expected = json.dumps(text), json.dumps(expected)
    assert redacted([text, SECRET]) == [expected, "<secret-1>"]


def test_basic_authorization_gives_away_its_password() -> None:
    """What was found in base64 is a secret where it stands plain, too."""
    text = f"Authorization: Basic {b64('bob:hunter22')}"
    assert redacted([text, "hunter22"]) == ["Authorization: Basic <secret-1>", "<secret-2>"]


def test_a_traceback() -> None:
    """A secret in the message of an error is found, and the traceback can still be read."""
    text = (
        'Traceback (most recent call last):\n  File "a.py", line 3, in ask\n    raise Refused(url)\n'
        f"Refused: 401 for https://api.example.org/v1?access_token={SECRET}"
    )
    assert redacted({"error": text}) == {"error": text.replace(SECRET, "<secret-1>")}


# By the keys of objects.


@pytest.mark.parametrize(
    "key",
    words(
        "password PASSWD secret client_secret clientSecret token access-token refresh_token "
        "id_token api_key apiKey apikey X-Api-Key authorization Proxy-Authorization Cookie "
        "set-cookie private_key session_id sessionid csrf csrfmiddlewaretoken X-CSRF-Token "
        "openai_api_key db_password DB_PASSWORD aws_secret_access_key pwd db_pwd pass passcode pin"
    ),
)
def test_a_key_that_names_a_secret(key: str) -> None:
    """The text under such a key is secret, and each text of a list."""
    assert redacted({key: SECRET, "n": 1}) == {key: "<secret-1>", "n": 1}
    assert redacted({key: [SECRET, None, SECRET[::-1]]}) == {key: ["<secret-1>", None, "<secret-2>"]}


def test_letters_at_random() -> None:
    """A token without a digit changes between large and small letters more often than words in code do."""
    document = {"token": "hJaXyOrGtTgOEf", "secret": "accessTokenProvider"}
    assert redacted(document) == {"token": "<secret-1>", "secret": "accessTokenProvider"}


def test_pairs_of_names_and_values() -> None:
    """Headers may be a list of pairs or of objects, and cookies an object or a list."""
    document = {
        "pairs": [["X-Api-Key", f"{SECRET}1"], ["Accept", "text/html"]],
        "headers": [
            {"name": "Authorization", "value": f"Bearer {SECRET}2"},
            {"name": "Accept", "value": "a1b2c3"},
        ],
        "cookies": {"sid": f"{SECRET}3", "theme": "dark"},
        "jar": {"cookies": [{"name": "sid", "value": f"{SECRET}4", "domain": "a1.example.org"}]},
    }
    assert redacted(document) == {
        "pairs": [["X-Api-Key", "<secret-1>"], ["Accept", "text/html"]],
        "headers": [
            {"name": "Authorization", "value": "Bearer <secret-2>"},
            {"name": "Accept", "value": "a1b2c3"},
        ],
        "cookies": {"sid": "<secret-3>", "theme": "dark"},
        "jar": {"cookies": [{"name": "sid", "value": "<secret-4>", "domain": "a1.example.org"}]},
    }


def test_an_object_that_is_named_for_a_secret() -> None:
    """Its value is the secret, whatever of these it is called; what else is said of it is not."""
    more = {"type": "basic01", "id": "a1b2c3d4"}
    for key in words("value password secret token key"):
        given, expected = {key: SECRET, **more}, {key: "<secret-1>", **more}
        assert redacted({"credentials": given}) == {"credentials": expected}
        assert redacted({"credentials": [given]}) == {"credentials": [expected]}
    row: JsonValue = {"row": {"key": SECRET, "value": SECRET}}
    assert redacted(row) == row


@pytest.mark.parametrize("text", ["pwd={}", "pass={}&user=bob", 'pass: "{}"', "passcode={}", "pin={}"])
def test_short_names_for_passwords_in_a_text(text: str) -> None:
    """As in addresses, forms and code."""
    assert redacted(text.format(SECRET)) == text.format("<secret-1>")


@pytest.mark.parametrize("name", ["pin", "PIN", "passcode"])
def test_a_short_code(name: str) -> None:
    """Four characters are enough; they are looked for as a word only, or half of all numbers would go."""
    others = ["10451", "a0451f", "step_0451", 451, {"n": 0.0451}]
    document = [{name: "0451"}, f"{name}=0451", "Type 0451.", *others]
    assert redacted(document) == [
        {name: "<secret-1>"},
        f"{name}=<secret-1>",
        "Type <secret-1>.",
        *others,
    ]
    assert redacted([{"password": "0451"}, {name: "451"}]) == [{"password": "0451"}, {name: "451"}]


def test_passwords_may_be_words() -> None:
    """Under a key that says so, a word or a row of words is a password; a sentence is not."""
    document = {
        "password": "swordfish",
        "passphrase": "correct horse battery staple",
        "db_password": "A password of at least 8 characters",
    }
    assert redacted(document) == {
        "password": "<secret-1>",
        "passphrase": "<secret-2>",
        "db_password": "A password of at least 8 characters",
    }


# By the patterns of the user.


def test_a_pattern_of_the_user() -> None:
    """The group `secret` of a pattern is taken, or else all that it matches: wherever that stands."""
    document: JsonValue = ["customer 4711-x lives in Ulm", {"Ulm": "4711-x"}]
    patterns = (r"\d{4}-x", r"lives in (?P<secret>\w+)")
    redactor = Redactor({}, patterns)
    assert redactor.redact(document) == [
        "customer <secret-1> lives in <secret-2>",
        {"<secret-2>": "<secret-1>"},
    ]
    assert redactor.placeholders == {"<secret-1>", "<secret-2>"}


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [("(a", "cannot be read"), ("a*", "matches the empty text"), ("|b", "the empty text")],
)
def test_a_pattern_that_cannot_be_used(pattern: str, problem: str) -> None:
    """It is refused at once, by an error that shows it and says what is wrong."""
    with pytest.raises(SecretPatternInvalid, match=problem) as caught:
        Redactor({}, [pattern])
    assert isinstance(caught.value, CallsheetError)
    assert caught.value.exit_code == ExitCode.USAGE
    assert caught.value.pattern == pattern
    assert repr(pattern) in str(caught.value)


# Found once, replaced everywhere.


def in_lines(width: int, end: str, secret: str) -> str:
    return end.join(wrap(b64(f"It is a key: {secret}, and so on and so on"), width))


SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "in an address": lambda secret: quote(secret, safe=""),
    "in an address, by half": quote,
    "in a form": quote_plus,
    "in JSON": json.dumps,
    "base64": b64,
    "base64 for addresses": lambda secret: base64.urlsafe_b64encode(secret.encode()).decode().rstrip("="),
    "base64 of more, 0": lambda secret: b64(f"It is {secret}, you know."),
    "base64 of more, 1": lambda secret: b64(f"It is: {secret}, you know."),
    "base64 of more, 2": lambda secret: b64(f"It was: {secret}, you know."),
    "base64 in lines": lambda secret: base64.encodebytes(
        b"It is " * 9 + secret.encode() + b"." * 99
    ).decode(),
    "in capitals": str.upper,
    "in small letters": str.lower,
    "as a title": str.title,
    "base64 of capitals": lambda secret: b64(secret.upper()),
    **{
        f"base64 in lines of {width}, {how}": partial(in_lines, width, end)
        for width in (10, 20, 32, 60, 64, 76)
        for how, end in {"bare": "\n", "by DOS": "\r\n", "indented": "\n    ", "in a mail": "\n> "}.items()
    },
    "base64 behind a name": lambda secret: f"id-{b64(f'It is {secret}, you know.')}",
    "a data address": lambda secret: f"data:text/plain;base64,{b64(f'It is {secret}')}",
}


def everywhere(text: str) -> dict[str, Any]:
    """A document with the text in each place that a recording has for one."""
    return {
        "headers": {"X-Trace": text},
        "url": f"https://example.org/a?b={text}&c=d",
        "inputs": {"list": [1, [text, None]]},
        "output": f"He said {text} twice.",
        "error": f"Traceback:\n  File 'a.py'\nRefused: {text}",
        text: True,
    }


@pytest.mark.parametrize("spelling", SPELLINGS)
@pytest.mark.parametrize("secret", [SECRET, "pä ss'&<wörd>%20\\\"/+"])
def test_all_spellings(spelling: str, secret: str) -> None:
    """A secret of the environment is gone in every spelling, in every place, and the same way every time."""
    spelled = SPELLINGS[spelling](secret)
    result = redacted(everywhere(spelled), {"MY_TOKEN": secret})
    assert list(result)[:-1] == list(everywhere(""))[:-1]
    for text in (
        *result["headers"].values(),
        *result["inputs"]["list"][1][:1],
        result["output"],
        list(result)[-1],
    ):
        assert "<secret" in text
        assert spelled not in text
    assert spelled not in json.dumps(result, ensure_ascii=False)


def test_a_word_is_found_in_its_own_case_and_in_capitals() -> None:
    """A password of letters alone may be a word, which other texts have in other cases."""
    document = ["Sunshinery", "SUNSHINERY", "a sunshinery is a place"]
    assert redacted(document, {"DB_PASSWORD": "Sunshinery"}) == [
        "<secret:DB_PASSWORD>",
        "<secret:DB_PASSWORD>",
        "a sunshinery is a place",
    ]


def test_what_stands_around_lines_of_base64_stays() -> None:
    """Only lines that are as wide as each other, and a last one, are one text."""
    block = in_lines(24, "\n", SECRET)
    document = f"The certificate is\n{block}\n\nand the rest\nof the message."
    assert redacted([document], {"MY_TOKEN": SECRET}) == [
        "The certificate is\n<secret-1>\n\nand the rest\nof the message."
    ]


def test_base64_is_replaced_as_a_whole() -> None:
    """No end of it is left to be put together again; base64 of nothing but the secret is the secret."""
    document = [
        f"data:text/plain;base64,{b64(f'It is {SECRET}, you know.')}",
        b64(SECRET),
        b64("It is no secret."),
    ]
    assert redacted(document, {"MY_TOKEN": SECRET}) == [
        "data:text/plain;base64,<secret-1>",
        "<secret:MY_TOKEN>",
        b64("It is no secret."),
    ]


def test_base64_that_shows_a_secret_by_itself() -> None:
    """What is in base64 is read as any other text, and what is found there goes everywhere."""
    document = {
        "body": b64(json.dumps({"password": SECRET})),
        "log": f"with {SECRET}",
        "key": b64(f"It was {SHAPES[0]}"),
    }
    assert redacted(document) == {"body": "<secret-1>", "log": "with <secret-2>", "key": "<secret-3>"}


def test_found_late_replaced_early() -> None:
    """Numbers follow the document, although only its last member tells what is secret."""
    document = {SECRET: [f"first {SECRET}", "ghp_16C7e42F292c6912E7710c838347Ae178B4a"], "token": SECRET}
    assert redacted(document) == {"<secret-1>": ["first <secret-1>", "<secret-2>"], "token": "<secret-1>"}


def test_a_secret_within_another() -> None:
    """The whole of the longer one goes, however the shorter one stands in it: as it is, or in base64."""
    percents = f"id=4%3Dtoken%3D{SECRET}%26z9"
    assert redacted({"password": percents}) == {"password": "<secret-1>"}
    token = f"Qw8Er7Ty6Ui5.{b64('hunter22')}"
    assert redacted({"token": token}, {"MY_TOKEN": "hunter22"}) == {"token": "<secret-1>"}


def test_the_longest_first() -> None:
    """Of a secret within another nothing is left over, and each has its own placeholder."""
    environment = {"A_TOKEN": "abcdef12", "B_TOKEN": "x-abcdef12-y", "C_TOKEN": "abcdef12-y"}
    assert redacted("x-abcdef12-y abcdef12-y abcdef12", environment) == (
        "<secret:B_TOKEN> <secret:C_TOKEN> <secret:A_TOKEN>"
    )


def test_keys_that_become_the_same() -> None:
    """No entry is lost, and the keys can be told apart."""
    document = {SECRET: 1, b64(SECRET): 2, b64(SECRET).rstrip("="): {"a": 3}}
    result = redacted(document, {"MY_TOKEN": SECRET})
    assert result == {"<secret:MY_TOKEN>": 1, "<secret:MY_TOKEN> (2)": 2, "<secret:MY_TOKEN> (3)": {"a": 3}}
    assert redacted(result, {"MY_TOKEN": SECRET}) == result


def test_a_placeholder_is_never_touched() -> None:
    """Not even where a secret is a part of it; and its number is not given to another secret."""
    document = ["<secret-1> and <secret:MY_TOKEN>", {"token": SECRET}]
    assert redacted(document, {"A_TOKEN": "secret-1", "B_TOKEN": "MY_TOKEN"}) == [
        "<secret-1> and <secret:MY_TOKEN>",
        {"token": "<secret-2>"},
    ]


def test_one_redactor_for_several_documents() -> None:
    """The same secret has the same placeholder in all of them, also where nothing shows that it is one."""
    redactor = Redactor()
    assert redactor.redact({"token": SECRET}) == {"token": "<secret-1>"}
    second: list[JsonValue] = [{"password": "hunter22"}, SECRET]
    assert redactor.redact(second) == [{"password": "<secret-2>"}, "<secret-1>"]
    assert redactor.placeholders == {"<secret-1>", "<secret-2>"}


def test_a_text_by_itself() -> None:
    """A text is rid of what is known, and not searched for more."""
    redactor = Redactor({"MY_TOKEN": "hunter22"})
    redactor.redact({"password": SECRET})
    assert redactor.redact_text(f"{SECRET} hunter22 {b64(SECRET)} token=unknown1") == (
        "<secret-1> <secret:MY_TOKEN> <secret-1> token=unknown1"
    )


def test_placeholders_tell_no_secret() -> None:
    """What is kept of a secret for everybody to read is what stands for it."""
    redactor = Redactor({"MY_TOKEN": "hunter22"}, ["se(?P<secret>same)"])
    redactor.redact(
        [everywhere(SHAPES[0]), {f"{SECRET}_password": "swordfish1"}, "sesame hunter22", b64("hunter22" * 3)]
    )
    assert not any(
        secret in str(redactor.placeholders) for secret in (SECRET, "hunter22", "same", "swordfish")
    )
    assert "<secret:MY_TOKEN>" in redactor.placeholders


# What is no secret.


@pytest.mark.parametrize(
    "document",
    [
        "max_tokens=2048, token count: 5, password: a text",
        "Mind the token budget: the secret of a good password is its length. API key: see below.",
        "Bearer token, bearer tokens, Bearer ${TOKEN}, Bearer {api_key}, Bearer <token>, Bearer ***",
        "Authorization: required for all. Cookie: a small text. Set-Cookie: none",
        'curl -H "Authorization: Bearer $TOKEN" -H "X-Api-Key: YOUR_API_KEY" https://example.org:8080/a@b',
        "password=settings.password; token = lexer.next_token(1); secret: hashlib.sha256(text)",
        "api_key: str | None = None, token: SecretStr, password=password, auth=httpx2.Auth, auth: oauth2",
        "token=tokens[12345678], key=run_00012345, page_token=abc12345, price_per_token=0.0000025",
        "sk-learn-based-classifiers-of-models, the task-sk-management-thing, a flask-restful-service-name",
        '{"token": {"type": "string"}, "password": "string", "api_key": null}',
        {
            "token": {"type": "string"},
            "password": "string",
            "api_key": {"description": "a key of 16 letters"},
        },
        {
            "type": "object",
            "properties": {"api_key": {"type": "string"}, "token": {"type": ["string", "null"]}},
        },
        {"required": ["token", "password", "api_key"], "title": "password"},
        {
            "token": "identifier",
            "secret": "the secret of it",
            "api_key": "your-api-key",
            "password": "<password>",
        },
        {"max_tokens": "2048000000", "input_tokens": 12345678, "tokens": ["a1b2c3d4", "e5f6a7b8"]},
        {
            "key": "run-00017:step-3",
            "keys": ["a1b2c3d4e5"],
            "idempotency_key": "r1:s2:000003",
            "seed": 123456789,
        },
        {
            "hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "next_page_token": "a1b2c3d4e5",
        },
        {"publicKeyToken": "b77a5c561934e089", "token_type": "bearer12", "token_url": "https://a.org/x1y2z3"},
        {"pin": "left", "gpio_pin": "GPIO17", "passcode": "open", "pass": "passed", "first_pass": "a1b2c3d4"},
        "12 tests pass: all of them. pin: see below, pass: 3/4, the PIN: four digits",
        {"text": "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"},
    ],
)
def test_what_is_no_secret(document: Any) -> None:
    """Prose, code, schemas, masks, counts and the keys of events stay as they are, to the letter."""
    assert redacted(document, {"MY_TOKEN": SECRET}) == document


# For every document.

KEYS = ["text", "token", "password", "headers", "cookies", "name", "value", "authorization", "key", "pin"]
PIECES = [
    "Bearer ",
    "token=",
    "password: ",
    '"password": "',
    '"',
    "'",
    '\\"',
    "\\\\",
    "%22",
    "&quot;",
    "a1b2c3d4",
    "hunter22",
    SECRET,
    SHAPES[0],
    " ",
    "\n",
    "\\n",
    "<secret-1>",
    "<secret-",
    "<secret:MY_TOKEN>",
    "secret",
    "{",
    "}",
    "=",
    ";",
    "Cookie: ",
    "&",
    "https://u:",
    "@h",
    "12345678",
    "0451",
    "9",
    b64("hunter22"),
    b64(SECRET),
    "Authorization: Basic ",
    SHAPES[-1],
    SHAPES[-2],
    "[(b'",
    "')]",
    ",",
    "密码",
    "%20",
    "\\u0041",
    "aaa",
]
TEXTS = st.one_of(st.lists(st.sampled_from(PIECES), max_size=12).map("".join), st.text(max_size=20))
DOCUMENTS = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.just(12345678), st.floats(allow_nan=False), TEXTS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.sampled_from(KEYS), TEXTS), inner, max_size=4),
    ),
    max_leaves=12,
)
ENVIRONMENT = {"MY_TOKEN": "hunter22", "PIN_KEY": "12345678", "PART_SECRET": "22hunt"}
PATTERNS = ("a{3}", "hun(?P<secret>t)")


@given(DOCUMENTS)
@example({"a": "Authorization: Basic " + b64("u:hunter22") + " <secret-1>"})
def test_twice_is_once(document: Any) -> None:
    """For every document: what was redacted stays as it is, for the same redactor and for a new one."""
    redactor = Redactor(ENVIRONMENT, PATTERNS)
    result = redactor.redact(document)
    assert redactor.redact(result) == result
    assert redacted(result, ENVIRONMENT, *PATTERNS) == result


@given(DOCUMENTS)
def test_the_original_is_unchanged(document: Any) -> None:
    """For every document: it is as it was, and shares no list and no object with the result."""
    before = copy.deepcopy(document)
    result = redacted(document, ENVIRONMENT, *PATTERNS)
    assert document == before
    assert not containers(document) & containers(result)


@given(DOCUMENTS)
def test_the_shape_is_the_same(document: Any) -> None:
    """For every document: each object and each list has as many members, in the same places."""
    assert outline(redacted(document, ENVIRONMENT, *PATTERNS)) == outline(document)


@given(DOCUMENTS)
def test_the_same_document_gives_the_same(document: Any) -> None:
    """For every document: the result depends on nothing else, not even on the order of the variables."""
    backwards = dict(reversed(ENVIRONMENT.items()))
    assert redacted(document, ENVIRONMENT, *PATTERNS) == redacted(document, backwards, *PATTERNS)


@given(
    st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=4, max_size=40).map(
        lambda text: f"7x{text}{len(text)}q"
    ),
    st.sampled_from(sorted(SPELLINGS)),
    st.sampled_from(sorted(everywhere(""))),
)
def test_every_secret_in_every_place(secret: str, spelling: str, place: str) -> None:
    """For every secret of the environment, every spelling of it and every place: it is gone."""
    spelled = SPELLINGS[spelling](secret)
    member = place or spelled
    result = redacted({member: everywhere(spelled)[member]}, {"MY_TOKEN": secret})
    assert spelled not in json.dumps(result, ensure_ascii=False)
    assert "<secret" in json.dumps(result)


@given(
    st.from_regex(r"[a-z]{3}[0-9]{3}[A-WYZa-wyz0-9_~-]{8,40}[0-9]q", fullmatch=True),
    st.sampled_from([lead for lead in LEADS if "{}=" not in lead]),
)
def test_every_secret_behind_its_name(secret: str, lead: str) -> None:
    """For every token that a text names: it is gone from there, and from everywhere else."""
    result = json.dumps(redacted([f"earlier: {secret}", lead.format(secret), {secret: b64(secret)}]))
    assert secret not in result
    assert b64(secret) not in result


def containers(value: Any) -> set[int]:
    """The lists and objects of a document, by identity."""
    if not isinstance(value, (list, dict)):
        return set()
    members = value.values() if isinstance(value, dict) else value
    return {id(value)}.union(*map(containers, members))


def outline(value: Any) -> Any:
    """A document without what its texts say."""
    if isinstance(value, dict):
        return {number: outline(member) for number, member in enumerate(value.values())}
    if isinstance(value, list):
        return list(map(outline, value))
    return "text" if isinstance(value, str) else type(value)


# Whatever somebody puts into it.


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "=",
        "a=",
        "iVBORw0K",
        "Bearer ",
        "Bearer a1b2c3d ",
        "token=",
        'token="',
        "token=\"token='",
        "password: ",
        "\\",
        '\\"',
        "%41",
        "%25",
        "&amp;",
        "&",
        "eyJ-",
        "eyJ",
        "sk-",
        "-----BEGIN PRIVATE KEY-----",
        "-",
        "--a ",
        "://a:",
        "-u a:",
        "<secret-",
        "<secret-1>",
        "AC",
        "hooks.slack.com/services/",
        "cookie: a=b;",
        "\\u0041",
        "'a','b',",
        "api key: ",
        "abc1",
        "{",
        "[",
        "/a",
        "aA",
        " ",
        "\n",
        "Authorization: Basic ",
    ],
)
def test_a_long_text_of_the_same(piece: str) -> None:
    """A text of a hundred thousand characters is read in one go, whatever it repeats. (If it took the
    square of that, nobody would see the end of this test.)"""
    text = piece * (100_000 // len(piece))
    document = {"text": text, "password": text + "b", "other": text[1:]}
    assert outline(redacted(document, {"MY_TOKEN": SECRET})) == outline(document)


def test_a_long_secret() -> None:
    """A secret of any length is found as a whole, and one placeholder stands for it."""
    secret = "".join(f"{number:x}-" for number in range(4_000))
    assert redacted({"token": secret, "text": f"see {secret}!"}) == {
        "token": "<secret-1>",
        "text": "see <secret-1>!",
    }


def test_a_long_secret_that_was_cut_off() -> None:
    """As much of it as stands there goes; and of two that begin alike each has its own placeholder."""
    one, other = (f"{'a1b2c3-' * 100}{end}9" for end in ("one", "other"))
    assert redacted([{"token": [one, other]}, f"see {one[:500]}...", other]) == [
        {"token": ["<secret-1>", "<secret-2>"]},
        "see <secret-2>...",
        "<secret-2>",
    ]


def test_a_deeply_nested_document() -> None:
    """A document may be nested about as deeply as a journal keeps it."""
    document: Any = SECRET
    for _ in range(700):
        document = [document]
    result = redacted(document, {"MY_TOKEN": SECRET})
    while isinstance(result, list):
        (result,) = result
    assert result == "<secret:MY_TOKEN>"


def test_what_is_no_unicode() -> None:
    """A lone surrogate in a document or in a secret does no harm."""
    secret = "a\ud83dbcdef1"
    assert redacted(["\udc00", secret], {"MY_TOKEN": secret}) == ["\udc00", "<secret:MY_TOKEN>"]


def test_the_tuples_of_a_request_are_looked_through() -> None:
    """What msgspec makes of a journaled request has tuples where JSON has arrays: no secret stays in them."""
    token = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    request: Any = {"messages": ({"role": "user", "content": f"use {token}"},)}
    assert token not in repr(Redactor({}).redact(request))
