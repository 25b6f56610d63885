"""PDF: the text of each page; headings and paragraphs are found by type size and spacing."""

from __future__ import annotations

import ctypes
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from nomoat.memory.document import Block, BlockKind, Span, Unit
from nomoat.memory.errors import DocumentError
from nomoat.memory.load.outline import Outline
from nomoat.memory.load.source import Parsed, Source

_END_WITHIN = 64 * 1024
_LINEAR_LENGTH = re.compile(rb"/Linearized.{0,200}?/L\s+(\d+)", re.DOTALL)
_DATE = re.compile(r"D:(\d{4})(\d{2})(\d{2})")
_HEADING_SCALE = 1.15
_LONGEST_HEADING = 150
_PARAGRAPH_GAP = 1.7
_LEVELS = 4


class _Line(NamedTuple):
    text: str
    size: float
    """Of its type, in points, to the nearest half."""
    top: float
    """Height on the page in points, counted from below."""


def read_pdf(source: Source) -> Parsed:
    """Blocks with their pages. Scanned pages have no text; a file of nothing else is refused."""
    _check_whole(source)
    import pypdfium2  # type: ignore[import-untyped]

    try:
        pdf = pypdfium2.PdfDocument(source.path)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower() or "security" in str(error).lower():
            raise DocumentError(
                "It is encrypted: it opens with a password only.",
                hint="Save it without a password.",
            ) from error
        raise DocumentError("It is damaged: it cannot be opened as PDF.") from error
    with pdf:
        count = len(pdf)
        pages = [list(_lines(pdf, number)) for number in range(count)]
        title = (pdf.get_metadata_value("Title") or "").strip()
        made = _DATE.match(pdf.get_metadata_value("CreationDate") or "")
    if not any(pages):
        raise DocumentError(
            f"Its {count} pages hold no text: it was scanned, or is pictures only.",
            hint="Run it through a text recognition program (OCR) first.",
        )
    blocks = list(_blocks(pages))
    first = next((block.text for block in blocks if block.kind is BlockKind.HEADING), "")
    return Parsed(blocks, title or first, "-".join(made.groups()) if made else "")


def _check_whole(source: Source) -> None:
    """A cut file may open all the same, with a part of its pages missing in silence."""
    with source.path.open("rb") as file:
        file.seek(max(0, source.size - _END_WITHIN))
        ended = b"%%EOF" in file.read()
    length = _LINEAR_LENGTH.search(source.head[:2048])
    if not ended or (length and int(length[1]) > source.size):
        raise DocumentError("It is truncated: its end is missing.")


def _lines(pdf: Any, number: int) -> Iterator[_Line]:
    from pypdfium2 import PdfiumError, raw

    try:
        page = pdf[number]
        text_page = page.get_textpage()
    except PdfiumError:
        return  # one bad page is no reason to lose the others
    text = text_page.get_text_range()
    size = raw.FPDFText_GetFontSize
    at = 0
    for line in text.split("\n"):
        shown = line.replace("\x02", "\ufffe").strip()
        if shown:
            first = raw.FPDFText_GetCharIndexFromTextIndex(
                text_page, at + _units(line) - _units(line.lstrip())
            )
            points = round(size(text_page, first) * 2) / 2
            yield _Line(shown, points, _top(raw, text_page, first))
        at += _units(line) + 1
    text_page.close()
    page.close()


def _units(text: str) -> int:
    """How many two-byte units pdfium counts for a text."""
    return len(text) + sum(1 for sign in text if sign > "\uffff")


def _top(raw: Any, text_page: Any, index: int) -> float:
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    raw.FPDFText_GetCharBox(text_page, index, left, right, bottom, top)
    return bottom.value


def _blocks(pages: list[list[_Line]]) -> Iterator[Block]:
    letters: Counter[float] = Counter()
    for line in (line for page in pages for line in page):
        letters[line.size] += len(line.text)
    body = letters.most_common(1)[0][0]
    bigger = sorted((size for size in letters if size >= body * _HEADING_SCALE), reverse=True)
    levels = {size: min(level, _LEVELS) for level, size in enumerate(bigger, 1)}
    outline = Outline()
    for number, page in enumerate(pages, 1):
        span = Span(Unit.PAGE, number, number)
        for run in _runs(page):
            text, level = _joined(run), levels.get(run[0].size)
            if level and len(text) <= _LONGEST_HEADING:
                text = " ".join(text.split())
                above = outline.enter(level, text)
                yield Block(text, BlockKind.HEADING, span, above, outline.date)
            else:
                yield Block(text, BlockKind.PARAGRAPH, span, outline.titles, outline.date)


def _runs(page: list[_Line]) -> Iterator[list[_Line]]:
    """Lines that belong together: of one size, at the distance that lines of it have."""
    run: list[_Line] = []
    for line in page:
        if run and not _continues(run[-1], line):
            yield run
            run = []
        run.append(line)
    if run:
        yield run


def _continues(above: _Line, line: _Line) -> bool:
    fall = above.top - line.top
    return line.size == above.size and -line.size < fall <= line.size * _PARAGRAPH_GAP


def _joined(run: list[_Line]) -> str:
    """The lines as one text; pdfium marks the hyphens that only part a line."""
    text = "\n".join(line.text for line in run)
    return text.replace("\ufffe\n", "").replace("\ufffe", "-")
