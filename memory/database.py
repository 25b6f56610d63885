"""One SQLite file: opened with care, read and written under one lock, its errors in our words."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from nomoat.memory.errors import StoreCorrupt, StoreError, StoreMismatch

SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE document (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,      -- what makes it the same document: mostly the absolute path
    path TEXT NOT NULL,            -- as citations show it
    format TEXT NOT NULL,
    title TEXT NOT NULL,
    date TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    added TEXT NOT NULL,
    settled INTEGER NOT NULL       -- 1 when its vectors are in the index
);
CREATE TABLE chunk (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- those of a document follow each other
    document INTEGER NOT NULL REFERENCES document,
    section INTEGER NOT NULL,      -- the first chunk below the same heading: its id
    text TEXT NOT NULL,
    context TEXT NOT NULL,         -- what else it is found by: titles, file name, date in words
    titles TEXT NOT NULL,          -- JSON
    date TEXT NOT NULL,
    unit TEXT, first INTEGER, last INTEGER, within TEXT
);
CREATE INDEX chunk_document ON chunk (document);
CREATE TABLE vector (chunk INTEGER PRIMARY KEY, value BLOB NOT NULL);  -- float16
CREATE TABLE stale (chunk INTEGER PRIMARY KEY);  -- gone from here, perhaps still in the index
CREATE VIRTUAL TABLE words USING fts5(
    text, context, content='chunk', content_rowid='id', tokenize='porter unicode61'
);
CREATE VIRTUAL TABLE vocabulary USING fts5vocab(words, 'row');
"""
_SALVAGE = "Move the folder away and add the documents again; they are not touched by this."


class Database:
    """A file of the schema above. Threads may share it; other processes may not."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it. Raises StoreCorrupt, StoreMismatch (newer) or StoreError."""
        self._path = path
        self._lock = threading.RLock()
        with self._errors():
            # isolation_level=None: transactions begin and end where `write` says
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            with self._errors():
                self._prepare()
        except BaseException:
            self._connection.close()
            raise

    def rows(
        self, sql: str, values: Sequence[Any] | Mapping[str, Any] = ()
    ) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        with self._lock, self._errors():
            return self._connection.execute(sql, values).fetchall()

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it is on disk at the end, or nothing of it is."""
        with self._lock, self._errors():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise

    def check(self) -> None:
        """Read all of it once; raises StoreCorrupt. Takes about a second for 200 MB."""
        verdict = self.rows("PRAGMA quick_check(1)")
        if verdict != [("ok",)]:
            raise StoreCorrupt(f"{self._path} is damaged: {verdict[0][0]}", hint=_SALVAGE)

    def size(self) -> int:
        """In bytes, as of the last checkpoint."""
        return self._path.stat().st_size

    def close(self) -> None:
        """Close the file; what was written stays."""
        with self._lock, suppress(sqlite3.Error):
            self._connection.close()

    def _prepare(self) -> None:
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("PRAGMA cache_size = -32000")  # KB
        (version,) = self._connection.execute("PRAGMA user_version").fetchone()
        if version == 0 and not self._connection.execute("SELECT 1 FROM sqlite_schema").fetchone():
            self._connection.executescript(
                f"BEGIN; {_SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
            )
        elif version > SCHEMA_VERSION:
            raise StoreMismatch(
                f"This memory was written by a newer nomoat (schema {version}, "
                f"this one knows {SCHEMA_VERSION}).",
                hint="Update nomoat, or use another folder with --memory.",
            )
        elif version < SCHEMA_VERSION:
            raise StoreCorrupt(f"{self._path} is not a memory of nomoat.", hint=_SALVAGE)
        else:
            self._check_cheaply()

    def _check_cheaply(self) -> None:
        """What a truncated file shows at once: missing pages, or nothing behind a table."""
        (pages,) = self._connection.execute("PRAGMA page_count").fetchone()
        (size,) = self._connection.execute("PRAGMA page_size").fetchone()
        wal = self._path.with_name(self._path.name + "-wal")
        in_wal = wal.exists() and wal.stat().st_size > 0
        if not in_wal and self._path.stat().st_size < pages * size:
            raise StoreCorrupt(f"{self._path} is cut off.", hint=_SALVAGE)
        for table in ("document", "chunk", "vector", "words_data"):
            last = f"SELECT * FROM {table} ORDER BY rowid DESC LIMIT 1"  # noqa: S608
            self._connection.execute(last).fetchall()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:
            raise StoreError(
                f"The memory at {self._path} cannot be used: {error}.",
                hint="Check that the folder can be written and the disk has room.",
            ) from error
        except sqlite3.IntegrityError:
            raise  # a fault of ours, not of the file
        except sqlite3.DatabaseError as error:
            raise StoreCorrupt(f"{self._path} is damaged: {error}.", hint=_SALVAGE) from error
