"""An embedder for tests that needs no model: words hashed to directions, the same everywhere."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray


class Hashed:
    """Texts with the same words are near each other."""

    def __init__(self, name: str = "hashed", dimension: int = 64) -> None:
        self.name = name
        self.dimension = dimension
        self.sha256 = f"{name}-{dimension}"

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = [self._row(text) for text in texts]
        return np.stack(rows) if rows else np.zeros((0, self.dimension), dtype=np.float32)

    def _row(self, text: str) -> NDArray[np.float32]:
        words = re.findall(r"\w+", text.lower()) or ["nothing"]
        total = np.sum([_direction(word, self.dimension) for word in words], axis=0)
        return (total / np.linalg.norm(total)).astype(np.float32)


@cache
def _direction(word: str, dimension: int) -> NDArray[np.float64]:
    return np.random.default_rng(zlib.crc32(word.encode())).normal(size=dimension)
