"""What a source of models is.

A source appends to a `.part` file and goes on from its length, whichever source wrote what is in
it: all carry the same bytes, and the sha256 of the whole is checked by whoever asked.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Protocol

from nomoat.agent.weights.catalogue import ModelFile

Report = Callable[[int, int], None]
"""Called with the bytes that are there and the bytes there will be (0: not known)."""


class SourceFailed(Exception):
    """Why a source did not deliver, as half a sentence; the next one is tried."""


class Source(Protocol):
    """One place that files can be had from."""

    @property
    def label(self) -> str:
        """What a person calls it."""
        ...

    def offers(self, file: ModelFile) -> bool:
        """Whether the file can be had here at all."""
        ...

    def fetch(self, file: ModelFile, part: Path, report: Report) -> str:
        """Complete `part`; returns the sha256 that the source names, or an empty string.

        Raises:
            SourceFailed: it could not; `part` holds what did arrive.
            OSError: `part` could not be written.
        """
        ...


def size(part: Path) -> int:
    """The bytes that have arrived so far."""
    return part.stat().st_size if part.exists() else 0


def writable(part: Path, start: int) -> BinaryIO:
    """The part, open for writing from byte `start` on; what lay behind it is cut off."""
    file = part.open("r+b" if part.exists() else "w+b")
    file.truncate(start)
    file.seek(start)
    return file
