"""Times that questions name, and whether a date lies in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

_MONTHS = (
    "january february march april may june july august september october november december"
).split()
_NUMBER = {name: at for at, name in enumerate(_MONTHS, 1)} | {
    name[:3]: at for at, name in enumerate(_MONTHS, 1) if name != "may"
}
_NUMBER["sept"] = 9
_ISO = re.compile(r"\b(\d{4})-(\d{2})(?:-(\d{2}))?(?!\d)")
_DAY = r"(?P<{}>[0-3]?\d)(?:st|nd|rd|th)?"
_MONTH = r"(?P<month>" + "|".join(sorted(_NUMBER, key=len, reverse=True)) + r")\b\.?"
_YEAR = r"(?:,?\s+(?:of\s+)?(?P<year>(?:19|20)\d\d)\b)?"
_NAMED = re.compile(
    rf"\b(?:{_DAY.format('before')}\s+(?:of\s+)?)?{_MONTH}(?:\s+{_DAY.format('after')}\b)?{_YEAR}",
    re.IGNORECASE,
)
_ONLY_YEAR = re.compile(r"\b(?:19|20)\d\d\b")


@dataclass(frozen=True, slots=True)
class Period:
    """A time as a question names it; what it leaves open is None."""

    year: int | None = None
    month: int | None = None
    day: int | None = None
    between: tuple[str, str] | None = None
    """First and last day, ISO 8601, for what is counted from today."""

    def match(self, iso: str) -> float:
        """How well a date fits: 2 to the day, 1 to the month or a span, 0.3 to the year, or 0."""
        if self.between:
            return float(bool(iso) and self.between[0] <= iso[:10] <= self.between[1])
        found = _ISO.match(iso)
        if not found:
            return 0.0
        year, month, day = (int(part) if part else None for part in found.groups())
        if self.year not in (None, year) or self.month not in (None, month):
            return 0.0
        if self.month is None:
            return 0.3
        return 2.0 if self.day is not None and self.day == day else 1.0


def periods(text: str, today: date | None = None) -> tuple[Period, ...]:
    """The times a question names. Without `today`, words like "last week" are left alone."""
    found = [
        Period(int(year), int(month), int(day) if day else None)
        for year, month, day in _ISO.findall(text)
    ]
    rest = _ISO.sub(" ", text)
    for match in _NAMED.finditer(rest):
        if _is_the_verb(match):
            continue
        day, year = match["before"] or match["after"], match["year"]
        month = _NUMBER[match["month"].lower()]
        found.append(Period(int(year) if year else None, month, int(day) if day else None))
    rest = _NAMED.sub(" ", rest)
    found += [Period(int(year)) for year in _ONLY_YEAR.findall(rest)]
    if today:
        for words, (first, last) in _relative(today).items():
            if re.search(rf"\b{words}\b", rest, re.IGNORECASE):
                found.append(Period(between=(first.isoformat(), last.isoformat())))
    return tuple(found)


def in_words(iso: str) -> str:
    """`2023-05-08` as people write it: `8 May 2023`; nothing for what is not a date."""
    found = _ISO.match(iso)
    if not found or not 1 <= int(found[2]) <= 12:
        return ""
    day = f"{int(found[3])} " if found[3] else ""
    return f"{day}{_MONTHS[int(found[2]) - 1].capitalize()} {found[1]}"


def _is_the_verb(match: re.Match[str]) -> bool:
    """`may` and `march` are months only when written so, or beside a day or a year."""
    alone = not (match["before"] or match["after"] or match["year"])
    return alone and match["month"].lower() in ("may", "march", "mar") and match["month"].islower()


def _relative(now: date) -> dict[str, tuple[date, date]]:
    yesterday, monday = now - timedelta(1), now - timedelta(now.weekday())
    month, year = now.replace(day=1), now.replace(month=1, day=1)
    return {
        "today": (now, now),
        "yesterday": (yesterday, yesterday),
        "this week": (monday, now),
        "last week": (monday - timedelta(7), monday - timedelta(1)),
        "this month": (month, now),
        "last month": ((month - timedelta(1)).replace(day=1), month - timedelta(1)),
        "this year": (year, now),
        "last year": (year.replace(year=year.year - 1), year - timedelta(1)),
    }
