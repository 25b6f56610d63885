"""An open memory: the lock, the store, its word and vector indexes, held in step."""

from __future__ import annotations

import re
import shutil
import uuid
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from nomoat.memory.context import embedded_text
from nomoat.memory.database import Database
from nomoat.memory.document import Document, Passage
from nomoat.memory.errors import StoreError, StoreLocked, StoreMismatch
from nomoat.memory.passages import passages, whole
from nomoat.memory.retrieve import Hit, Retriever, fitting
from nomoat.memory.store import Entry, Store
from nomoat.memory.vectors import ChromaAddress, VectorIndex
from nomoat.memory.words import Layout, Words

if TYPE_CHECKING:
    from filelock import BaseFileLock

    from nomoat.memory.embed import Embedder
    from nomoat.memory.memory import Filters

DATABASE = "memory.db"
_INDEX = "chroma"
_LOCK = "lock"
_BATCH = 1_000
"""Chunks whose vectors go to the index, or are computed again, at a time."""


class Opened:
    """What `Memory` works with while it holds the lock."""

    def __init__(
        self,
        folder: Path,
        embedder: Embedder,
        chroma: ChromaAddress | None,
        *,
        rebuild: bool = False,
    ) -> None:
        """Open or make the memory in `folder`; `rebuild` takes vectors of any origin."""
        self._folder = folder
        self._embedder = embedder
        self._place: Path | ChromaAddress = chroma or folder / _INDEX
        self._lock = _locked(folder)
        self._layout: Layout | None = None
        try:
            self._database = Database(folder / DATABASE)
            self.store = Store(self._database)
            self.words = Words(self._database)
            if not self.store.meta("id"):
                self._describe()
            elif not rebuild:
                self._check_embedder()
        except BaseException:
            self.close()
            raise

    @cached_property
    def index(self) -> VectorIndex:
        """The vectors, brought in step with the store when first asked for."""
        # The folder's own index goes where the folder goes, so its path is not kept.
        place = str(self._place) if isinstance(self._place, ChromaAddress) else _INDEX
        known = self.store.meta("index")
        if known not in ("", place) and self.store.counts()[0]:
            raise StoreMismatch(
                f"The vectors of this memory are kept {_where(known)}, not {_where(place)}.",
                hint="Name that place, or make them here from the text that is kept: "
                "nomoat memory rebuild",
            )
        name = f"nomoat-{self.store.meta('id')}"
        index = VectorIndex(self._place, name, self._embedder, fresh=known != place)
        try:
            if known != place:
                self.store.set_meta("index", place)
            self._settle(index)
            if index.count() != self.store.counts()[1]:
                self._repair(index)
        except BaseException:
            index.close()
            raise
        return index

    def close(self) -> None:
        """Release everything, the lock last."""
        if "index" in self.__dict__:
            self.index.close()
        with suppress(AttributeError):  # it may not have come so far
            self._database.close()
        self._lock.release()

    def changed(self) -> None:
        """After the store was written: bring the index in step."""
        self._layout = None
        self._settle(self.index)

    def remove(self, keys: Iterable[str]) -> int:
        """Take documents out of all three; how many there were."""
        removed = self.store.remove(keys)
        self.changed()
        return removed

    def retriever(self) -> Retriever:
        """For the memory as it is now."""
        return Retriever(self.store, self.words, self.index, self._embedder, self.layout)

    @property
    def layout(self) -> Layout:
        """Of the chunks as they are now."""
        if self._layout is None:
            self._layout = Layout(self._database)
        return self._layout

    def passages(self, hits: Sequence[Hit], k: int, max_chars: int | None) -> list[Passage]:
        """The first k of what was found; none when nothing fits."""
        return passages(fitting(hits), self.store, self.layout, k, max_chars)

    def whole(self, entries: Iterable[Entry]) -> list[Passage]:
        """All chunks of documents, as they stand in them."""
        rows = [
            row
            for entry in entries
            for row in self._database.rows("SELECT id FROM document WHERE key = ?", (entry.key,))
        ]
        ids = self.store.chunk_ids([row[0] for row in rows])
        return whole(self.store.chunks(ids).values())

    def allowed(self, filters: Filters) -> list[int]:
        """The chunks that pass, by SQL."""
        rows = self._database.rows(
            r"""SELECT chunk.id FROM chunk JOIN document ON document.id = document
            WHERE (:source = '' OR path LIKE '%' || :source || '%' ESCAPE '\')
              AND (:format = '' OR format = :format)
              AND (:since = '' OR chunk.date >= :since)
              AND (:until = '' OR (chunk.date != '' AND chunk.date <= :until || x'7f'))
            ORDER BY chunk.id""",
            {
                "source": _pattern(filters.source),
                "format": filters.format,
                "since": filters.since,
                "until": filters.until,
            },
        )
        return [key for (key,) in rows]

    def remake(self, progress: Callable[[int, int], None] | None) -> None:
        """Words, vectors and index again from the text."""
        self._database.check()
        self.words.rebuild()
        ids = self.store.chunk_ids()
        if self.store.meta("sha256") != self._embedder.sha256:
            self.store.set_meta("sha256", "")  # vectors are mixed until all are made
            for start in range(0, len(ids), _BATCH):
                self._embed(ids[start : start + _BATCH])
                if progress:
                    progress(start, len(ids))
            self._describe()
        self.store.unsettle()
        self.store.set_meta("index", "")
        if isinstance(self._place, Path):
            shutil.rmtree(self._place, ignore_errors=True)
        _ = self.index
        if progress:
            progress(len(ids), len(ids))

    def _describe(self) -> None:
        if not self.store.meta("id"):
            self.store.set_meta("id", uuid.uuid4().hex)
        self.store.set_meta("model", self._embedder.name)
        self.store.set_meta("dimension", str(self._embedder.dimension))
        self.store.set_meta("sha256", self._embedder.sha256)

    def _check_embedder(self) -> None:
        if self.store.meta("sha256") == self._embedder.sha256:
            return
        made_by = self.store.meta("model")
        raise StoreMismatch(
            f"This memory was made with the embedding model {made_by}, "
            f"which is not this {self._embedder.name}; their vectors cannot be compared.",
            hint="Use the same model, or compute all vectors again: nomoat memory rebuild",
        )

    def _settle(self, index: VectorIndex) -> None:
        """Bring what was written last into the index."""
        stale, documents = self.store.stale(), self.store.unsettled()
        if not stale and not documents:
            return
        index.delete(stale)
        self._upsert(index, self.store.chunk_ids(documents))
        self.store.settle(documents, stale)

    def _repair(self, index: VectorIndex) -> None:
        """The index lost something, or kept what it should have lost."""
        here, there = set(self.store.chunk_ids()), index.ids()
        index.delete(sorted(there - here))
        self._upsert(index, sorted(here - there))

    def _upsert(self, index: VectorIndex, ids: Sequence[int]) -> None:
        for start in range(0, len(ids), _BATCH):
            index.upsert(*self.store.vectors(ids[start : start + _BATCH]))

    def _embed(self, ids: Sequence[int]) -> None:
        texts = []
        for stored in self.store.chunks(ids).values():
            document = Document(stored.path, stored.format, (), title=stored.title)
            texts.append((stored.id, embedded_text(document, stored.chunk)))
        vectors = self._embedder.embed([text for _, text in texts])
        self.store.replace_vectors([key for key, _ in texts], vectors)


def rebuild(
    folder: Path,
    embedder: Embedder,
    chroma: ChromaAddress | None,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Make everything but the text again."""
    if not (folder / DATABASE).exists():
        raise StoreError(
            f"There is no memory in {folder}.", hint="Add documents: nomoat memory add PATH"
        )
    opened = Opened(folder, embedder, chroma, rebuild=True)
    try:
        opened.remake(progress)
    finally:
        opened.close()


def _locked(folder: Path) -> BaseFileLock:
    from filelock import FileLock, Timeout

    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / _LOCK, timeout=0.2, thread_local=False)
        lock.acquire()
    except Timeout:
        raise StoreLocked(
            f"Another process has the memory in {folder} open.",
            hint="Wait until it is done, or close it. Nothing was changed.",
        ) from None
    except OSError as error:
        raise StoreError(
            f"The memory in {folder} cannot be opened: {error.strerror or error}.",
            hint="Check that the folder can be written, or choose another with --memory.",
        ) from error
    return lock


def _where(index: str) -> str:
    """A place of vectors in words."""
    return "in its own folder" if index == _INDEX else f"at {index}"


def _pattern(source: str) -> str:
    """A person's wildcards as those of LIKE."""
    escaped = re.sub(r"([\\%_])", r"\\\1", source)
    return escaped.replace("*", "%").replace("?", "_")
