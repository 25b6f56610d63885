"""Keeps embeddings between runs of a benchmark, outside of the project."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import platformdirs

if TYPE_CHECKING:
    from nomoat.memory.embed import Embedder, Vectors


class Cached:
    """An embedder that remembers what it computed."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.name, self.dimension = embedder.name, embedder.dimension
        self.sha256 = embedder.sha256
        folder = platformdirs.user_cache_path("nomoat", appauthor=False)
        folder.mkdir(parents=True, exist_ok=True)
        self._kept = sqlite3.connect(Path(folder) / "benchmark-embeddings.db", isolation_level=None)
        self._kept.execute("CREATE TABLE IF NOT EXISTS kept (key BLOB PRIMARY KEY, value BLOB)")

    def embed(self, texts: Sequence[str]) -> Vectors:
        keys = [hashlib.sha256(f"{self.sha256}\n{text}".encode()).digest() for text in texts]
        rows = [self._row(key) for key in keys]
        missing = [at for at, row in enumerate(rows) if row is None]
        if missing:
            vectors = self._embedder.embed([texts[at] for at in missing])
            self._kept.execute("BEGIN")
            for at, vector in zip(missing, vectors, strict=True):
                rows[at] = vector
                self._kept.execute(
                    "INSERT OR REPLACE INTO kept VALUES (?, ?)", (keys[at], vector.tobytes())
                )
            self._kept.execute("COMMIT")
        return np.stack([row for row in rows if row is not None])

    def _row(self, key: bytes) -> Vectors | None:
        found = self._kept.execute("SELECT value FROM kept WHERE key = ?", (key,)).fetchone()
        return np.frombuffer(found[0], dtype=np.float32) if found else None
