"""Arithmetic over tokens: a small recursive descent that never runs long and never guesses."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from fractions import Fraction

from .amounts import CONSTANTS, FUNCTIONS, Amount, checked, multiply, raise_to
from .lexer import CalculatorToken, Unreadable

MAX_NESTING = 40
MAX_TOKENS = 2_000
_END = CalculatorToken("")


class Parser:
    """Works out one list of tokens, by the usual rules of precedence; `**` and `^` are powers.

    `%` before a number, a name or `(` is the remainder, elsewhere per cent: `12% of 4500` is 540,
    and `200 + 10%` is 220. Values are fractions, so nothing is lost but where a root or a
    logarithm has no exact value. Raises Unreadable.
    """

    def __init__(self, tokens: Sequence[CalculatorToken]) -> None:
        if len(tokens) > MAX_TOKENS:
            raise Unreadable(f"it has more than {MAX_TOKENS:,} parts")
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    def result(self) -> Amount:
        """The value of the whole."""
        amount = self._sum()
        if self._next is not _END:
            raise Unreadable(f"{self._next.text!r} is out of place")
        return amount

    @contextmanager
    def _deeper(self) -> Generator[None]:
        self._depth += 1
        if self._depth > MAX_NESTING:
            raise Unreadable(f"it is nested more than {MAX_NESTING} levels deep")
        yield
        self._depth -= 1

    @property
    def _next(self) -> CalculatorToken:
        return self._tokens[self._at] if self._at < len(self._tokens) else _END

    def _take(self, *texts: str) -> str | None:
        if self._next.text not in texts or self._next is _END:
            return None
        self._at += 1
        return self._tokens[self._at - 1].text

    def _expect(self, text: str) -> None:
        if self._take(text) is None:
            found = f"{self._next.text!r} stands where" if self._next is not _END else "it ends where"
            raise Unreadable(f"{found} {text!r} should be")

    def _sum(self) -> Amount:
        left = self._product()
        while sign := self._take("+", "-"):
            right = self._product()
            share = left.value if right.percent and not left.percent else Fraction(1)
            change = right.value * share
            left = checked(
                left.value + change if sign == "+" else left.value - change,
                left.exact and right.exact,
                percent=left.percent and right.percent,
            )
        return left

    def _product(self) -> Amount:
        left = self._signed()
        # A `%` that is still there is the remainder: per cent was taken with its number.
        while sign := self._take("*", "/", "//", "%", "of"):
            right = self._signed()
            left = checked(multiply(left.value, sign, right.value), left.exact and right.exact)
        return left

    def _signed(self) -> Amount:
        with self._deeper():
            if sign := self._take("+", "-"):
                amount = self._signed()
                return Amount(-amount.value, amount.exact, amount.percent) if sign == "-" else amount
            return self._power()

    def _power(self) -> Amount:
        base = self._percentage()
        if self._take("**", "^"):
            with self._deeper():
                return raise_to(base, self._signed())
        return base

    def _percentage(self) -> Amount:
        amount = self._atom()
        if self._next.text == "%" and not self._begins_operand(self._at + 1):
            self._at += 1
            return Amount(amount.value / 100, amount.exact, percent=True)
        return amount

    def _begins_operand(self, at: int) -> bool:
        token = self._tokens[at] if at < len(self._tokens) else _END
        return (
            token.value is not None or token.text == "(" or token.text in FUNCTIONS or token.text in CONSTANTS
        )

    def _atom(self) -> Amount:
        token = self._next
        if token is _END:
            raise Unreadable("it ends where a number should be")
        self._at += 1
        if token.value is not None:
            return Amount(token.value)
        if token.text == "(":
            return self._in_brackets()
        if token.text in CONSTANTS:
            return Amount(CONSTANTS[token.text], exact=False)
        if token.text in FUNCTIONS:
            return self._call(token.text)
        raise Unreadable(f"{token.text!r} stands where a number should be")

    def _in_brackets(self) -> Amount:
        with self._deeper():
            amount = self._sum()
        self._expect(")")
        return Amount(amount.value, amount.exact)

    def _call(self, name: str) -> Amount:
        arguments = self._arguments()
        found = FUNCTIONS[name]([each.value for each in arguments])
        return checked(found.value, found.exact and all(each.exact for each in arguments))

    def _arguments(self) -> list[Amount]:
        self._expect("(")
        closing = ("]", ")") if self._take("[") else (")",)
        with self._deeper():
            arguments = [self._sum()]
            while self._take(","):
                arguments.append(self._sum())
        for bracket in closing:
            self._expect(bracket)
        return arguments
