"""Plain text: paragraphs are what blank lines part."""

from __future__ import annotations

from collections.abc import Iterator

from nomoat.memory.document import Block, BlockKind, Span, Unit
from nomoat.memory.load.dates import iso_date
from nomoat.memory.load.source import Parsed, Source


def lines_span(first: int, last: int) -> Span:
    """Lines `first` to `last` of the file itself, counted from 1."""
    return Span(Unit.LINE, first, last)


def paragraphs(lines: list[str]) -> Iterator[tuple[int, list[str]]]:
    """Runs of lines that are not blank, each with the number of its first line."""
    run: list[str] = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            run.append(line.rstrip())
        elif run:
            yield number - len(run), run
            run = []
    if run:
        yield len(lines) - len(run) + 1, run


def read_text(source: Source) -> Parsed:
    """Paragraphs with their lines; a first line that stands alone is the title."""
    blocks = [
        Block("\n".join(run), BlockKind.PARAGRAPH, lines_span(first, first + len(run) - 1))
        for first, run in paragraphs(source.lines)
    ]
    first = blocks[0].text if blocks else ""
    title = first if "\n" not in first and len(first) <= 100 and len(blocks) > 1 else ""
    return Parsed(blocks, title=title.strip(), date=iso_date(title))
