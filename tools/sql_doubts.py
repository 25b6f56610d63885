"""Second thoughts about results that look empty: a text compared with that no row has."""

# ruff: noqa: S608 (names come from `Namer`, texts are parameters)
from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from nomoat.tools.sql_hints import used_tables
from nomoat.tools.sql_tokens import Query, unquote
from nomoat.tools.table_info import Column, Result, TableInfo

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def suspicions(
    sql: str, infos: Sequence[TableInfo], connection: DuckDBPyConnection, result: Result
) -> list[str]:
    """Why a query may have found nothing: a text compared with that no row has."""
    if not found_nothing(result):
        return []
    columns = {
        column.name.lower(): (info, column)
        for info in used_tables(sql, infos)
        for column in info.columns
    }
    notes = []
    for name, literal in _comparisons(sql):
        if name in columns:
            note = _about(connection, *columns[name], literal)
            notes += [note] if note else []
    return notes


def found_nothing(result: Result) -> bool:
    """No row, or one that only says so."""
    empty = all(value is None or value == 0 for row in result.rows for value in row)
    return empty and result.total <= 1


def _comparisons(sql: str) -> Iterator[tuple[str, str]]:
    """Pairs of column and text that the SQL compares: =, LIKE, IN (…)."""
    query = Query(sql)
    solid = query.solid()
    column = ""
    for before, at in pairwise(solid):
        compares = query.texts[at] in {"=", "("} or query.is_word(at, "LIKE", "IN")
        is_name = query.kinds[before] in {"word", "quoted"}
        if compares and is_name and not query.is_word(before, "IN", "LIKE"):
            column = unquote(query.texts[before]).lower()
        if query.kinds[at] == "string" and column:
            yield column, unquote(query.texts[at])


def _about(connection: DuckDBPyConnection, info: TableInfo, column: Column, literal: str) -> str:
    if column.type != "VARCHAR":
        return ""
    name, table = column.name, info.name
    wanted = literal.strip().strip("%").strip()
    exact = f"SELECT 1 FROM {table} WHERE {name} = ? LIMIT 1"
    if connection.execute(exact, [literal]).fetchall():
        return ""
    same = f"SELECT DISTINCT {name} FROM {table} WHERE lower({name}) = lower(?) LIMIT 3"
    found = [text for (text,) in connection.execute(same, [wanted]).fetchall()]
    if found:
        return f"No row has {name} = '{literal}'; it is written {_listed(found)}."
    rows = connection.execute(
        f"SELECT DISTINCT {name} FROM {table} WHERE {name} IS NOT NULL "
        f"ORDER BY jaro_winkler_similarity(lower({name}), lower(?)) DESC LIMIT 4",
        [wanted],
    ).fetchall()
    near = _listed([text for (text,) in rows])
    return f"No row has {name} = '{literal}'; the nearest there are: {near}."


def _listed(values: Sequence[str]) -> str:
    return ", ".join(f"'{value[:40]}'" for value in values)
