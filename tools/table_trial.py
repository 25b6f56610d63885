"""One SQL statement that changes a table, tried out: which rows and cells it would change."""

# ruff: noqa: S608 (names come from `Namer`)
from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from nomoat.tools.errors import Retry
from nomoat.tools.sql_doubts import suspicions
from nomoat.tools.sql_hints import explained, used_tables
from nomoat.tools.sql_repair import repaired
from nomoat.tools.sql_tokens import Query, unquote
from nomoat.tools.table_info import Result, TableInfo
from nomoat.tools.table_lines import BLANK
from nomoat.tools.table_store import Tables, Trial

MAX_READ_BACK = 8
"""Texts of one statement that are written as the file writes them, and not as SQL does."""
_EXACT = 2**53
"""Below it every whole number is one of floating point as well."""
_FORMS = (
    "Write one UPDATE table SET column = value WHERE …, INSERT INTO table (columns) VALUES (…), "
    "or DELETE FROM table WHERE …, with texts and dates in single quotes."
)

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that changes one table of a csv or tsv file."""

    sql: str
    kind: str
    """`UPDATE`, `INSERT` or `DELETE`."""
    table: TableInfo
    sources: tuple[str, ...] = ()
    """The files of all tables it names."""
    notes: tuple[str, ...] = ()
    """What was repaired in the SQL."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What a statement does to the rows of its table, counted from 0."""

    statement: Statement
    updated: Mapping[int, Mapping[int, Any]]
    """Row → column → its new value."""
    inserted: tuple[Row, ...] = ()
    deleted: tuple[int, ...] = ()


def _statement(sql: str, trial: Trial) -> Statement:
    import duckdb

    sql, notes = repaired(sql, trial.infos)
    query = Query(sql)
    solid = query.solid()
    returning = next((at for at in solid if query.is_word(at, "RETURNING")), None)
    if returning is not None:  # the changed rows are shown in any case
        query.drop(returning, len(query.texts) - 1)
        sql, solid = str(query).rstrip(), query.solid()
    try:
        found = trial.cursor.extract_statements(sql)
    except duckdb.Error as error:
        said = str(error).splitlines()[0].partition("Error: ")[2]
        raise Retry(f"The SQL cannot be read: {said}.", hint=_FORMS) from None
    if len(found) != 1:
        raise Retry(f"That is {len(found)} statements.", hint=f"Give exactly one. {_FORMS}")
    first = query.texts[solid[0]].upper()
    lead = {"UPDATE": 1, "INSERT": 2, "DELETE": 2}.get(first, 0)
    if not lead or found[0].type.name != first or len(solid) <= lead:
        raise Retry(f"{first} changes no rows of a table.", hint=_FORMS)
    if first == "DELETE" and not any(query.is_word(at, "WHERE") for at in solid):
        raise Retry(
            "Without a WHERE this deletes all rows.",
            hint="Say which with WHERE; WHERE true if it is all of them.",
        )
    name = unquote(query.texts[solid[lead]])
    table = _table(name, sql, trial)
    files = tuple(dict.fromkeys(info.file for info in used_tables(sql, trial.infos)))
    return Statement(sql, first, table, files or (table.file,), notes)


def _table(name: str, sql: str, trial: Trial) -> TableInfo:
    table = next((one for one in trial.infos if one.name.lower() == name.lower()), None)
    if table is None:
        with explained(sql, trial.infos, trial.database):
            trial.database.execute('FROM "' + name.replace('"', '""') + '" LIMIT 0')
    is_page = table is not None and "://" in table.file
    if table is None or is_page or not table.file.lower().endswith((".csv", ".tsv")):
        where = f"comes from {table.file}" if table else "is not of a file"
        raise Retry(
            f"{name} {where}; only rows of csv and tsv files of the workspace can be changed.",
            hint="Write a changed copy with save_query.",
        )
    return table


def statement_of(tables: Tables, sql: str) -> Statement:
    """The statement, after repairs.

    Raises:
        Retry: it is not one UPDATE, INSERT or DELETE of a table of a csv or tsv file.
    """
    with tables.trial() as trial:
        return _statement(sql, trial)


def rows_of(tables: Tables, table: TableInfo) -> tuple[Row, ...]:
    """All rows of a table, in the order of its file."""
    with tables.trial() as trial, explained(table.name, trial.infos, trial.database):
        return tuple(_rows(trial, table).values())


def tried(
    tables: Tables, sql: str, rows: Sequence[Row], read_back: Callable[[str], str]
) -> Changes:
    """What a statement would change of these rows; nothing is changed.

    `read_back` turns a text as the table's file writes it (02.04.2026) into one that SQL reads;
    what it cannot is empty.

    Raises:
        Retry: it fails, matches no row or changes none, or the rows are others by now.
    """
    notes: tuple[str, ...] = ()
    for _ in range(MAX_READ_BACK):
        with tables.trial() as trial:
            statement = _statement(sql, trial)
            before = _rows(trial, statement.table)
            if tuple(before.values()) != tuple(rows):
                raise Retry(f"{statement.table.file} has just been changed.", hint="Try again.")
            unread = _run(trial, statement)
            notes += statement.notes
            if unread is None:
                done = replace(statement, notes=tuple(dict.fromkeys(notes)))
                return _changes(done, before, _rows(trial, statement.table))
        other = read_back(unread)
        if not other:
            break
        sql = _with_text(statement.sql, unread, other)
        notes += (f"{unread} was read as {other}.",)
    types = ", ".join(f"{column.name} {column.type}" for column in statement.table.columns)
    raise Retry(
        f"The text {unread!r} is no value of its column.",
        hint=f"Write dates as '2026-04-30', numbers as 1234.5, and NULL for nothing. The columns: "
        f"{types}.",
    )


def _rows(trial: Trial, table: TableInfo) -> dict[int, Row]:
    found = trial.cursor.execute(f"SELECT rowid, * FROM {table.name} ORDER BY rowid").fetchall()
    return {number: tuple(cells) for number, *cells in found}


def _run(trial: Trial, statement: Statement) -> str | None:
    """Run it; what it gives is a text (which may be empty) that is no value where there should be
    one; None where there is none."""
    import duckdb

    with explained(statement.sql, trial.infos, trial.database):
        for column in _widened(trial, statement):
            trial.cursor.execute(f"ALTER TABLE {statement.table.name} ALTER {column} TYPE DOUBLE")
        try:
            matched = trial.cursor.execute(statement.sql).fetchall()[0][0]
        except duckdb.ConversionException as error:
            unread = _UNREAD.search(str(error))
            if unread is None:
                raise
            return unread[1] or unread[2] or ""
    if not matched:
        raise _none_matched(trial, statement)
    return None


_UNREAD = re.compile(r"Could not convert string '(.*?)' to |format: \"(.*?)\", expected", re.DOTALL)


def _widened(trial: Trial, statement: Statement) -> list[str]:
    """Columns of whole numbers that are assigned to: SQL would round what is put into them."""
    names = [column.name for column in statement.table.columns if column.type == "BIGINT"]
    if statement.kind == "DELETE":
        return []
    if statement.kind == "UPDATE":
        query = Query(statement.sql)
        pairs = pairwise(query.solid())
        assigned = {unquote(query.texts[a]).lower() for a, b in pairs if query.texts[b] == "="}
        names = [name for name in names if name.lower() in assigned]
    if not names:
        return []
    largest = ", ".join(f"coalesce(max(abs({name})), 0)" for name in names)
    found = trial.cursor.execute(f"SELECT {largest} FROM {statement.table.name}").fetchall()[0]
    return [name for name, most in zip(names, found, strict=True) if most < _EXACT]


def _none_matched(trial: Trial, statement: Statement) -> Retry:
    """That no row is meant, and what the nearest are."""
    query, table = Query(statement.sql), statement.table
    where = next((at for at in query.solid() if query.is_word(at, "WHERE")), len(query.texts))
    asked = f"SELECT 1 FROM {table.name} {''.join(query.texts[where:])}"
    nothing = Result(("none",), ("BIGINT",), (), 0)
    doubts = suspicions(asked, trial.infos, trial.database, nothing)
    said = "There is nothing to insert." if statement.kind == "INSERT" else "No row matches."
    return Retry(said, hint=" ".join(doubts) or f"Look at the rows with query_table. {table}")


def _changes(statement: Statement, before: Mapping[int, Row], after: Mapping[int, Row]) -> Changes:
    updated = {}
    for at, (number, row) in enumerate(before.items()):
        pairs = enumerate(zip(row, after.get(number, row), strict=True))
        new = {column: _cell(b) for column, (a, b) in pairs if _cell(b) != a}
        if new:
            updated[at] = new
    return Changes(
        statement,
        updated,
        tuple(tuple(map(_cell, row)) for number, row in after.items() if number not in before),
        tuple(at for at, number in enumerate(before) if number not in after),
    )


def _cell(value: Any) -> Any:
    """A text that says nothing is no text: in a file both are an empty cell."""
    return None if isinstance(value, str) and not value.strip(BLANK) else value


def _with_text(sql: str, text: str, other: str) -> str:
    query = Query(sql)
    for at in query.solid():
        if query.kinds[at] == "string" and unquote(query.texts[at]) == text:
            query.put(at, f"'{other}'", "string")
    return str(query)
