"""Word and PowerPoint files."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from nomoat.memory.document import Block, BlockKind, Span, Unit
from nomoat.memory.load.dates import iso_date
from nomoat.memory.load.markup import parse_html
from nomoat.memory.load.outline import Outline
from nomoat.memory.load.rows import looks_like_header, pairs
from nomoat.memory.load.source import Parsed, Source
from nomoat.memory.load.xml import parse_xml
from nomoat.memory.load.zips import open_zip, refuse_doctype

_STYLES = """
p[style-name='Title'] => h1:fresh
p[style-name='Quote'] => blockquote > p:fresh
"""


def read_docx(source: Source) -> Parsed:
    """A Word file; pages are known to Word alone, so its headings are counted as sections."""
    import mammoth  # type: ignore[import-untyped]

    with open_zip(source.path) as archive:
        refuse_doctype(archive)
        title, date = _properties(archive)
    with source.path.open("rb") as file:
        html = mammoth.convert_to_html(
            file,
            style_map=_STYLES,
            include_embedded_style_map=False,
            convert_image=mammoth.images.img_element(lambda _: {}),
        ).value
    parsed = parse_html(html, lambda first, last: Span(Unit.SECTION, first, last))
    return Parsed(list(_in_sections(parsed.blocks)), title or parsed.title, date)


def read_pptx(source: Source) -> Parsed:
    """Slides with their titles, texts, tables and the speaker's notes."""
    with open_zip(source.path) as archive:
        refuse_doctype(archive)
        title, date = _properties(archive)
    import pptx

    blocks: list[Block] = []
    slides = pptx.Presentation(str(source.path)).slides
    for number, slide in enumerate(slides, 1):
        blocks.extend(_slide(slide, Span(Unit.SLIDE, number, number)))
    first = next((block.text for block in blocks if block.kind is BlockKind.HEADING), "")
    return Parsed(blocks, title or first, date)


def _properties(archive: zipfile.ZipFile) -> tuple[str, str]:
    """Title and date of the last change, from an Office file's properties."""
    try:
        root = parse_xml(archive.read("docProps/core.xml"))
    except KeyError:
        return "", ""
    texts = {
        element.tag.rpartition("}")[2]: (element.text or "").strip()
        for element in root
        if isinstance(element.tag, str)
    }
    date = iso_date(texts.get("modified", "")) or iso_date(texts.get("created", ""))
    title = texts.get("title", "")
    return ("" if title in ("Word Document", "PowerPoint Presentation") else title), date


def _in_sections(blocks: Iterable[Block]) -> Iterator[Block]:
    """The same blocks, each in the section that the last heading began."""
    section = 0
    for block in blocks:
        if block.kind is BlockKind.HEADING:
            section += 1
        number = max(1, section)
        yield replace(block, span=Span(Unit.SECTION, number, number))


def _slide(slide: Any, span: Span) -> Iterator[Block]:
    outline = Outline()
    title = slide.shapes.title
    if title is not None and title.text_frame.text.strip():
        text = " ".join(title.text_frame.text.split())
        yield Block(text, BlockKind.HEADING, span, outline.enter(1, text))
    for shape in _shapes(slide.shapes):
        if title is not None and shape.shape_id == title.shape_id:
            continue
        if getattr(shape, "has_table", False):
            yield Block(_table(shape.table), BlockKind.TABLE, span, outline.titles)
        elif getattr(shape, "has_text_frame", False):
            yield from _frame(shape.text_frame, span, outline.titles)
    if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
        yield from _frame(slide.notes_slide.notes_text_frame, span, outline.titles)


def _shapes(shapes: Iterable[Any]) -> Iterator[Any]:
    """All shapes, those in groups as well."""
    stack = list(shapes)[::-1]
    while stack:
        shape = stack.pop()
        if hasattr(shape, "shapes"):
            stack.extend(list(shape.shapes)[::-1])
        else:
            yield shape


def _frame(frame: Any, span: Span, titles: tuple[str, ...]) -> Iterator[Block]:
    lines = [" ".join(paragraph.text.split()) for paragraph in frame.paragraphs]
    lines = [line for line in lines if line]
    if lines:
        kind = BlockKind.LIST if len(lines) > 1 else BlockKind.PARAGRAPH
        yield Block("\n".join(lines), kind, span, titles)


def _table(table: Any) -> str:
    rows = [[cell.text for cell in row.cells] for row in table.rows]
    header: list[str] = []
    if len(rows) > 1 and looks_like_header(rows[0], rows[1]):
        header, rows = rows[0], rows[1:]
    return "\n".join(text for text in (pairs(header, row) for row in rows) if text)
