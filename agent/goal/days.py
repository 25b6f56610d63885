"""Days in texts, however they are written, and whether a text speaks of one."""

from __future__ import annotations

import re
from calendar import isleap
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from nomoat.tools.calc_dates import WEEKDAYS, weekday

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
MONTH = (
    r"jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|june?|july?|aug(?:ust)?|sept?(?:ember)?|"
    r"oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
"""The months by their names, but `may`, which is a word as well."""
_NAME = (
    r"(?P<name>January|February|March|April|May|June|July|August|September|October|November|"
    r"December)"
)
"""Only whole and with a capital: `12 Mar` may be anything."""
_WRITTEN = (
    re.compile(r"\b(?:19|20)\d\d-(?P<month>\d\d)-(?P<day>\d\d)\b"),
    re.compile(r"\b(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?:(?:19|20)\d\d|\d\d)\b"),
    re.compile(rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:\s+of)?\s+{_NAME}\b"),
    re.compile(rf"\b{_NAME}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b"),
)
_NEAR = r"(?:[\d\s,.–&/-]|st\b|nd\b|rd\b|th\b|\b(?:of|to|and|or|until|till)\b){0,40}?"
"""Between the day and its month in a list: `4, 11 and 18 May`."""


@dataclass(frozen=True, slots=True)
class Day:
    """A day of a year."""

    month: int
    day: int
    text: str
    """As it is written, with its year where that stands beside it."""

    def stands_in(self, text: str) -> bool:
        """Whether a text speaks of this day; its year may stand elsewhere, or nowhere.

        So it does with the day alone under the name of its month, and with the day before a month
        in another language (`31. Dezember`), which cannot be told.
        """
        alone = re.search(rf"(?<![\d-])0?{self.day}(?![\d-])", text) is not None
        under = alone and re.search(self._name, text, re.IGNORECASE) is not None
        other = re.search(rf"\b0?{self.day}\.\s+[^\W\d_]{{3,}}", text) is not None
        return under or other or re.search(self._forms, text, re.IGNORECASE) is not None

    @property
    def _name(self) -> str:
        """The month as a word; `may` in small letters is another one."""
        short = _MONTHS[self.month - 1]
        return r"\b(?-i:May|MAY)\b" if short == "may" else rf"\b{short}[a-z]*\b"

    @property
    def _forms(self) -> str:
        name = self._name
        d, m = f"0?{self.day}", f"0?{self.month}"
        return (
            rf"-{self.month:02}-{self.day:02}\b|\b{d}\.\s?{m}\b|\b{d}/{m}\b|\b{m}/{d}\b|"
            rf"\b{d}(?:st|nd|rd|th)?\b{_NEAR}{name}|{name}{_NEAR}\b{d}(?:st|nd|rd|th)?\b"
        )


def days_in(text: str) -> Iterator[Day]:
    """The days that a text names, in figures with their year or by the name of the month."""
    for form in _WRITTEN:
        for match in form.finditer(text):
            month, day = _month_and_day(match)
            if 1 <= month <= 12 and 1 <= day <= 31:
                yield Day(month, day, match.group())


def _month_and_day(match: re.Match[str]) -> tuple[int, int]:
    parts = match.groupdict()
    name = parts.get("name")
    month = _MONTHS.index(name[:3].casefold()) + 1 if name else int(parts["month"])
    return month, int(parts["day"])


_SHORT = {"apr": 30, "jun": 30, "sep": 30, "nov": 30, "feb": 29}
"""Months that are no 31 days long, and how long they are at most."""
_SAID_DAY = re.compile(
    rf"(?<![\w:.,/-])(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)?(?:\s+of)?\s+(?P<month>{MONTH})\b"
    rf"(?!\s+[a-z]{{4,}}s\b)(?:,?\s+(?P<year>(?:19|20)\d\d)\b)?|\b(?P<month_>{MONTH})\s+(?:the\s+)?(?P<day_>\d{{1,2}})(?:st|nd|rd|th)\b",
    re.IGNORECASE,
)


def no_such_day(text: str) -> str:
    """The first day that a text names and that no calendar has: `31 April`; empty where none."""
    for match in _SAID_DAY.finditer(text):
        month = (match["month"] or match["month_"])[:3].casefold()
        day, year = int(match["day"] or match["day_"]), int(match["year"] or 0)
        common = month == "feb" and year and not isleap(year)
        last = 28 if common else _SHORT.get(month, 31)
        if last < day <= 31:  # of a greater number nobody knows what it is
            return match.group()
    return ""


_YEAR = r"(?P<year>(?:19|20)\d\d)"
_FULL = (
    rf"\b{_YEAR}-(?P<month>\d\d)-(?P<day>\d\d)\b",
    rf"\b(?P<day>\d{{1,2}})\.(?P<month>\d{{1,2}})\.{_YEAR}\b",
    rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:\s+of)?\s+{_NAME},?\s+{_YEAR}\b",
    rf"\b{_NAME}\s+(?:the\s+)?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+{_YEAR}\b",
)
_WEEKDAY = rf"(?P<weekday>{'|'.join(WEEKDAYS)})\b"
_BEFORE_DAY = r"(?:,?\s+|,?\s+the\s+)"
_AFTER_DAY = r"(?:[\s,(]|\b(?:which|that|it|this|is|was|will|be|falls|fell|on|a)\b){1,12}?"
_WITH_WEEKDAY = tuple(
    re.compile(form)
    for full in _FULL
    for form in (rf"\b{_WEEKDAY}{_BEFORE_DAY}{full}", rf"{full}{_AFTER_DAY}\b{_WEEKDAY}")
)


@dataclass(frozen=True, slots=True)
class Weekday:
    """A day of the week that a text gives a date with its year."""

    date: date
    said: str

    @property
    def is_right(self) -> bool:
        return weekday(self.date) == self.said

    def stands_in(self, text: str) -> bool:
        """Whether a line of a text gives the date this day of the week, right or wrong."""
        day = Day(self.date.month, self.date.day, str(self.date))
        lines = (line for line in text.splitlines() if self.said in line)
        return any(day.stands_in(line) for line in lines)

    def __str__(self) -> str:
        return f"that {self.date} is a {self.said}"


def weekdays_in(text: str) -> Iterator[Weekday]:
    """The days of the week that a text gives its dates."""
    for form in _WITH_WEEKDAY:
        for match in form.finditer(text):
            with suppress(ValueError):  # the 31st of a month that has none
                day = date(int(match["year"]), *_month_and_day(match))
                yield Weekday(day, match["weekday"])
