"""Questions to passages: candidates by words and by vectors, one score, neighbours joined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import mul
from typing import TYPE_CHECKING

from nomoat.memory.query import Query
from nomoat.memory.score import WEIGHTS, Signals, of_text
from nomoat.memory.words import Layout, Words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nomoat.memory.embed import Embedder
    from nomoat.memory.store import Store, StoredChunk
    from nomoat.memory.vectors import VectorIndex

_CANDIDATES = 64
"""From the words and from the vectors, each."""
_READ = 48
"""Candidates whose text is looked at."""
_EXACT = 5_000
"""Up to so many chunks that pass a filter are compared one by one, without the index."""
_NO_NEIGHBOUR = 0.8
"""A chunk at the end of a section counts as if it had a neighbour that fits so much as itself."""
_NEAR = 0.4
_COVERED = 0.5
"""Nothing fits when no chunk is nearer than that and none has more of the question's words. Chosen
on the questions of the two recall benchmarks; docs/memory.md says what that shows and what not."""
_WEAK = 0.25
"""Beside chunks that fit, those below this in both are left out."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk with its score and what that is made of."""

    stored: StoredChunk
    score: float
    signals: Signals
    vector: NDArray[np.float32]


class Retriever:
    """Ranks the chunks of one memory. Make a new one when the store has changed."""

    def __init__(
        self, store: Store, words: Words, index: VectorIndex, embedder: Embedder, layout: Layout
    ) -> None:
        self._store = store
        self._words = words
        self._index = index
        self._embedder = embedder
        self._layout = layout

    def rank(self, query: Query, allowed: Sequence[int] | None = None) -> list[Hit]:
        """The best chunks, best first, at most 48; `allowed` limits them to these ids."""
        if not self._layout.chunks or (allowed is not None and not allowed):
            return []
        vector = self._embedder.embed([query.text])[0]
        covered = self._words.coverage(query.words, self._layout)
        candidates = self._candidates(vector, covered, allowed)
        vectors = self._vectors(candidates)
        cosines = {key: float(row @ vector) for key, row in vectors.items()}
        rough = {key: self._signals(key, cosines, covered) for key in candidates if key in cosines}
        best = sorted(rough, key=lambda key: -rough_score(rough[key]))[:_READ]
        stored = self._store.chunks(best)
        hits = [
            self._hit(query, stored[key], rough[key], vectors[key]) for key in best if key in stored
        ]
        return sorted(hits, key=lambda hit: -hit.score)

    def _candidates(
        self,
        vector: NDArray[np.float32],
        covered: NDArray[np.float32],
        allowed: Sequence[int] | None,
    ) -> list[int]:
        import numpy as np

        layout = self._layout
        if allowed is not None:
            outside = np.ones(len(covered), dtype=bool)
            outside[layout.at(np.array(allowed))] = False
            covered = np.where(outside, 0, covered)
            if len(allowed) <= _EXACT:
                return list(allowed)
        few = min(_CANDIDATES, len(covered))
        top = np.argpartition(-covered, few - 1)[:few]
        found = [int(at) + layout.first - layout.pad for at in top if covered[at] > 0]
        limit = _CANDIDATES if allowed is None else _CANDIDATES * 8
        nearest = list(self._index.nearest(vector, min(limit, layout.chunks)))
        beside = [layout.neighbour(key, 1) for key in nearest[: _CANDIDATES // 2]]
        chosen = dict.fromkeys([*found, *nearest, *(key for key in beside if key is not None)])
        if allowed is None:
            return list(chosen)
        inside = set(allowed)
        return [key for key in chosen if key in inside]

    def _vectors(self, candidates: Sequence[int]) -> dict[int, NDArray[np.float32]]:
        """Of the candidates and their neighbours."""
        near = (self._layout.neighbour(key, step) for key in candidates for step in (-1, 1))
        wanted = sorted({*candidates, *(key for key in near if key is not None)})
        ids, rows = self._store.vectors(wanted)
        return dict(zip(ids, rows, strict=True))

    def _signals(
        self, key: int, cosines: dict[int, float], covered: NDArray[np.float32]
    ) -> tuple[float, float, float, float]:
        own = cosines[key]

        def beside(step: int) -> float:
            other = self._layout.neighbour(key, step)
            found = cosines.get(other) if other is not None else None
            return own * _NO_NEIGHBOUR if found is None else found

        at = key - self._layout.first + self._layout.pad
        return own, beside(-1), beside(1), float(covered[at])

    def _hit(
        self,
        query: Query,
        stored: StoredChunk,
        rough: tuple[float, float, float, float],
        vector: NDArray[np.float32],
    ) -> Hit:
        signals = Signals(*rough, **of_text(query, stored.chunk))
        return Hit(stored, signals.dot(WEIGHTS), signals, vector)


def rough_score(signals: tuple[float, float, float, float]) -> float:
    """The score as far as it is known before the text is read."""
    return float(sum(map(mul, signals, WEIGHTS)))


def fitting(hits: Sequence[Hit]) -> list[Hit]:
    """The hits that have to do with the question: none when nothing fits."""
    if all(hit.signals.vector < _NEAR and hit.signals.words < _COVERED for hit in hits):
        return []
    return [hit for hit in hits if max(hit.signals.vector, hit.signals.words) >= _WEAK]
