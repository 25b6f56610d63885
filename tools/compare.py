"""What two files do not have in common: rows of tables, lines of texts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, time
from decimal import Decimal
from typing import Any

from langchain_core.tools import BaseTool

from nomoat.tools.base import Output, tool
from nomoat.tools.compare_show import lines_told, rows_told
from nomoat.tools.compare_tables import Records, differences
from nomoat.tools.errors import Failed, Retry
from nomoat.tools.filespec import Choices, targets
from nomoat.tools.find import LONGEST
from nomoat.tools.guard.paths import Workspace
from nomoat.tools.table_info import TableInfo
from nomoat.tools.table_show import plain
from nomoat.tools.table_sources import LOG, is_table
from nomoat.tools.table_store import Tables
from nomoat.tools.table_trial import rows_of
from nomoat.tools.text import human, lines_of, opened
from nomoat.tools.uses import USES

MAX_CELLS = 2_000_000
"""Of a table; larger ones are compared by a query."""
MAX_TEXT = 20_000_000
"""Bytes of a text."""
_MARK = re.compile(r"^(?:[-*•+]|\d+[.)])\s+(?:\[[ xX]?\]\s+)?")
"""What begins an item of a list."""
_NUMBER = re.compile(r"\d+")
_MEASURES = ("DOUBLE", "FLOAT", "DECIMAL", "BOOLEAN", "TIME", "INTERVAL")

Side = tuple[str, Records]
"""What a table is called, and what it holds."""


def compare_tool(workspace: Workspace, tables: Tables, choices: Choices) -> BaseTool:
    """`compare_files`, bound to one workspace. `choices` offers the files there are."""

    @tool(
        effects="read",
        targets=targets(workspace, "first", "second"),
        choices={"first": choices, "second": choices},
        uses=USES["compare_files"],
    )
    def compare_files(first: str, second: str) -> Output:
        """Compare two tables or texts: what is only in one of them, and what changed.

        Args:
            first: The older file.
            second: The newer file.
        """
        return comparing(workspace, tables, first, second)

    return compare_files


def comparing(workspace: Workspace, tables: Tables, first: str, second: str) -> Output:
    """What is only in one of the files, what is other in both, and how much is the same.

    Of two whose names differ in a number alone, the one with the smaller number is the older.

    Raises:
        Retry: other files could be compared.
        Failed: one is neither a table nor a text, or too big.
    """
    paths = workspace.normalize(first), workspace.normalize(second)
    if paths[0] == paths[1]:
        raise Retry(f"{paths[0]!r} is named twice.", hint="Name two different files.")
    for path in paths:
        if workspace.stat(path).is_folder:
            raise Retry(f"{path!r} is a folder.", hint="Name a file in it.")
    dated = _NUMBER.sub("#", paths[0]) == _NUMBER.sub("#", paths[1])
    if dated:
        paths = (min(paths, key=_numbers), max(paths, key=_numbers))
    found = [_tables_of(tables, path) for path in paths]
    if not any(found):
        told = lines_told(paths, _lines(workspace, paths[0]), _lines(workspace, paths[1]), dated)
    else:
        told = _tables_told(workspace, tables, paths, found, dated)
    return Output("\n".join(told), sources=paths, private=True)


def _numbers(path: str) -> list[int]:
    return [int(number) for number in _NUMBER.findall(path)]


def _tables_of(tables: Tables, path: str) -> list[TableInfo]:
    """The tables of a file; none where it holds lines rather than rows."""
    if not is_table(path) or path.lower().endswith(LOG):
        return []
    return [info for info in tables.infos() if info.file == path]


def _tables_told(
    workspace: Workspace,
    tables: Tables,
    paths: tuple[str, str],
    found: Sequence[Sequence[TableInfo]],
    dated: bool,
) -> Iterator[str]:
    pairs = list(_pairs(*found)) if all(found) else [(found[0][:1], found[1][:1])]
    if not pairs:
        raise Retry(
            f"{paths[0]!r} and {paths[1]!r} have no sheets of the same name.",
            hint="Use query_table to compare two sheets.",
        )
    for one, other in pairs:
        left, right = (
            _side(workspace, tables, path, infos)
            for path, infos in zip(paths, (one, other), strict=True)
        )
        result = differences(left[1], right[1])
        if result is None:
            raise Retry(
                f"{left[0]} ({_columns(left)}) and {right[0]} ({_columns(right)}) have no column "
                "in common.",
                hint="Look at them one by one.",
            )
        yield from rows_told(left, right, result, parts=len(pairs), dated=dated)
    if all(found):
        yield from _left_over(paths, found)


def _pairs(
    first: Sequence[TableInfo], second: Sequence[TableInfo]
) -> Iterator[tuple[Sequence[TableInfo], Sequence[TableInfo]]]:
    """The tables that belong together: one with one, else those of the same name."""
    if len(first) == len(second) == 1:
        yield first, second
        return
    there = {info.part: info for info in second}
    for info in first:
        if info.part in there:
            yield [info], [there[info.part]]


def _left_over(paths: tuple[str, str], found: Sequence[Sequence[TableInfo]]) -> Iterator[str]:
    """The sheets that only one of two workbooks has."""
    first, second = found
    if len(first) == len(second) == 1:
        return
    for path, mine, theirs in ((paths[0], first, second), (paths[1], second, first)):
        parts = {info.part for info in theirs}
        only = [info.part for info in mine if info.part not in parts]
        if only:
            yield f"Sheets only in {path}: {', '.join(only)}"


def _side(workspace: Workspace, tables: Tables, path: str, infos: Sequence[TableInfo]) -> Side:
    """One of the two: a table, or a list of lines beside a table."""
    if not infos:
        lines = [_MARK.sub("", line) for _, line in _lines(workspace, path)]
        return path, Records(("line",), tuple((line,) for line in lines), frozenset({0}))
    info = infos[0]
    if info.rows * len(info.columns) > MAX_CELLS:
        raise Failed(
            f"{path!r} is too big to compare ({info.rows:,} rows).",
            hint="Use query_table to compare the columns that matter.",
        )
    rows = tuple(tuple(map(_text, row)) for row in rows_of(tables, info))
    types = [(at, column.type.upper()) for at, column in enumerate(info.columns)]
    return f"{path} [{info.part}]" if info.part else path, Records(
        tuple(column.original or column.name for column in info.columns),
        rows,
        texts=frozenset(at for at, type_ in types if type_ == "VARCHAR"),
        measures=frozenset(at for at, type_ in types if type_.startswith(_MEASURES)),
    )


def _columns(side: Side) -> str:
    return ", ".join(side[1].columns)


def _text(value: Any) -> str:
    """A value as text, in the same form whatever the type of its column."""
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, datetime) and value.time() == time.min:
        return value.date().isoformat()
    return plain(value)


def _lines(workspace: Workspace, path: str) -> list[tuple[int, str]]:
    """The lines of a text that are not blank, without white space at their ends, by number."""
    size = workspace.stat(path).size
    if size > MAX_TEXT:
        raise Failed(
            f"{path!r} has {human(size)}; texts of more than {human(MAX_TEXT)} are not compared.",
            hint="Use find_in_files to look for something in it.",
        )
    with opened(workspace, path) as (file, _):
        stripped = ((n, line[:LONGEST].strip()) for n, (line, _) in enumerate(lines_of(file), 1))
        return [(number, line) for number, line in stripped if line]
