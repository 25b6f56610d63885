"""Exact arithmetic that cannot run away: every number and the work as a whole have a limit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal, localcontext
from fractions import Fraction

from nomoat.tools.errors import Retry

Number = int | Fraction | float

MAX_BITS = 10_000
"""Of a numerator or denominator: about 3,000 digits."""
MAX_ITEMS = 10_000
"""Of a list."""
SHOWN_ITEMS = 100
"""Of a list, that are written out."""
MAX_WORK = 1_500_000
"""Sum of `50 + bits + bits² / 10,000` over all steps: below 0.1 s in all."""


def bits(number: Number) -> int:
    """The size of a number, in bits of its longer half."""
    if isinstance(number, float):
        return 64
    if isinstance(number, int):
        return number.bit_length()
    return max(number.numerator.bit_length(), number.denominator.bit_length())


def too_large() -> Retry:
    """The refusal of a number beyond what is computed here."""
    return Retry(
        "A number in this calculation gets too large to write down.",
        hint="Use smaller numbers, or logarithms.",
    )


class Arithmetic:
    """The operations, sharing one allowance of work.

    Numbers are `int` and `Fraction` as long as that is exact, `float` after that. Every method
    raises `Retry` where a result is undefined or too large.
    """

    def __init__(self, work: int = MAX_WORK) -> None:
        self._left = work

    def spend(self, size: int, times: int = 1) -> None:
        """Account for `times` steps on numbers of `size` bits."""
        self._left -= times * (50 + size + size * size // 10_000)
        if self._left < 0:
            raise Retry(
                "This is too much for one calculation.", hint="Calculate it in several parts."
            )

    def fit(self, number: Number) -> Number:
        """`number` in its plainest form, if it is finite and within the limit."""
        if isinstance(number, float):
            if not math.isfinite(number):
                raise too_large()
            self.spend(64)
            return number
        if isinstance(number, Fraction) and number.denominator == 1:
            number = number.numerator
        size = bits(number)
        self.spend(size)
        if size > MAX_BITS:
            raise too_large()
        return number

    def add(self, one: Number, other: Number) -> Number:
        """one + other"""
        return self.fit(one + other)

    def multiply(self, one: Number, other: Number) -> Number:
        """one × other"""
        return self.fit(one * other)

    def divide(self, one: Number, other: Number) -> Number:
        """one ÷ other, exact where both are"""
        if other == 0:
            raise _by_zero()
        if isinstance(one, float) or isinstance(other, float):
            return self.fit(one / other)
        return self.fit(Fraction(one) / other)

    def floor_divide(self, one: Number, other: Number) -> Number:
        """one ÷ other, rounded down"""
        if other == 0:
            raise _by_zero()
        return self.fit(one // other)

    def modulo(self, one: Number, other: Number) -> Number:
        """What is left of the rounded-down division; it has the sign of `other`"""
        if other == 0:
            raise _by_zero()
        return self.fit(one % other)

    def power(self, base: Number, exponent: Number) -> Number:
        """base to the power of exponent"""
        if base == 0 and exponent < 0:
            raise _by_zero()
        if isinstance(exponent, int) and not isinstance(base, float):
            if abs(base) != 1 and bits(base) > 1 and (bits(base) - 1) * abs(exponent) > MAX_BITS:
                raise too_large()
            return self.fit(Fraction(base) ** exponent if exponent < 0 else base**exponent)
        if base < 0 and exponent != int(exponent):
            raise Retry(
                f"A negative number has no real power of {float(exponent):.6g}.",
                hint="For odd roots use root(-8, 3).",
            )
        if isinstance(exponent, Fraction) and exponent == Fraction(1, 2):
            return self.root(base)
        return self.fit(float(base) ** float(exponent))

    def root(self, number: Number) -> Number:
        """The square root, exact where it is rational"""
        if number < 0:
            raise Retry("A negative number has no real square root.", hint="Check the sign.")
        if not isinstance(number, float):
            exact = Fraction(number)
            top, bottom = math.isqrt(exact.numerator), math.isqrt(exact.denominator)
            if top * top == exact.numerator and bottom * bottom == exact.denominator:
                return self.fit(Fraction(top, bottom))
        return self.fit(math.sqrt(number))

    def total(self, numbers: Sequence[Number]) -> Number:
        """The sum"""
        result: Number = 0
        for number in numbers:
            result = self.add(result, number)
        return result

    def ordered(self, numbers: Sequence[Number]) -> list[Number]:
        """Sorted, smallest first"""
        steps = len(numbers) * max(len(numbers).bit_length(), 1)
        self.spend(max(map(bits, numbers), default=0), steps)
        return sorted(numbers)


def _by_zero() -> Retry:
    return Retry("This divides by zero.", hint="Check the numbers.")


def equal(one: Number, other: Number) -> bool:
    """Whether two numbers are the same, as far as inexact ones can be."""
    if isinstance(one, float) or isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-12, abs_tol=1e-300)
    return one == other


def shown(number: Number) -> tuple[str, bool]:
    """A number as text, and whether that is all of it.

    Exact decimals are written out (up to 30 places); others get 12 significant digits.
    """
    if isinstance(number, int):
        text = str(number)
        if len(text) <= 1_000:
            return text, True
        digits = text.lstrip("-")
        lead = f"{digits[0]}.{digits[1:12]}e+{len(digits) - 1} ({len(digits)} digits)"
        return text[: len(text) - len(digits)] + lead, False
    if isinstance(number, float):
        return _rounded(number), False
    places = _decimal_places(number.denominator) if bits(number) <= 1_000 else None
    if places is not None and places <= 30:
        scaled = abs(number.numerator) * 10**places // number.denominator
        whole, rest = divmod(scaled, 10**places)
        return f"{'-' if number < 0 else ''}{whole}.{rest:0{places}}", True
    text = _rounded(number)
    if max(abs(number.numerator), number.denominator) < 10**6:
        text += f" (exactly {number})"
    return text, False


def _rounded(number: float | Fraction) -> str:
    """12 significant digits, in plain decimals where that is readable."""
    with localcontext(prec=12):
        if isinstance(number, float):
            value = +Decimal(number)
        else:
            value = Decimal(number.numerator) / Decimal(number.denominator)
    value = value.normalize()
    plain = not value or -6 <= value.adjusted() < 15
    return f"{value:f}" if plain else str(value).replace("E", "e")


def _decimal_places(denominator: int) -> int | None:
    """Places after the point of 1/denominator, or None if they do not end."""
    twos = (denominator & -denominator).bit_length() - 1
    rest, fives = denominator >> twos, 0
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    return max(twos, fives) if rest == 1 else None
