"""Days in texts, however they are written, and whether a text speaks of one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

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
        name = rf"\b(?:{_MONTHS[self.month - 1]})[a-z]*\b"
        alone = re.search(rf"(?<![\d-])0?{self.day}(?![\d-])", text) is not None
        under = alone and re.search(name, text, re.IGNORECASE) is not None
        other = re.search(rf"\b0?{self.day}\.\s+[^\W\d_]{{3,}}", text) is not None
        return under or other or re.search(self._forms, text, re.IGNORECASE) is not None

    @property
    def _forms(self) -> str:
        name = rf"\b{_MONTHS[self.month - 1]}[a-z]*\b"
        d, m = f"0?{self.day}", f"0?{self.month}"
        return (
            rf"-{self.month:02}-{self.day:02}\b|\b{d}\.\s?{m}\b|\b{d}/{m}\b|\b{m}/{d}\b|"
            rf"\b{d}(?:st|nd|rd|th)?\b{_NEAR}{name}|{name}{_NEAR}\b{d}(?:st|nd|rd|th)?\b"
        )


def days_in(text: str) -> Iterator[Day]:
    """The days that a text names, in figures with their year or by the name of the month."""
    for form in _WRITTEN:
        for match in form.finditer(text):
            parts = match.groupdict()
            name = parts.get("name")
            month = _MONTHS.index(name[:3].casefold()) + 1 if name else int(parts["month"])
            day = int(parts["day"])
            if 1 <= month <= 12 and 1 <= day <= 31:
                yield Day(month, day, match.group())
