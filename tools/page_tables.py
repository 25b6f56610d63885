"""The tables in a text of Markdown, as rows: what a page lists is asked in SQL instead of read."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from nomoat.tools.table_records import record_tables

LEAST_ROWS = 6
"""A table of fewer rows is read sooner than asked."""
SHOWN_ROWS = 12
"""A table of more rows is shown by its first few."""
FIRST_ROWS = 3

_RULE = re.compile(r"^\s*\|(?:\s*:?-{3,}:?\s*\|)+\s*$")
_ROW = re.compile(r"^\s*\|(.*)\|\s*$")
_HEADING = re.compile(r"^#{1,6}\s+(.+)$")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)\s]*\)")
_EMPHASIS = re.compile(r"\*\*|__|`")


@dataclass(frozen=True, slots=True)
class PageTable:
    """One table of a text, and where it stands there."""

    heading: str
    """The last heading above it; empty where there is none."""
    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    first: int
    """Its first line in the text, from 0: the header."""

    @property
    def last(self) -> int:
        """The line after its last row."""
        return self.first + 2 + len(self.rows)


def page_tables(text: str) -> tuple[PageTable, ...]:
    """The tables of at least `LEAST_ROWS` rows and two columns, in reading order."""
    return tuple(
        table for table in tables_of(text) if len(table.rows) >= LEAST_ROWS and len(table.names) > 1
    )


def tables_of(text: str) -> Iterator[PageTable]:
    """Every table of a text, in reading order."""
    lines, heading, at = text.splitlines(), "", 0
    while at < len(lines):
        if found := _HEADING.match(lines[at]):
            heading = _plain(found[1])
        header = _ROW.match(lines[at])
        if header and at + 1 < len(lines) and _RULE.match(lines[at + 1]):
            rows = []
            for line in lines[at + 2 :]:
                row = _ROW.match(line)
                if row is None:
                    break
                rows.append(_cells(row[1]))
            yield PageTable(heading, _cells(header[1]), tuple(rows), at)
            at += 2 + len(rows)
        else:
            at += 1


def _cells(row: str) -> tuple[str, ...]:
    return tuple(_plain(cell.replace("\\|", "|")) for cell in re.split(r"(?<!\\)\|", row))


def _plain(text: str) -> str:
    """Without links and emphasis: `[Duo](http://…)` → `Duo`."""
    return " ".join(_EMPHASIS.sub("", _LINK.sub(r"\1", text)).split())


def json_tables(text: str) -> tuple[PageTable, ...]:
    """The lists of records in a text of JSON, as tables; none where it is no JSON."""
    try:
        found = record_tables(json.loads(text))
    except (ValueError, RecursionError):
        return ()
    return tuple(
        PageTable(name, names, rows, first)
        for first, (name, names, rows) in enumerate(found)
        if len(rows) >= LEAST_ROWS and len(names) > 1
    )


def named(url: str, table: PageTable, only: bool) -> str:
    """What a page's table is called: after the page, and after its heading where there are several.

    https://shop.org/tents/index.html → tents
    """
    path = PurePosixPath(unquote(urlsplit(url).path))
    stems = [part for part in (path.stem, path.parent.name) if part not in {"", "/", "index"}]
    page = stems[0] if stems else table.heading or "page"
    return page if only or not table.heading else f"{page} {table.heading}"


def shortened(text: str, names: dict[int, str]) -> str:
    """The text, where of each long table only the first rows stand, and what it is called.

    `names`: by a table's first line, its name in SQL.
    """
    lines, kept, at = text.splitlines(), list[str](), 0
    for table in page_tables(text):
        if table.first not in names or len(table.rows) <= SHOWN_ROWS:
            continue
        end = table.first + 2 + FIRST_ROWS
        kept += lines[at:end]
        left = len(table.rows) - FIRST_ROWS
        kept.append(f"| … {left} more rows: query_table, FROM {names[table.first]} |")
        at = table.last
    return "\n".join([*kept, *lines[at:]])
