"""A log as rows: the number of its line, when, how grave, and what was said.

    2026-09-14 06:23:15 ERROR payment gateway timeout
    2026-09-14 06:23 front door | opened | key 4
    [2026-09-14T06:23:15.120Z] error: payment gateway timeout
    10.0.6.28 - - [14/Sep/2026:06:23:15 +0000] "GET /cart HTTP/1.1" 200 512

So how often something happened, and what came before it, is asked in SQL instead of read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from itertools import chain, islice

NAMES = ("line", "time", "level", "text")
LOOKED_AT = 50
"""Lines at the beginning that say whether this is a log."""
LEAST = 0.6
"""Of these, those that begin with a time; the others go on with what the line before them says."""

LEAST_PARTED = 3
"""Lines that have to be divided alike before their parts are columns."""

_ISO = re.compile(
    r"^\[?(\d{4})[-/](\d{2})[-/](\d{2})[T ](\d{2}:\d{2}(?::\d{2})?)(?:[.,]\d+)?"
    r"(?:Z|\s?[+-]\d{2}:?\d{2})?\]?\s*"
)
_WEB = re.compile(r"^(\S+ \S+ \S+ )\[(\d{2}/[A-Z][a-z]{2}/\d{4}:\d{2}:\d{2}:\d{2}) [+-]\d{4}\]\s*")
_LEVEL = re.compile(
    r"^[\[<|(-]?\s*(TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|ERR|CRITICAL|FATAL|SEVERE|ALERT)\b"
    r"[\]>|):]*\s*",
    re.IGNORECASE,
)

_MARKS = (" | ", "|", ";", "\t", ", ")
"""What divides the parts of a line."""

Row = tuple[str, str, str, str]


def in_parts(rows: Iterator[Row]) -> tuple[tuple[str, ...], Iterator[tuple[str, ...]]]:
    """The names of the columns and the rows, with a column for each part of the text where those
    at the beginning are all divided alike: `front door | opened | key 4`."""
    first = list(islice(rows, LOOKED_AT))
    every = chain(first, rows)
    for mark in _MARKS:
        widths = {len(row[3].split(mark)) for row in first}
        width = max(widths, default=1)
        if len(widths) == 1 and width > 1 and len(first) >= LEAST_PARTED:
            names = tuple(f"{NAMES[3]}{at}" for at in range(1, width + 1))
            return (*NAMES[:3], *names), (
                (*row[:3], *map(str.strip, row[3].split(mark, width - 1))) for row in every
            )
    return NAMES, every


def log_rows(lines: Iterable[str]) -> Iterator[Row]:
    """The rows of a log; none where the lines are no log."""
    lines = iter(lines)
    first = list(islice(lines, LOOKED_AT))
    filled = [line for line in first if line.strip()]
    if not filled or sum(_timed(line) is not None for line in filled) < LEAST * len(filled):
        return
    row: Row | None = None
    for number, line in enumerate(chain(first, lines), 1):
        timed = _timed(line.rstrip())
        if timed is None:  # a stack trace, or a message of several lines
            if row is not None and line.strip():
                row = (*row[:3], f"{row[3]}\n{line.rstrip()}")
            continue
        if row is not None:
            yield row
        time, said = timed
        level = _LEVEL.match(said)
        row = (str(number), time, *_levelled(said, level))
    if row is not None:
        yield row


def _timed(line: str) -> tuple[str, str] | None:
    """The time at the beginning of a line, as `2026-09-14 06:23:15`, and the rest of it."""
    if iso := _ISO.match(line):
        year, month, day, clock = iso.groups()
        seconds = "" if clock.count(":") > 1 else ":00"
        return f"{year}-{month}-{day} {clock}{seconds}", line[iso.end() :]
    if web := _WEB.match(line):
        with suppress(ValueError):
            time = datetime.strptime(web[2], "%d/%b/%Y:%H:%M:%S")
            return time.isoformat(" "), web[1] + line[web.end() :]
    return None


def _levelled(said: str, level: re.Match[str] | None) -> tuple[str, str]:
    return (level[1].upper(), said[level.end() :]) if level else ("", said)
