"""Episodes: what finished runs did for their goals, found again by a goal that is like theirs.

All of them stand in one SQLite file in the person's data folder, which only its owner can read.
Vectors are made when they are first searched, and again when another embedder is used: so keeping
an episode needs no model, and none is lost when the model changes.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nomoat.memory.embed import Embedder, MiniLM
from nomoat.memory.errors import StoreCorrupt, StoreError, StoreMismatch
from nomoat.memory.home import home
from nomoat.memory.masked import masked

if TYPE_CHECKING:
    from nomoat.memory.embed import Vectors

ALIKE = 0.58
"""The cosine of MiniLM's vectors from which on two goals are alike."""
MOST = 1_000
"""Episodes that are kept; the oldest go first."""
GOAL_CHARS = 600
CALLS = 20
ARGUMENT_CHARS = 200
WAIT_SECONDS = 10.0
"""For another process that writes."""

SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE episode (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run TEXT NOT NULL UNIQUE,
    date TEXT NOT NULL,
    goal TEXT NOT NULL,
    general TEXT NOT NULL,
    used TEXT NOT NULL,                 -- JSON: [[tool, arguments], …]
    reached INTEGER NOT NULL,
    embedder TEXT NOT NULL DEFAULT '',  -- sha256 of what made the vector
    vector BLOB                         -- float16
);
"""


@dataclass(frozen=True, slots=True)
class Used:
    """A call that did its work."""

    tool: str
    arguments: str = ""
    """For a person to read, shortened."""


@dataclass(frozen=True, slots=True)
class Episode:
    """A finished run."""

    run_id: str
    goal: str
    """As the person gave it."""
    general: str
    """The goal without what is particular to it: by this it is found, and as this it is shown."""
    used: tuple[Used, ...] = ()
    reached: bool = False
    date: str = ""
    """ISO 8601."""

    @property
    def tools(self) -> tuple[str, ...]:
        """The tools that were used, each once, in the order of their first use."""
        return tuple(dict.fromkeys(one.tool for one in self.used))


class Episodes:
    """The episodes of a person. Processes and threads may share the file.

    Nothing is made before the first episode is kept. Raises StoreError where the file cannot be
    used, StoreCorrupt where it is damaged, StoreMismatch where a newer nomoat wrote it.
    """

    def __init__(
        self, file: Path | None = None, *, embedder: Embedder | None = None, most: int = MOST
    ) -> None:
        """In `file` (default: `episodes.db` in nomoat's home), with vectors of `embedder`
        (default: MiniLM). Of more than `most` episodes the oldest are dropped."""
        self.file = file or home() / "episodes.db"
        self._embedder = embedder or MiniLM()
        self._most = most

    def add(self, episode: Episode) -> None:
        """Keep an episode, its secrets masked; one of the same run is replaced."""
        used = [(one.tool, masked(one.arguments)[:ARGUMENT_CHARS]) for one in episode.used[:CALLS]]
        row = (
            episode.run_id,
            episode.date,
            masked(episode.goal)[:GOAL_CHARS],
            masked(episode.general)[:GOAL_CHARS],
            json.dumps(used, ensure_ascii=False),
            episode.reached,
        )
        with self._write() as database:
            database.execute(
                "INSERT OR REPLACE INTO episode (run, date, goal, general, used, reached) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                row,
            )
            database.execute(
                "DELETE FROM episode WHERE id NOT IN "
                "(SELECT id FROM episode ORDER BY id DESC LIMIT ?)",
                (self._most,),
            )

    def similar(self, general: str, k: int = 2, *, alike: float = ALIKE) -> list[Episode]:
        """The episodes that were reached and whose goals are most like this one, best first.

        Those of one general goal count once, the newest of them. `alike` is the least cosine.

        Raises:
            StoreError: the file cannot be used, or the embedder's model is not there.
        """
        # where all was masked there is no letter left
        reached = self._rows("WHERE reached = 1 AND general GLOB '*[A-Za-z]*' ORDER BY id")
        rows = list({row["general"]: row for row in reached}.values())
        if not rows:
            return []
        near = self._vectors(rows) @ self._embedder.embed([masked(general)])[0]
        best = [at for at in near.argsort()[::-1] if near[at] >= alike]
        return [_episode(rows[at]) for at in best[:k]]

    def all(self) -> list[Episode]:
        """Every episode, newest first."""
        return [_episode(row) for row in self._rows("ORDER BY id DESC")]

    def forget(self, run_ids: Iterable[str]) -> int:
        """Drop the episodes of these runs; how many there were."""
        if not self.file.exists():
            return 0
        with self._write() as database:
            return sum(
                database.execute("DELETE FROM episode WHERE run = ?", (run_id,)).rowcount
                for run_id in run_ids
            )

    def _vectors(self, rows: list[sqlite3.Row]) -> Vectors:
        """A vector for each row; those that another embedder made, or none yet, are made now."""
        import numpy as np

        sha256, size = self._embedder.sha256, self._embedder.dimension
        stale = [
            row
            for row in rows
            if row["embedder"] != sha256 or len(row["vector"] or b"") != 2 * size
        ]
        made: dict[int, bytes] = {}
        if stale:
            vectors = self._embedder.embed([row["general"] for row in stale]).astype(np.float16)
            made = {row["id"]: vector.tobytes() for row, vector in zip(stale, vectors, strict=True)}
            with self._write() as database:
                database.executemany(
                    "UPDATE episode SET embedder = ?, vector = ? WHERE id = ?",
                    [(sha256, vector, number) for number, vector in made.items()],
                )
        blob = b"".join(made.get(row["id"], row["vector"]) for row in rows)
        return np.frombuffer(blob, dtype=np.float16).reshape(-1, size).astype(np.float32)

    def _rows(self, which: str) -> list[sqlite3.Row]:
        """The rows that `which` asks for, all their columns; none where there is no file."""
        if not self.file.exists():
            return []
        with self._opened() as database:
            return database.execute(f"SELECT * FROM episode {which}").fetchall()  # noqa: S608

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it is on disk at the end, or nothing of it is."""
        with self._opened() as database, database:
            database.execute("BEGIN IMMEDIATE")
            yield database

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            # SQLite gives the files beside it the same permissions
            os.close(os.open(self.file, os.O_CREAT | os.O_RDWR, 0o600))
            connection = sqlite3.connect(self.file, timeout=WAIT_SECONDS, isolation_level=None)
            connection.row_factory = sqlite3.Row
            with closing(connection) as database:
                self._prepare(database)
                yield database
        except OSError as error:
            said = error.strerror or error
            raise StoreError(f"{self.file} cannot be used: {said}.", hint=_CHECK) from error
        except sqlite3.OperationalError as error:
            raise StoreError(f"{self.file} cannot be used: {error}.", hint=_CHECK) from error
        except sqlite3.DatabaseError as error:
            raise StoreCorrupt(
                f"{self.file} is damaged: {error}.",
                hint="Move it away: runs are remembered anew, and nothing else is in it.",
            ) from error

    def _prepare(self, database: sqlite3.Connection) -> None:
        database.execute("PRAGMA synchronous = NORMAL")  # a lost line costs little
        database.execute("PRAGMA secure_delete = ON")  # what is forgotten is overwritten
        (version,) = database.execute("PRAGMA user_version").fetchone()
        if version == 0:
            self._make(database)
        elif version > SCHEMA_VERSION:
            raise StoreMismatch(
                f"{self.file} was written by a newer nomoat (schema {version}, this one knows "
                f"{SCHEMA_VERSION}).",
                hint="Update nomoat, or move the file away.",
            )

    def _make(self, database: sqlite3.Connection) -> None:
        """Of two processes that come first, one makes the table and the other finds it."""
        database.execute("PRAGMA journal_mode = WAL")
        with database:
            database.execute("BEGIN IMMEDIATE")
            (version,) = database.execute("PRAGMA user_version").fetchone()
            if version == 0:
                database.execute(_SCHEMA)
                database.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


_CHECK = "Check that the folder can be written and the disk has room."


def _episode(row: sqlite3.Row) -> Episode:
    return Episode(
        row["run"],
        row["goal"],
        row["general"],
        tuple(Used(tool, arguments) for tool, arguments in json.loads(row["used"])),
        bool(row["reached"]),
        row["date"],
    )
