"""EPUB books: a zip file of web pages, which are read in the order that the book gives."""

from __future__ import annotations

import posixpath
import zipfile
from typing import TYPE_CHECKING
from urllib.parse import unquote

from nomoat.memory.document import Span, Unit
from nomoat.memory.errors import DocumentError
from nomoat.memory.load.dates import iso_date
from nomoat.memory.load.markup import html_text, parse_html
from nomoat.memory.load.source import Parsed, Source
from nomoat.memory.load.xml import parse_xml
from nomoat.memory.load.zips import open_zip

if TYPE_CHECKING:
    from lxml.etree import _Element  # type: ignore[import-untyped]


def read_epub(source: Source) -> Parsed:
    """The chapters; a place is the section of the book's reading order it stands in."""
    with open_zip(source.path) as book:
        if (
            "META-INF/encryption.xml" in book.namelist()
            and "META-INF/rights.xml" in book.namelist()
        ):
            raise DocumentError("It is encrypted: it is protected by its seller (DRM).")
        container = parse_xml(_member(book, "META-INF/container.xml"))
        package_path = str(container.xpath("string(//*[local-name()='rootfile']/@full-path)"))
        package = parse_xml(_member(book, package_path))
        parsed = Parsed([], _text(package, "title"), iso_date(_text(package, "date")))
        for number, name in enumerate(_spine(package, posixpath.dirname(package_path)), 1):
            span = Span(Unit.SECTION, number, number)
            page = parse_html(html_text(_member(book, name)), lambda *_, span=span: span)
            parsed.blocks.extend(page.blocks)
    return parsed


def _member(book: zipfile.ZipFile, name: str) -> bytes:
    try:
        return book.read(name)
    except KeyError:
        raise DocumentError(f"It is damaged: {name or 'a part'} is missing.") from None


def _text(package: _Element, name: str) -> str:
    found = package.xpath(f"string(//*[local-name()='metadata']/*[local-name()='{name}'])")
    return " ".join(str(found).split())


def _spine(package: _Element, folder: str) -> list[str]:
    """The names of the pages' members, in reading order."""
    pages = {
        item.get("id"): posixpath.normpath(posixpath.join(folder, unquote(item.get("href") or "")))
        for item in package.iter("{*}item")
        if "html" in (item.get("media-type") or "")
    }
    order = [item.get("idref") for item in package.iter("{*}itemref")]
    return [pages[name] for name in order if name in pages]
