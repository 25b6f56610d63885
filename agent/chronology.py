"""What was last, and what was first: the dated entries of a text that fit a goal, in order of time.

    2025-11-04  yearly service, Heizung Moll GmbH          ## 16 May
    2026-03-17  called out, pump replaced                  With Ines to the lake ...

A small model takes the entry that stands first or last in a text for the one that is. Which entry
holds the words of a goal, and which of these is the latest, needs no model.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum

from nomoat.agent.leads import NEAR_BEST, rarities
from nomoat.memory.query import understand
from nomoat.tools.calc_dates import month_of

ENTRY_CHARS = 300
LEAST = 2
"""Dated entries a text has at least: one date is no chronology."""


class Order(Enum):
    """Which end of a chronology a goal asks about."""

    LATEST = "latest"
    EARLIEST = "earliest"


@dataclass(frozen=True, slots=True)
class Entry:
    """What a text says of a day."""

    day: date
    text: str

    def __str__(self) -> str:
        return f"{self.day.isoformat()}: {self.text}"


_PERIOD = r"(?!\s+(?:year|month|week|quarter|season|name|night|\w*day)\b)"
_LATEST = re.compile(
    r"\blast\s+time\b|\blatest\b|\bmost\s+recent(?:ly)?\b|"
    rf"\b(?:when|who|what|where|which|how)\b[^.?!]{{0,80}}\blast\b{_PERIOD}",
    re.IGNORECASE,
)
_EARLIEST = re.compile(
    r"\bfirst\s+time\b|\bearliest\b|"
    rf"\b(?:when|who|what|where|which|how)\b[^.?!]{{0,80}}\bfirst\b{_PERIOD}",
    re.IGNORECASE,
)
_LATER = re.compile(r"\b(?:after|before|since|from|next)\b", re.IGNORECASE)
_OF_TIME = frozenset(
    "last latest first earliest recent recently most time times date day days when ever".split()
)


def order_asked(goal: str) -> Order | None:
    """The end of a chronology that a goal asks for; None where it asks for neither, or for what
    comes first after some other moment."""
    if _LATER.search(goal):
        return None
    if _LATEST.search(goal):
        return Order.LATEST
    return Order.EARLIEST if _EARLIEST.search(goal) else None


_MONTH = r"(?P<{0}>[A-Za-z]{{3,9}})\.?"
_DAY_MONTH = (
    rf"(?P<d2>\d{{1,2}})(?:st|nd|rd|th|\.)?\s+{_MONTH.format('m2')}(?:,?\s+(?P<y2>\d{{4}}))?"
)
_MONTH_DAY = rf"{_MONTH.format('m3')}\s+(?P<d3>\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s+(?P<y3>\d{{4}}))?"
_BEGINNING = re.compile(
    r"^[\s#>*|\[(-]*(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+)?"
    r"(?:(?P<y1>\d{4})-(?P<m1>\d{2})-(?P<d1>\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2})?)?|"
    rf"(?P<d4>\d{{1,2}})\.\s?(?P<m4>\d{{1,2}})\.\s?(?P<y4>\d{{4}})|{_DAY_MONTH}|{_MONTH_DAY})"
    r"(?![\w-])[\s:.,)\]|–—-]*",
    re.IGNORECASE,
)
_YEAR = re.compile(r"\b(?:19|20)\d{2}\b")


def entries(text: str, about: str = "") -> tuple[Entry, ...]:
    """The entries of a text that begin with a day, in the order of the text.

    `about`: where the year is said, if the days say none: the text's name, its title.
    """
    said = _YEAR.search(f"{about}\n{text[:200]}")
    found: list[tuple[date, list[str]]] = []
    open_ = False
    for line in text.splitlines():
        begins = _begins(line, int(said.group()) if said else None)
        if begins is not None:
            found.append((begins[0], [begins[1]] if begins[1] else []))
            open_ = True
        elif not open_:
            continue
        elif line.strip():
            found[-1][1].append(line.strip())
        else:
            open_ = not found[-1][1]  # a heading, and a blank line below it
    return tuple(Entry(day, " ".join(lines)[:ENTRY_CHARS]) for day, lines in found if lines)


def _begins(line: str, year: int | None) -> tuple[date, str] | None:
    """The day that a line begins with, and the rest of the line."""
    match = _BEGINNING.match(line)
    if match is None:
        return None
    for n in "1234":
        day, month = match[f"d{n}"], match[f"m{n}"]
        if day is None or month is None:
            continue
        number = int(month) if month.isdigit() else month_of(month)
        in_year = int(match[f"y{n}"]) if match[f"y{n}"] else year
        if number is None or in_year is None:
            return None
        try:
            return date(in_year, number, int(day)), line[match.end() :].strip()
        except ValueError:
            return None
    return None


def entry_meant(goal: str, texts: Sequence[tuple[str, str]]) -> Entry | None:
    """The last or the first entry of those that fit a goal; None where it asks for neither.

    Just that one: of a list, whatever its order, a small model takes the line that stands last.

    Args:
        goal: the goal.
        texts: each with what it is about (see `entries`).
    """
    order = order_asked(goal)
    if order is None:
        return None
    dated = [entries(text, about) for about, text in texts]
    every = list(dict.fromkeys(entry for found in dated for entry in found))
    if len(every) < LEAST:
        return None
    words = [word for word in understand(goal).words if word.casefold() not in _OF_TIME]
    weights, _ = rarities(words, [entry.text for entry in every])
    best = max(weights)
    fitting = [
        entry
        for entry, weight in zip(every, weights, strict=True)
        if weight and weight >= NEAR_BEST * best
    ]
    if not fitting:
        return None
    days = (max if order is Order.LATEST else min)(entry.day for entry in fitting)
    return next(entry for entry in fitting if entry.day == days)
