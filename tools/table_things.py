"""Columns without a name of their own are called as those that hold the same things.

Of `complaints.log` only the values say that its first part is a tenant: where another table has
these in a column `tenant`, that is what it is called, and a join needs no guess.
"""

# ruff: noqa: S608 (names come from `Namer`)
from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nomoat.tools.table_info import Column, TableInfo

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

SAME = 0.8
"""The share of the texts of one of two columns that the other has to hold as well."""
LEAST = 2
"""Texts that both hold, at least."""
LOOKED_AT = 2_000
"""Different texts of a column, at most."""
_SAYS_NOTHING = re.compile(r"says|value|text\d+|column\d+")
"""What columns are called that had no name in their file, beside `name`."""


@dataclass(frozen=True, slots=True)
class Things:
    """What a column holds."""

    texts: frozenset[str]
    """In small letters."""
    once: bool
    """None of them stands there twice."""


Held = Mapping[tuple[str, str], Things]
"""By the names of the table and of the column."""


def things_in(connection: DuckDBPyConnection, infos: Iterable[TableInfo]) -> Held:
    """What the columns of text hold."""
    return {
        (info.name, column.name): _things(connection, info.name, column.name)
        for info in infos
        for column in info.columns
        if column.type == "VARCHAR"
    }


def named_by_things(connection: DuckDBPyConnection, unnamed: TableInfo, held: Held) -> TableInfo:
    """The table, its columns without a name called as those of other tables that hold the same."""
    columns = list(unnamed.columns)
    for at, column in enumerate(columns):
        name = _named(unnamed.name, column, held)
        if name and name.lower() not in {one.name.lower() for one in columns}:
            connection.execute(f"ALTER TABLE {unnamed.name} RENAME COLUMN {column.name} TO {name}")
            columns[at] = replace(column, name=name)
    return replace(unnamed, columns=tuple(columns))


def _named(table: str, column: Column, held: Held) -> str:
    """What most of its texts are called elsewhere; a column without one of them twice before one
    with. Empty where it has a name, or nothing holds them."""
    mine = held.get((table, column.name))
    if mine is None or not (column.name == "name" or _SAYS_NOTHING.fullmatch(column.name)):
        return ""
    found = [
        (_shared(mine, its), its.once, name)
        for (other, name), its in held.items()
        if other != table and not _SAYS_NOTHING.fullmatch(name)
    ]
    share, _once, name = max(found, default=(0.0, False, ""))
    return name if share >= SAME else ""


def _shared(one: Things, other: Things) -> float:
    """The share of the texts of one of two columns that the other holds too, whichever is more."""
    both = len(one.texts & other.texts)
    return both / min(len(one.texts), len(other.texts)) if both >= LEAST else 0.0


def _things(connection: DuckDBPyConnection, table: str, column: str) -> Things:
    rows = connection.execute(
        f"SELECT lower({column}), count(*) FROM {table} WHERE {column} IS NOT NULL "
        f"GROUP BY 1 LIMIT {LOOKED_AT}"
    ).fetchall()
    return Things(frozenset(text for text, _ in rows), all(count == 1 for _, count in rows))
