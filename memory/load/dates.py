"""Dates as people write them, to ISO 8601. What could be read in two ways is left alone.

All dates are without a time zone: as it was written down, so that they sort as text.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_NAMED = (
    re.compile(r"(?<!\d)(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?!\d)"),
    re.compile(rf"(?<!\d){_DAY}(?: of)? {_MONTH}\.?,? (?P<year>\d{{4}})(?!\d)", re.IGNORECASE),
    re.compile(rf"\b{_MONTH}\.? {_DAY},? (?P<year>\d{{4}})(?!\d)", re.IGNORECASE),
)
_NUMBERS = re.compile(r"(?<!\d)(\d{1,2})[./-](\d{1,2})[./-](\d{4}|\d{2})(?!\d)")
_TIME = re.compile(r"(?<!\d)(\d{1,2}):(\d{2})(?::(\d{2}))?(?:[.,]\d+)? ?([ap]\.?m)?", re.IGNORECASE)
_EPOCH = (1e8, 1e10)  # seconds: 1973 to 2286


def iso_date(text: str, *, day_first: bool | None = None) -> str:
    """The first date in a short `text` as `2023-05-08` or `2023-05-08T13:56`, or empty.

    `05/08/2023` is read only when one of its numbers cannot be a month, or when `day_first`
    says which is which.
    """
    text = " ".join(text[:100].split())
    for pattern in _NAMED:
        found = pattern.search(text)
        if found:
            return _iso(found["year"], found["month"], found["day"], text)
    numbers = _NUMBERS.search(text)
    if numbers:
        first, second, year = numbers.groups()
        if day_first is None:
            day_first = _which_is_day(int(first), int(second))
        if day_first is not None:
            day, month = (first, second) if day_first else (second, first)
            return _iso(year if len(year) == 4 else f"20{year}", month, day, text)
    return ""


def iso_value(value: object) -> str:
    """A date from a field of a record: a text, or seconds or milliseconds since 1970."""
    if isinstance(value, str):
        return iso_date(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    seconds = value if value < _EPOCH[1] else value / 1000
    if not _EPOCH[0] <= seconds < _EPOCH[1]:
        return ""
    return datetime.fromtimestamp(int(seconds), UTC).replace(tzinfo=None).isoformat()


def numbers_order(texts: list[str]) -> bool | None:
    """Whether dates such as `05/08/2023` in these texts have the day first; None when unclear."""
    votes = [
        vote
        for found in map(_NUMBERS.search, texts)
        if found and (vote := _which_is_day(int(found[1]), int(found[2]))) is not None
    ]
    return votes[0] if votes and len(set(votes)) == 1 else None


def is_date(text: str) -> bool:
    """Whether a line is a date and little else ("Monday, 8 May 2023", "--- 2023-05-08 ---")."""
    return len(text) <= 60 and len(text.split()) <= 8 and bool(iso_date(text))


def _which_is_day(first: int, second: int) -> bool | None:
    if (first > 12) == (second > 12):
        return None
    return first > 12


def _iso(year: str, month: str, day: str, text: str) -> str:
    number = int(month) if month.isdigit() else _MONTHS.index(month[:3].lower()) + 1
    hour, minute, second = _clock(text)
    try:
        moment = datetime(int(year), number, int(day), hour or 0, minute, second)
    except ValueError:
        return ""
    if hour is None:
        return moment.date().isoformat()
    return moment.isoformat(timespec="seconds" if second else "minutes")


def _clock(text: str) -> tuple[int | None, int, int]:
    found = _TIME.search(text)
    if not found:
        return None, 0, 0
    hour, half = int(found[1]), (found[4] or "").lower()[:1]
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return hour, int(found[2]), int(found[3] or 0)
