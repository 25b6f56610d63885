"""Columns without a name of their own are called as those that hold the same things.

Of `complaints.log` only the values say that its first part is a tenant: where another table has
these in a column `tenant`, that is what it is called, and a join needs no guess.
"""

# ruff: noqa: S608 (names come from `Namer`)
from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from nomoat.tools.table_info import Column, TableInfo

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

UNNAMED = re.compile(r"name|says|value|text\d+|column\d+")
"""What columns are called that had no name in their file."""
SAME = 0.8
"""The share of a column's values that another has to hold as well."""
LEAST = 2
"""Values that both hold, at least."""


def named_by_things(
    connection: DuckDBPyConnection, unnamed: TableInfo, others: Sequence[TableInfo]
) -> TableInfo:
    """The table, its columns called as those of `others` that hold the same texts."""
    columns = list(unnamed.columns)
    for at, column in enumerate(columns):
        if column.type != "VARCHAR" or not UNNAMED.fullmatch(column.name):
            continue
        name = _named(connection, unnamed, column, others)
        if name and name.lower() not in {one.name.lower() for one in columns}:
            connection.execute(f"ALTER TABLE {unnamed.name} RENAME COLUMN {column.name} TO {name}")
            columns[at] = replace(column, name=name)
    return replace(unnamed, columns=tuple(columns))


def _named(
    connection: DuckDBPyConnection,
    table: TableInfo,
    column: Column,
    others: Sequence[TableInfo],
) -> str:
    """What most of its texts are called elsewhere; a column without one of them twice before one
    with. Empty where nothing holds them."""
    found = [
        (_held(connection, table.name, column.name, other.name, one.name), one.name)
        for other, one in _columns(others)
        if other.name != table.name
    ]
    (share, _), name = max(found, default=((0.0, False), ""))
    return name if share >= SAME else ""


def _columns(infos: Sequence[TableInfo]) -> Iterable[tuple[TableInfo, Column]]:
    return (
        (info, one)
        for info in infos
        for one in info.columns
        if one.type == "VARCHAR" and not re.fullmatch(r"says|value|text\d*|column\d+", one.name)
    )


def _held(
    connection: DuckDBPyConnection, table: str, column: str, other: str, key: str
) -> tuple[float, bool]:
    """The share of the texts of one of two columns that the other holds too, whichever is more, and
    whether the other has none twice."""
    mine = f"SELECT DISTINCT lower({column}) AS t FROM {table} WHERE {column} IS NOT NULL"
    its = f"SELECT DISTINCT lower({key}) AS t FROM {other} WHERE {key} IS NOT NULL"
    own, others, both = connection.execute(
        f"SELECT (SELECT count(*) FROM ({mine})), (SELECT count(*) FROM ({its})), "
        f"(SELECT count(*) FROM ({mine} INTERSECT {its}))"
    ).fetchall()[0]
    sql = f"SELECT count({key}) = count(DISTINCT {key}) FROM {other}"
    once = connection.execute(sql).fetchall()[0][0]
    return both / min(own, others) if both >= LEAST else 0.0, bool(once)
