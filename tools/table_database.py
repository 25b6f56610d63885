"""The database that tables are loaded into: locked, asked by one SELECT, and for a limited time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from nomoat.tools.errors import Retry
from nomoat.tools.sql_repair import MACROS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def locked_database(memory: str, threads: int) -> DuckDBPyConnection:
    """An empty database that reads and writes nothing but itself, and cannot be told otherwise."""
    import duckdb

    connection = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": memory,
            "threads": threads,
            "temp_directory": "",
            "python_enable_replacements": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
        },
    )
    for macro in MACROS:
        connection.execute(macro)
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    return connection


def require_select(cursor: DuckDBPyConnection, sql: str) -> None:
    """See that it is one statement that only reads.

    Raises:
        Retry: it is another.
    """
    statements = cursor.extract_statements(sql)
    if len(statements) != 1:
        raise Retry(
            f"That is {len(statements)} statements.", hint="Give exactly one SELECT statement."
        )
    if statements[0].type.name not in {"SELECT", "SELECT_STATEMENT"}:
        raise Retry(
            f"Only SELECT is possible, not {statements[0].type.name}.",
            hint="Select what you need; use save_query to write a file and update_table to change "
            "rows of a csv or tsv file.",
        )


@contextmanager
def interrupted_after(cursor: DuckDBPyConnection, seconds: float) -> Iterator[None]:
    """What runs on this cursor meanwhile is interrupted when these seconds are over."""
    timer = threading.Timer(seconds, cursor.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
