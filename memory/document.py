"""The values of memory: Document → Block → Chunk → Passage, each with where it stands.

Pure values: no identity, no storage, no behaviour beyond showing themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    """What a span counts."""

    LINE = "line"
    PAGE = "page"
    SLIDE = "slide"
    ROW = "row"
    MESSAGE = "message"
    SECTION = "section"


@dataclass(frozen=True, slots=True)
class Span:
    """First to last unit of a piece of text, counted from 1, both included."""

    unit: Unit
    first: int
    last: int
    within: str = ""
    """The part of the document the units are counted in: a sheet, a chapter. Mostly empty."""


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a text stands, as a person would write it and an editor can open it."""

    path: str
    """As the person gave it: relative to the folder that was added, or absolute."""
    span: Span | None = None

    def __str__(self) -> str:
        if self.span is None:
            return self.path
        span, place = (
            self.span,
            f"{self.path} [{self.span.within}]" if self.span.within else self.path,
        )
        range_ = str(span.first) if span.first == span.last else f"{span.first}-{span.last}"
        if span.unit is Unit.LINE:
            return f"{place}:{range_}"
        if span.unit is Unit.PAGE:
            return f"{place} p. {range_}"
        return f"{place} {span.unit.value} {range_}"


class BlockKind(StrEnum):
    """What a block of a document is; chunks do not cut through it when they can help it."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST = "list"
    TABLE = "table"
    CODE = "code"
    TURN = "turn"


@dataclass(frozen=True, slots=True)
class Block:
    """One piece of a parsed document, in reading order."""

    text: str
    kind: BlockKind = BlockKind.PARAGRAPH
    span: Span | None = None
    titles: tuple[str, ...] = ()
    """The headings above it, outermost first."""
    date: str = ""
    """ISO 8601, where the block has one of its own (a message, a diary entry)."""


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed file."""

    path: str
    format: str
    """What it is by content: `pdf`, `markdown`, `html`, `csv`, `python`, …"""
    blocks: tuple[Block, ...]
    title: str = ""
    date: str = ""
    sha256: str = ""
    """Of the file's bytes: unchanged files are not read again."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a document of the size that is embedded and searched."""

    text: str
    span: Span | None = None
    titles: tuple[str, ...] = ()
    date: str = ""


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk that was found, with its neighbours joined where that reads whole."""

    text: str
    citation: Citation
    score: float
    """Higher is better; comparable within one search only."""
    titles: tuple[str, ...] = ()
    date: str = ""
    format: str = ""
