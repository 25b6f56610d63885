"""Lists of entries in a text, as rows: notes that people keep can then be asked as tables are.

    ## Saturday                       section   name     says
    - Ceremony: 14:00, garden     →   Saturday  Ceremony 14:00, garden
    - Drinks: 15:00, terrace          Saturday  Drinks   15:00, terrace

Only what is laid out as a list is read as one: three entries of one form at least.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

LEAST = 3
"""Entries of one form that make a list."""
NAME_WORDS = 6
"""Words of what stands before the colon or dash of an entry, at most."""
ITEM_WORDS = 4
"""Words of one of several things that an entry names, at most."""
PLAIN_WORDS = 8
"""Words of an entry that is only one thing, at most: longer ones are sentences."""

_HEADING = re.compile(r"^\s*#{1,6}\s+(.+?)\s*#*$|^\s*\[([^\[\]]+)\]\s*$")
_TITLE = re.compile(r"^(?![-*+•]\s)(\S.{0,60}):\s*$")
"""A line that only says what the entries below it are."""
_BULLET = re.compile(r"^\s*(?:[-*+•]|\d{1,3}[.)])\s+(?:\[[ xX]\]\s+)?(?=\S)")
_ENTRY = re.compile(
    r"^(?P<name>[^:=|]{1,60}?)(?:\s*:\s+|\s+[-–—=]+>?\s+|\t+|\s{3,}|\s*=\s*)(?P<says>\S.*)$"
)
_BRACKETED = re.compile(r"^(?P<name>[^()]{1,60}?)\s+\((?P<says>[^()]+)\)[.,;]?$")
_TIMED = re.compile(r"^(?P<name>\d{1,2}[:.]\d{2}(?:\s*[-–]\s*\d{1,2}[:.]\d{2})?)\s+(?P<says>\S.*)$")
_EMPHASIS = re.compile(r"\*\*|__|~~|`")

Names = tuple[str, ...]
Rows = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class _Entry:
    section: str
    line: str
    bullet: bool
    name: str
    says: str = ""
    """Empty where the line is one thing."""


def list_table(text: str) -> tuple[Names, Rows] | None:
    """The entries of a text, with the names of their columns; None where it is laid out otherwise.

    A column says under which heading an entry stands, where there are several. What an entry names
    several of is a row each: `fish: Ada, Bo` are two.
    """
    entries, lines = _entries(text)
    paired = [entry for entry in entries if entry.says]
    if len(paired) >= LEAST and len(paired) * 2 > len(entries):
        entries = paired
    else:
        entries = [entry for entry in entries if entry.bullet]
        if any(len(entry.line.split()) > PLAIN_WORDS for entry in entries):
            return None
        entries = [replace(entry, name=entry.line, says="") for entry in entries]
    if len(entries) < LEAST or len(entries) * 2 < lines:
        return None
    sections = len({entry.section for entry in entries}) > 1
    columns = ("section", "name", "says")
    rows = [(e.section, e.name, says) for e in entries for says in _each(e.says, entries)]
    kept = [at for at in range(3) if any(row[at] for row in rows) and (at or sections)]
    return tuple(columns[at] for at in kept), tuple(tuple(row[at] for at in kept) for row in rows)


def _entries(text: str) -> tuple[list[_Entry], int]:
    """The entries, and how many lines say anything that is no heading."""
    entries: list[_Entry] = []
    section, lines = "", 0
    for line in text.splitlines():
        plain = _EMPHASIS.sub("", line).rstrip()
        if heading := _HEADING.match(plain) or _TITLE.match(plain):
            section = next(filter(None, heading.groups()))
            continue
        if not plain.strip() or plain.lstrip().startswith((";", "|")):
            continue
        lines += 1
        bullet = _BULLET.match(plain)
        entry = _entry(section, plain[bullet.end() if bullet else 0 :].strip(), bullet is not None)
        if entry.says or bullet:
            entries.append(entry)
    return entries, lines


def _entry(section: str, line: str, bullet: bool) -> _Entry:
    found = _TIMED.match(line) or _ENTRY.match(line) or (_BRACKETED.match(line) if bullet else None)
    if found is None or len(found["name"].split()) > NAME_WORDS:
        return _Entry(section, line, bullet, line)
    return _Entry(section, line, bullet, found["name"].strip(" \"'"), found["says"].strip(" \"'"))


def _each(says: str, entries: Sequence[_Entry]) -> Iterator[str]:
    """What an entry says; each thing by itself, where all of them name things in short."""
    parts = [[part.strip() for part in entry.says.split(",")] for entry in entries]
    short = all(0 < len(part.split()) <= ITEM_WORDS for each in parts for part in each)
    several = sum(len(each) > 1 for each in parts) * 2 > len(parts)
    if short and several and not any(char.isdigit() for entry in entries for char in entry.says):
        yield from (part.strip() for part in says.split(","))
    else:
        yield says
