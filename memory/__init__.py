"""nomoat.memory: private documents, found and cited.

The names below load their modules at first use: importing the package costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nomoat.memory.document import Chunk, Citation, Document, Passage
    from nomoat.memory.embed import Embedder, MiniLM
    from nomoat.memory.episodes import Episode, Episodes
    from nomoat.memory.ingest import Progress, Report
    from nomoat.memory.memory import Filters, Memory, Stats
    from nomoat.memory.vectors import ChromaAddress

__all__ = [
    "ChromaAddress",
    "Chunk",
    "Citation",
    "Document",
    "Embedder",
    "Episode",
    "Episodes",
    "Filters",
    "Memory",
    "MiniLM",
    "Passage",
    "Progress",
    "Report",
    "Stats",
]

_HOMES = {
    "ChromaAddress": "vectors",
    "Chunk": "document",
    "Citation": "document",
    "Document": "document",
    "Embedder": "embed",
    "Episode": "episodes",
    "Episodes": "episodes",
    "Filters": "memory",
    "Memory": "memory",
    "MiniLM": "embed",
    "Passage": "document",
    "Progress": "ingest",
    "Report": "ingest",
    "Stats": "memory",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
