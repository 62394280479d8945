"""The tokens of the expression language, cut from a text."""

from __future__ import annotations

import json
import re
from typing import Literal, NamedTuple, TypeAlias, cast

from .errors import ExpressionSyntaxError

MAX_LENGTH = 4_000
"""Characters in one expression."""

TokenKind: TypeAlias = Literal["name", "number", "text", "symbol", "word", "end"]

WORDS = frozenset({"and", "or", "not", "in", "for", "if", "true", "false", "null", "True", "False", "None"})
FOREIGN = frozenset(
    {"is", "lambda", "else", "async", "await", "import", "yield", "def", "del", "while", "with"}
)

_TOKEN = re.compile(
    r"""[ \t\r\n]*(?:
      (?P<name>[^\W\d]\w*)
    | (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<text>"(?:[^"\\\n]|\\[^\n])*"|'(?:[^'\\\n]|\\[^\n])*')
    | (?P<symbol>\*\*|//|==|!=|<=|>=|[-+*/%<>.,:()\[\]{}])
    | (?P<end>\Z)
    | (?P<unreadable>["'][^\n]*+|.)
    )""",
    re.VERBOSE | re.DOTALL,
)
_BRACES = {"{": 1, "}": -1}
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "\\": "\\", "'": "'", '"': '"', "/": "/"}


class Token(NamedTuple):
    """One token: its kind, how it is written, and where it begins."""

    kind: TokenKind
    text: str
    start: int


def tokenize(text: str, start: int = 0, *, in_braces: bool = False) -> list[Token]:
    """Cut an expression into tokens, the last one of kind `end`. Raises ExpressionSyntaxError.

    With `in_braces` the expression ends at the brace that closes it, and so does the last token.
    """
    tokens: list[Token] = []
    open_braces = 0
    for match in _TOKEN.finditer(text, start):
        if match.lastgroup == "unreadable":
            raise _unreadable(text, match.start("unreadable"))
        kind = cast("TokenKind", match.lastgroup)
        at, end = match.span(kind)
        word = text[at:end]
        if kind == "name":
            is_key = bool(tokens) and tokens[-1].text == "."
            kind = _kind_of_name(word, at, is_key=is_key)
        elif in_braces and kind == "symbol":
            open_braces += _BRACES.get(word, 0)
        if at - start > MAX_LENGTH:
            raise ExpressionSyntaxError(start, f"an expression may have at most {MAX_LENGTH:,} characters")
        if open_braces < 0:
            tokens.append(Token("end", "}", at))
            return tokens
        tokens.append(Token(kind, word, at))
        if kind == "end":
            if in_braces:
                raise ExpressionSyntaxError(
                    start - 1, "this { is not closed", hint="write {{ for a literal brace"
                )
            return tokens
    raise AssertionError("every text ends")


def member_of(owner: str, key: str) -> str:
    """The expression for a member: `owner.key`, or `owner["key"]` where the key cannot stand behind a dot."""
    return f"{owner}.{key}" if _NAME.match(key) and key not in WORDS else f"{owner}[{json.dumps(key)}]"


def _kind_of_name(word: str, start: int, *, is_key: bool) -> TokenKind:
    if word in WORDS:
        return "word"
    # Behind a dot it is a field's name, and fields may be called anything.
    if word in FOREIGN and not is_key:
        raise ExpressionSyntaxError(start, f"`{word}` is not part of the expression language")
    if not _NAME.match(word):
        raise ExpressionSyntaxError(
            start,
            f"`{word:.80}` is not a valid name: use ASCII letters, digits and _, and begin with a letter",
            hint=f'write ["{word:.80}"] for such a key',
        )
    return "name"


def _unreadable(text: str, position: int) -> ExpressionSyntaxError:
    found = text[position]
    if found in "'\"":
        return ExpressionSyntaxError(position, "this string is not closed on its line")
    hint = {"=": "write == to compare", "&": "write `and`", "|": "write `or`", "!": "write `not`"}.get(found)
    return ExpressionSyntaxError(position, f"{found!r} is not part of the expression language", hint=hint)


def read_number(token: Token) -> int | float:
    """The number that a token writes. Raises ExpressionSyntaxError where it is too large."""
    if token.text.isdigit():
        if len(token.text) > 300:
            raise ExpressionSyntaxError(token.start, "a number may have at most 300 digits")
        return int(token.text)
    value = float(token.text)
    if value == float("inf"):
        raise ExpressionSyntaxError(token.start, f"{token.text} is too large for a number")
    return value


def read_text(token: Token) -> str:
    """The text between the quotes of a token, escapes resolved. Raises ExpressionSyntaxError."""

    def replace(match: re.Match[str]) -> str:
        escape = match[1]
        if escape.startswith("u") and len(escape) == 5:
            return chr(int(escape[1:], 16))
        if escape not in _ESCAPED:
            raise ExpressionSyntaxError(token.start, f"\\{escape} is not a known escape")
        return _ESCAPED[escape]

    text = _ESCAPE.sub(replace, token.text[1:-1])
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise ExpressionSyntaxError(token.start, "this string has a lone surrogate (half a character)")
    return text
