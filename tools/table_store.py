"""The tables of a workspace in a locked database: found, loaded, kept up to date, queried."""

# ruff: noqa: S608 (names come from `Namer`)
from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING

from nomoat.memory.errors import DocumentError
from nomoat.tools.errors import Failed, Retry
from nomoat.tools.guard.paths import Entry, Workspace
from nomoat.tools.page_tables import PageTable
from nomoat.tools.sql_conditions import require_rows
from nomoat.tools.sql_doubts import suspicions
from nomoat.tools.sql_hints import explained, used_tables
from nomoat.tools.sql_meant import run_as_meant
from nomoat.tools.sql_repair import repaired
from nomoat.tools.table_database import interrupted_after, locked_database, require_select
from nomoat.tools.table_describe import described
from nomoat.tools.table_info import Result, TableInfo
from nomoat.tools.table_load import Target, as_parquet, load_file, load_rows, open_loader
from nomoat.tools.table_names import Namer
from nomoat.tools.table_sources import is_table

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MAX_FILES = 100
MAX_ENTRIES = 20_000
"""Files and folders that are looked at: a home folder must not make each question slow."""


@dataclass(frozen=True, slots=True)
class _File:
    stamp: tuple[int, float]
    tables: tuple[TableInfo, ...]
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Trial:
    """What a statement that changes tables is tried on."""

    infos: tuple[TableInfo, ...]
    database: DuckDBPyConnection
    """The tables as they are."""
    cursor: DuckDBPyConnection
    """Where they can be changed: that is undone in the end."""


class Tables:
    """The tables of a workspace; loads at the first question, and again what has changed."""

    def __init__(
        self, workspace: Workspace, *, memory: str = "1GB", threads: int = 2, seconds: float = 20.0
    ) -> None:
        self._workspace, self._memory, self._threads = workspace, memory, threads
        self._seconds = seconds
        self._files: dict[str, _File] = {}
        self._lock = threading.RLock()
        self._connection: DuckDBPyConnection | None = None
        self._namer = Namer(())
        self._attached: dict[str, tuple[TableInfo, ...]] = {}
        self.problems: tuple[str, ...] = ()
        """What could not be loaded, each with why."""

    def infos(self) -> list[TableInfo]:
        """Every table there is, by name."""
        with self._lock:
            self._refresh()
            found = [table for file in self._files.values() for table in file.tables]
            return sorted(found, key=lambda table: table.name)

    def attach(self, source: str, named: Iterable[tuple[str, PageTable]]) -> tuple[TableInfo, ...]:
        """Add the tables of a page, each with the name it should have; once a page.

        They are there until `close`, and not among `infos`, which are the workspace's.
        """
        with self._lock:
            if source not in self._attached:
                with open_loader() as loader:
                    target = Target(loader, self._open(), self._namer)
                    loaded = [load_rows(name, source, t.names, t.rows, target) for name, t in named]
                self._attached[source] = tuple(described(self._open(), one) for one in loaded)
            return self._attached[source]

    def names_of(self, source: str) -> tuple[str, ...]:
        """What the tables of a page are called."""
        return tuple(info.name for info in self._attached.get(source, ()))

    def is_attached(self, source: str) -> bool:
        """Whether tables come from there, and not from a file of the workspace."""
        return source in self._attached

    def query(self, sql: str, *, limit: int) -> Result:
        """Run one SELECT and return its first `limit` rows.

        Raises:
            Retry: the SQL has to change; the hint says how.
            Failed: it took too long, or too much memory.
        """
        with self._lock:
            infos = self._every()
            if not infos:
                raise Failed(
                    "There are no tables in the workspace.",
                    hint="Read other files with read_file."
                    + "".join(f" {problem}" for problem in self.problems),
                )
            sql, notes = repaired(sql, infos)
            with explained(sql, infos, self._open()):
                sql, result, meant = run_as_meant(sql, infos, partial(self._run, limit=limit))
                require_rows(sql, self._open(), result)
                more = suspicions(sql, infos, self._open(), result)
            files = tuple(dict.fromkeys(info.file for info in used_tables(sql, infos)))
            return replace(result, sql=sql, files=files, notes=(*notes, *meant, *more))

    def left_out(self, result: Result) -> tuple[str, ...]:
        """The columns of the one table a result was made of, where it holds nothing but others."""
        infos = self._every()
        used = used_tables(result.sql, infos)
        names = [column.name for column in used[0].columns] if len(used) == 1 else []
        if not set(result.columns) <= set(names):
            return ()
        return tuple(name for name in names if name not in result.columns)

    @contextmanager
    def trial(self) -> Iterator[Trial]:
        """Where a statement can change tables and see what comes of it; then all is as it was."""
        with self._lock:
            infos = self._every()
            database = self._open()
            cursor = database.cursor()
            try:
                cursor.execute("BEGIN TRANSACTION")
                with interrupted_after(cursor, self._seconds):
                    yield Trial(tuple(infos), database, cursor)
            finally:
                with suppress(Exception):
                    cursor.execute("ROLLBACK")
                cursor.close()

    def parquet(self, sql: str) -> bytes:
        """The whole result of a query that has run already (`Result.sql`), as a parquet file."""
        with self._lock, closing(self._open().cursor()) as cursor:
            require_select(cursor, sql)
            with interrupted_after(cursor, self._seconds):
                return as_parquet(cursor.sql(sql))

    def close(self) -> None:
        """Drop everything that was loaded."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection, self._files, self._attached = None, {}, {}

    def _every(self) -> list[TableInfo]:
        """The tables of the workspace, then those of pages."""
        return [*self.infos(), *chain.from_iterable(self._attached.values())]

    # the database

    def _open(self) -> DuckDBPyConnection:
        if self._connection is None:
            self._connection = locked_database(self._memory, self._threads)
            words = self._connection.execute(
                "SELECT keyword_name FROM duckdb_keywords() WHERE keyword_category = 'reserved'"
            ).fetchall()
            self._namer = Namer(word for (word,) in words)
        return self._connection

    def _run(self, sql: str, limit: int) -> Result:
        cursor = self._open().cursor()
        try:
            require_select(cursor, sql)
            with interrupted_after(cursor, self._seconds):
                cursor.execute("BEGIN TRANSACTION READ ONLY")
                cursor.execute(sql)
                heads = cursor.description or []
                rows = cursor.fetchmany(limit + 1)
                total = len(rows)
                if total > limit:
                    cursor.execute(f"SELECT count(*) FROM (\n{sql}\n)")
                    total = cursor.fetchall()[0][0]
        finally:
            with suppress(Exception):
                cursor.execute("ROLLBACK")
            cursor.close()
        columns = tuple(str(column[0]) for column in heads)
        types = tuple(str(column[1]) for column in heads)
        return Result(columns, types, tuple(rows[:limit]), total)

    # the files

    def _refresh(self) -> None:
        seen = islice(self._workspace.walk(), MAX_ENTRIES)
        entries = [entry for entry in seen if not entry.is_folder and is_table(entry.path)]
        present = {entry.path: entry for entry in entries[:MAX_FILES]}
        for path in [path for path in self._files if path not in present]:
            self._drop(path)
        changed = [entry for entry in present.values() if not self._is_loaded(entry)]
        if changed:
            with open_loader() as loader:
                for entry in changed:
                    self._drop(entry.path)
                    self._load(entry, loader)
        problems = [file.problem for file in self._files.values() if file.problem]
        if len(entries) > MAX_FILES:
            problems.append(f"Only the first {MAX_FILES} of {len(entries)} table files are loaded.")
        self.problems = tuple(problems)

    def _drop(self, path: str) -> None:
        known = self._files.pop(path, None)
        for table in known.tables if known else ():
            self._open().execute(f"DROP TABLE IF EXISTS {table.name}")
            self._namer.release(table.name)

    def _is_loaded(self, entry: Entry) -> bool:
        known = self._files.get(entry.path)
        return known is not None and known.stamp == (entry.size, entry.modified)

    def _load(self, entry: Entry, loader: DuckDBPyConnection) -> None:
        connection, stamp = self._open(), (entry.size, entry.modified)
        tables: list[TableInfo] = []
        problem = ""
        try:
            with self._workspace.open_read(entry.path) as file:
                found = load_file(file, entry.path, Target(loader, connection, self._namer))
                tables.extend(described(connection, loaded) for loaded in found)
        except (DocumentError, Retry, Failed) as error:
            problem = str(error)
        self._files[entry.path] = _File(stamp, tuple(tables), problem)
