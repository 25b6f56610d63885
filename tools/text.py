"""Text in files: its encoding, what a file is that is no text, and sizes in words."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import BinaryIO, TextIO

from nomoat.tools.errors import Failed, Retry
from nomoat.tools.guard.paths import Workspace

MAX_EDITED = 8_000_000
"""Bytes; larger files are read in parts and not edited as a whole."""

_SAMPLE = 65_536
_GUESSED_FROM = 16_384
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MAGIC = (
    (b"%PDF-", "a PDF document"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"SQLite format 3", "an SQLite database"),
    (b"PAR1", "a Parquet table"),
    (b"GGUF", "a GGUF model"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x7fELF", "a program"),
    (b"\xd0\xcf\x11\xe0", "an old Office document"),
)
_ZIPPED = {
    ".docx": "a Word document",
    ".xlsx": "an Excel workbook",
    ".pptx": "a PowerPoint presentation",
    ".odt": "an OpenDocument text",
    ".epub": "an e-book",
}


@dataclass(frozen=True, slots=True)
class TextFile:
    """The whole text of a file, with what it takes to write it back the same way."""

    text: str
    """With `\\n` at line ends, whatever the file has."""
    encoding: str = "utf-8"
    newline: str = "\n"

    def encode(self, text: str) -> bytes:
        """`text` as this file's bytes.

        Raises:
            Retry: it holds characters that the file's encoding does not have.
        """
        try:
            return text.replace("\n", self.newline).encode(self.encoding)
        except UnicodeEncodeError as error:
            raise Retry(
                f"The text holds {error.object[error.start]!r}, which cannot be written "
                f"in the file's encoding, {self.encoding}.",
                hint="Leave that character out.",
            ) from None


def read_whole(workspace: Workspace, path: str) -> TextFile:
    """The text of a file that is about to be changed.

    Raises:
        Failed: it is too big, no text, or its encoding is unclear.
    """
    size = workspace.stat(path).size
    if size > MAX_EDITED:
        raise Failed(
            f"{path!r} has {human(size)}; files of more than {human(MAX_EDITED)} are not edited.",
            hint="Write the part that changes to a new file.",
        )
    data = workspace.read_bytes(path)
    encoding = encoding_of(data)
    if encoding is None:
        raise not_text(path, data[:16], size)
    return _decoded(path, data, encoding)


def read_end(workspace: Workspace, path: str) -> TextFile:
    """The text of a file, or the last lines of one that is too big for `read_whole`.

    Raises:
        Failed: it is no text, or its encoding is unclear.
    """
    size = workspace.stat(path).size
    if size <= MAX_EDITED:
        return read_whole(workspace, path)
    head = workspace.read_bytes(path, limit=_SAMPLE)
    if encoding_of(head, whole=False) not in {"utf-8", "utf-8-sig"}:
        raise not_text(path, head[:16], size)
    end = workspace.read_bytes(path, offset=size - _SAMPLE)
    return _decoded(path, end[end.find(b"\n") + 1 :], "utf-8")


def _decoded(path: str, data: bytes, encoding: str) -> TextFile:
    """The text, if written back it gives the very same bytes."""
    text = data.decode(encoding, "replace")
    newline = "\r\n" if "\r\n" in text and text.count("\r\n") == text.count("\n") else "\n"
    file = TextFile(text.replace(newline, "\n"), encoding, newline)
    with suppress(Retry):
        if file.encode(file.text) == data:
            return file
    raise Failed(
        f"The encoding of {path!r} is unclear, so a change could damage it.",
        hint="Write a new file instead.",
    )


@contextmanager
def opened(workspace: Workspace, path: str) -> Iterator[tuple[TextIO, int]]:
    """A text file to read from its beginning, and its size in bytes.

    Raises:
        Failed: it is no text.
    """
    with workspace.open_read(path) as file:
        size = file.seek(0, io.SEEK_END)
        file.seek(0)
        sample = file.read(_SAMPLE)
        encoding = encoding_of(sample, whole=size <= _SAMPLE)
        if encoding is None:
            raise not_text(path, sample[:16], size)
        file.seek(0)
        with io.TextIOWrapper(file, encoding=encoding, errors="replace") as text:
            yield text, size


def encoding_of(data: bytes, *, whole: bool = True) -> str | None:
    """The encoding of a text, or None for what is no text. `whole`: nothing comes after `data`."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return encoding
    if b"\0" in data or any(data.startswith(magic) for magic, _ in _MAGIC):
        return None
    try:
        codecs.getincrementaldecoder("utf-8")().decode(data, final=whole)
    except UnicodeDecodeError:
        return _guessed(data[:_GUESSED_FROM])
    return "utf-8"


def _guessed(data: bytes) -> str | None:
    """charset-normalizer's guess; Windows' western encoding where that is no worse.

    Its western, central European and Baltic guesses are often equally good for a short text, and
    of these the western one is by far the most common.
    """
    from charset_normalizer import from_bytes

    matches = from_bytes(data)
    best = matches.best()
    if best is None:
        return None
    for match in matches:
        western = "cp1252" in {match.encoding, *match.could_be_from_charset}
        if western and match.chaos <= best.chaos:
            return "cp1252"
    return best.encoding


def kind_of(path: str, head: bytes) -> str:
    """What a file that is no text is, in words: "a PDF document"."""
    if head.startswith(b"PK"):
        return _ZIPPED.get(PurePosixPath(path).suffix.lower(), "a ZIP archive")
    return next((kind for magic, kind in _MAGIC if head.startswith(magic)), "a binary file")


def not_text(path: str, head: bytes, size: int) -> Failed:
    """The refusal to treat a file as text, which says what it is."""
    return Failed(
        f"{path!r} is {kind_of(path, head)} of {human(size)}, not text.",
        hint="Use a tool that reads such files, if there is one.",
    )


def human(size: int) -> str:
    """A size in bytes as people read it: `120 bytes`, `34.2 KB`, `1.2 MB` (1 KB = 1,024 bytes)."""
    if size < 1024:
        return counted(size, "byte")
    power = 1 + (size >= 1024**2) + (size >= 1024**3)
    return f"{size / 1024**power:.1f} {('KB', 'MB', 'GB')[power - 1]}"


def counted(number: int, thing: str) -> str:
    """`1 line`, `2 lines`."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def line_count(text: str) -> int:
    """Lines of a text; a last one without a line end counts."""
    return text.count("\n") + (not text.endswith("\n") and text != "")


def lines_of(file: TextIO) -> Iterator[tuple[str, int]]:
    """Each line without its end, at most the first 64 KB of it, and its whole length."""
    while part := file.readline(_SAMPLE):
        line, length = part.rstrip("\n"), len(part)
        while not part.endswith("\n") and (part := file.readline(_SAMPLE)):
            length += len(part)
        yield line, length - part.endswith("\n")


def count_lines(file: BinaryIO, limit: int) -> int | None:
    """Lines of an open binary file of at most `limit` bytes, or None where it has more."""
    lines, last, left = 0, b"\n", limit
    while block := file.read(1 << 20):
        left -= len(block)
        if left < 0:
            return None
        lines += block.count(b"\n")
        last = block[-1:]
    return lines + (last != b"\n")
