"""Finds chunks by their words, with FTS5.

A word counts once for a chunk, by how rare it is, and less where it stands in a chunk nearby:
questions put together what a text says over several sentences or turns. This "coverage" found
more than BM25 on everything it was measured with (see tests/benchmarks/locomo.py).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from nomoat.memory.database import Database

_NEARBY = (1.0, 0.75, 0.6, 0.45, 0.3, 0.15)
"""What a word counts in a chunk, and in the chunks one to five places away."""
_MOST = 20_000
"""Places that are looked at for one question, rare words first. Commoner words tell nothing."""
_SMALL = 500
"""A memory of fewer chunks is taken for one of so many: in three chunks no word is rare, and one
that stands in none of them would weigh as much as all that do."""
_FEWEST = 2
"""Words that are looked up however common they are."""


class Layout:
    """Which section each chunk belongs to, by chunk id, with room at both ends."""

    pad = len(_NEARBY) - 1

    def __init__(self, database: Database) -> None:
        import numpy as np

        rows = database.rows("SELECT id, section FROM chunk ORDER BY id")
        pairs = np.array(rows, dtype=np.int64).reshape(-1, 2)
        self.first = int(pairs[0, 0]) if len(pairs) else 0
        self.size = int(pairs[-1, 0]) - self.first + 1 if len(pairs) else 0
        self.chunks = len(pairs)
        self.section: NDArray[np.int64] = np.zeros(self.size + 2 * self.pad, dtype=np.int64)
        self.section[self.at(pairs[:, 0])] = pairs[:, 1]

    def at(self, ids: NDArray[np.int64]) -> NDArray[np.int64]:
        """Where chunks stand in an array of this layout."""
        return ids - self.first + self.pad

    def neighbour(self, key: int, step: int) -> int | None:
        """The chunk so many places further on in the same section."""
        at, other = key - self.first + self.pad, key + step - self.first + self.pad
        if not (0 <= other < len(self.section) and 0 <= at < len(self.section)):
            return None
        return key + step if self.section[at] == self.section[other] else None


class Words:
    """The word index of a memory."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def coverage(self, words: Sequence[str], layout: Layout) -> NDArray[np.float32]:
        """How much of the question each place of the layout covers, 0 to 1.

        1 means that every word of the question stands in the chunk itself.
        """
        import numpy as np

        covered = np.zeros(len(layout.section), dtype=np.float32)
        whole, left = 0.0, _MOST
        chunks = max(layout.chunks, _SMALL)
        known = sorted((self._frequency(word), word) for word in words)
        for number, (frequency, word) in enumerate(known):
            if number >= _FEWEST and frequency > left:
                break
            weight = math.log(1 + (chunks - frequency + 0.5) / (frequency + 0.5))
            whole += weight
            left -= frequency
            if frequency:
                covered += weight * _spread(layout.at(self._chunks(word)), layout.section)
        return covered / whole if whole else covered

    def rebuild(self) -> None:
        """Make the index again from the chunks."""
        with self._database.write() as connection:
            connection.execute("INSERT INTO words (words) VALUES ('rebuild')")

    def _frequency(self, word: str) -> int:
        rows = self._database.rows("SELECT count(*) FROM words WHERE words MATCH ?", (_term(word),))
        return int(rows[0][0])

    def _chunks(self, word: str) -> NDArray[np.int64]:
        import numpy as np

        rows = self._database.rows("SELECT rowid FROM words WHERE words MATCH ?", (_term(word),))
        return np.array(rows, dtype=np.int64).reshape(-1)


def _term(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'


def _spread(places: NDArray[np.int64], section: NDArray[np.int64]) -> NDArray[np.float32]:
    """1 where a word stands, less near by in the same section; the nearest counts."""
    import numpy as np

    found = np.zeros(len(section), dtype=np.float32)
    for distance in range(len(_NEARBY) - 1, 0, -1):
        for other in (places - distance, places + distance):
            same = other[section[other] == section[places]]
            found[same] = _NEARBY[distance]
    found[places] = 1.0
    return found
