"""Files into a memory: read, cut, embedded and stored, each stage while the others work.

A document counts as added only when it is stored and in the index. Whatever ends the work, what
was reported stays, and the next `add` goes on from there.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from nomoat.memory.ahead import ahead
from nomoat.memory.chunk import chunk
from nomoat.memory.context import embedded_text
from nomoat.memory.document import Chunk, Document
from nomoat.memory.errors import DocumentError
from nomoat.memory.store import Written

if TYPE_CHECKING:
    from nomoat.memory.embed import Embedder, Vectors
    from nomoat.memory.opened import Opened
    from nomoat.memory.select import Found, Selection

_POOL = 512
"""Chunks that are embedded together: enough for batches of like length."""
_POOL_SECONDS = 3.0
"""A pool that fills slowly is embedded after so long."""
_NO_TEXT = "It holds no text."


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an `add` has come."""

    path: str
    """The document that was done last: stored and found by queries."""
    files: int
    """Files that are dealt with, in whatever way."""
    of: int
    chunks: int
    """Chunks that were added."""
    seconds: float


@dataclass(frozen=True, slots=True)
class Report:
    """What an `add` did, in documents."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    """Files and folders that were not looked at, by reason."""
    failed: Sequence[tuple[str, str]] = ()
    """Files that could not be read, with the reason."""
    chunks: int = 0
    seconds: float = 0.0
    stopped: bool = False
    """Whether it was ended early."""


@dataclass(frozen=True, slots=True)
class _Read:
    """A file that was looked at; without a document when it was not read."""

    key: str
    name: str
    document: Document | None = None
    chunks: Sequence[Chunk] = ()
    problem: str = ""


class Ingest:
    """One `add` into an open memory."""

    def __init__(
        self,
        opened: Opened,
        embedder: Embedder,
        progress: Callable[[Progress], None] | None = None,
        stop: threading.Event | None = None,
    ) -> None:
        self._opened = opened
        self._embedder = embedder
        self._progress = progress
        self._stop = stop or threading.Event()

    def add(
        self, paths: Iterable[str | Path], *, prune: bool = False, exclude: Sequence[str] = ()
    ) -> Report:
        """Add files; see `Memory.add`."""
        from nomoat.memory import select

        started = time.monotonic()
        given = [Path(path) for path in paths]
        selection = select.files(given, exclude=exclude)
        known = self._opened.store.hashes()
        _ = self._opened.index  # a memory that cannot be written is told before anything is read
        tally = _Tally(known, len(selection.files), started)
        for batch in ahead(self._embedded(ahead(self._read(selection, known), 64)), 2):
            self._write(batch, tally)
        removed = self._prune(given, known) if prune and not self._stop.is_set() else 0
        return tally.report(selection.skipped, removed, stopped=self._stop.is_set())

    def put(self, key: str, document: Document) -> None:
        """Store one document that is no file."""
        chunks = chunk(document)
        vectors = self._embedder.embed([embedded_text(document, part) for part in chunks])
        self._opened.store.put([Written(key, document, chunks, vectors)])
        self._opened.changed()

    def _read(self, selection: Selection, known: Mapping[str, str]) -> Generator[_Read, None, None]:
        from nomoat.memory.load.parser import Parser

        with Parser() as parser:
            for found in selection.files:
                if self._stop.is_set():
                    return
                yield _read_file(parser.parse, found, known)

    def _embedded(
        self, files: Generator[_Read, None, None]
    ) -> Generator[list[tuple[_Read, Vectors | None]], None, None]:
        pool: list[_Read] = []
        since = time.monotonic()
        try:
            for file in files:
                pool.append(file)
                full = sum(len(each.chunks) for each in pool) >= _POOL
                if full or time.monotonic() - since > _POOL_SECONDS:
                    yield self._embed(pool)
                    pool, since = [], time.monotonic()
                if self._stop.is_set():
                    return
            if pool:
                yield self._embed(pool)
        finally:
            files.close()

    def _embed(self, pool: Sequence[_Read]) -> list[tuple[_Read, Vectors | None]]:
        import numpy as np

        texts = [
            embedded_text(file.document, part)
            for file in pool
            if file.document
            for part in file.chunks
        ]
        parts = []
        for start in range(0, len(texts), _POOL):
            if self._stop.is_set():
                return []
            parts.append(self._embedder.embed(texts[start : start + _POOL]))
        vectors = np.concatenate(parts) if parts else None
        done: list[tuple[_Read, Vectors | None]] = []
        at = 0
        for file in pool:
            size = len(file.chunks)
            done.append((file, vectors[at : at + size] if vectors is not None else None))
            at += size
        return done

    def _write(self, batch: Sequence[tuple[_Read, Vectors | None]], tally: _Tally) -> None:
        written = [
            Written(file.key, file.document, file.chunks, vectors)
            for file, vectors in batch
            if file.document and vectors is not None
        ]
        if written:
            self._opened.store.put(written)
            self._opened.changed()
        for file, _ in batch:
            progress = tally.count(file)
            if self._progress:
                self._progress(progress)

    def _prune(self, given: Sequence[Path], known: Mapping[str, str]) -> int:
        """Drop what lay below the given paths and is no longer there."""
        above = [path.expanduser().resolve() for path in given]
        gone = [
            key
            for key in known
            if not key.startswith("note:")
            and any(Path(key).is_relative_to(folder) for folder in above)
            and not Path(key).exists()
        ]
        return self._opened.remove(gone) if gone else 0


class _Tally:
    """Counts what happened to files."""

    def __init__(self, known: Mapping[str, str], files: int, started: float) -> None:
        self._known = known
        self._files = files
        self._started = started
        self._done: Counter[str] = Counter()
        self._failed: list[tuple[str, str]] = []
        self._chunks = 0

    def count(self, file: _Read) -> Progress:
        """One file is done."""
        if file.problem:
            self._done["failed"] += 1
            self._failed.append((file.name, file.problem))
        elif file.document is None:
            self._done["unchanged"] += 1
        else:
            self._done["changed" if file.key in self._known else "added"] += 1
            self._chunks += len(file.chunks)
        return Progress(file.name, self._done.total(), self._files, self._chunks, self._seconds())

    def report(self, skipped: Mapping[str, int], removed: int, *, stopped: bool) -> Report:
        """What was done in all."""
        done = self._done
        return Report(
            done["added"],
            done["changed"],
            done["unchanged"],
            removed,
            dict(skipped),
            tuple(self._failed),
            self._chunks,
            self._seconds(),
            stopped,
        )

    def _seconds(self) -> float:
        return time.monotonic() - self._started


def _read_file(parse: Callable[..., Document], found: Found, known: Mapping[str, str]) -> _Read:
    key = str(found.path)
    try:
        if key in known:
            with found.path.open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() == known[key]:
                    return _Read(key, found.name)
        document = parse(found.path, name=found.name)
    except DocumentError as error:
        return _Read(key, found.name, problem=f"{error} {error.hint}".strip())
    except OSError as error:
        return _Read(key, found.name, problem=f"It cannot be read: {error.strerror or error}.")
    chunks = chunk(document)
    if not chunks:
        return _Read(key, found.name, problem=_NO_TEXT)
    return _Read(key, found.name, document, chunks)
