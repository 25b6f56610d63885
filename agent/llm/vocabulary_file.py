"""The texts of a model's tokens, on disk: asking llama.cpp for 150,000 of them takes half a second.

magic, form version | how many | checksum of the rest | length of each | all of them
"""

from __future__ import annotations

import hashlib
import os
import struct
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

from nomoat.agent.llm.model_profile import library
from nomoat.memory.home import home

MAGIC = b"nomoatv\x01"
"""The last byte is the version of the form."""
_HEAD = struct.Struct("<8sII")


def place(model: Path) -> Path:
    """Where the tokens of a model file are kept."""
    stat = model.stat()
    what = (model.name, stat.st_size, stat.st_mtime_ns, library())
    key = hashlib.sha256(repr(what).encode()).hexdigest()[:24]
    return home() / "cache" / f"tokens-{key}.bin"


def kept(file: Path, count: int, make: Callable[[], list[bytes]]) -> list[bytes]:
    """The texts of `count` tokens: from disk if they are there and whole, else made and kept."""
    with suppress(OSError, ValueError):
        return _read(file, count)
    made = make()
    with suppress(OSError, OverflowError):  # no token is that long
        _write(file, made)
    return made


def _read(file: Path, count: int) -> list[bytes]:
    data = file.read_bytes()
    begins = _HEAD.size + 2 * count
    if len(data) < begins:
        raise ValueError("cut")
    magic, held, checksum = _HEAD.unpack(data[: _HEAD.size])
    if (magic, held, checksum) != (MAGIC, count, zlib.crc32(data[_HEAD.size :])):
        raise ValueError("another form, another vocabulary, or broken")
    lengths = np.frombuffer(data, dtype="<u2", count=count, offset=_HEAD.size)
    ends = (np.cumsum(lengths, dtype=np.int64) + begins).tolist()
    return [data[begin:end] for begin, end in zip([begins, *ends], ends, strict=False)]


def _write(file: Path, texts: list[bytes]) -> None:
    lengths = np.array([len(text) for text in texts], dtype="<u2").tobytes()
    rest = lengths + b"".join(texts)
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = file.with_name(f"{file.name}.{os.getpid()}.part")
    try:
        part.write_bytes(_HEAD.pack(MAGIC, len(texts), zlib.crc32(rest)) + rest)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
