"""Zip files are looked at before anything opens them: how many members, how big, how nested.

Office files and books are zip files. A member says how long it will be, and Python's zipfile
reads no more than that, so what the directory says bounds what any library can take out.
"""

from __future__ import annotations

import zipfile
from itertools import pairwise
from pathlib import Path

from nomoat.memory.errors import DocumentError
from nomoat.memory.load.source import MB

_MOST_MEMBERS = 10_000
_MOST_BYTES = 256 * MB
_MOST_RATIO = 200
_RATIO_FROM = MB  # small members may shrink as they like
_DOCTYPE = tuple("<!DOCTYPE".encode(name) for name in ("utf-8", "utf-16-le", "utf-16-be"))


def open_zip(path: Path) -> zipfile.ZipFile:
    """An opened zip file that is no bomb; DocumentError when it is, or is damaged or encrypted."""
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError) as error:
        raise DocumentError("It is truncated or damaged: its directory cannot be read.") from error
    try:
        _check(archive.infolist(), path.stat().st_size)
    except DocumentError:
        archive.close()
        raise
    return archive


def refuse_doctype(archive: zipfile.ZipFile) -> None:
    """DocumentError when XML of an Office file defines entities: its format forbids it."""
    for member in archive.infolist():
        if member.filename.lower().endswith((".xml", ".rels", ".vml")) and _has_doctype(
            archive, member
        ):
            raise DocumentError("It is an XML bomb or a forgery: it holds a DOCTYPE.")


def _check(members: list[zipfile.ZipInfo], size: int) -> None:
    if any(member.flag_bits & 1 for member in members):
        raise DocumentError("It is encrypted.", hint="Save it without a password.")
    total = sum(member.file_size for member in members)
    swollen = any(
        member.file_size > max(_RATIO_FROM, member.compress_size * _MOST_RATIO)
        for member in members
    )
    if len(members) > _MOST_MEMBERS or total > _MOST_BYTES or swollen:
        raise DocumentError(
            f"It is a bomb or too big: {size // 1024} KB become {total // MB} MB"
            f" in {len(members)} parts."
        )
    placed = sorted(members, key=lambda member: member.header_offset)
    if any(
        one.header_offset + one.compress_size > two.header_offset for one, two in pairwise(placed)
    ):
        raise DocumentError("It is a bomb: its parts overlap.")


def _has_doctype(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bool:
    tail = b""
    with archive.open(member) as file:
        while part := file.read(MB):
            window = tail + part
            if any(mark in window for mark in _DOCTYPE):
                return True
            tail = window[-32:]
    return False
