"""A query as a tree: which tables each SELECT takes rows from, and which columns are its own."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from nomoat.tools.table_info import TableInfo

DIALECT = "duckdb"


def parsed(sql: str) -> exp.Expr | None:
    """The tree; None where it cannot be read."""
    try:
        return parse_one(sql, dialect=DIALECT)
    except (SqlglotError, RecursionError):
        return None


def base_tables(select: exp.Select, infos: Sequence[TableInfo]) -> dict[str, TableInfo]:
    """The workspace's tables a SELECT takes rows from, by what it calls them, in order."""
    by_name = {info.name.lower(): info for info in unshadowed(select, infos)}
    first = select.args.get("from_") or select.args.get("from")
    sources = [first.this] if first is not None else []
    sources += [join.this for join in select.args.get("joins") or ()]
    return {
        one.alias_or_name.lower(): by_name[one.name.lower()]
        for one in sources
        if isinstance(one, exp.Table) and one.name.lower() in by_name
    }


def unshadowed(select: exp.Select, infos: Sequence[TableInfo]) -> list[TableInfo]:
    """The workspace's tables whose names the query does not give away: `WITH sales AS …` does."""
    own = {one.alias.lower() for one in select.root().find_all(exp.CTE)}
    return [info for info in infos if info.name.lower() not in own]


def own_columns(select: exp.Select) -> list[exp.Column]:
    """Its own columns: those of a SELECT inside of it are not."""
    return [one for one in select.find_all(exp.Column) if one.find_ancestor(exp.Select) is select]


def names_of(info: TableInfo) -> set[str]:
    """The names of its columns, in small letters."""
    return {column.name.lower() for column in info.columns}
