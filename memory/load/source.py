"""What a reader is given (Source), what it gives back (Parsed), and the Limits of both."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from nomoat.memory.document import Block
from nomoat.memory.errors import DocumentError
from nomoat.memory.load.encoding import decode

MB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading one file may cost."""

    seconds: float = 60
    """Of time on the clock and of processor time, each."""
    memory_mb: int = 1024
    """Of address space of the child process, its libraries included (about 250 MB)."""
    output_mb: int = 64
    """Of text that comes out of one file; a text file above this size is not opened."""
    input_mb: int = 512
    """Of file size, for every format."""


@dataclass(frozen=True)
class Source:
    """A file that is being read. Its bytes and its text are read once, when first asked for."""

    path: Path
    limits: Limits = field(default_factory=Limits)

    @cached_property
    def size(self) -> int:
        """Of the file, in bytes."""
        return self.path.stat().st_size

    @cached_property
    def suffix(self) -> str:
        """The ending of the file's name, in small letters, with its dot."""
        return self.path.suffix.lower()

    @cached_property
    def head(self) -> bytes:
        """The first 8 KiB: what a file is shows there."""
        with self.path.open("rb") as file:
            return file.read(8192)

    @cached_property
    def data(self) -> bytes:
        """All bytes of a file that is text; DocumentError when it is above `output_mb`."""
        self.check_text_size()
        return self.path.read_bytes()

    def check_text_size(self) -> None:
        """DocumentError when the file, being text, is more than may come out of a file."""
        if self.size > self.limits.output_mb * MB:
            raise DocumentError(
                f"It is too big: {self.size // MB} MB of text, above {self.limits.output_mb} MB.",
                hint="Split the file.",
            )

    @cached_property
    def text(self) -> str:
        """The text, with line ends as `\\n`; DocumentError when its encoding is not known."""
        return decode(self.data)

    @cached_property
    def lines(self) -> list[str]:
        """The lines of the text as an editor counts them, without their ends."""
        return self.text.split("\n")

    def sha256(self) -> str:
        """Of the file's bytes, as hexadecimal digits."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a reader found in a file."""

    blocks: list[Block]
    title: str = ""
    date: str = ""
    """ISO 8601, or empty."""
    format: str = ""
    """What it turned out to be on reading, when that is not what it looked like."""
