"""The tables of a workspace in a locked database: found, loaded, kept up to date, queried."""

# ruff: noqa: S608 (names come from `Namer`)
from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING, BinaryIO

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
from nomoat.tools.table_load import (
    Loaded,
    Target,
    as_parquet,
    load_file,
    load_lists,
    load_rows,
    open_loader,
)
from nomoat.tools.table_names import Namer
from nomoat.tools.table_sources import LOG, is_table
from nomoat.tools.table_texts import LONGEST, may_hold_tables
from nomoat.tools.table_things import named_by_things, things_in
from nomoat.tools.table_words import in_values

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MAX_FILES = 100
MAX_LISTS = 60
"""Texts that are looked through for lists."""
MAX_ENTRIES = 20_000
"""Files and folders that are looked at: a home folder must not make each question slow."""

Load = Callable[[BinaryIO, str, Target], Iterator[Loaded]]
"""Loads the tables of an open file."""


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
        self._texts: dict[str, _File] | None = None
        """None until somebody asks for what is listed in texts."""
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
            return _sorted(self._files)

    def lists(self) -> list[TableInfo]:
        """What is listed in the texts of the workspace (`nomoat.tools.table_texts`), as tables, by
        name: from now on they can be asked as well."""
        with self._lock:
            self._texts = self._texts or {}
            self._refresh()
            return _sorted(self._texts)

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

    def spoken_of(self, words: Iterable[str]) -> frozenset[str]:
        """Those of these words that stand in the values of tables."""
        with self._lock:
            return in_values(words, self._every(), lambda sql: self._open().execute(sql).fetchall())

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
            self._texts = None if self._texts is None else {}

    def _every(self) -> list[TableInfo]:
        """The tables of the workspace, then those of pages, then what is listed in texts."""
        pages = chain.from_iterable(self._attached.values())
        return [*self.infos(), *pages, *_sorted(self._texts or {})]

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
        seen = [e for e in islice(self._workspace.walk(), MAX_ENTRIES) if not e.is_folder]
        entries = [entry for entry in seen if is_table(entry.path)]
        changed = self._keep(self._files, entries[:MAX_FILES], load_file)
        problems = [file.problem for file in self._files.values() if file.problem]
        if len(entries) > MAX_FILES:
            problems.append(f"Only the first {MAX_FILES} of {len(entries)} table files are loaded.")
        self.problems = tuple(problems)
        logs = [path for path in self._files if path.lower().endswith(LOG)]
        if changed and logs:
            self._name_columns(self._files, logs)
        if self._texts is not None:
            texts = [e for e in seen if may_hold_tables(e.path) and 0 < e.size <= LONGEST]
            if self._keep(self._texts, texts[:MAX_LISTS], load_lists) or changed:
                self._name_columns(self._texts, list(self._texts))

    def _name_columns(self, held: dict[str, _File], paths: Sequence[str]) -> None:
        """Call columns without a name as those of other tables that hold the same things."""
        things = things_in(self._open(), [*_sorted(self._files), *_sorted(self._texts or {})])
        for path in paths:
            tables = held[path].tables
            named = tuple(named_by_things(self._open(), table, things) for table in tables)
            held[path] = replace(held[path], tables=named)

    def _keep(self, held: dict[str, _File], entries: Sequence[Entry], load: Load) -> bool:
        """Have the tables of these files as they are now, and of no others; whether any changed."""
        present = {entry.path: entry for entry in entries}
        for path in [path for path in held if path not in present]:
            self._drop(held, path)
        changed = [entry for entry in present.values() if not _is_loaded(held, entry)]
        if changed:
            with open_loader() as loader:
                for entry in changed:
                    self._drop(held, entry.path)
                    held[entry.path] = self._loaded(entry, loader, load)
        return bool(changed)

    def _drop(self, held: dict[str, _File], path: str) -> None:
        known = held.pop(path, None)
        for table in known.tables if known else ():
            self._open().execute(f"DROP TABLE IF EXISTS {table.name}")
            self._namer.release(table.name)

    def _loaded(self, entry: Entry, loader: DuckDBPyConnection, load: Load) -> _File:
        connection, stamp = self._open(), (entry.size, entry.modified)
        tables: list[TableInfo] = []
        problem = ""
        try:
            with self._workspace.open_read(entry.path) as file:
                found = load(file, entry.path, Target(loader, connection, self._namer))
                tables.extend(described(connection, loaded) for loaded in found)
        except (DocumentError, Retry, Failed) as error:
            problem = str(error)
        return _File(stamp, tuple(tables), problem)


def _is_loaded(held: dict[str, _File], entry: Entry) -> bool:
    known = held.get(entry.path)
    return known is not None and known.stamp == (entry.size, entry.modified)


def _sorted(held: dict[str, _File]) -> list[TableInfo]:
    found = [table for file in held.values() for table in file.tables]
    return sorted(found, key=lambda table: table.name)
