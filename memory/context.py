"""What a chunk is found by, beside its text: titles, the file's name, its date in words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath

from nomoat.memory.document import BlockKind, Chunk, Document
from nomoat.memory.periods import in_words

_TITLES = 3
"""Headings that are embedded with a chunk, the innermost ones: more would outweigh the text."""


def context(document: Document, chunk: Chunk) -> str:
    """Further words a chunk can be found by."""
    name = re.sub(r"[\W_]+", " ", PurePath(document.path).stem)
    parts = (document.title, *chunk.titles, name, in_words(chunk.date or document.date))
    return "\n".join(dict.fromkeys(part for part in parts if part))


def embedded_text(document: Document, chunk: Chunk) -> str:
    """What the embedder reads: the innermost headings, then the text."""
    titles = chunk.titles[-_TITLES:] or ((document.title,) if document.title else ())
    return f"{' > '.join(titles)}\n{chunk.text}" if titles else chunk.text


def section_starts(document: Document, chunks: Sequence[Chunk]) -> list[bool]:
    """Which chunks start a section: with a heading of their own, or in another part.

    What stands in the same section belongs together; beyond it, a neighbour says little.
    """
    headings = {b.text.strip() for b in document.blocks if b.kind is BlockKind.HEADING}
    starts = []
    before: str | None = None
    for chunk in chunks:
        within = chunk.span.within if chunk.span else ""
        starts.append(within != before or chunk.text.partition("\n\n")[0].strip() in headings)
        before = within
    return starts
