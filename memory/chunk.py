"""Documents to chunks: pieces of the size that is embedded and searched.

A chunk follows the document: it does not cross a heading of the upper two levels, it keeps a
heading with what stands below it, it packs small blocks together and cuts long ones between
sentences, rows or lines. A turn of a conversation is a chunk of its own; retrieval joins
neighbours. Nothing is lost: every word of every block stands in a chunk.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from itertools import groupby, takewhile

from nomoat.memory.cut import Piece, cut
from nomoat.memory.document import Block, BlockKind, Chunk, Document, Span

_TOP_LEVELS = 2


@dataclass(frozen=True, slots=True)
class ChunkSize:
    """How big chunks are, in tokens as `cut.count_tokens` estimates them."""

    target: int = 180
    """Blocks are packed together up to about this size."""
    most: int = 220
    """No chunk is bigger; the default leaves room for a title in a window of 256 tokens."""
    overlap: int = 0
    """At most so much of a chunk's end is repeated in the next where one block had to be cut."""

    def __post_init__(self) -> None:
        if not 0 < self.target <= self.most or not 0 <= self.overlap < self.most:
            raise ValueError("needs 0 < target <= most and 0 <= overlap < most")


def chunk(document: Document, size: ChunkSize | None = None) -> list[Chunk]:
    """The chunks of a document in reading order: the same for the same document and size.

    A chunk that starts with a heading has the headings above that one as its titles; one that
    continues a section has the section's heading among them, so titles and text never repeat
    each other. Its date is that of its blocks, else the document's. Linear in the text.
    """
    packer = _Packer(document.date, size or ChunkSize())
    for block in document.blocks:
        packer.add(_Placed(block))
    packer.close()
    return packer.chunks


class _Placed:
    """A block that knows which lines of it are which units of its span."""

    def __init__(self, block: Block) -> None:
        self.block = block
        self.path = block.titles
        if block.kind is BlockKind.HEADING:
            self.path = (*block.titles, block.text)
        self._breaks: list[int] | None = None

    def span(self, start: int, end: int) -> Span | None:
        """Of a slice of the text: exact when each line of the text is one unit of the span."""
        span = self.block.span
        if span is None or span.first == span.last:
            return span
        if self._breaks is None:
            self._breaks = [at for at, sign in enumerate(self.block.text) if sign == "\n"]
        if len(self._breaks) != span.last - span.first:
            return span
        first = span.first + bisect_left(self._breaks, start)
        last = span.first + bisect_left(self._breaks, end)
        return Span(span.unit, first, last, span.within)


class _Packer:
    """Fills one chunk after the other with pieces of blocks."""

    def __init__(self, date: str, size: ChunkSize) -> None:
        self.chunks: list[Chunk] = []
        self._date = date
        self._size = size
        self._held: list[tuple[_Placed, Piece]] = []
        self._tokens = 0

    def add(self, placed: _Placed) -> None:
        if self._held and self._ends_before(placed):
            self.close()
        room = self._size.most
        if self._only_headings() and self._tokens * 2 <= room:
            room -= self._tokens  # the heading and what follows it stay together
        first = True
        for piece in cut(placed.block.text, placed.block.kind, room):
            if self._is_full(piece):
                self._close_within(placed, piece, repeat=not first)
            self._hold(placed, piece)
            first = False

    def close(self) -> None:
        """End the chunk that is being filled, if there is one."""
        if self._held:
            self.chunks.append(self._joined())
            self._held = []
            self._tokens = 0

    def _hold(self, placed: _Placed, piece: Piece) -> None:
        self._held.append((placed, piece))
        self._tokens += piece.tokens

    def _is_full(self, piece: Piece) -> bool:
        together = self._tokens + piece.tokens
        if together <= self._size.target or not self._held:
            return False
        if together > self._size.most:
            return True
        return self._tokens * 2 >= self._size.target and not self._only_headings()

    def _close_within(self, placed: _Placed, piece: Piece, *, repeat: bool) -> None:
        """End the chunk in the middle of a block, and repeat the end of it in the next."""
        allowed = min(self._size.overlap, self._size.most - piece.tokens) if repeat else 0
        again: list[Piece] = []
        for other, last in reversed(self._held):
            allowed -= last.tokens
            if other is not placed or allowed < 0 or len(again) + 1 == len(self._held):
                break
            again.append(last)
        self.close()
        for last in reversed(again):
            self._hold(placed, last)

    def _only_headings(self) -> bool:
        return bool(self._held) and all(
            placed.block.kind is BlockKind.HEADING for placed, _ in self._held
        )

    def _ends_before(self, placed: _Placed) -> bool:
        """Whether the chunk that is being filled ends before this block."""
        before, block = self._held[-1][0], placed.block
        if _place(before.block) != _place(block):
            return True
        if self._only_headings():
            return block.titles[: len(before.path)] != _shown(before.path, block)
        if BlockKind.TURN in (before.block.kind, block.kind):
            return True
        if before.path[:_TOP_LEVELS] != placed.path[:_TOP_LEVELS]:
            return True
        return block.kind is BlockKind.HEADING and self._tokens * 2 >= self._size.target

    def _joined(self) -> Chunk:
        texts, spans = [], []
        for placed, group in groupby(self._held, key=lambda held: held[0]):
            pieces = [piece for _, piece in group]
            start, end = pieces[0].start, pieces[-1].end
            texts.append(placed.block.text[start:end])
            spans.append(placed.span(start, end))
        blocks = [placed.block for placed, _ in self._held]
        titles = _common([block.titles for block in blocks])
        return Chunk("\n\n".join(texts), _union(spans), titles, blocks[0].date or self._date)


def _place(block: Block) -> tuple[str, str, str]:
    """What the blocks of a chunk have in common, so that it has one citation and one date."""
    span = block.span
    return (span.unit if span else "", span.within if span else "", block.date)


def _shown(path: tuple[str, ...], block: Block) -> tuple[str, ...]:
    """The titles of a block that stands below the heading with this path.

    The last part is the heading's own text, which titles may show shortened.
    """
    return (*path[:-1], block.titles[len(path) - 1]) if len(block.titles) >= len(path) else path


def _common(paths: list[tuple[str, ...]]) -> tuple[str, ...]:
    first, last = min(paths), max(paths)
    same = takewhile(lambda pair: pair[0] == pair[1], zip(first, last, strict=False))
    return tuple(title for title, _ in same)


def _union(spans: list[Span | None]) -> Span | None:
    known = [span for span in spans if span]
    if not known:
        return None
    first, last = min(span.first for span in known), max(span.last for span in known)
    return Span(known[0].unit, first, last, known[0].within)
