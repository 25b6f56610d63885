"""A file with the evaluated state of a prefix: its tokens are read without the state.

    magic, form version | whose state it is | tokens | bytes of state | checksum | tokens | state

All numbers are little endian. The checksum is over everything else: llama.cpp itself would take
a state of which a bit is wrong, and write nonsense with it.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAGIC = b"nomoat\x00\x02"
"""The last byte is the version of the form; files of another one are not read."""
_HEAD = struct.Struct("<8s32sIQI")


@dataclass(frozen=True, slots=True)
class Kept:
    """A file whose head is as it should be; its state was not looked at."""

    file: Path
    tokens: tuple[int, ...]


def write(file: Path, owner: bytes, tokens: Sequence[int], state: NDArray[np.uint8]) -> None:
    """Write a state; the file appears whole or not at all.

    Args:
        file: where.
        owner: 32 bytes that say which engines can take it.
        tokens: what was evaluated.
        state: what came of it.

    Raises:
        OSError: the disk refuses.
    """
    ids = np.asarray(tokens, dtype="<i4").tobytes()
    head = _HEAD.pack(MAGIC, owner, len(tokens), state.size, 0)
    checksum = _checksum(head, ids, state)
    part = file.with_name(f"{file.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as out:
            out.write(_HEAD.pack(MAGIC, owner, len(tokens), state.size, checksum))
            out.write(ids)
            out.write(state.data)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def head(file: Path, owner: bytes) -> Kept | None:
    """What a file holds the state of; None where it is not whole or another engine's."""
    with suppress(OSError), file.open("rb") as read:
        start = read.read(_HEAD.size)
        if len(start) < _HEAD.size:
            return None
        magic, whose, count, size, _ = _HEAD.unpack(start)
        whole = _HEAD.size + 4 * count + size == os.fstat(read.fileno()).st_size
        if magic == MAGIC and whose == owner and whole:
            return Kept(file, tuple(np.frombuffer(read.read(4 * count), dtype="<i4").tolist()))
    return None


def state(kept: Kept) -> NDArray[np.uint8] | None:
    """The state itself; None where a bit of the file is wrong, or it is gone."""
    with suppress(OSError):
        data = np.fromfile(kept.file, dtype=np.uint8)
        ids = np.asarray(kept.tokens, dtype="<i4").tobytes()
        begins = _HEAD.size + len(ids)
        if data[_HEAD.size : begins].tobytes() != ids:
            return None
        *fields, checksum = _HEAD.unpack(data[: _HEAD.size].tobytes())
        if _checksum(_HEAD.pack(*fields, 0), ids, data[begins:]) == checksum:
            return data[begins:]
    return None


def _checksum(start: bytes, ids: bytes, state: NDArray[np.uint8]) -> int:
    return zlib.crc32(state.data, zlib.crc32(ids, zlib.crc32(start)))
