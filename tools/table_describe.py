"""What is told of a loaded table: its columns with samples, and the texts among their numbers."""

# ruff: noqa: S608 (names come from `Namer`)
from __future__ import annotations

from typing import TYPE_CHECKING

from nomoat.tools.table_info import MOSTLY_NUMBERS, Column, TableInfo
from nomoat.tools.table_load import Loaded, quoted

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MAX_SAMPLES = 6


def described(connection: DuckDBPyConnection, loaded: Loaded) -> TableInfo:
    """A table that was loaded: its columns, a few of their values, what is odd, how many rows."""
    columns = []
    for column in loaded.columns:
        samples, complete = _samples(connection, loaded.name, column.name, column.type)
        note, odd = column.note, _odd(connection, loaded.name, column.name, column.type)
        if odd:
            note = note or f"{MOSTLY_NUMBERS}{', '.join(odd)}: num({column.name}) leaves these out"
            samples = ()
        note = note or _span(connection, loaded.name, column.name, column.type)
        columns.append(Column(column.name, column.type, samples, complete, column.original, note))
    total = connection.execute(f"SELECT count(*) FROM {loaded.name}").fetchall()[0][0]
    return TableInfo(loaded.name, loaded.file, tuple(columns), total, loaded.part)


def _odd(connection: DuckDBPyConnection, table: str, column: str, type_: str) -> tuple[str, ...]:
    """The few texts in a column of text that otherwise holds numbers; they say what is missing."""
    if type_ != "VARCHAR":
        return ()
    total, numbers = connection.execute(
        f"SELECT count({column}), count(TRY_CAST({column} AS DOUBLE)) FROM {table}"
    ).fetchall()[0]
    if not total or numbers * 2 <= total:
        return ()
    rows = connection.execute(
        f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL "
        f"AND TRY_CAST({column} AS DOUBLE) IS NULL ORDER BY 1 LIMIT {MAX_SAMPLES + 1}"
    ).fetchall()
    return tuple(quoted(text[:30]) for (text,) in rows) if len(rows) <= MAX_SAMPLES else ()


def _span(connection: DuckDBPyConnection, table: str, column: str, type_: str) -> str:
    """From when to when, in a column of days or moments: of which year they are nobody guesses."""
    if not type_.startswith(("DATE", "TIMESTAMP")):
        return ""
    days = f"CAST(min({column}) AS DATE), CAST(max({column}) AS DATE)"
    first, last = connection.execute(f"SELECT {days} FROM {table}").fetchall()[0]
    return "" if first is None else f"{first} to {last}" if first != last else str(first)


def _samples(
    connection: DuckDBPyConnection, table: str, column: str, type_: str
) -> tuple[tuple[str, ...], bool]:
    """The most frequent values of a text column; for others nothing, the type says enough."""
    if type_ != "VARCHAR":
        return (), False
    rows = connection.execute(
        f"SELECT {column}, count(*) AS n FROM {table} WHERE {column} IS NOT NULL "
        f"GROUP BY 1 ORDER BY n DESC, 1 LIMIT {MAX_SAMPLES + 1}"
    ).fetchall()
    few = len(rows) <= MAX_SAMPLES
    shown = rows if few else rows[:2]
    return tuple(quoted(text if len(text) <= 30 else text[:29] + "…") for text, _ in shown), few
