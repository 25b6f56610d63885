"""Dates and spans of time, as far as people calculate with them."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date, timedelta
from fractions import Fraction

from nomoat.tools.calc_numbers import Number
from nomoat.tools.errors import Retry

UNITS = {"day": (0, 1), "week": (0, 7), "month": (1, 0), "year": (12, 0)}
"""Name → months and days of one."""

_MONTHS = tuple(name.lower() for name in calendar.month_name)


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time: months and days do not convert into each other."""

    months: int
    days: int

    def __str__(self) -> str:
        years, months = divmod(abs(self.months), 12)
        parts = [(years, "year"), (months, "month"), (abs(self.days), "day")]
        named = [f"{n} {unit}{'' if n == 1 else 's'}" for n, unit in parts if n]
        sign = "-" if min(self.months, self.days) < 0 else ""
        return sign + " ".join(named) if named else "0 days"

    def __neg__(self) -> Span:
        return Span(-self.months, -self.days)


def unit_of(word: str) -> str | None:
    """`days` → `day`; None for what is no unit of time."""
    singular = word.lower().removesuffix("s")
    return singular if singular in UNITS else None


def span(amount: Number, unit: str) -> Span:
    """`45`, `day` → 45 days. Only whole amounts, and parts of weeks that are whole days."""
    months, days = (amount * n for n in UNITS[unit])
    whole = (Fraction(months), Fraction(days))
    if any(part.denominator != 1 or abs(part) > 10**7 for part in whole):
        raise Retry(f"{amount} {unit}s cannot be added to a date.", hint="Use whole numbers.")
    return Span(int(months), int(days))


def month_of(word: str) -> int | None:
    """`March`, `mar` → 3; None for what is no month."""
    lower = word.lower().rstrip(".")
    if len(lower) < 3:
        return None
    return next((n for n, name in enumerate(_MONTHS) if n and name.startswith(lower)), None)


def day(year: int, month: int, of_month: int) -> date:
    """A date.

    Raises:
        Retry: there is no such day.
    """
    try:
        return date(year, month, of_month)
    except (ValueError, OverflowError):
        raise Retry(
            f"There is no day {year:04}-{month:02}-{of_month:02}.",
            hint="Write dates as year-month-day.",
        ) from None


def shift(start: date, by: Span) -> date:
    """A date some time later; the 31st becomes the last day of a shorter month."""
    year, month = divmod(start.year * 12 + start.month - 1 + by.months, 12)
    if not MINYEAR <= year <= MAXYEAR:
        raise Retry("That is beyond the calendar.", hint="Use fewer years.")
    last = calendar.monthrange(year, month + 1)[1]
    try:
        return date(year, month + 1, min(start.day, last)) + timedelta(days=by.days)
    except OverflowError:
        raise Retry("That is beyond the calendar.", hint="Use fewer days.") from None


def between(one: date, other: date, unit: str) -> Number:
    """How many days or weeks (with fractions), or whole months or years, lie between two dates."""
    early, late = sorted((one, other))
    days = (late - early).days
    if unit in {"day", "week"}:
        return Fraction(days, UNITS[unit][1])
    months = (late.year - early.year) * 12 + late.month - early.month
    if shift(early, Span(months, 0)) > late:
        months -= 1
    return months // UNITS[unit][0]


WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def weekday(of: date) -> str:
    """`Sunday`"""
    return WEEKDAYS[of.weekday()]
