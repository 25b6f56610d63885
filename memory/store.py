"""What a memory holds, on disk: documents, their chunks and vectors. The truth of a memory.

The vector index is made from it. The order of writing is what survives a power cut: a document
is written here whole, not yet settled; its vectors go into the index; it is settled. Chunks that
were replaced or removed are remembered as stale until they are out of the index as well.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from nomoat.memory.context import context, section_starts
from nomoat.memory.document import Chunk, Citation, Document, Span, Unit

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nomoat.memory.database import Database

_PART = 500
"""Values in one IN (…)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A document as the memory lists it."""

    key: str
    """What makes it the same document when it is added again: mostly its absolute path."""
    path: str
    format: str
    title: str
    date: str
    sha256: str
    chunks: int
    added: str
    """ISO 8601, UTC."""


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A chunk with its place in the memory. Neighbours in a document have neighbouring ids."""

    id: int
    document: int
    path: str
    format: str
    title: str
    """Of the document."""
    chunk: Chunk

    @property
    def citation(self) -> Citation:
        """Where it stands."""
        return Citation(self.path, self.chunk.span)


@dataclass(frozen=True, slots=True)
class Written:
    """A document ready to be stored: `vectors` has a row for each chunk."""

    key: str
    document: Document
    chunks: Sequence[Chunk]
    vectors: NDArray[np.float32]


class Store:
    """Reads and writes a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # -- writing

    def put(self, documents: Iterable[Written]) -> None:
        """Store documents, replacing those of the same key, in one transaction, unsettled."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._database.write() as connection:
            for written in documents:
                _remove(connection, written.key)
                _insert(connection, written, now)

    def remove(self, keys: Iterable[str]) -> int:
        """Take documents out; how many there were."""
        with self._database.write() as connection:
            return sum(_remove(connection, key) for key in keys)

    def settle(self, documents: Sequence[int], stale: Sequence[int]) -> None:
        """Note that the index has these documents and no longer these chunks."""
        with self._database.write() as connection:
            connection.executemany(
                "UPDATE document SET settled = 1 WHERE id = ?", [(i,) for i in documents]
            )
            connection.executemany("DELETE FROM stale WHERE chunk = ?", [(i,) for i in stale])

    def unsettle(self) -> None:
        """Note that the index holds nothing any more."""
        with self._database.write() as connection:
            connection.execute("UPDATE document SET settled = 0")
            connection.execute("DELETE FROM stale")

    def replace_vectors(self, ids: Sequence[int], vectors: NDArray[np.float32]) -> None:
        """Put other vectors in the place of those of these chunks."""
        with self._database.write() as connection:
            connection.executemany(
                "INSERT OR REPLACE INTO vector VALUES (?, ?)",
                zip(ids, _blobs(vectors), strict=True),
            )

    def set_meta(self, key: str, value: str) -> None:
        """Keep a word about the memory itself."""
        with self._database.write() as connection:
            connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    # -- reading

    def meta(self, key: str) -> str:
        """A word about the memory itself, or nothing."""
        rows = self._database.rows("SELECT value FROM meta WHERE key = ?", (key,))
        return str(rows[0][0]) if rows else ""

    def unsettled(self) -> list[int]:
        """Documents whose vectors may not be in the index."""
        return [i for (i,) in self._database.rows("SELECT id FROM document WHERE NOT settled")]

    def stale(self) -> list[int]:
        """Chunks that are no longer here and may still be in the index."""
        return [i for (i,) in self._database.rows("SELECT chunk FROM stale")]

    def entries(self) -> list[Entry]:
        """All documents, by path."""
        rows = self._database.rows(
            "SELECT key, path, format, title, document.date, sha256, count(chunk.id), added "
            "FROM document LEFT JOIN chunk ON chunk.document = document.id "
            "GROUP BY document.id ORDER BY path, key"
        )
        return [Entry(*row) for row in rows]

    def hashes(self) -> dict[str, str]:
        """The sha256 of each document, by key."""
        return dict(self._database.rows("SELECT key, sha256 FROM document"))

    def chunk_ids(self, documents: Sequence[int] | None = None) -> list[int]:
        """Of these documents, or all."""
        if documents is None:
            return [i for (i,) in self._database.rows("SELECT id FROM chunk ORDER BY id")]
        found = self._within("SELECT id FROM chunk WHERE document IN ({}) ORDER BY id", documents)
        return [i for (i,) in found]

    def chunks(self, ids: Sequence[int]) -> dict[int, StoredChunk]:
        """Chunks by id; those that are not there are left out."""
        rows = self._within(
            "SELECT chunk.id, document, path, format, title, text, titles, chunk.date, "
            "unit, first, last, within FROM chunk JOIN document ON document.id = document "
            "WHERE chunk.id IN ({}) ORDER BY chunk.id",
            ids,
        )
        return {row[0]: _stored(row) for row in rows}

    def vectors(self, ids: Sequence[int]) -> tuple[list[int], NDArray[np.float32]]:
        """The vectors of chunks: the ids that have one, and a row for each."""
        import numpy as np

        rows = list(self._within("SELECT chunk, value FROM vector WHERE chunk IN ({})", ids))
        packed = np.frombuffer(b"".join(value for _, value in rows), dtype=np.float16)
        vectors = packed.reshape(len(rows), -1) if rows else packed.reshape(0, 0)
        return [i for i, _ in rows], vectors.astype(np.float32)

    def counts(self) -> tuple[int, int]:
        """Documents and chunks."""
        rows = self._database.rows(
            "SELECT (SELECT count(*) FROM document), (SELECT count(*) FROM chunk)"
        )
        return rows[0][0], rows[0][1]

    def _within(self, sql: str, ids: Sequence[int]) -> Iterator[tuple[Any, ...]]:
        """The rows of a query with an IN ({}) that may have any number of values."""
        for start in range(0, len(ids), _PART):
            part = ids[start : start + _PART]
            yield from self._database.rows(sql.format(",".join("?" * len(part))), part)


def _insert(connection: sqlite3.Connection, written: Written, now: str) -> None:
    document = written.document
    cursor = connection.execute(
        "INSERT INTO document (key, path, format, title, date, sha256, added, settled) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
        (
            written.key,
            document.path,
            document.format,
            document.title,
            document.date,
            document.sha256,
            now,
        ),
    )
    (last,) = connection.execute(
        "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'chunk'"
    ).fetchone()
    keys = range(last + 1, last + 1 + len(written.chunks))
    rows = list(_rows(cursor.lastrowid or 0, keys, written))
    connection.executemany(f"INSERT INTO chunk VALUES ({', '.join('?' * 11)})", rows)  # noqa: S608
    connection.executemany(
        "INSERT INTO words (rowid, text, context) VALUES (?, ?, ?)",
        [(row[0], row[3], row[4]) for row in rows],
    )
    connection.executemany(
        "INSERT INTO vector VALUES (?, ?)", zip(keys, _blobs(written.vectors), strict=True)
    )


def _rows(
    document: int, keys: Sequence[int], written: Written
) -> Iterator[tuple[int | str | None, ...]]:
    """The chunks of a document as rows of their table."""
    section = 0
    starts = section_starts(written.document, written.chunks)
    for key, chunk, start in zip(keys, written.chunks, starts, strict=True):
        section = key if start else section
        span = chunk.span
        yield (
            key,
            document,
            section,
            chunk.text,
            context(written.document, chunk),
            json.dumps(chunk.titles, ensure_ascii=False),
            chunk.date,
            *((span.unit, span.first, span.last, span.within) if span else (None,) * 4),
        )


def _remove(connection: sqlite3.Connection, key: str) -> bool:
    found = connection.execute("SELECT id FROM document WHERE key = ?", (key,)).fetchone()
    if not found:
        return False
    connection.execute("INSERT OR IGNORE INTO stale SELECT id FROM chunk WHERE document = ?", found)
    connection.execute(
        "DELETE FROM vector WHERE chunk IN (SELECT id FROM chunk WHERE document = ?)", found
    )
    connection.execute(  # how an FTS5 table that keeps no text of its own forgets
        "INSERT INTO words (words, rowid, text, context) "
        "SELECT 'delete', id, text, context FROM chunk WHERE document = ?",
        found,
    )
    connection.execute("DELETE FROM chunk WHERE document = ?", found)
    connection.execute("DELETE FROM document WHERE id = ?", found)
    return True


def _blobs(vectors: NDArray[np.float32]) -> list[bytes]:
    import numpy as np

    return [row.tobytes() for row in vectors.astype(np.float16)]


def _stored(row: tuple[Any, ...]) -> StoredChunk:
    key, document, path, format_, title, text, titles, date, unit, first, last, within = row
    span = Span(Unit(unit), first, last, within) if unit else None
    chunk = Chunk(text, span, tuple(json.loads(titles)), date)
    return StoredChunk(key, document, path, format_, title, chunk)
