"""From a string to a tree, by precedence climbing (Pratt, 1973).

The language is a subset of Python's expressions, with `true`, `false` and `null` beside
Python's own words for them. Two bounds hold for whatever comes in: the length of the text,
and the depth of the tree.
"""

from __future__ import annotations

import re
from typing import Literal as OneOf
from typing import cast

from pydantic import JsonValue

from callsheet.suggestions import nearest

from .errors import ExpressionSyntaxError
from .tokens import FOREIGN, MAX_LENGTH, WORDS, Token, read_number, read_text, tokenize
from .tree import (
    Arithmetic,
    Call,
    Comparison,
    Comprehension,
    Connective,
    Constant,
    DictDisplay,
    Index,
    ListDisplay,
    Member,
    Name,
    Negative,
    Not,
    Operation,
    Relation,
    TemplateText,
    Tree,
    children,
)

MAX_DEPTH = 50
MAX_TEMPLATE = 200_000
"""Characters in one template."""

_MANY = 1_000
FUNCTIONS = {
    "len": (1, 1),
    "min": (1, _MANY),
    "max": (1, _MANY),
    "sum": (1, 1),
    "any": (1, 1),
    "all": (1, 1),
    "str": (1, 1),
    "round": (1, 2),
    "default": (2, 2),
}
"""The built-in functions: how many values each takes at least and at most."""


_CONSTANTS: dict[str, JsonValue] = {
    "true": True,
    "True": True,
    "false": False,
    "False": False,
    "null": None,
    "None": None,
}
_OPERATORS = ("symbol", "word")
_OR, _AND, _NOT, _COMPARE, _SUM, _PRODUCT, _SIGN, _POWER = range(1, 9)
_BINDING = {
    "or": _OR,
    "and": _AND,
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "in", "not"), _COMPARE),
    **dict.fromkeys("+-", _SUM),
    **dict.fromkeys(("*", "/", "//", "%"), _PRODUCT),
    "**": _POWER,
}
_PATH = re.compile(r"([a-z][a-z0-9_]*)(?:\.([a-z][a-z0-9_]*))?\Z")
_PATH_IN_BRACES = re.compile(r"([a-z][a-z0-9_]*)(?:\.([a-z][a-z0-9_]*))?\}")
_FOREIGN_HINTS = {
    ":": "formats and slices are not supported",
    "if": "`a if b else c` is not supported; use `condition` on the step",
}
_BRACE = re.compile(r"\{\{|\}\}|\{|\}")


def parse(text: str) -> Tree:
    """The tree of an expression. Raises ExpressionSyntaxError."""
    if len(text) > MAX_LENGTH:
        raise ExpressionSyntaxError(
            0, f"the expression has {len(text):,} characters; at most {MAX_LENGTH:,} are allowed"
        )
    if (path := _PATH.match(text)) and (tree := _read_path(path)):
        return tree
    tree, _ = _read(tokenize(text))
    return tree


def parse_template(text: str) -> Tree:
    """The tree of a string with expressions in braces; `{{` and `}}` are braces.

    Raises ExpressionSyntaxError.
    """
    if len(text) > MAX_TEMPLATE:
        raise ExpressionSyntaxError(
            0, f"the template has {len(text):,} characters; at most {MAX_TEMPLATE:,} are allowed"
        )
    parts: list[Tree] = []
    literal = ""
    position = 0
    while match := _BRACE.search(text, position):
        literal += text[position : match.start()]
        brace, position = match[0], match.end()
        if brace in ("{{", "}}"):
            literal += brace[0]
            continue
        if brace == "}":
            raise ExpressionSyntaxError(
                match.start(), "this } has no matching {", hint="write }} for a literal brace"
            )
        if (path := path_in_braces(text, position)) is not None:
            tree, position = path
        else:
            tree, end = _read(tokenize(text, position, in_braces=True))
            position = end.start + 1
        parts += [Constant(literal), tree] if literal else [tree]
        literal = ""
    literal += text[position:]
    return TemplateText((*parts, Constant(literal)) if literal else tuple(parts))


def path_in_braces(text: str, position: int) -> tuple[Tree, int] | None:
    """The tree of `step}` or `step.field}` at a position, and where the text goes on; None where something
    else is there."""
    path = _PATH_IN_BRACES.match(text, position)
    tree = None if path is None else _read_path(path)
    return None if path is None or tree is None else (tree, path.end())


def _read_path(path: re.Match[str]) -> Tree | None:
    """`step` and `step.field`, by far the most frequent expressions, without the parser."""
    root, key = path[1], path[2]
    if root in WORDS or root in FOREIGN or key in WORDS or key in FOREIGN:
        return None
    name = Name(root, path.start(1))
    return name if key is None else Member(name, key, path.start(2))


def _read(tokens: list[Token]) -> tuple[Tree, Token]:
    parser = _Parser(tokens)
    tree = parser.expression(0)
    end = parser.next()
    if end.kind != "end":
        raise ExpressionSyntaxError(
            end.start, f"`{end.text}` is not expected here", hint=_FOREIGN_HINTS.get(end.text)
        )
    # No tree is deeper than its text has words, so most need no measuring.
    if len(tokens) > MAX_DEPTH and _depth(tree) > MAX_DEPTH:
        raise ExpressionSyntaxError(tree.start, f"this is nested more than {MAX_DEPTH} deep")
    return tree, end


def _depth(tree: Tree) -> int:
    deepest, pending = 0, [(tree, 1)]
    while pending:
        node, depth = pending.pop()
        deepest = max(deepest, depth)
        pending += [(child, depth + 1) for child in children(node)]
    return deepest


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._nesting = 0

    def next(self) -> Token:
        token = self._tokens[self._at]
        # The end stays where it is, however often it is asked for.
        if token[0] != "end":
            self._at += 1
        return token

    def expression(self, binding: int) -> Tree:
        """Parse an operand, and every operator behind it that binds tighter than `binding`."""
        self._nesting += 1
        if self._nesting > MAX_DEPTH:
            raise ExpressionSyntaxError(self._peek().start, f"this is nested more than {MAX_DEPTH} deep")
        left = self._operand(binding)
        while (strength := self._strength()) > binding:
            left = self._behind(left, strength)
        self._nesting -= 1
        return left

    def _peek(self) -> Token:
        return self._tokens[self._at]

    def _strength(self) -> int:
        kind, text, _ = self._tokens[self._at]
        return _BINDING.get(text, 0) if kind in _OPERATORS else 0

    def _behind(self, left: Tree, strength: int) -> Tree:
        if strength == _COMPARE:
            return self._comparison(left)
        token = self.next()
        if strength in (_OR, _AND):
            operator: OneOf["and", "or"] = "or" if strength == _OR else "and"
            operands = [left, self.expression(strength)]
            while self._peek().text == operator and self._peek().kind == "word":
                self.next()
                operands.append(self.expression(strength))
            return Connective(operator, tuple(operands), token.start)
        # ** alone groups to the right, and binds looser than a sign on its right.
        right = self.expression(_SIGN - 1 if strength == _POWER else strength)
        return Operation(cast("Arithmetic", token.text), left, right, token.start)

    def _comparison(self, first: Tree) -> Tree:
        start = self._peek().start
        rest: list[tuple[Relation, Tree]] = []
        while self._strength() == _COMPARE:
            relation = self.next().text
            if relation == "not":
                self._expect("in")
                relation = "not in"
            rest.append((cast("Relation", relation), self.expression(_COMPARE)))
        return Comparison(first, tuple(rest), start)

    def _operand(self, binding: int) -> Tree:
        token = self.next()
        match token.kind, token.text:
            case "word", "not":
                if binding >= _COMPARE:
                    message = "`not` needs parentheses after an operator"
                    raise ExpressionSyntaxError(token.start, message, hint="write (not …)")
                return Not(self.expression(_NOT), token.start)
            case "symbol", "-":
                return Negative(self.expression(_SIGN), token.start)
            case _:
                return self._suffixes(self._atom(token))

    def _suffixes(self, tree: Tree) -> Tree:
        while (token := self._peek()).kind == "symbol" and token.text in (".", "["):
            self.next()
            if token.text == ".":
                key = self._key()
                tree = Member(tree, key.text, key.start)
            else:
                at = self.expression(0)
                self._expect("]", slices=True)
                tree = Index(tree, at, token.start)
        return tree

    def _key(self) -> Token:
        key = self.next()
        if key.kind not in ("name", "word"):
            raise ExpressionSyntaxError(key.start, "a field name must follow the dot")
        return key

    def _atom(self, token: Token) -> Tree:
        match token.kind, token.text:
            case "number", _:
                return Constant(read_number(token), token.start)
            case "text", _:
                return Constant(read_text(token), token.start)
            case "word", text if text in _CONSTANTS:
                return Constant(_CONSTANTS[text], token.start)
            case "name", text if self._peek().text == "(" and self._peek().kind == "symbol":
                return self._call(token)
            case "name", text:
                return Name(text, token.start)
            case "symbol", "(":
                inner = self.expression(0)
                self._expect(")")
                return inner
            case "symbol", "[":
                return self._list(token)
            case "symbol", "{":
                return self._dict(token)
            case "end", _:
                raise ExpressionSyntaxError(token.start, "the expression is incomplete")
            case _:
                raise ExpressionSyntaxError(token.start, f"`{token.text}` is not expected here")

    def _call(self, name: Token) -> Tree:
        if name.text not in FUNCTIONS:
            near = nearest(name.text, FUNCTIONS)
            hint = f"did you mean `{near}`?" if near else "there are " + ", ".join(FUNCTIONS)
            raise ExpressionSyntaxError(name.start, f"there is no function `{name.text}`", hint=hint)
        self.next()
        arguments = self._arguments(name)
        fewest, most = FUNCTIONS[name.text]
        if not fewest <= len(arguments) <= most:
            count = (
                "one value" if most == 1 else f"{fewest} values" if fewest == most else "one value or more"
            )
            message = f"`{name.text}` takes {count}, not {len(arguments)}"
            raise ExpressionSyntaxError(name.start, message)
        return Call(name.text, arguments, name.start)

    def _arguments(self, name: Token) -> tuple[Tree, ...]:
        if self._takes(")"):
            return ()
        first = self.expression(0)
        if self._peek().text == "for":
            return (self._comprehension(first, name, ")"),)
        return (first, *self._more(")"))

    def _list(self, bracket: Token) -> Tree:
        if self._takes("]"):
            return ListDisplay((), bracket.start)
        first = self.expression(0)
        if self._peek().text == "for":
            return self._comprehension(first, bracket, "]")
        return ListDisplay((first, *self._more("]")), bracket.start)

    def _comprehension(self, element: Tree, opening: Token, closing: str) -> Tree:
        self._expect("for")
        variable = self.next()
        if variable.kind != "name":
            raise ExpressionSyntaxError(variable.start, "there must be one name between `for` and `in`")
        self._expect("in")
        source = self.expression(0)
        condition = self.expression(0) if self._takes("if") else None
        if self._peek().text in ("for", "if"):
            raise ExpressionSyntaxError(
                self._peek().start, "a comprehension has at most one `for` and one `if`"
            )
        self._expect(closing)
        return Comprehension(element, variable.text, source, condition, opening.start)

    def _dict(self, brace: Token) -> Tree:
        entries: dict[str, Tree] = {}
        while not self._takes("}"):
            key = self.next()
            if key.kind != "text":
                raise ExpressionSyntaxError(key.start, "a key must be a string in quotes")
            self._expect(":")
            if (name := read_text(key)) in entries:
                raise ExpressionSyntaxError(key.start, f"the key {key.text} occurs twice")
            entries[name] = self.expression(0)
            if not self._takes(","):
                self._expect("}")
                break
        return DictDisplay(tuple(entries.items()), brace.start)

    def _more(self, closing: str) -> list[Tree]:
        """The elements behind the first one, up to the closing bracket."""
        elements: list[Tree] = []
        while self._takes(",") and self._peek().text != closing:
            elements.append(self.expression(0))
        self._expect(closing)
        return elements

    def _takes(self, text: str) -> bool:
        token = self._peek()
        if token.kind in ("symbol", "word") and token.text == text:
            self.next()
            return True
        return False

    def _expect(self, text: str, *, slices: bool = False) -> None:
        token = self._peek()
        if self._takes(text):
            return
        if slices and token.text == ":":
            raise ExpressionSyntaxError(
                token.start, "slices are not supported", hint="use a comprehension, or one index"
            )
        raise ExpressionSyntaxError(token.start, f"`{text}` is missing before {_show(token)}")


def _show(token: Token) -> str:
    return "the end" if token.kind == "end" else f"`{token.text}`"
