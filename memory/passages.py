"""Hits to passages: near-duplicates out, neighbours joined so that each reads whole."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nomoat.memory.document import Citation, Passage, Span

if TYPE_CHECKING:
    from nomoat.memory.retrieve import Hit
    from nomoat.memory.store import Store, StoredChunk
    from nomoat.memory.words import Layout

_SAME = 0.98
"""Chunks with a higher cosine say the same."""
_SHORT = 320
"""Characters: a shorter chunk is shown with its neighbours."""
_JOINED = 2_000
"""Characters a passage does not grow beyond by joining."""


@dataclass(slots=True)
class _Group:
    """Chunks that follow each other in one document."""

    first: int
    last: int
    hit: Hit
    size: int

    def takes(self, hit: Hit) -> bool:
        """Whether a further hit stands in it or right beside it, and there is room."""
        key, same = hit.stored.id, hit.stored.document == self.hit.stored.document
        if not same or not self.first - 1 <= key <= self.last + 1:
            return False
        inside = self.first <= key <= self.last
        return inside or self.size + len(hit.stored.chunk.text) <= _JOINED

    def take(self, hit: Hit) -> None:
        """Grow to hold it."""
        key = hit.stored.id
        if not self.first <= key <= self.last:
            self.size += len(hit.stored.chunk.text)
            self.first, self.last = min(self.first, key), max(self.last, key)


def passages(
    hits: Sequence[Hit], store: Store, layout: Layout, k: int, max_chars: int | None = None
) -> list[Passage]:
    """The first k passages that differ, best first, with at most `max_chars` of text in all."""
    groups = _groups(_distinct(hits), layout, k)
    stored = store.chunks(sorted({key for g in groups for key in range(g.first, g.last + 1)}))
    found: list[Passage] = []
    left = max_chars
    for group in groups:
        keys = range(group.first, group.last + 1)
        passage = _joined(group.hit, [stored[key] for key in keys if key in stored])
        if left is not None:
            if found and len(passage.text) > left:
                continue
            left -= len(passage.text)
        found.append(passage)
    return found


def _distinct(hits: Iterable[Hit]) -> Iterable[Hit]:
    kept: list[Hit] = []
    texts: set[str] = set()
    for hit in hits:
        text = " ".join(hit.stored.chunk.text.lower().split())
        if text in texts or any(float(hit.vector @ other.vector) > _SAME for other in kept):
            continue
        texts.add(text)
        kept.append(hit)
        yield hit


def _groups(hits: Iterable[Hit], layout: Layout, k: int) -> list[_Group]:
    groups: list[_Group] = []
    for hit in hits:
        group = next((group for group in groups if group.takes(hit)), None)
        if group:
            group.take(hit)
        elif len(groups) < k:
            groups.append(_around(hit, layout))
        else:
            break
    return groups


def _around(hit: Hit, layout: Layout) -> _Group:
    key, size = hit.stored.id, len(hit.stored.chunk.text)
    if size >= _SHORT:
        return _Group(key, key, hit, size)
    before, after = layout.neighbour(key, -1), layout.neighbour(key, 1)
    return _Group(before or key, after or key, hit, size)


def _joined(hit: Hit, parts: Sequence[StoredChunk]) -> Passage:
    """One passage from chunks that follow each other; those of another place are left out."""
    place = hit.stored.chunk
    within = [part for part in parts if _place(part) == _place(hit.stored)]
    separator = "\n" if all(len(part.chunk.text) < _SHORT for part in within) else "\n\n"
    return Passage(
        separator.join(part.chunk.text for part in within),
        Citation(hit.stored.path, _union([part.chunk.span for part in within])),
        hit.score,
        place.titles,
        place.date,
        hit.stored.format,
    )


def _place(part: StoredChunk) -> tuple[str, str, str]:
    """Parts of one passage share these, so that it has one citation and one date."""
    span = part.chunk.span
    return (span.unit if span else "", span.within if span else "", part.chunk.date[:10])


def _union(spans: Sequence[Span | None]) -> Span | None:
    known = [span for span in spans if span]
    if not known:
        return None
    first, last = min(span.first for span in known), max(span.last for span in known)
    return Span(known[0].unit, first, last, known[0].within)


def whole(parts: Iterable[StoredChunk]) -> list[Passage]:
    """Each chunk as a passage of its own."""
    return [
        Passage(p.chunk.text, p.citation, 0.0, p.chunk.titles, p.chunk.date, p.format)
        for p in parts
    ]
