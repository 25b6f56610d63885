"""What an expression can be worth, and what the operators make of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from nomoat.tools.calc_dates import Span, shift, span
from nomoat.tools.calc_numbers import Arithmetic, Number, equal
from nomoat.tools.errors import Retry

DATES = (
    "Write it as 2026-03-01 + 45 days, days between 2026-01-05 and 2026-03-01, or weekday of "
    "2026-03-01."
)
HELP = (
    "Use numbers, + - * / // mod ^ %, brackets, lists such as [1, 2], comparisons, functions such "
    "as sqrt, sum, mean, round, log, sin, factorial, and dates: days between 2026-01-05 and "
    "2026-03-01; 2026-03-01 + 45 days; weekday of 2026-03-01."
)


@dataclass(frozen=True, slots=True)
class Percent:
    """A number with a percent sign: it relates to what it is added to."""

    of_hundred: Number


Value = int | Fraction | float | bool | str | date | Span | Percent | list[Number]

COMPARISONS = frozenset({"<", "<=", ">", ">=", "=", "==", "!="})


class Operators:
    """Operators over values, with one allowance of work."""

    def __init__(self) -> None:
        self.work = Arithmetic()

    def binary(self, sign: str, one: Value, other: Value) -> Value:
        """`one` and `other` joined by an operator."""
        if isinstance(one, date) or isinstance(other, date | Span):
            return self._of_dates(sign, one, other)
        if sign in {"+", "-"} and isinstance(other, Percent):
            part = other.of_hundred if sign == "+" else -other.of_hundred
            if isinstance(one, Percent):
                return Percent(self.work.add(one.of_hundred, part))
            grown = self.work.divide(self.work.add(100, part), 100)
            return self.work.multiply(number(one), grown)
        left, right = number(one), number(other)
        if sign in COMPARISONS:
            return _compared(sign, left, right)
        return self._arithmetic(sign, left, right)

    def _arithmetic(self, sign: str, left: Number, right: Number) -> Number:
        work = self.work
        if sign == "off":
            return work.multiply(right, work.add(1, -left))
        operation = {
            "+": work.add,
            "-": lambda one, other: work.add(one, -other),
            "*": work.multiply,
            "of": work.multiply,
            "/": work.divide,
            "//": work.floor_divide,
            "mod": work.modulo,
            "%": work.modulo,
            "^": work.power,
        }[sign]
        return operation(left, right)

    def _of_dates(self, sign: str, one: Value, other: Value) -> Value:
        if isinstance(one, date) and isinstance(other, date):
            if sign == "-":
                return Span(0, (one - other).days)
            if sign in COMPARISONS:
                return _compared(sign, one.toordinal(), other.toordinal())
        if sign == "+" and isinstance(other, date) and not isinstance(one, date):
            return self._of_dates("+", other, one)
        if sign in {"+", "-"} and not isinstance(other, date):
            by = other if isinstance(other, Span) else span(number(other), "day")
            by = by if sign == "+" else -by
            if isinstance(one, date):
                return shift(one, by)
            if isinstance(one, Span):
                return Span(one.months + by.months, one.days + by.days)
        raise Retry(f"Dates and times cannot be combined with {sign!r} like this.", hint=DATES)


def _compared(sign: str, one: Number, other: Number) -> bool:
    same = equal(one, other)
    if sign in {"=", "=="}:
        return same
    if sign == "!=":
        return not same
    return (same and "=" in sign) or (not same and (one < other) == (sign[0] == "<"))


def is_number(value: Value) -> bool:
    """Whether a value is a number as it stands."""
    return isinstance(value, int | Fraction | float) and not isinstance(value, bool)


def number(value: Value) -> Number:
    """A value as a number: a percentage as its hundredth part, a time as its days.

    Raises:
        Retry: it is none.
    """
    if isinstance(value, Percent):
        value = Fraction(value.of_hundred) / 100
        return value.numerator if value.denominator == 1 else value
    if isinstance(value, Span) and not value.months:
        return value.days
    if isinstance(value, int | Fraction | float) and not isinstance(value, bool):
        return value
    kinds = {list: "a list", date: "a date", Span: "a time", bool: "yes or no", str: "a word"}
    raise Retry(f"There is {kinds[type(value)]} where a number should be.", hint=HELP)
