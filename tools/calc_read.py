"""Reads an expression and computes it in one pass: what the grammar lacks, nobody can call."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date
from difflib import get_close_matches

from nomoat.tools.calc_dates import Span, between, day, span, unit_of, weekday
from nomoat.tools.calc_functions import ALIASES, FUNCTIONS, call, whole
from nomoat.tools.calc_numbers import MAX_ITEMS, Number
from nomoat.tools.calc_tokens import END, Token, tokens
from nomoat.tools.calc_values import COMPARISONS, HELP, Operators, Percent, Value, is_number, number
from nomoat.tools.errors import Retry

MAX_DEPTH = 40

_COMPARE, _ADD, _MULTIPLY, _NEXT_TO, _SIGNED, _POWER, _AFTER = range(10, 80, 10)
_BINARY = {
    **dict.fromkeys(COMPARISONS, _COMPARE),
    **dict.fromkeys(("+", "-"), _ADD),
    **dict.fromkeys(("*", "/", "//", "mod", "%", "of", "off"), _MULTIPLY),
    "^": _POWER,
}
_CONSTANTS = {"pi": math.pi, "e": math.e, "tau": math.tau}
_SINGLE = frozenset({"weekday", *(name for name, f in FUNCTIONS.items() if f.most == 1)})


def compute(text: str, today: Callable[[], date] = date.today) -> Value:
    """The value of an expression.

    Raises:
        Retry: it cannot be read, has no value, or would take too long; the hint says what can.
    """
    try:
        return _Reader(tokens(text), today).whole()
    except ArithmeticError:
        raise Retry(
            "A number in this calculation gets too large or too small.", hint="Use others."
        ) from None


class _Reader:
    def __init__(self, found: list[Token], today: Callable[[], date]) -> None:
        self._tokens = found
        self._at = 0
        self._depth = 0
        self._today = today
        self._operators = Operators()
        self._work = self._operators.work

    def whole(self) -> Value:
        value = self._expression(0)
        if self._next() is not END:
            raise _unread(self._next())
        return value

    # tokens

    def _next(self, ahead: int = 0) -> Token:
        at = self._at + ahead
        return self._tokens[at] if at < len(self._tokens) else END

    def _take(self) -> Token:
        token = self._next()
        self._at += 1
        return token

    def _took(self, *texts: str) -> bool:
        if self._next().kind in {"sign", "name"} and self._next().text in texts:
            self._at += 1
            return True
        return False

    def _expect(self, *texts: str) -> None:
        if not self._took(*texts):
            after = self._next().text or "the end"
            wanted = " or ".join(map(repr, texts))
            raise Retry(f"There should be {wanted} before {after!r}.", hint="Put it there.")

    # grammar: each operator binds the stronger, the higher its number

    def _expression(self, floor: int) -> Value:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise Retry("The expression is nested too deeply.", hint="Calculate it in parts.")
        value = self._first()
        while True:
            after = self._postfix(value) if floor <= _AFTER else None
            if after is not None:
                value = after
                continue
            token = self._next()
            strength = _BINARY.get(token.text, 0) if token.kind in {"sign", "name"} else 0
            if not strength and self._starts_factor(token) and is_number(value):
                if floor > _NEXT_TO:
                    break
                value = self._operators.binary("*", value, self._expression(_NEXT_TO + 1))
            elif strength and strength >= floor:
                self._at += 1
                right = self._expression(strength + (token.text != "^"))
                value = self._operators.binary(token.text, value, right)
            else:
                break
        self._depth -= 1
        return value

    def _starts_factor(self, token: Token) -> bool:
        """Whether a product without a sign goes on: `2(3 + 4)`, `2 pi`, `3 sqrt(2)`."""
        if token.kind == "name":
            return token.text in _CONSTANTS or ALIASES.get(token.text, token.text) in FUNCTIONS
        return token.text in {"(", "√"}

    def _postfix(self, value: Value) -> Value | None:
        token = self._next()
        if token.text == "%" and not self._starts_operand(self._next(1)):
            self._at += 1
            return Percent(number(value))
        if self._took("!"):
            return self._called("factorial", [number(value)])
        if self._took("°"):
            return self._work.multiply(number(value), math.pi / 180)
        if token.kind == "sign" and token.text in {"²", "³"}:
            self._at += 1
            return self._work.power(number(value), 2 if token.text == "²" else 3)
        unit = unit_of(token.text) if token.kind == "name" else None
        if unit and is_number(value):
            self._at += 1
            return span(number(value), unit)
        return None

    def _starts_operand(self, token: Token) -> bool:
        """After `%`: whether it is a remainder (`7 % 2`) and no percent sign (`7% + 2`)."""
        if token.kind == "name":
            return token.text not in _BINARY and token.text not in {"and", "to"}
        return token.kind == "number" or token.text in {"(", "√"}

    def _first(self) -> Value:
        token = self._take()
        if token.kind in {"number", "date"}:
            return token.value
        return self._word(token) if token.kind == "name" else self._sign(token)

    def _sign(self, token: Token) -> Value:
        if token.text == "(":
            value = self._expression(0)
            self._expect(")")
            return value
        if token.text in {"[", "{"}:
            return self._items("]" if token.text == "[" else "}")
        if token.text == "-":
            value = self._expression(_SIGNED)
            return -value if isinstance(value, Span) else self._work.fit(-number(value))
        if token.text == "+":
            return self._work.fit(number(self._expression(_SIGNED)))
        if token.text == "√":
            return self._work.root(number(self._expression(_POWER)))
        raise _unread(token)

    def _items(self, end: str) -> list[Number]:
        """Numbers and lists of them up to the bracket that ends it, in one flat list."""
        items: list[Number] = []
        while not self._took(end):
            value = self._expression(0)
            items += value if isinstance(value, list) else [number(value)]
            if len(items) > MAX_ITEMS:
                raise Retry(f"A list has at most {MAX_ITEMS:,} numbers here.")
            if not self._took(","):
                self._expect(end)
                break
        return items

    def _word(self, token: Token) -> Value:
        name = ALIASES.get(token.text, token.text)
        if name in _CONSTANTS:
            return _CONSTANTS[name]
        if name in {"today", "now"}:
            return self._today()
        unit = unit_of(name)
        if unit and self._next().text in {"between", "from", "until", "since"}:
            return self._time(unit)
        if name in {"date", "weekday"}:
            return self._date_word(name)
        if name in FUNCTIONS:
            return self._called(name, self._arguments(name))
        raise _unread(token)

    def _arguments(self, name: str) -> list[Number]:
        """`f(1, 2)`, `f of 1, 2 and 3`, `f 1`"""
        if self._took("("):
            return self._items(")")
        listed = self._took("of")
        if not listed or name in _SINGLE:
            value = self._expression(_SIGNED)
            return value if isinstance(value, list) else [number(value)]
        numbers: list[Number] = []
        while True:
            value = self._expression(0)
            numbers += value if isinstance(value, list) else [number(value)]
            comma, and_ = self._took(","), self._took("and")
            if not (comma or and_):
                return numbers

    def _called(self, name: str, numbers: list[Number]) -> Value:
        return call(name, self._work, numbers)

    def _date_word(self, name: str) -> Value:
        if name == "date":
            self._expect("(")
            if self._next().kind == "date":
                value = self._expression(0)
                self._expect(")")
                return value
            parts = [whole(number, "date", 10**4) for number in self._items(")")]
            if len(parts) != 3:
                raise Retry("date takes a year, a month and a day.")
            return day(*parts)
        self._took("of")
        value = self._expression(_SIGNED)
        if not isinstance(value, date):
            raise Retry("weekday takes a date.", hint="Write it as 2026-03-01.")
        return weekday(value)

    def _time(self, unit: str) -> Value:
        """`days between A and B`, `weeks from A to B`, `days until B`, `years since A`"""
        how = self._take().text
        one = self._expression(_ADD)
        other: Value = self._today()
        if how in {"between", "from"}:
            self._expect("and", "to", "until")
            other = self._expression(_ADD)
        if not isinstance(one, date) or not isinstance(other, date):
            raise Retry(f"{unit}s {how} takes dates.", hint="Write them as 2026-03-01.")
        return self._work.fit(between(one, other, unit))


def _unread(token: Token) -> Retry:
    if token is END:
        return Retry("The expression ends too early.", hint="Write all of it.")
    if token.text == ",":
        hint = "Write thousands with a comma and decimals with a point: 1,234.56."
        return Retry("There is a comma where none can be.", hint=hint)
    known = [*FUNCTIONS, *ALIASES, *_CONSTANTS, "weekday", "mod", "of"]
    near = get_close_matches(token.text, known, n=1) if token.kind == "name" else []
    hint = f"Did you mean {near[0]}? {HELP}" if near else HELP
    return Retry(f"{token.text!r} cannot stand there.", hint=hint)
