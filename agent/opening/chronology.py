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

from nomoat.agent.opening.leads import NEAR_BEST, rarities
from nomoat.memory.load.dates import iso_date, numbers_order
from nomoat.memory.query import understand

ENTRY_CHARS = 300
HEADING_CHARS = 60
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
    under: str = ""
    """The heading it stands under: whose entry it is."""

    def __str__(self) -> str:
        said = f"{self.day.isoformat()}: {self.text}"
        return f"{self.under}, {said}" if self.under else said


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
_LATER = re.compile(r"\b(?:after|before|since|next)\b", re.IGNORECASE)
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


_MARKS = "#>*|[(-\u2013\u2014 \t"
"""Stand around the day that an entry begins with."""
_AROUND = "[]():.,"
"""Stand around the words of a day: `[2026-03-04]`, `3 March:`."""
_LISTED = re.compile(r"\s*[-*•]\s")
_HEADING = re.compile(r"#{2,6}\s+\S")
_BEGINS = re.compile(
    r"\d|(?:mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"\d{1,2}:\d{2}(?::\d{2})?")
_WORDS = 4
"""A day takes at most: `Tue, 4 November 2025`."""
_YEAR = re.compile(r"\b(?:19|20)\d{2}\b")


def entries(text: str, about: str = "") -> tuple[Entry, ...]:
    """The entries of a text that begin with a day, in the order of the text.

    `about`: where the year is said, if the days say none: the text's name, its title.
    """
    said = _YEAR.search(f"{about}\n{text[:200]}")
    lines = text.splitlines()
    day_first = numbers_order([line[:20] for line in lines]) is not False
    found: list[tuple[str, list[str], str]] = []
    open_, listed, blank, under, level = False, False, True, "", 0
    for line in lines:
        day, rest = _begins(line.strip(_MARKS), said.group() if said else "", day_first)
        marks = len(line) - len(line.lstrip("#"))
        if day:
            found.append((day, [rest] if rest else [], under))
            open_, listed, level = True, _LISTED.match(line) is not None, marks
        elif _is_heading(line, level, after_list=listed and (blank or _titles(line))):
            under, open_ = line.strip(_MARKS), False  # whose the next entries are
        elif not open_:
            continue
        elif line.strip():
            found[-1][1].append(line.strip())
        else:
            open_ = not found[-1][1]  # a heading, and a blank line below it
        blank = not line.strip()
    return tuple(
        Entry(date.fromisoformat(day), " ".join(lines)[:ENTRY_CHARS], under[:HEADING_CHARS])
        for day, lines, under in found
        if lines
    )


def _is_heading(line: str, level: int, *, after_list: bool) -> bool:
    """Whether a line says whose the entries below it are: a heading that is none inside of an entry
    under a heading of this `level`, or a plain line after a list."""
    marked = _HEADING.match(line) is not None
    inside = 0 < level < len(line) - len(line.lstrip("#"))
    return (marked and not inside) or (after_list and line[:1].isalnum())


def _titles(line: str) -> bool:
    """Whether a line reads as a title and not as the rest of a sentence."""
    return line.endswith(":") or (line[:1].isupper() and not line.endswith((".", ",", ";")))


def _begins(line: str, year: str, day_first: bool) -> tuple[str, str]:
    """The day that a line begins with, and the rest of the line; empty where it begins otherwise.

    A day that says no year is of `year`, if one is known.
    """
    if not _BEGINS.match(line):
        return "", ""
    words = line.split(maxsplit=_WORDS)
    for missing in ("", year):
        for count in range(1, len(words) + 1):
            start = " ".join(word.strip(_AROUND) for word in words[:count]).replace("T", " ")
            day = iso_date(f"{start} {missing}", day_first=day_first)[:10]
            if day:
                rest = " ".join(words[count:])
                clock = _CLOCK.match(rest)
                return day, rest[clock.end() if clock else 0 :].lstrip("]:,.) |*\u2013\u2014-")
    return "", ""


def entry_meant(goal: str, order: Order, texts: Sequence[tuple[str, str]]) -> Entry | None:
    """The last or the first of the entries that fit a goal; None where none does.

    Just that one: of a list, whatever its order, a small model takes the line that stands last.

    Args:
        goal: the goal.
        order: what it asks for (`order_asked`).
        texts: each with what it is about (see `entries`).
    """
    dated = [entries(text, about) for about, text in texts]
    every = list(dict.fromkeys(entry for found in dated for entry in found))
    if len(every) < LEAST:
        return None
    words = [word for word in understand(goal).words if word.casefold() not in _OF_TIME]
    weights, _ = rarities(words, [f"{entry.under} {entry.text}" for entry in every])
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
