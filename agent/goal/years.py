"""Which year a goal is about, and which files and tables are of another one."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import date

_WORDS = {"last": -1, "previous": -1, "past": -1, "this": 0, "current": 0, "next": 1, "coming": 1}
_MEANT = re.compile(rf"\b({'|'.join(_WORDS)})\s+year\b", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_COMPARES = re.compile(
    r"\b(?:since|from|between|until|till|after|before|earlier|years|every|"
    r"all(?!\s+(?:its|the|their)\s+(?:columns|details|rows|entries|fields|data)\b)|each|compar\w*|than|"
    r"differ\w*|chang\w+|more|less|fewer|new|gone|left)\b",
    re.IGNORECASE,
)
"""Where more years than the one that is named may be meant."""


def years_meant(goal: str, today: date) -> tuple[str, ...]:
    """The years that it means without naming them: `this year`, `last year`."""
    words = dict.fromkeys(match.group(1).casefold() for match in _MEANT.finditer(goal))
    return tuple(str(today.year + _WORDS[word]) for word in words)


def of_other_years(goal: str, names: Iterable[str], today: date) -> frozenset[str]:
    """The names that differ only in the year from one of a year that the goal is about, and are of
    a year that it is not about: `fees_2024`, where it says `this year`, and there is `fees_2025`.

    None where it speaks of no year or of several. `names` are only read where it speaks of one.
    """
    years = {*years_meant(goal, today), *_YEAR.findall(goal)}
    if len(years) != 1 or _COMPARES.search(goal):
        return frozenset()
    every = frozenset(names)
    return frozenset(name for name in every if _is_of_another(name, years, every))


def _is_of_another(name: str, years: Collection[str], every: Collection[str]) -> bool:
    own = _YEAR.findall(name)
    if len(own) != 1 or own[0] in years:
        return False
    return any(name.replace(own[0], year) in every for year in years)
