"""`Memory`: a person's documents in a folder, found and cited. What other packages use."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from nomoat.memory.document import Block, Document, Passage
from nomoat.memory.embed import Embedder, MiniLM
from nomoat.memory.errors import UsageError
from nomoat.memory.home import home
from nomoat.memory.query import understand

if TYPE_CHECKING:
    from nomoat.memory.ingest import Progress, Report
    from nomoat.memory.opened import Opened
    from nomoat.memory.store import Entry
    from nomoat.memory.vectors import ChromaAddress

REMEMBERED = "remembered"
"""The source of facts the person asked to keep."""
_MORE = 3
"""Questions for all of something get so many times k passages."""


def default_folder() -> Path:
    """The folder of the person's own memory, whether it is there or not."""
    return home() / "memory" / "default"


@dataclass(frozen=True, slots=True)
class Filters:
    """Which documents to look in; what is empty does not limit."""

    source: str = ""
    """A part of the path as citations show it; `*` and `?` stand for any characters."""
    format: str = ""
    """As `nomoat memory list` shows it: `pdf`, `markdown`, …"""
    since: str = ""
    """First date, ISO 8601. Chunks without a date fall out."""
    until: str = ""
    """Last date, ISO 8601, included: `2023-05` means to the end of that May."""


@dataclass(frozen=True, slots=True)
class Stats:
    """What a memory holds."""

    folder: Path
    documents: int
    chunks: int
    formats: dict[str, int]
    bytes: int
    model: str


class Memory:
    """Documents that can be searched by meaning and by words.

    Nothing is opened before it is needed. While it is open no other process can open it
    (StoreLocked). Threads may share it.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        embedder: Embedder | None = None,
        chroma: ChromaAddress | None = None,
    ) -> None:
        """In `folder` (default: `memory/default` in nomoat's home), made when first written.

        `embedder` defaults to MiniLM, `chroma` to an index in the folder itself.
        """
        self.folder = Path(folder) if folder else default_folder()
        self._embedder = embedder or MiniLM()
        self._chroma = chroma
        self._opened: Opened | None = None
        self._lock = threading.RLock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let another process have it. The next use opens it again."""
        with self._lock:
            if self._opened:
                self._opened.close()
                self._opened = None

    def add(
        self,
        paths: Iterable[str | Path],
        *,
        prune: bool = False,
        exclude: Sequence[str] = (),
        progress: Callable[[Progress], None] | None = None,
        stop: threading.Event | None = None,
    ) -> Report:
        """Read files and folders into the memory; those that did not change are not touched.

        `prune` drops documents below `paths` whose files are gone. `stop` ends it early; what
        was reported to `progress` as done stays. A file that cannot be read is in the report.
        """
        from nomoat.memory.ingest import Ingest

        with self._lock:
            ingest = Ingest(self._open(), self._embedder, progress, stop)
            return ingest.add(paths, prune=prune, exclude=exclude)

    def add_text(self, text: str, *, source: str, date: str = "") -> None:
        """Keep a text that is no file under the name `source`; the same text only once."""
        from nomoat.memory.ingest import Ingest

        if not text.strip():
            raise UsageError("There is no text to keep.")
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        document = Document(source, "note", (Block(text),), date=date, sha256=sha256)
        with self._lock:
            opened = self._open()
            Ingest(opened, self._embedder).put(f"note:{source}:{sha256}", document)

    def remember(self, fact: str) -> None:
        """Keep a fact the person asked to keep, with today's date."""
        self.add_text(fact, source=REMEMBERED, date=datetime.now().date().isoformat())

    def search(
        self,
        query: str,
        k: int = 5,
        *,
        filters: Filters | None = None,
        max_chars: int | None = None,
        today: date | None = None,
    ) -> list[Passage]:
        """The passages that fit, best first; none when nothing fits.

        At most k, or three times as many when the question asks for all of something;
        `max_chars` limits their text in all. `today` is what "last week" counts from.
        """
        if k < 1:
            raise UsageError("k has to be at least 1.")
        asked = understand(query, today or datetime.now().date())
        if not asked.words or not self._exists():
            return []
        with self._lock:
            opened = self._open()
            allowed = opened.allowed(filters) if filters and filters != Filters() else None
            hits = opened.retriever().rank(asked, allowed)
            return opened.passages(hits, k * _MORE if asked.wants_all else k, max_chars)

    def documents(self) -> list[Entry]:
        """What is in it, by path."""
        if not self._exists():
            return []
        with self._lock:
            return self._open().store.entries()

    def chunks(self, path: str) -> list[Passage]:
        """All of a document by its path or key, in order; UsageError when it is not there."""
        with self._lock:
            opened = self._open()
            return opened.whole(self._named(path))

    def forget(self, path: str) -> int:
        """Drop a document, or all below a folder; how many. UsageError when there is none."""
        with self._lock:
            entries = self._named(path)
            opened = self._open()
            opened.remove([entry.key for entry in entries])
            return len(entries)

    def stats(self) -> Stats:
        """Numbers about it."""
        entries = self.documents()
        formats: dict[str, int] = {}
        for entry in entries:
            formats[entry.format] = formats.get(entry.format, 0) + 1
        size = sum(f.stat().st_size for f in self.folder.rglob("*") if f.is_file())
        chunks = sum(entry.chunks for entry in entries)
        return Stats(self.folder, len(entries), chunks, formats, size, self._embedder.name)

    def rebuild(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Make words and vectors again from the text that is kept.

        Vectors are computed again only where another model made them. Raises StoreCorrupt when
        the text itself is damaged. `progress` is told chunks done and in all.
        """
        from nomoat.memory.opened import rebuild

        with self._lock:
            self.close()
            rebuild(self.folder, self._embedder, self._chroma, progress)

    def _exists(self) -> bool:
        """Looking does not make a folder."""
        return self._opened is not None or (self.folder / "memory.db").exists()

    def _open(self) -> Opened:
        from nomoat.memory.opened import Opened

        if self._opened is None:
            self._opened = Opened(self.folder, self._embedder, self._chroma)
        return self._opened

    def _named(self, path: str) -> list[Entry]:
        """The documents a person means: by path or key, else all below a folder."""
        entries = self.documents()
        absolute = str(Path(path).expanduser().resolve())
        exact = [e for e in entries if path in (e.path, e.key) or e.key == absolute]
        folders = (path.rstrip("/") + "/", absolute.rstrip("/") + "/")
        found = exact or [
            e for e in entries if e.path.startswith(folders[0]) or e.key.startswith(folders[1])
        ]
        if not found:
            raise UsageError(
                f"The memory has no document {path}.", hint="`nomoat memory list` shows them."
            )
        return found
