"""Which of its conditions a query found nothing for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nomoat.tools.errors import Retry
from nomoat.tools.sql_tokens import Query
from nomoat.tools.table_info import Result

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_AFTER = ("GROUP", "ORDER", "LIMIT", "HAVING", "UNION", "QUALIFY", "WINDOW", "OFFSET")
SHOWN = 60
"""Characters of a condition."""


@dataclass(frozen=True, slots=True)
class Filtered:
    """`SELECT … FROM source WHERE one AND other`, taken apart."""

    source: str
    """From FROM up to WHERE."""
    conditions: tuple[str, ...]
    without: str
    """The query without any of them."""


def taken_apart(sql: str) -> Filtered | None:
    """None for what is no single SELECT from one table whose conditions are joined by AND alone."""
    query = Query(sql)
    words = list(_outer_words(query))
    names = [name for _, name in words]
    if names.count("SELECT") != 1 or names.count("WHERE") != 1 or "FROM" not in names:
        return None
    begin, where = words[names.index("FROM")][0], words[names.index("WHERE")][0]
    later = [(at, name) for at, name in words if at > where]
    end = next((at for at, name in later if name in _AFTER), len(query.texts))
    inside = [(at, name) for at, name in later if at < end]
    source = [query.texts[at].upper() for at in query.solid() if begin <= at < where]
    if begin > where or {",", "JOIN", "("} & set(source) or {"WITH", "CASE"} & set(names):
        return None
    if any(name == "OR" for _, name in inside):
        return None
    cuts, between = [where], False
    for at, name in inside:
        if name == "AND" and not between:
            cuts.append(at)
        between = (between or name == "BETWEEN") and name != "AND"
    parts = ("".join(query.texts[a + 1 : b]) for a, b in zip(cuts, [*cuts[1:], end], strict=True))
    conditions = tuple(" ".join(part.split()).rstrip("; ") for part in parts)
    head, tail = "".join(query.texts[:where]), "".join(query.texts[end:])
    without = " ".join(f"{head}{tail}".split())
    return Filtered("".join(query.texts[begin:where]), conditions, without)


def _outer_words(query: Query) -> Iterator[tuple[int, str]]:
    """The words that stand in no brackets."""
    depth = 0
    for at in query.solid():
        depth += {"(": 1, ")": -1}.get(query.texts[at], 0)
        if not depth and query.kinds[at] == "word":
            yield at, query.texts[at].upper()


def require_rows(sql: str, connection: DuckDBPyConnection, result: Result) -> None:
    """A sum or the like over no row at all says nothing: which conditions no row met does.

    Raises:
        Retry: no row met all conditions, of which there are several.
    """
    if len(result.rows) != 1 or any(value is not None for value in result.rows[0]):
        return
    filtered = taken_apart(sql)
    if filtered is None or len(filtered.conditions) < 2:
        return
    if _count(connection, filtered, " AND ".join(filtered.conditions)):
        return  # there are rows, and what was asked of them is empty
    counts = [(one, _count(connection, filtered, one)) for one in filtered.conditions]
    each = ", ".join(f"{one[:SHOWN]} ({count or 'no'} rows)" for one, count in counts)
    raise Retry(
        f"No row meets all of these conditions together: {each}.",
        hint=f"Leave out those that the goal does not ask for; without any: {filtered.without}",
    )


def _count(connection: DuckDBPyConnection, filtered: Filtered, condition: str) -> int:
    sql = f"SELECT count(*) {filtered.source} WHERE {condition}"
    found = connection.execute(sql).fetchone()
    return int(found[0]) if found else 0
