"""The head of a GGUF file: enough to know what it is, without loading it.

The layout is that of the GGUF specification, versions 2 and 3: the magic, a version, the number of
tensors and of metadata entries, then the entries. Those that describe the model come before the
tokenizer's long lists, so a few kilobytes are read.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

MAGIC = b"GGUF"
_SCALARS = {
    0: "B",
    1: "b",
    2: "H",
    3: "h",
    4: "I",
    5: "i",
    6: "f",
    7: "?",
    10: "Q",
    11: "q",
    12: "d",
}
_STRING, _ARRAY = 8, 9
_LONGEST = 1 << 20
"""No text or list that describes a model is longer; a bigger number means a damaged file."""


class NotGGUF(Exception):
    """What is wrong with the file, as half a sentence."""


@dataclass(frozen=True)
class Header:
    """What the file says about itself; empty or 0 where it says nothing."""

    name: str
    architecture: str
    licence: str
    context: int
    """The most tokens it was trained for."""
    kv_bytes: int
    """Memory for keys and values per token of context, in bytes, at 16 bits each."""


def read_header(path: Path) -> Header:
    """The header of the file at `path`.

    Raises:
        NotGGUF: it does not begin like one, or ends in the middle of its header.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise NotGGUF("it does not begin with the GGUF magic")
        try:
            return _header(_metadata(file))
        except (struct.error, UnicodeDecodeError, KeyError, TypeError, ValueError) as error:
            raise NotGGUF("its header is damaged or cut off") from error


def _metadata(file: BinaryIO) -> dict[str, Any]:
    version = _scalar(file, "I")
    if version not in (2, 3):
        raise NotGGUF(f"its format version is {version}, and 2 and 3 are known")
    _scalar(file, "Q")  # the number of tensors
    found: dict[str, Any] = {}
    for _ in range(_scalar(file, "Q")):
        key = _string(file)
        if key.startswith("tokenizer."):
            break
        found[key] = _value(file, _scalar(file, "I"))
    return found


def _header(metadata: dict[str, Any]) -> Header:
    architecture = str(metadata.get("general.architecture", ""))

    def number(key: str, default: int = 0) -> int:
        value = metadata.get(f"{architecture}.{key}", default)
        # a list holds one number per layer; the largest is the safe one to reckon with
        return int(max(value)) if isinstance(value, list) else int(value)

    heads = number("attention.head_count", 1)
    size = number("embedding_length") // max(heads, 1)
    keys = number("attention.key_length", size)
    values = number("attention.value_length", size)
    per_layer = number("attention.head_count_kv", heads) * (keys + values) * 2
    return Header(
        name=str(metadata.get("general.name", "")),
        architecture=architecture,
        licence=str(metadata.get("general.license", "")),
        context=number("context_length"),
        kv_bytes=number("block_count") * per_layer,
    )


def _scalar(file: BinaryIO, code: str) -> Any:
    layout = "<" + code
    return struct.unpack(layout, file.read(struct.calcsize(layout)))[0]


def _string(file: BinaryIO) -> str:
    length = _scalar(file, "Q")
    if length > _LONGEST:
        raise ValueError("too long a text")
    return file.read(length).decode("utf-8")


def _value(file: BinaryIO, kind: int) -> Any:
    if kind == _STRING:
        return _string(file)
    if kind == _ARRAY:
        element, count = _scalar(file, "I"), _scalar(file, "Q")
        if count > _LONGEST:
            raise ValueError("too long a list")
        return [_value(file, element) for _ in range(count)]
    return _scalar(file, _SCALARS[kind])
