"""What a chunk is found by, beside its text: titles, the file's name, its date in words."""

from __future__ import annotations

import re
from pathlib import PurePath

from nomoat.memory.document import Chunk, Document
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
